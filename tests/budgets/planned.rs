//! PlanLookup: it spends nothing, and what it foretells comes true.

use std::time::{Duration, Instant};

use tokio_stream::StreamExt;
use tonic::Code;
use tonic_types::StatusExt;
use trailplane::{
    api::proto::{EventAttribute, LookupEventsRequest, PlanLookupRequest},
    events::{Estimate, LookupRequest, Order, StreamItem, stream::Summary},
    sandbox::Scenario,
};

use super::newest;
use crate::{
    lookup::organization::{Organization, last},
    support::{ledger::Ledger, rig::request, trailplane::Trailplane},
};

const TIME: Duration = Duration::from_secs(120);

fn calls(organization: &Organization) -> u64 {
    let summary = organization.sandbox.summary();
    summary.by_api.get("LookupEvents").copied().unwrap_or(0)
}

async fn plan_of(organization: &Organization, asked: &LookupRequest, whole: bool) -> Estimate {
    let context = request(TIME);
    let plan = organization.events.plan_lookup(&context, asked, whole);
    plan.await.unwrap()
}

async fn whole(organization: &Organization, asked: &LookupRequest) -> Summary {
    let context = request(TIME);
    let stream = organization
        .events
        .stream(&context, asked, Order::EventTime);
    let mut stream = stream.await.unwrap();
    let mut summary = None;
    while let Some(item) = stream.next().await {
        if let StreamItem::Summary(last) = item {
            summary = Some(*last);
        }
    }
    summary.unwrap()
}

#[tokio::test]
async fn what_is_foretold_comes_true_once_the_cells_were_read() {
    let scenario = Scenario::uniform(3, 2, 900.0, Duration::from_millis(20));
    let organization = Organization::start(scenario).await;
    let asked = last(1800);
    let first = plan_of(&organization, &asked, true).await;
    assert_eq!((first.cells, first.calls_min, first.calls_max), (6, 6, 6));
    assert!(first.suggestions[0].starts_with("none of the 6 cells"));
    assert_eq!(calls(&organization), 0, "planning calls nothing");

    whole(&organization, &asked).await;
    let before = calls(&organization);
    let plan = plan_of(&organization, &asked, true).await;
    assert_eq!(calls(&organization), before);
    assert!(plan.suggestions.iter().all(|s| !s.contains("calls_max")));

    let start = Instant::now();
    let summary = whole(&organization, &asked).await;
    let (took, spent) = (start.elapsed(), calls(&organization) - before);
    assert!(summary.coverage.complete());
    assert!(
        plan.calls_min <= spent && spent <= plan.calls_max,
        "{spent} of {plan:?}"
    );
    assert!(plan.calls_max < spent * 2, "{spent} of {plan:?}");
    let ratio = plan.duration.as_secs_f64() / took.as_secs_f64();
    assert!((0.5..=2.0).contains(&ratio), "{took:?}: {plan:?}");
    assert_eq!(plan.binding.len(), 6);
    assert!(plan.binding.is_sorted_by(|a, b| a.duration >= b.duration));

    // One page needs less.
    let page = plan_of(&organization, &asked, false).await;
    assert!(page.calls_max < plan.calls_max, "{page:?}");
    let before = calls(&organization);
    organization
        .events
        .lookup(&request(TIME), &asked)
        .await
        .unwrap();
    let spent = calls(&organization) - before;
    assert!(
        page.calls_min <= spent && spent <= page.calls_max,
        "{spent} of {page:?}"
    );
}

#[tokio::test]
async fn through_the_program_it_spends_nothing_and_says_what_is_left_out() {
    let mut trailplane = Trailplane::sandbox().await;
    let mut events = trailplane.events().await;
    let plan = PlanLookupRequest {
        lookup: Some(LookupEventsRequest::default()),
        whole: true,
    };
    let plan = events.plan_lookup(plan).await.unwrap().into_inner();
    assert_eq!(u64::from(plan.cells), plan.calls_min);
    assert_eq!(plan.pushed_down(), EventAttribute::Unspecified);
    // The suspended account's four, and one of a disabled Region once that is known.
    let skipped = plan.coverage.unwrap().counts.unwrap().skipped;
    assert!([4, 5].contains(&skipped));
    assert_eq!(plan.cells + skipped, 200);
    assert_eq!(plan.binding_cells.len(), 10);
    assert!(plan.suggestions.iter().any(|s| s.contains("each of the")));
    assert!(plan.sql.is_empty());
    let ledger = Ledger::of(&trailplane.simulated_aws().await).await;
    assert_eq!(ledger.by_api.get("LookupEvents"), None);
}

#[tokio::test]
async fn what_is_wrong_is_named_below_lookup() {
    let trailplane = Trailplane::sandbox().await;
    let mut events = trailplane.events().await;
    let mut wrong = newest(&["100000000012", "42"]);
    wrong.page_size = 2_000;
    let plan = |lookup| PlanLookupRequest {
        lookup: Some(lookup),
        whole: false,
    };
    let refused = events.plan_lookup(plan(wrong)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_error_details();
    let listed = details.bad_request().unwrap().field_violations.iter();
    let fields: Vec<_> = listed.map(|violation| &*violation.field).collect();
    assert_eq!(
        fields,
        ["lookup.page_size", "lookup.targets.account_ids[1]"]
    );
    let unknown = events.plan_lookup(plan(newest(&["999999999999"]))).await;
    let details = unknown.unwrap_err().get_error_details();
    let listed = &details.bad_request().unwrap().field_violations;
    assert_eq!(listed[0].field, "lookup.targets.account_ids[0]");
}
