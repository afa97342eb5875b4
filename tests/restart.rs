//! What survives the process: nothing is kept, and nothing is missed. A cursor of one process goes on in another,
//! and a restart brings no burst of calls.

use trailplane::{
    api::proto::{Event, LookupEventsRequest, LookupEventsResponse},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use crate::support::trailplane::{Sandbox, Start, Trailplane};

/// 12 cells, each with 100 events in one and the same second, so that page borders fall into it.
const SCENARIO: &str = "
seed: 7
regions: [us-east-1, eu-west-1]
generate_accounts: 5
events:
  per_hour: 60
  bursts: [{at: 600, count: 100}]
";

const CURSOR_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

async fn serve(sandbox: &Sandbox, cursor_key: &str) -> Trailplane {
    Start::with_config(&format!(
        "aws:\n  regions: [us-east-1, eu-west-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         cursor: {{keys: [{cursor_key}]}}\n"
    ))
    .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
    .ready()
    .await
}

async fn page(
    server: &Trailplane,
    request: &LookupEventsRequest,
    token: &str,
) -> LookupEventsResponse {
    let request = LookupEventsRequest {
        page_token: token.to_owned(),
        ..request.clone()
    };
    let mut client = server.events().await;
    client.lookup_events(request).await.unwrap().into_inner()
}

/// All pages from this token on.
async fn rest(server: &Trailplane, request: &LookupEventsRequest, token: &str) -> Vec<Event> {
    let mut token = token.to_owned();
    let mut events = Vec::new();
    loop {
        let answer = page(server, request, &token).await;
        assert!(answer.coverage.as_ref().unwrap().complete);
        events.extend(answer.events);
        if answer.next_page_token.is_empty() {
            return events;
        }
        token = answer.next_page_token;
    }
}

fn ids(events: &[Event]) -> Vec<(&str, &str, &str)> {
    let id = |e: &'_ Event| (e.account_id.clone(), e.region.clone(), e.event_id.clone());
    let mut seen: Vec<_> = events.iter().map(id).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), events.len(), "an event came twice");
    events
        .iter()
        .map(|e| {
            (
                e.account_id.as_str(),
                e.region.as_str(),
                e.event_id.as_str(),
            )
        })
        .collect()
}

fn minutes_ago(minutes: u64) -> prost_types::Timestamp {
    (std::time::SystemTime::now() - std::time::Duration::from_secs(60 * minutes)).into()
}

#[tokio::test]
async fn a_cursor_goes_on_in_a_new_process_without_loss_or_repetition() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let request = LookupEventsRequest {
        start_time: Some(minutes_ago(25)),
        end_time: Some(minutes_ago(1)),
        page_size: 1000,
        ..LookupEventsRequest::default()
    };
    let first = serve(&sandbox, CURSOR_KEY).await;
    let whole = rest(&first, &request, "").await;
    assert!(whole.len() > 1200, "{} events", whole.len());

    let small = LookupEventsRequest {
        page_size: 470,
        ..request
    };
    let begun = page(&first, &small, "").await;
    assert_eq!(begun.events.len(), 470);
    first.process.kill().await;

    let second = serve(&sandbox, CURSOR_KEY).await;
    let mut events = begun.events;
    events.extend(rest(&second, &small, &begun.next_page_token).await);
    assert_eq!(ids(&events), ids(&whole));
    sandbox.ledger().await.assert_within_budget();
}

#[tokio::test]
async fn a_cursor_signed_by_somebody_else_is_refused_before_any_call() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let request = LookupEventsRequest {
        page_size: 5,
        ..LookupEventsRequest::default()
    };
    let first = serve(&sandbox, CURSOR_KEY).await;
    let token = page(&first, &request, "").await.next_page_token;
    drop(first);
    let other = serve(&sandbox, "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q=").await;
    let before = sandbox.ledger().await.by_api["LookupEvents"];
    let request = LookupEventsRequest {
        page_token: token,
        ..request
    };
    let refused = other
        .events()
        .await
        .lookup_events(request)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    assert_eq!(sandbox.ledger().await.by_api["LookupEvents"], before);
}
