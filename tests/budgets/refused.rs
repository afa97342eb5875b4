//! What no budget can serve before its deadline is refused at once, with whose budget it is and when to come back.

use std::time::{Duration, Instant};

use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use trailplane::api::proto::{CellReason, GetTrailRequest, StreamEventsRequest, TrailReference};

use super::newest;
use crate::support::{
    ledger::Ledger,
    trailplane::{Start, Trailplane},
};

/// One call in a hundred seconds, beginning a hundred seconds after the start.
const SLOW: &str = "per_second: 0.01";

async fn slow(overrides: &str) -> Trailplane {
    Start::sandbox()
        .env("TRAILPLANE_QUOTAS__OVERRIDES", overrides)
        .ready()
        .await
}

fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(Duration::from_secs(10));
    request
}

/// The subjects of its QuotaFailure, having checked the rest.
fn quota(status: &Status) -> Vec<(String, String)> {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "BUDGET_EXHAUSTED");
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(
        (Duration::from_secs(10)..=Duration::from_secs(110)).contains(&wait),
        "{wait:?}"
    );
    let violations = details.quota_failure().unwrap().violations.iter();
    violations
        .map(|v| (v.subject.clone(), v.description.clone()))
        .collect()
}

#[tokio::test]
async fn a_lookup_that_no_budget_can_serve_is_refused_at_once_and_calls_nothing() {
    let mut trailplane = slow(&format!("[{{api: LookupEvents, {SLOW}}}]")).await;
    let mut events = trailplane.events().await;
    let mut one = newest(&["100000000012"]);
    one.targets.as_mut().unwrap().regions = vec!["eu-west-1".to_owned()];
    one.exclude_global_region = true;
    let before = Instant::now();
    let refused = events.lookup_events(within(one)).await.unwrap_err();
    assert!(before.elapsed() < Duration::from_secs(5), "did not wait");
    let named = quota(&refused);
    assert_eq!(named.len(), 1);
    assert_eq!(named[0].0, "100000000012/eu-west-1/CloudTrail:LookupEvents");

    let stream = StreamEventsRequest {
        targets: newest(&["100000000012"]).targets,
        ..StreamEventsRequest::default()
    };
    let mut stream = events
        .stream_events(within(stream))
        .await
        .unwrap()
        .into_inner();
    let ended = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a stream without an end"),
            Err(status) => break status,
        }
    };
    assert_eq!(quota(&ended).len(), 4, "each cell");

    let many: Vec<String> = (12..=22).map(|at| format!("1000000000{at}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let refused = events
        .lookup_events(within(newest(&many)))
        .await
        .unwrap_err();
    let named = quota(&refused);
    assert_eq!(named.len(), 31);
    // Eleven accounts in four Regions, of which one is disabled in one: that may not be known yet.
    let more = &*named[30].1;
    assert!(["and 13 more", "and 14 more"].contains(&more), "{more}");
    let ledger = Ledger::of(&trailplane.simulated_aws().await).await;
    assert_eq!(ledger.by_api.get("LookupEvents"), None);
}

#[tokio::test]
async fn with_some_cells_refused_the_answer_says_which() {
    let trailplane = slow(&format!(
        "[{{api: LookupEvents, account: '100000000012', {SLOW}}}]"
    ))
    .await;
    let mut events = trailplane.events().await;
    let asked = newest(&["100000000012", "100000000013"]);
    let answer = events
        .lookup_events(within(asked))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.events.len(), 10);
    let coverage = answer.coverage.unwrap();
    let gaps = coverage.cells.iter().filter(|cell| cell.gap);
    let gaps: Vec<_> = gaps.map(|c| (&*c.account_id, c.reason())).collect();
    assert_eq!(gaps, [("100000000012", CellReason::BudgetExhausted); 4]);
}

#[tokio::test]
async fn a_request_about_one_trail_names_the_budget_too() {
    let trailplane = slow(&format!("[{{api: GetTrail, {SLOW}}}]")).await;
    let mut trails = trailplane.trails().await;
    let get = GetTrailRequest {
        trail: Some(TrailReference {
            arn: "arn:aws:cloudtrail:eu-west-1:100000000012:trail/payments-audit".to_owned(),
            ..TrailReference::default()
        }),
        ..GetTrailRequest::default()
    };
    let refused = trails.get_trail(within(get)).await.unwrap_err();
    let named = quota(&refused);
    assert_eq!(named[0].0, "100000000012/eu-west-1/CloudTrail:GetTrail");
}
