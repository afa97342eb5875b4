//! Events being followed, over the simulated AWS: each once, whoever takes the stream up, and the holes are told.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::timeout;
use trailplane::{
    budget::Interrupted,
    domain::{Cell, CellReason, EventKey, TimeWindow, Timestamp},
    events::{
        Events, LookupRequest, Settings, TailItem,
        tail::{self, GapReason, Tail, TailGap},
    },
    sandbox::{Effect, Fault, Late, Scenario, Scope},
};

use super::organization::{NOW, Organization, assert_within_budget};
use crate::support::rig::request;

/// Long enough for any wait in these tests.
const PATIENCE: Duration = Duration::from_secs(60);
const LAG: u64 = 60;
/// What the service adds to the settle lag.
const MARGIN: u64 = 3;

/// A lag of a minute, and cells that rest no longer than their budget asks for.
fn quick() -> Settings {
    Settings {
        settle_lag: Duration::from_secs(LAG),
        tail: tail::Settings {
            share: 1.0,
            shortest: Duration::from_millis(100),
            heartbeat: Duration::from_millis(200),
            whole_heartbeat: Duration::from_millis(400),
            ..tail::Settings::default()
        },
        ..Settings::default()
    }
}

/// A third of the events cannot be looked up before 50 s have passed.
fn scenario() -> Scenario {
    let mut scenario = Scenario::uniform(3, 2, 1_200.0, Duration::ZERO);
    scenario.events.late.push(Late {
        scope: Scope::default(),
        share: 0.33,
        lag_seconds: 50,
    });
    scenario
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// One who reads a tail, and goes by the contract: what came after the last cursor is forgotten when the stream breaks.
#[derive(Default)]
struct Reader {
    certain: Vec<EventKey>,
    since_cursor: Vec<EventKey>,
    cursor: Option<String>,
    through: BTreeMap<Cell, Timestamp>,
    failing: BTreeMap<Cell, Option<CellReason>>,
    gaps: Vec<TailGap>,
}

impl Reader {
    async fn begin(&self, events: &Events, mut asked: LookupRequest) -> Tail {
        asked.page_token.clone_from(&self.cursor);
        let context = request(Duration::from_secs(600));
        events.tail(&context, &asked).await.unwrap()
    }

    fn take(&mut self, item: TailItem) {
        let cursor = match item {
            TailItem::Batch(batch) => {
                assert!(batch.events.is_sorted_by_key(|event| event.key.time));
                let keys = batch.events.into_iter().map(|event| event.key);
                self.since_cursor.extend(keys);
                batch.cursor
            }
            TailItem::Heartbeat(beat) => {
                for mark in beat.watermarks {
                    self.failing.remove(&mark.cell);
                    self.through.insert(mark.cell, mark.through);
                }
                for report in beat.failing {
                    self.failing.insert(report.cell, report.reason);
                }
                Some(beat.cursor)
            }
            TailItem::Gap(gap) => {
                self.gaps.push(gap);
                None
            }
        };
        if cursor.is_some() {
            self.cursor = cursor;
            self.certain.append(&mut self.since_cursor);
        }
    }

    /// Reads until this holds.
    async fn until(&mut self, tail: &mut Tail, holds: impl Fn(&Self) -> bool) {
        let reading = async {
            while !holds(self) {
                let item = tail.next().await.unwrap();
                self.take(item);
            }
        };
        timeout(PATIENCE, reading).await.expect("it comes to that");
    }

    /// Reads until so many cells have been followed up to then.
    async fn up_to(&mut self, tail: &mut Tail, cells: usize, then: Timestamp) {
        let there = |reader: &Self| reader.through.values().filter(|at| **at >= then).count();
        self.until(tail, |reader| there(reader) >= cells).await;
    }

    /// The connection broke.
    fn breaks(&mut self) {
        self.since_cursor.clear();
    }

    fn keys(&self) -> Vec<EventKey> {
        let mut keys: Vec<_> = self
            .certain
            .iter()
            .chain(&self.since_cursor)
            .cloned()
            .collect();
        keys.sort();
        keys
    }
}

/// All that happened since the beginning, up to then.
async fn expected(organization: &Organization, to: Timestamp) -> Vec<EventKey> {
    let context = request(Duration::from_secs(30));
    let everything = Default::default();
    let targets = organization.fleet.resolve(&context, &everything);
    let cells = targets.await.unwrap().cells.into_iter();
    let cells: Vec<Cell> = cells.map(|target| target.cell).collect();
    organization.expected(&cells, TimeWindow::new(NOW, to).unwrap(), None)
}

fn up_to(keys: Vec<EventKey>, to: Timestamp) -> Vec<EventKey> {
    keys.into_iter().filter(|key| key.time <= to).collect()
}

#[tokio::test]
async fn late_events_come_once_and_a_tail_goes_on_elsewhere() {
    let organization = Organization::with(scenario(), quick()).await;
    let asked = LookupRequest::default();
    let mut reader = Reader::default();
    let mut tail = reader.begin(&organization.events, asked.clone()).await;
    let first = tail.next().await.unwrap();
    assert!(matches!(&first, TailItem::Heartbeat(beat) if beat.whole && !beat.cursor.is_empty()));
    reader.take(first);
    let mut early = 0;
    for round in 1..=10 {
        organization.hand.advance(Duration::from_secs(20));
        let settled = after(20 * round).minus(Duration::from_secs(LAG + MARGIN));
        if settled >= NOW {
            reader.up_to(&mut tail, 6, settled).await;
        } else {
            // Events are sent before they are settled.
            let before = reader.keys().len();
            reader
                .until(&mut tail, |reader| reader.keys().len() > before)
                .await;
            early += 1;
        }
        if round % 3 == 0 {
            drop(tail);
            reader.breaks();
            let another = organization.another_with(quick());
            tail = reader.begin(&another, asked.clone()).await;
        }
    }
    assert!(early > 0);
    let settled = after(200 - LAG - MARGIN);
    let wanted = expected(&organization, settled).await;
    assert!(wanted.len() > 200, "{}", wanted.len());
    assert_eq!(up_to(reader.keys(), settled), wanted);
    assert!(reader.failing.is_empty() && reader.gaps.is_empty());
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn history_comes_first_and_then_what_happens() {
    let organization = Organization::with(scenario(), quick()).await;
    let asked = LookupRequest {
        start: Some(NOW),
        ..LookupRequest::default()
    };
    organization.hand.advance(Duration::from_secs(3_600));
    let mut reader = Reader::default();
    let mut tail = reader.begin(&organization.events, asked).await;
    let settled = after(3_600 - LAG - MARGIN);
    reader.up_to(&mut tail, 6, settled).await;
    assert_eq!(
        up_to(reader.keys(), settled),
        expected(&organization, settled).await
    );
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn a_cell_that_fails_is_told_and_goes_on_when_it_recovers() {
    let bad = "300000000001";
    let fault = Fault::new(Effect::error("InternalFailure", 500)).on("LookupEvents");
    let organization = Organization::with(
        scenario().with_fault(fault.for_account(bad).times(6)),
        quick(),
    )
    .await;
    let mut reader = Reader::default();
    let mut tail = reader
        .begin(&organization.events, LookupRequest::default())
        .await;
    organization.hand.advance(Duration::from_secs(30));
    reader
        .until(&mut tail, |reader| reader.failing.len() == 2)
        .await;
    assert!(
        reader
            .failing
            .keys()
            .all(|cell| cell.account == bad.parse().unwrap())
    );
    let reasons: Vec<_> = reader.failing.values().copied().collect();
    assert_eq!(reasons, [Some(CellReason::UpstreamError); 2]);
    // The others go on meanwhile.
    organization.hand.advance(Duration::from_secs(90));
    let settled = after(120 - LAG - MARGIN);
    reader.up_to(&mut tail, 4, settled).await;
    reader.up_to(&mut tail, 6, settled).await;
    assert!(reader.failing.is_empty());
    assert_eq!(
        up_to(reader.keys(), settled),
        expected(&organization, settled).await
    );
}

#[tokio::test]
async fn a_reader_who_comes_back_too_late_is_told_what_it_missed() {
    let mut how = quick();
    how.tail.patience = Duration::from_secs(1_800);
    let organization = Organization::with(scenario(), how).await;
    let mut reader = Reader::default();
    let mut tail = reader
        .begin(&organization.events, LookupRequest::default())
        .await;
    organization.hand.advance(Duration::from_secs(100));
    reader.up_to(&mut tail, 6, after(100 - LAG - MARGIN)).await;
    organization.hand.advance(Duration::from_secs(7_200));
    let settled = after(7_300 - LAG - MARGIN);
    reader.up_to(&mut tail, 6, settled).await;
    assert_eq!(reader.gaps.len(), 6, "one a cell");
    organization.hand.advance(Duration::from_secs(100));
    let settled = after(7_400 - LAG - MARGIN);
    reader.up_to(&mut tail, 6, settled).await;
    let in_a_gap = |key: &EventKey| {
        reader.gaps.iter().any(|gap| {
            assert_eq!(gap.reason, GapReason::SlowReader);
            gap.cell.account == key.account
                && gap.cell.region == key.region
                && gap.window.contains(key.time)
        })
    };
    let outside = |keys: Vec<EventKey>| -> Vec<EventKey> {
        keys.into_iter().filter(|key| !in_a_gap(key)).collect()
    };
    let wanted = outside(expected(&organization, settled).await);
    assert_eq!(outside(up_to(reader.keys(), settled)), wanted);
    assert!(wanted.len() > 60, "{}", wanted.len());
    let all = reader.keys();
    assert!(
        all.windows(2).all(|pair| pair[0] != pair[1]),
        "an event came twice"
    );
}

#[tokio::test]
async fn it_ends_with_its_last_cursor_when_it_is_told_to() {
    let organization = Organization::with(scenario(), quick()).await;
    let context = request(Duration::from_secs(600));
    let mut tail = organization
        .events
        .tail(&context, &LookupRequest::default())
        .await
        .unwrap();
    assert!(matches!(tail.next().await, Ok(TailItem::Heartbeat(_))));
    context.cancel.cancel();
    let mut last = None;
    let why = loop {
        match timeout(PATIENCE, tail.next()).await.unwrap() {
            Ok(item) => last = Some(item),
            Err(why) => break why,
        }
    };
    assert_eq!(why, Interrupted::Cancelled);
    assert!(matches!(last, Some(TailItem::Heartbeat(beat)) if !beat.cursor.is_empty()));
}

#[tokio::test]
async fn a_cursor_too_old_for_the_history_is_refused_with_the_earliest_time() {
    let organization = Organization::with(scenario(), quick()).await;
    let mut reader = Reader::default();
    let mut tail = reader
        .begin(&organization.events, LookupRequest::default())
        .await;
    reader.take(tail.next().await.unwrap());
    organization.hand.advance(Duration::from_secs(91 * 86_400));
    let asked = LookupRequest {
        page_token: reader.cursor,
        ..LookupRequest::default()
    };
    let refused = organization.events.tail(&request(PATIENCE), &asked).await;
    let earliest = after(86_400);
    let message = refused.err().unwrap().to_string();
    assert!(message.contains(&earliest.to_string()), "{message}");
}
