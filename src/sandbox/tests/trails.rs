//! Trails over the socket: every write, every refusal, and who sees what where.

mod delivery;
mod faults;
mod insights;
mod invariants;
mod life;
mod organization;
mod refusals;
mod sdk_client;
mod seen;
mod selectors;

use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

use super::*;

/// The management account.
const MANAGEMENT: &str = "100000000001";
/// Members.
const ADA: &str = "111111111111";
const BOB: &str = "222222222222";
/// A home, and a Region that is none.
const HOME: &str = "us-east-1";
const AWAY: &str = "us-west-2";

/// The management account and two members in three Regions, each with a key of its own; quotas are no limit.
fn scenario() -> Scenario {
    let mut scenario = Scenario::uniform(1, 3, 0.0, Duration::ZERO)
        .with_account(ADA, "ada")
        .with_account(BOB, "bob");
    scenario.quotas.per_second = [("CloudTrail".to_owned(), 100_000.0)].into();
    for account in [MANAGEMENT, ADA, BOB] {
        scenario.keys.push(Key {
            access_key_id: format!("AKIA{account}TEST"),
            account: account.parse().unwrap(),
            user: "test".to_owned(),
        });
    }
    scenario
}

/// What a call came to: the answer, or the error's code.
type Said = Result<Value, String>;

/// A sandbox, and the calls that these tests make of it.
struct Cloud(Sandbox);

impl Cloud {
    async fn of(scenario: Scenario) -> Self {
        Self(sandbox(scenario).await)
    }

    async fn new() -> Self {
        Self::of(scenario()).await
    }

    /// One call by hand, so that it can also say what the SDK would not.
    async fn try_call(&self, who: (&str, &str), operation: &str, body: Value) -> Option<Said> {
        let (account, region) = who;
        let stream = tokio::net::TcpStream::connect(self.0.addr()).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let driver = tokio::spawn(connection);
        let target = format!("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.{operation}");
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIA{account}TEST/20270101/{region}/cloudtrail/aws4_request, \
             SignedHeaders=host, Signature={}",
            "0".repeat(64)
        );
        let request = http::Request::post("/")
            .header("host", "sandbox")
            .header("x-amz-target", target)
            .header("authorization", authorization)
            .body(Full::new(bytes::Bytes::from(body.to_string())))
            .unwrap();
        let answered = sender.send_request(request).await;
        let response = match answered {
            Ok(response) => response,
            Err(_) => {
                driver.abort();
                return None;
            }
        };
        let ok = response.status().is_success();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        driver.abort();
        let value: Value = serde_json::from_slice(&body).unwrap();
        Some(if ok {
            Ok(value)
        } else {
            Err(value["__type"].as_str().unwrap().to_owned())
        })
    }

    /// The same, answered.
    async fn call(&self, who: (&str, &str), operation: &str, body: Value) -> Said {
        self.try_call(who, operation, body)
            .await
            .expect("an answer")
    }

    /// The same, by Ada at home.
    async fn ada(&self, operation: &str, body: Value) -> Said {
        self.call((ADA, HOME), operation, body).await
    }

    /// A trail of Ada's at home.
    async fn create(&self, name: &str) -> String {
        let body = json!({"Name": name, "S3BucketName": "logs"});
        let made = self.ada("CreateTrail", body).await.unwrap();
        made["TrailARN"].as_str().unwrap().to_owned()
    }

    /// One member of the trail as GetTrail shows it to Ada at home.
    async fn shown(&self, arn: &str, member: &str) -> Value {
        let said = self.ada("GetTrail", json!({"Name": arn})).await.unwrap();
        said["Trail"][member].clone()
    }

    /// Whether the refused write has left everything as it was.
    async fn refuses(&self, who: (&str, &str), operation: &str, body: Value, code: &str) {
        let before = self.0.trails();
        let said = self.call(who, operation, body.clone()).await;
        assert_eq!(said, Err(code.to_owned()), "{operation} {body}");
        assert_eq!(self.0.trails(), before, "{operation} {body}");
    }
}

/// The ARN of a trail.
fn arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:cloudtrail:{region}:{account}:trail/{name}")
}
