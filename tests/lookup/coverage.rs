//! Coverage is about what was sent: whatever a cell is said to be covered for is in the answer, event by event.

use std::{collections::BTreeSet, time::Duration};

use futures_util::StreamExt;
use trailplane::{
    domain::{CellReason, CellReport, CellState, Coverage, EventKey},
    events::{Order, StreamItem},
    sandbox::{Effect, Fault, Latency, Scenario},
};

use super::organization::{Organization, last, window};
use crate::support::rig::request;

const QUICK: &str = "111111111111";
const SLOW: &str = "222222222222";

fn scenario() -> Scenario {
    Scenario::uniform(1, 1, 600.0, Duration::ZERO)
        .with_account(QUICK, "quick")
        .with_account(SLOW, "slow")
}

fn slow(ms: f64) -> Fault {
    Fault::new(Effect::Latency(Latency::Constant { ms }))
        .on("LookupEvents")
        .for_account(SLOW)
}

/// Every event of the time for which a cell is said to be covered has come. The last second of a page may be broken.
fn assert_covered(
    organization: &Organization,
    seconds: u64,
    coverage: &Coverage,
    keys: &[EventKey],
) {
    let sent: BTreeSet<&EventKey> = keys.iter().collect();
    for report in &coverage.cells {
        let Some((from, to)) = report.covered_from.zip(report.covered_to) else {
            continue;
        };
        let cell = std::slice::from_ref(&report.cell);
        for key in organization.expected(cell, window(seconds), None) {
            let claimed = from <= key.time && key.time <= to;
            let beyond = keys
                .last()
                .is_some_and(|last| last.time == key.time && *last < key);
            assert!(
                !claimed || beyond || sent.contains(&key),
                "{key:?} is missing, and {report:?} says it is covered"
            );
        }
    }
}

/// A stream over the quick and the slow account, with this time for it.
async fn stream(
    organization: &Organization,
    seconds: u64,
    time: Duration,
) -> (Vec<EventKey>, Coverage) {
    let mut asked = last(seconds);
    asked.targets.account_ids = vec![QUICK.parse().unwrap(), SLOW.parse().unwrap()];
    let ctx = request(time);
    let opened = organization.events.stream(&ctx, &asked, Order::EventTime);
    let mut stream = opened.await.unwrap();
    let (mut keys, mut coverage) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Batch(batch) => {
                keys.extend(batch.events.into_iter().map(|event| event.key))
            }
            StreamItem::Summary(summary) => coverage = Some(summary.coverage),
            StreamItem::Progress(_) | StreamItem::Exhausted(_) | StreamItem::Cancelled => {}
        }
    }
    (keys, coverage.expect("the stream ends with its summary"))
}

fn of<'a>(coverage: &'a Coverage, account: &str) -> &'a CellReport {
    let account = account.parse().unwrap();
    coverage
        .cells
        .iter()
        .find(|c| c.cell.account == account)
        .unwrap()
}

/// The quick account has been read to its end when the slow one runs out of time; what was read and not sent is
/// not covered.
#[tokio::test]
async fn a_stream_that_ends_early_covers_only_what_it_sent() {
    let organization = Organization::start(scenario().with_fault(slow(700.0))).await;
    let (keys, coverage) = stream(&organization, 3600, Duration::from_secs(6)).await;
    assert!(!keys.is_empty());
    assert_covered(&organization, 3600, &coverage, &keys);
    for account in [QUICK, SLOW] {
        let report = of(&coverage, account);
        assert_eq!(
            (report.state, report.reason),
            (CellState::Partial, Some(CellReason::DeadlineExceeded)),
            "{report:?}"
        );
        assert!(report.calls > 0 && report.scanned > 0, "{report:?}");
    }
}

#[tokio::test]
async fn a_page_covers_only_what_it_shows() {
    let organization = Organization::start(scenario()).await;
    let mut asked = last(240);
    asked.page_size = 10;
    asked.targets.account_ids = vec![QUICK.parse().unwrap(), SLOW.parse().unwrap()];
    let mut pages = 0;
    loop {
        let answer = organization
            .events
            .lookup(&request(Duration::from_secs(30)), &asked)
            .await
            .unwrap();
        let keys: Vec<EventKey> = answer.events.into_iter().map(|event| event.key).collect();
        let first = keys[0].clone();
        let mut coverage = answer.coverage;
        assert!(coverage.complete());
        // What the pages before have shown is not asked for again.
        for report in &mut coverage.cells {
            report.covered_to = report.covered_to.map(|to| to.min(first.time));
        }
        let all = organization.expected(&organization.cells(&[QUICK, SLOW]), window(240), None);
        let shown: Vec<EventKey> = all
            .into_iter()
            .filter(|key| *key < first)
            .chain(keys)
            .collect();
        assert_covered(&organization, 240, &coverage, &shown);
        pages += 1;
        match answer.next_page_token {
            Some(token) => asked.page_token = Some(token),
            None => break,
        }
    }
    assert!(pages > 3, "{pages}");
}
