//! What callers may do: the real program, with policies in files, and what the simulated AWS saw of it.

mod narrowed;
mod secrets;

use std::{collections::BTreeMap, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;
use trailplane::api::rpcs::{Built, Class, On, RPCS, Rpc};

use crate::support::{
    ledger::Ledger,
    tools::{Output, run, tool},
    trailplane::{Start, Trailplane},
};

const ACCOUNT: &str = "100000000012";
const OTHER: &str = "100000000013";

/// A server whose callers are anonymous, and may do what this policy says.
async fn policed(policy: &str) -> (Trailplane, TempDir) {
    policed_and_looked_at(policy, "100ms").await
}

/// The same, whose files are looked at so often.
async fn policed_and_looked_at(policy: &str, every: &str) -> (Trailplane, TempDir) {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("a.cedar"), policy).unwrap();
    let server = Start::sandbox()
        .env(
            "TRAILPLANE_POLICY__DIRECTORY",
            directory.path().to_str().unwrap(),
        )
        .env("TRAILPLANE_POLICY__RELOAD_INTERVAL", every)
        .ready()
        .await;
    (server, directory)
}

async fn grpcurl(server: &Trailplane, rpc: &Rpc, body: &Value) -> Output {
    let mut command = Command::new(tool("bin/grpcurl"));
    // One that follows is cut off: it was let in.
    let time = if rpc.class == Class::Follow {
        "2"
    } else {
        "60"
    };
    command.args(["-plaintext", "-max-time", time, "-d", &body.to_string()]);
    command.arg(&server.grpc).arg(rpc.full_name());
    run(command).await
}

/// A request for each RPC that is built, in an order in which the changes can be made.
fn requests() -> Vec<(&'static Rpc, Value)> {
    let reads: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("policy/requests.json")).unwrap();
    let writes: Vec<Value> = serde_json::from_str(include_str!("clients/changes.json")).unwrap();
    let built = || RPCS.iter().filter(|rpc| rpc.built == Built::Yes);
    let writes = writes.into_iter().map(|write| {
        let mut body = write["body"].clone();
        body["targets"] = json!({"account_ids": [ACCOUNT]});
        (write["rpc"].as_str().unwrap().to_owned(), body)
    });
    let all: Vec<(String, Value)> = reads.into_iter().chain(writes).collect();
    for rpc in built() {
        assert!(
            all.iter().any(|(name, _)| name == rpc.method),
            "{} has no request here: an RPC without a test of its refusal",
            rpc.full_name()
        );
    }
    let row = |name: &str| built().find(|rpc| rpc.method == name).unwrap();
    all.into_iter()
        .map(|(name, body)| (row(&name), body))
        .collect()
}

/// What AWS has been asked for by callers' requests: all but what discovery asks.
async fn asked(server: &mut Trailplane) -> BTreeMap<String, u64> {
    let address = server.simulated_aws().await;
    let mut asked = Ledger::of(&address).await.by_api;
    let discovery = |api: &str| api.starts_with("List") && !api.ends_with("Trails");
    asked.retain(|api, _| {
        !discovery(api) && !["GetCallerIdentity", "DescribeOrganization"].contains(&&**api)
    });
    asked
}

#[tokio::test]
async fn every_rpc_is_refused_to_whom_no_policy_permits_it_and_nothing_is_spent() {
    let (mut server, _files) =
        policed(r#"permit(principal == Caller::"somebody else", action, resource);"#).await;
    let before = asked(&mut server).await;
    for (rpc, body) in requests() {
        let said = grpcurl(&server, rpc, &body).await.expect_failure();
        assert!(
            said.contains("Code: PermissionDenied") && said.contains("NOT_AUTHORIZED"),
            "{}: {said}",
            rpc.full_name()
        );
    }
    assert_eq!(asked(&mut server).await, before);
}

/// Without this the test above could pass for any other reason.
#[tokio::test]
async fn no_rpc_is_refused_to_whom_everything_is_permitted() {
    let (server, _files) = policed("permit(principal, action, resource);").await;
    for (rpc, body) in requests() {
        let output = grpcurl(&server, rpc, &body).await;
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(
            !said.contains("NOT_AUTHORIZED"),
            "{}: {said}",
            rpc.full_name()
        );
    }
}

/// By RPC and account: each permission is of its own RPC, and of its own account.
#[tokio::test]
async fn who_may_do_one_thing_may_do_no_other() {
    let (server, _files) = policed(&format!(
        r#"permit(principal, action == Action::"GetTrail", resource == Account::"{OTHER}");"#
    ))
    .await;
    for (rpc, body) in requests() {
        let said = grpcurl(&server, rpc, &body).await.expect_failure();
        assert!(said.contains("PermissionDenied"), "{}: {said}", rpc.method);
    }
    let get = RPCS.iter().find(|rpc| rpc.method == "GetTrail").unwrap();
    assert_eq!(get.on, On::Accounts);
    let arn = format!("arn:aws:cloudtrail:eu-west-1:{OTHER}:trail/none");
    let said = grpcurl(&server, get, &json!({"trail": {"arn": arn}})).await;
    assert!(said.expect_failure().contains("TRAIL_NOT_FOUND"));
}
