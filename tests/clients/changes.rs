//! Every change of a trail, by grpcurl and by Python: the same steps, in `changes.json`.

use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use super::grpcurl;
use crate::support::{
    tools::{project, python, run},
    trailplane::Trailplane,
};

/// Two accounts of the built-in organization.
const ACCOUNTS: [&str; 2] = ["100000000012", "100000000013"];

/// One RPC, which changes something in both accounts.
#[derive(Deserialize)]
struct Step {
    rpc: String,
    body: Value,
}

fn steps() -> Vec<Step> {
    let steps: Vec<Step> = serde_json::from_str(include_str!("changes.json")).unwrap();
    assert_eq!(steps.len(), 11, "TrailService has 11 changes");
    steps
}

#[tokio::test]
async fn grpcurl_makes_every_change() {
    let server = Trailplane::sandbox().await;
    for Step { rpc, mut body } in steps() {
        body["targets"] = json!({"account_ids": ACCOUNTS});
        let (body, rpc) = (
            body.to_string(),
            format!("trailplane.v1.TrailService/{rpc}"),
        );
        let said = grpcurl(&server, &["-d", &body], &[&rpc]).await.expect_ok();
        let messages = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
        let messages: Vec<Value> = messages.map(Result::unwrap).collect();
        let (last, before) = messages.split_last().unwrap();
        let counts = &last["summary"]["counts"];
        let all_applied = json!([{"outcome": "OUTCOME_APPLIED", "targets": ACCOUNTS.len()}]);
        assert_eq!(*counts, all_applied, "{rpc}: {said}");
        let results = before.iter().filter_map(|message| message.get("result"));
        let accounts = results.map(|result| result["accountId"].as_str().unwrap());
        let mut accounts: Vec<&str> = accounts.collect();
        accounts.sort_unstable();
        assert_eq!(accounts, ACCOUNTS, "{rpc}: {said}");
    }
}

#[tokio::test]
async fn a_python_client_makes_every_change() {
    let server = Trailplane::sandbox().await;
    let mut command = Command::new(python());
    command
        .arg(project().join("tests/python/trail_changes.py"))
        .arg(&server.grpc)
        .arg(project().join("tests/clients/changes.json"))
        .args(ACCOUNTS);
    let said = run(command).await.expect_ok();
    assert_eq!(said.matches("ok ").count(), 12, "{said}");
}

#[tokio::test]
async fn a_python_client_asks_the_organization_and_reads_its_trails() {
    let server = Trailplane::sandbox().await;
    let mut command = Command::new(python());
    command
        .arg(project().join("tests/python/organization_and_reads.py"))
        .arg(&server.grpc)
        .arg(ACCOUNTS[0]);
    let said = run(command).await.expect_ok();
    assert_eq!(said.matches("ok ").count(), 14, "{said}");
}
