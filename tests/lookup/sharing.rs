//! Calls that need not be made: of many callers with one question, and of those who ask again what was denied.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, future::join_all};
use trailplane::{
    domain::{Cell, CellReason, CellReport, CellState, EventKey, TargetSelector},
    events::{LookupAnswer, LookupRequest, Order, StreamItem},
    sandbox::{BucketSummary, Effect, Fault, Latency, Member, Scenario},
};

use super::organization::{NOW, Organization, assert_within_budget, last, window};
use crate::support::rig::request;

const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const ROLELESS: &str = "555555555555";
const TIME: Duration = Duration::from_secs(30);

fn scenario() -> Scenario {
    let scenario = Scenario::uniform(1, 2, 600.0, Duration::ZERO);
    let account = |scenario: Scenario, id| scenario.with_account(id, "member");
    ACCOUNTS.into_iter().fold(scenario, account)
}

/// All that happened in these accounts in the last ten minutes: two to three pages a cell.
fn everything(accounts: &[&str]) -> LookupRequest {
    let mut asked = last(600);
    asked.page_size = 1_000;
    asked.targets = selector(accounts);
    asked
}

fn selector(accounts: &[&str]) -> TargetSelector {
    TargetSelector {
        account_ids: accounts.iter().map(|id| id.parse().unwrap()).collect(),
        ..TargetSelector::default()
    }
}

/// The LookupEvents calls that reached the other side, by cell.
fn ledger(organization: &Organization) -> BTreeMap<(String, String), u64> {
    let buckets = organization.sandbox.summary().buckets.into_iter();
    let lookups = buckets.filter(|bucket| bucket.api == "LookupEvents");
    let by_cell = |b: BucketSummary| ((b.account.to_string(), b.region.to_string()), b.attempts);
    lookups.map(by_cell).collect()
}

fn calls(organization: &Organization) -> u64 {
    ledger(organization).values().sum()
}

async fn page(organization: &Organization, asked: &LookupRequest) -> LookupAnswer {
    let answer = organization.events.lookup(&request(TIME), asked).await;
    answer.unwrap()
}

fn keys(answer: &LookupAnswer) -> Vec<EventKey> {
    answer.events.iter().map(|e| e.key.clone()).collect()
}

fn spent(cells: &[CellReport]) -> u64 {
    cells.iter().map(|cell| u64::from(cell.calls)).sum()
}

#[tokio::test]
async fn fifty_callers_with_one_question_cost_the_calls_of_one() {
    let asked = everything(&ACCOUNTS);
    let alone = Organization::start(scenario()).await;
    let one = page(&alone, &asked).await;
    let expected = alone.expected(&alone.cells(&ACCOUNTS), window(600), None);
    assert_eq!(keys(&one), expected);
    let deep = ledger(&alone);
    assert_eq!(deep.len(), 6);
    assert!(deep.values().all(|calls| *calls >= 2), "{deep:?}");

    let shared = Organization::start(scenario()).await;
    let all = join_all((0..50).map(|_| page(&shared, &asked))).await;
    for answer in &all {
        assert!(answer.coverage.complete());
        assert_eq!(keys(answer), expected);
    }
    assert_eq!(ledger(&shared), deep);
    let told: u64 = all.iter().map(|a| spent(&a.coverage.cells)).sum();
    assert_eq!(told, calls(&shared), "each call is told of once");
    assert_within_budget(&shared.sandbox);
}

#[tokio::test]
async fn streams_share_pages_too() {
    let asked = everything(&ACCOUNTS[..1]);
    let organization = Organization::start(scenario()).await;
    let read = || async {
        let ctx = request(TIME);
        let opened = organization.events.stream(&ctx, &asked, Order::EventTime);
        let (mut stream, mut keys) = (opened.await.unwrap(), Vec::new());
        while let Some(item) = stream.next().await {
            if let StreamItem::Batch(batch) = item {
                keys.extend(batch.events.into_iter().map(|event| event.key));
            }
        }
        keys
    };
    let (one, two) = tokio::join!(read(), read());
    let cells = organization.cells(&ACCOUNTS[..1]);
    assert_eq!(one, organization.expected(&cells, window(600), None));
    assert_eq!(two, one);
    assert_eq!(calls(&organization), pages(&organization, &cells));
}

