//! A process that is killed while a change is under way, and one that is told to end.

use std::time::Duration;

use serde_json::{Value, json};
use trailplane::sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY};

use super::{Kept, grpcurl};
use crate::support::trailplane::{Sandbox, Start, Trailplane};

async fn served(kept: &Kept, sandbox: &Sandbox) -> Trailplane {
    let config = "aws:\n  regions: [us-east-1, eu-west-1]\n  role_name: TrailplaneReader\n  \
                  external_id: trailplane-sandbox\ndrain: {delay: 0s}\n";
    let start = Start::with_config(config).aws(
        &sandbox.endpoint(),
        HUB_ACCESS_KEY_ID,
        HUB_SECRET_ACCESS_KEY,
    );
    kept.by(start).ready().await
}

async fn with_fault(fault: &str) -> Sandbox {
    let scenario = format!(
        "regions: [us-east-1, eu-west-1]\naccounts: [{{id: '222222222222', name: member}}]\nfaults: [{fault}]\n"
    );
    Sandbox::start(Some(&scenario)).await
}

fn create(id: &str) -> Value {
    json!({
        "targets": {"account_ids": ["222222222222"]},
        "request_id": id,
        "trail": {"name": "killed", "home_region": "eu-west-1", "s3_bucket_name": "logs-of-all"},
    })
}

/// Waits until AWS has been asked for it.
async fn asked(sandbox: &Sandbox, api: &str) {
    while !sandbox.ledger().await.by_api.contains_key(api) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn killed_between_intent_and_outcome_the_audit_shows_what_was_in_flight() {
    let kept = Kept::new();
    let sandbox = with_fault("{scope: {apis: [CreateTrail]}, effect: hang}").await;
    let server = served(&kept, &sandbox).await;
    let body = create("in-flight");
    let call = grpcurl(&server, "TrailService/CreateTrail", &body);
    tokio::select! {
        _ = call => panic!("it hangs"),
        () = asked(&sandbox, "CreateTrail") => {}
    }
    server.process.signal("KILL");
    server.process.kill().await;
    let in_flight = |report: &Value| {
        assert_eq!(
            (&report["good"], &report["open_intents"]),
            (&json!(true), &json!(1)),
            "{report:#}"
        );
        let open = &report["open"][0];
        assert_eq!(open["request_id"], "in-flight");
        assert_eq!(open["account"], "222222222222");
        assert_eq!(
            open["target"],
            "arn:aws:cloudtrail:eu-west-1:222222222222:trail/killed"
        );
        assert_eq!(open["actions"][0], "cloudtrail:CreateTrail");
        assert_eq!(open["caller"], "anonymous@127.0.0.1");
    };
    let (code, report) = kept.verified(&[]).await;
    assert_eq!(code, Some(0), "{report:#}");
    in_flight(&report);
    assert_eq!(report["notes"][0]["note"], "still_open");
    let (code, _) = kept.verified(&["--ended"]).await;
    assert_eq!(code, Some(1));

    // The next process goes on with the chain, over a line that was cut off as well.
    let mut torn = std::fs::read(kept.path()).unwrap();
    torn.extend(b"{\"v\":1,\"seq\":");
    std::fs::write(kept.path(), &torn).unwrap();
    let server = served(&kept, &sandbox).await;
    super::end(server).await;
    assert!(std::fs::read(kept.path()).unwrap().starts_with(&torn));
    let (code, report) = kept.verified(&["--ended"]).await;
    assert_eq!(code, Some(0), "{report:#}");
    in_flight(&report);
    let notes: Vec<&str> = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["note"].as_str().unwrap())
        .collect();
    assert_eq!(notes, ["torn", "no_end"]);
}

#[tokio::test]
async fn who_is_told_to_end_writes_every_outcome_first() {
    let kept = Kept::new();
    let slow = "{scope: {apis: [CreateTrail]}, effect: {latency: {constant: {ms: 1500}}}}";
    let sandbox = with_fault(slow).await;
    let mut server = served(&kept, &sandbox).await;
    let body = create("draining");
    {
        let call = grpcurl(&server, "TrailService/CreateTrail", &body);
        tokio::select! {
            _ = call => panic!("it is slow"),
            () = asked(&sandbox, "CreateTrail") => {}
        }
    }
    // The caller has gone, and the process is told to.
    server.process.signal("TERM");
    let status = server.process.wait(Duration::from_secs(30)).await;
    assert_eq!(status.code(), Some(0), "{}", server.process.output());
    let (code, report) = kept.verified(&["--ended"]).await;
    assert_eq!(
        (code, &report["open_intents"]),
        (Some(0), &json!(0)),
        "{report:#}"
    );
    let records = kept.records();
    let outcome = records
        .iter()
        .find(|record| record["kind"] == "outcome")
        .unwrap();
    assert_eq!(
        (&outcome["result"], &outcome["effect"]),
        (&json!("applied"), &json!("yes"))
    );
}
