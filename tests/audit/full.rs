//! No room for records: changes are refused, reads are served, and it goes on when there is room again.

use std::{process::Command, time::Duration};

use serde_json::{Value, json};

use super::{Kept, grpcurl, tag};
use crate::support::{
    process::http_get,
    trailplane::{Start, Trailplane},
};

/// Lets the process's files grow to so many bytes: a disk of that size, without being root.
fn room(server: &Trailplane, bytes: &str) {
    let status = Command::new("prlimit")
        .args(["--pid", &server.process.id().to_string()])
        .arg(format!("--fsize={bytes}:unlimited"))
        .status()
        .unwrap();
    assert!(status.success());
}

async fn condition(server: &Trailplane) -> Value {
    let (_, status) = http_get(&server.admin, "/statusz").await.unwrap();
    let status: Value = serde_json::from_str(&status).unwrap();
    let all = status["conditions"].as_array().unwrap();
    all.iter()
        .find(|one| one["name"] == "audit")
        .unwrap()
        .clone()
}

async fn metric(server: &Trailplane, line: &str) -> bool {
    let (_, metrics) = http_get(&server.admin, "/metrics").await.unwrap();
    metrics.lines().any(|found| found == line)
}

async fn read(server: &Trailplane) {
    let body = json!({"page_size": 1, "targets": {"account_ids": ["100000000012"]}});
    grpcurl(server, "TrailService/ListTrails", &body)
        .await
        .expect_ok();
}

/// Makes the audit larger than the log, so that it alone is short of room.
async fn fill(server: &Trailplane, kept: &Kept) {
    while std::fs::metadata(kept.path()).unwrap().len() < 16_384 {
        let wrong = json!({"page_size": -1});
        grpcurl(server, "EventService/LookupEvents", &wrong)
            .await
            .expect_failure();
    }
}

#[tokio::test]
async fn without_room_changes_are_refused_and_reads_served_until_there_is_some() {
    let kept = Kept::new();
    let mut server = kept
        .by(Start::sandbox().outliving_its_file_limit())
        .ready()
        .await;
    fill(&server, &kept).await;
    grpcurl(&server, "TrailService/AddTags", &tag("before"))
        .await
        .expect_ok();
    kept.wait_for(|record| record["kind"] == "write").await;
    let size = std::fs::metadata(kept.path()).unwrap().len();
    // Half a line fits.
    room(&server, &(size + 100).to_string());

    let said = grpcurl(&server, "TrailService/AddTags", &tag("full"))
        .await
        .expect_failure();
    assert!(
        said.contains("Code: Unavailable") && said.contains("AUDIT_UNAVAILABLE"),
        "{said}"
    );
    assert!(said.contains("RetryInfo"), "{said}");
    let said = grpcurl(
        &server,
        "OrganizationService/EnableTrustedAccess",
        &json!({}),
    )
    .await;
    assert!(said.expect_failure().contains("AUDIT_UNAVAILABLE"));
    read(&server).await;
    let told = condition(&server).await;
    assert_eq!(told["ok"], false, "{told}");
    assert!(metric(&server, "trailplane_audit_failing 1").await);
    let mut plan = tag("plan");
    plan["validate_only"] = json!(true);
    grpcurl(&server, "TrailService/AddTags", &plan)
        .await
        .expect_ok();

    room(&server, "unlimited");
    let mut tries = 0;
    while condition(&server).await["ok"] == false {
        tries += 1;
        assert!(tries < 500, "{}", server.process.output());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(metric(&server, "trailplane_audit_failing 0").await);
    grpcurl(&server, "TrailService/AddTags", &tag("after"))
        .await
        .expect_ok();
    server.process.signal("TERM");
    let status = server.process.wait(Duration::from_secs(30)).await;
    let log = server.process.output();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(
        log.matches("the audit cannot be written: changes are refused")
            .count(),
        1,
        "{log}"
    );

    let (code, report) = kept.verified(&["--ended"]).await;
    assert_eq!(
        (code, &report["open_intents"]),
        (Some(0), &json!(0)),
        "{report:#}"
    );
    assert_eq!(report["notes"][0]["note"], "torn", "{report:#}");
    let text = std::fs::read_to_string(kept.path()).unwrap();
    let reads = text.matches("\"kind\":\"read\",\"rpc\":\"trailplane.v1.TrailService/ListTrails\"");
    assert_eq!(reads.count(), 1, "what was read meanwhile is there");
}

/// One target after another: what was begun runs to its end, the rest is not started, and what became of the last is written
/// once it can be.
#[tokio::test]
async fn without_room_in_the_middle_of_a_change_the_rest_is_not_started() {
    let kept = Kept::new();
    let server = kept
        .by(Start::sandbox().outliving_its_file_limit())
        .ready()
        .await;
    fill(&server, &kept).await;
    let size = std::fs::metadata(kept.path()).unwrap().len();
    // Two intents of some 800 bytes and one outcome of some 1000.
    room(&server, &(size + 3_000).to_string());
    let body = json!({
        "targets": {"account_ids": ["100000000012", "100000000013", "100000000014", "100000000015"]},
        "trail": {"name": "everybody", "home_region": "eu-west-1", "s3_bucket_name": "trail-logs"},
        "rollout": {"max_parallel": 1},
    });
    let said = grpcurl(&server, "TrailService/CreateTrail", &body)
        .await
        .expect_ok();
    let messages = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
    let messages: Vec<Value> = messages.map(Result::unwrap).collect();
    let summary = &messages.last().unwrap()["summary"];
    assert_eq!(
        summary["stopReason"], "STOP_REASON_AUDIT_UNAVAILABLE",
        "{said}"
    );
    let results = messages.iter().filter_map(|message| message.get("result"));
    let outcomes: Vec<&str> = results
        .clone()
        .map(|result| result["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes.len(), 4, "{said}");
    let applied = outcomes
        .iter()
        .filter(|outcome| **outcome == "OUTCOME_APPLIED")
        .count();
    let left = outcomes
        .iter()
        .filter(|outcome| **outcome == "OUTCOME_NOT_STARTED")
        .count();
    assert!(applied >= 1 && left >= 1 && applied + left == 4, "{said}");
    assert!(said.contains("CELL_REASON_AUDIT_UNAVAILABLE"), "{said}");

    room(&server, "unlimited");
    super::end(server).await;
    let (code, report) = kept.verified(&["--ended"]).await;
    assert_eq!(
        (code, &report["open_intents"]),
        (Some(0), &json!(0)),
        "{report:#}"
    );
    let records = kept.records_that_are_whole();
    let effects = records.iter().filter(|record| record["effect"] == "yes");
    assert_eq!(effects.count(), applied);
}

/// It has never had room: it starts all the same, and serves reads.
#[tokio::test]
async fn with_no_room_at_all_it_starts_and_serves_reads() {
    let server = Start::sandbox()
        .env("TRAILPLANE_AUDIT__FILE", "/dev/full")
        .ready()
        .await;
    read(&server).await;
    let said = grpcurl(&server, "TrailService/AddTags", &tag("x"))
        .await
        .expect_failure();
    assert!(said.contains("AUDIT_UNAVAILABLE"), "{said}");
    super::end(server).await;
}