#[tokio::test]
async fn the_first_caller_leaves_and_the_others_get_the_page_of_its_call() {
    let slow = Fault::new(Effect::Latency(Latency::Constant { ms: 1_000.0 })).on("LookupEvents");
    let organization = Organization::start(scenario().with_fault(slow)).await;
    let mut asked = last(600);
    asked.targets = selector(&ACCOUNTS[..1]);
    asked.page_size = 10;
    let first = request(TIME);
    let leaves = async {
        let arrived = || calls(&organization) == 2;
        let bound = tokio::time::Instant::now() + TIME;
        // By the time a call has reached the other side, all who asked with its starter have joined it.
        while !arrived() && tokio::time::Instant::now() < bound {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        first.cancel.cancel();
    };
    let rest = join_all((0..9).map(|_| page(&organization, &asked)));
    let (left, (), rest) = tokio::join!(organization.events.lookup(&first, &asked), leaves, rest);
    assert!(left.is_err(), "it has gone");
    let expected = organization.expected(&organization.cells(&ACCOUNTS[..1]), window(600), None);
    for answer in rest {
        assert_eq!(keys(&answer), expected[..10]);
    }
    assert_eq!(calls(&organization), 2, "one a cell");
}

/// The pages of a cell's last ten minutes, over all of these cells.
fn pages(organization: &Organization, cells: &[Cell]) -> u64 {
    let of = |cell| organization.expected(std::slice::from_ref(cell), window(600), None);
    let pages = cells.iter().map(|cell| of(cell).len().div_ceil(50) as u64);
    pages.sum()
}

#[tokio::test]
async fn windows_that_are_equal_in_whole_seconds_share_and_each_shows_its_own() {
    let organization = Organization::start(scenario()).await;
    let cells = organization.cells(&ACCOUNTS[..1]);
    let all = organization.expected(&cells, window(600), None);
    let cut = |start: u64, end: u64| {
        let mut asked = everything(&ACCOUNTS[..1]);
        asked.start = asked.start.map(|at| at.plus(Duration::from_millis(start)));
        asked.end = Some(NOW.minus(Duration::from_millis(end)));
        asked
    };
    let (wide, narrow) = (cut(0, 1), cut(1, 900));
    let (one, two) = tokio::join!(page(&organization, &wide), page(&organization, &narrow));
    for (asked, answer) in [(wide, one), (narrow, two)] {
        let within = |key: &&EventKey| Some(key.time) >= asked.start && Some(key.time) <= asked.end;
        let expected: Vec<EventKey> = all.iter().filter(within).cloned().collect();
        assert_eq!(keys(&answer), expected);
    }
    assert_eq!(calls(&organization), pages(&organization, &cells));
}

fn only<'a>(answer: &'a LookupAnswer, account: &str) -> Vec<&'a CellReport> {
    let account = account.parse().unwrap();
    let cells = answer.coverage.cells.iter();
    cells.filter(|cell| cell.cell.account == account).collect()
}

/// The cells failed for this reason, and whether that was remembered.
fn assert_failed(cells: &[&CellReport], reason: CellReason, remembered: bool) {
    assert_eq!(cells.len(), 2);
    for cell in cells {
        assert_eq!(
            (cell.state, cell.reason),
            (CellState::Failed, Some(reason)),
            "{cell:?}"
        );
        let error = cell.error.as_ref().unwrap();
        assert_eq!(error.remembered_for.is_some(), remembered, "{error:?}");
    }
}

#[tokio::test]
async fn what_was_denied_is_not_asked_again_until_somebody_checks() {
    let denied = Fault::new(Effect::Denied).on("LookupEvents");
    let denied = denied.for_account(ACCOUNTS[0]).times(1);
    let mut without = Member::new(ROLELESS.parse().unwrap(), "roleless");
    without.has_role = false;
    let scenario = scenario().with_fault(denied).with_member(without);
    let organization = Organization::start(scenario).await;
    let both = [ACCOUNTS[0], ROLELESS];
    let asked = everything(&both);
    for remembered in [false, true] {
        let answer = page(&organization, &asked).await;
        let denied = only(&answer, ACCOUNTS[0]);
        assert_failed(&denied, CellReason::AccessDenied, remembered);
        let spent: u32 = denied.iter().map(|cell| cell.calls).sum();
        assert_eq!(spent, if remembered { 0 } else { 2 });
        let roleless = only(&answer, ROLELESS);
        // Of two cells of one account the second may come when the first has just been refused.
        let learnt = roleless[0].error.as_ref().unwrap().remembered_for;
        assert!(!remembered || learnt.is_some(), "{learnt:?}");
        assert_eq!(roleless[0].reason, Some(CellReason::RoleNotAssumable));
    }
    assert_eq!(calls(&organization), 2, "one a cell");
    assert_eq!(organization.sandbox.ledger().calls("AssumeRole"), 2);

    let (ctx, both) = (request(TIME), selector(&both));
    let verdicts = organization.fleet.check_access(&ctx, &both).await;
    let verdicts: Vec<_> = verdicts.unwrap().0.collect().await;
    // The fleet's clock is not the sandbox's, which therefore calls the probe's minute wrong: but it was asked.
    // One of them is told the trials of the trust policy too.
    let asked_there = verdicts.iter().filter(|v| v.report.calls >= 2);
    assert_eq!(asked_there.count(), 2, "{verdicts:?}");
    assert_eq!(calls(&organization), 4);
    assert!(
        organization.sandbox.ledger().calls("AssumeRole") >= 3,
        "asked anew for the role that could not be assumed"
    );
    let answer = page(&organization, &asked).await;
    let cells = only(&answer, ACCOUNTS[0]);
    assert!(cells.iter().all(|cell| cell.state == CellState::Complete));
}
