//! The organization that `serve --sandbox` shows: 50 accounts in four Regions, one without the role, one suspended,
//! one with a Region disabled, and an incident to find.

use std::time::Duration;

use trailplane::{
    domain::{Cell, CellReason, CellState, Coverage, EventKey, LookupAttributeKind},
    events::{Attribute, Filters, LookupRequest},
    sandbox::Scenario,
};

use super::organization::{Organization, assert_within_budget, last, window};
use crate::support::rig::request;

const ROLELESS: &str = "100000000048";
const SUSPENDED: &str = "100000000049";
const PARTLY: (&str, &str) = ("100000000022", "ap-southeast-2");

fn cells_in(coverage: &Coverage, state: CellState) -> Vec<(Cell, Option<CellReason>)> {
    let found = coverage.cells.iter().filter(|report| report.state == state);
    found
        .map(|report| (report.cell.clone(), report.reason))
        .collect()
}

#[tokio::test]
async fn the_newest_page_over_fifty_accounts_and_four_regions() {
    let organization = Organization::start(Scenario::default()).await;
    let context = request(Duration::from_secs(60));
    let answer = organization
        .events
        .lookup(&context, &last(86_400))
        .await
        .unwrap();

    let coverage = &answer.coverage;
    let cells = coverage.cells.iter().map(|report| &report.cell);
    assert_eq!(coverage.cells.len(), 200);
    assert!(cells.is_sorted_by(|a, b| a < b), "each cell once");
    let of = |account: &str| -> Vec<Cell> { organization.cells(&[account]) };
    let failed = cells_in(coverage, CellState::Failed);
    let unassumable = |cell| (cell, Some(CellReason::RoleNotAssumable));
    assert_eq!(
        failed,
        sorted(of(ROLELESS))
            .into_iter()
            .map(unassumable)
            .collect::<Vec<_>>()
    );
    let mut skipped: Vec<_> = sorted(of(SUSPENDED))
        .into_iter()
        .map(|cell| (cell, Some(CellReason::AccountNotActive)))
        .collect();
    let disabled = Cell {
        account: PARTLY.0.parse().unwrap(),
        region: PARTLY.1.parse().unwrap(),
    };
    skipped.insert(0, (disabled, Some(CellReason::RegionDisabled)));
    assert_eq!(cells_in(coverage, CellState::Skipped), skipped);
    assert_eq!(
        cells_in(coverage, CellState::Complete).len(),
        200 - 4 - 4 - 1
    );
    assert!(!coverage.complete(), "the roleless account is a gap");

    let readable: Vec<Cell> = cells_in(coverage, CellState::Complete)
        .into_iter()
        .map(|(cell, _)| cell)
        .collect();
    let expected = organization.expected(&readable, window(86_400), None);
    let keys: Vec<EventKey> = answer
        .events
        .iter()
        .map(|event| event.key.clone())
        .collect();
    assert_eq!(keys, expected[..50]);
    assert_within_budget(&organization.sandbox);
    assert_eq!(
        organization.sandbox.ledger().calls("AssumeRole"),
        49,
        "one an account, all but the suspended"
    );
}

fn sorted(mut cells: Vec<Cell>) -> Vec<Cell> {
    cells.sort();
    cells
}

#[tokio::test]
async fn the_incident_is_found_by_key_by_name_and_by_error() {
    let organization = Organization::start(Scenario::default()).await;
    let ask = |attribute: LookupAttributeKind, value: &str| {
        let mut filters = Filters::none();
        filters.add(Attribute::Lookup(attribute), vec![value.to_owned()]);
        LookupRequest {
            filters,
            ..last(86_400)
        }
    };
    let context = request(Duration::from_secs(60));
    let found = |asked: LookupRequest| {
        let (events, context) = (organization.events.clone(), context.clone());
        async move { events.lookup(&context, &asked).await.unwrap().events }
    };
    let by_key = found(ask(
        LookupAttributeKind::AccessKeyId,
        "AKIAINTRUDEREXAMPLE0",
    ))
    .await;
    let names: Vec<&str> = by_key.iter().map(|event| &*event.name).collect();
    for name in ["StopLogging", "DeleteBucket"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let stopped = found(ask(LookupAttributeKind::EventName, "StopLogging")).await;
    assert!(
        stopped
            .iter()
            .any(|event| event.key.account == "100000000012".parse().unwrap()),
        "{stopped:?}"
    );
}
