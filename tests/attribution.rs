//! Who is behind a call, as the member account's own CloudTrail would tell it: the real program, and what the simulated
//! AWS saw of it.

mod callers;
mod check;
mod organization;
mod writes;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::Deserialize;
use serde_json::Value;
use trailplane::sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY};

use crate::support::{
    process::http_get,
    tools::{run, tool},
    trailplane::{Sandbox, Start, Trailplane},
};

/// Members.
const ACCOUNTS: [&str; 2] = ["300000000001", "300000000002"];
/// Who calls from this machine and proves nothing.
const CALLER: &str = "anonymous@127.0.0.1";
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
generate_accounts: 2
quotas: {per_second: {CloudTrail: 1000}}
";
const CONFIG: &str = "
aws:
  regions: [us-east-1, eu-west-1]
  role_name: TrailplaneReader
  external_id: trailplane-sandbox
  management: {account_id: \"100000000001\"}
";
const TAGS: &str = "
  session_tags: {team: cloud security, service: trailplane}
  transitive_session_tags: [service]
";

/// One AssumeRole, as the sandbox tells it.
#[derive(Debug, Clone, Deserialize)]
struct AssumedRole {
    account: String,
    session_name: String,
    source_identity: String,
    tags: BTreeMap<String, String>,
    transitive_tags: BTreeSet<String>,
    policy: String,
    external_id: bool,
    seconds: u32,
    outcome: String,
}

impl AssumedRole {
    /// The actions that the session may do; `None` where nothing narrows it.
    fn actions(&self) -> Option<BTreeSet<String>> {
        if self.policy.is_empty() {
            return None;
        }
        let policy: Value = serde_json::from_str(&self.policy).unwrap();
        let actions = policy["Statement"][0]["Action"].as_array().unwrap();
        let text = |action: &Value| action.as_str().unwrap().to_owned();
        Some(actions.iter().map(text).collect())
    }
}

/// One attempt, as the sandbox tells it.
#[derive(Debug, Clone, Deserialize)]
struct Attempt {
    account: String,
    api: String,
    principal: String,
    source_identity: String,
    user_agent: String,
    outcome: String,
}

/// The simulated AWS and the program before it.
struct World {
    sandbox: Sandbox,
    server: Trailplane,
}

impl World {
    async fn start(scenario: &str, config: &str) -> Self {
        let sandbox = Sandbox::start(Some(scenario)).await;
        let server = Start::with_config(config)
            .aws(
                &sandbox.endpoint(),
                HUB_ACCESS_KEY_ID,
                HUB_SECRET_ACCESS_KEY,
            )
            .ready()
            .await;
        Self { sandbox, server }
    }

    async fn told<T: serde::de::DeserializeOwned>(&self, what: &str) -> Vec<T> {
        let path = format!("/_sandbox/{what}");
        let (status, body) = http_get(&self.sandbox.address, &path).await.unwrap();
        assert_eq!(status, 200, "{body}");
        let lines = body.lines().map(serde_json::from_str);
        lines.map(Result::unwrap).collect()
    }

    /// The AssumeRole calls for the members' roles.
    async fn assumed(&self) -> Vec<AssumedRole> {
        self.told("sts").await
    }

    async fn attempts(&self) -> Vec<Attempt> {
        self.told("ledger").await
    }

    /// Forgets what it saw.
    async fn reset(&self) {
        let client = reset(&self.sandbox.address);
        client.await;
    }

    /// Calls the RPC, and gives its messages.
    async fn call(&self, rpc: &str, body: &Value) -> Vec<Value> {
        let mut command = Command::new(tool("bin/grpcurl"));
        command.args(["-plaintext", "-max-time", "60", "-d", &body.to_string()]);
        command.arg(&self.server.grpc);
        command.arg(format!("trailplane.v1.{rpc}"));
        let said = run(command).await.expect_ok();
        let messages = serde_json::Deserializer::from_str(&said).into_iter();
        messages.map(Result::unwrap).collect()
    }
}

async fn reset(address: &str) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = "POST /_sandbox/reset HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
