//! Long lookups: cells read by windows side by side, and from what is remembered. Nothing is lost or doubled, whatever
//! happens to single calls.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use trailplane::{
    domain::{
        AccountId, CellReason, CellState, EventKey, LookupAttribute, LookupAttributeKind,
        TargetSelector, TimeWindow, Timestamp,
    },
    events::{
        Attribute, Events, LookupRequest, Order, RecordField, Settings, StreamItem,
        cache::EventCache, stream::Summary,
    },
    sandbox::{Effect, Fault, Latency, Moment, Scenario, Scope},
};

use super::organization::{NOW, Organization};
use crate::support::rig::request;

const BUSY: &str = "111111111111";
const TIME: Duration = Duration::from_secs(120);
const PER_SECOND: f64 = 20.0;
const LATENCY: Duration = Duration::from_millis(400);
/// Older than this is settled.
const SETTLED: u64 = 3_600;

/// One account in one Region, busy, each call slow: eight at once spend the quota.
fn busy() -> Scenario {
    busy_with(LATENCY)
}

/// The same, with calls that take so long.
fn busy_with(latency: Duration) -> Scenario {
    let mut scenario = Scenario::uniform(1, 1, 6_000.0, latency).with_account(BUSY, "busy");
    let quota = ("LookupEvents".to_owned(), PER_SECOND);
    scenario.quotas.per_second.extend([quota]);
    scenario
}

/// What happened in the busy account.
fn asked(start: Timestamp, end: Timestamp) -> LookupRequest {
    LookupRequest {
        targets: TargetSelector {
            account_ids: vec![BUSY.parse().unwrap()],
            ..TargetSelector::default()
        },
        start: Some(start),
        end: Some(end),
        page_size: 1_000,
        ..LookupRequest::default()
    }
}

/// So many hours of settled history.
fn hours(hours: u64) -> (LookupRequest, TimeWindow) {
    let end = NOW.minus(Duration::from_secs(SETTLED));
    let start = end.minus(Duration::from_secs(hours * 3_600));
    (asked(start, end), TimeWindow::new(start, end).unwrap())
}

/// This effect on one call, after so many.
fn once(effect: Effect, after: u64) -> Fault {
    Fault::new(effect).on("LookupEvents").skip(after).times(1)
}

async fn stream(
    organization: &Organization,
    asked: &LookupRequest,
    order: Order,
) -> (Vec<EventKey>, Summary) {
    stream_of(&organization.events, asked, order).await
}

async fn stream_of(
    events: &Events,
    asked: &LookupRequest,
    order: Order,
) -> (Vec<EventKey>, Summary) {
    let stream = events.stream(&request(TIME), asked, order).await;
    let mut stream = stream.unwrap();
    let mut keys = Vec::new();
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Batch(batch) => keys.extend(batch.events.into_iter().map(|e| e.key)),
            StreamItem::Summary(summary) => return (keys, *summary),
            StreamItem::Progress(_) | StreamItem::Exhausted(_) | StreamItem::Cancelled => {}
        }
    }
    panic!("a stream without its summary");
}

fn expected(organization: &Organization, window: TimeWindow) -> Vec<EventKey> {
    organization.expected(&organization.cells(&[BUSY]), window, None)
}

fn calls(organization: &Organization) -> u64 {
    organization.sandbox.ledger().calls("LookupEvents")
}

#[tokio::test]
async fn a_long_lookup_takes_a_fraction_of_the_time_of_one_page_after_the_other() {
    let organization = Organization::start(busy()).await;
    // How long calls take, and how dense the cell is, is learnt on the way.
    let (asked, window) = hours(1);
    let began = Instant::now();
    let (keys, summary) = stream(&organization, &asked, Order::EventTime).await;
    let took = began.elapsed();
    let expected = expected(&organization, window);
    assert_eq!(keys, expected);
    assert!(summary.coverage.complete());
    let pages = u32::try_from(expected.len().div_ceil(50)).unwrap();
    assert!(took < pages * LATENCY / 3, "{took:?} for {pages} pages");
    assert_eq!(summary.counts.throttles, 0);
    let spent = calls(&organization);
    assert!(spent < u64::from(pages) * 13 / 10, "{spent} for {pages}");

    let before = calls(&organization);
    let (again, summary) = stream(&organization, &asked, Order::EventTime).await;
    assert_eq!(again, expected);
    assert!(summary.coverage.complete());
    assert_eq!(calls(&organization), before, "all of it is remembered");
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_when_calls_fail_and_seconds_are_dense() {
    let mut scenario = busy()
        .with_burst(Scope::default(), Moment::SecondsAgo(5_000), 1_500)
        .with_burst(Scope::default(), Moment::SecondsAgo(4_999), 300)
        .with_fault(once(Effect::error("ThrottlingException", 400), 30));
    for (number, call) in [3, 11, 19, 40, 52, 75, 90, 121].into_iter().enumerate() {
        let effect = match number % 3 {
            0 => Effect::error("InternalFailure", 500),
            1 => Effect::reset(),
            _ => Effect::error("InvalidNextTokenException", 400),
        };
        scenario = scenario.with_fault(once(effect, call));
    }
    scenario.events.pages.short_share = 0.2;
    scenario.events.pages.empty_share = 0.1;
    for order in [Order::EventTime, Order::Arrival] {
        let organization = Organization::start(scenario.clone()).await;
        let (asked, window) = hours(1);
        let (mut keys, summary) = stream(&organization, &asked, order).await;
        assert!(summary.coverage.complete(), "{:?}", summary.coverage);
        if order == Order::Arrival {
            keys.sort();
        }
        assert_eq!(keys, expected(&organization, window), "{order:?}");
    }
}

#[tokio::test]
async fn what_was_asked_for_in_part_is_asked_for_in_the_gaps_only() {
    let organization = Organization::start(busy()).await;
    let (all, window) = hours(1);
    let middle = |from: u64, to: u64| {
        let at = |seconds| window.start().plus(Duration::from_secs(seconds));
        asked(at(from), at(to))
    };
    stream(&organization, &middle(600, 1_200), Order::EventTime).await;
    stream(&organization, &middle(2_400, 2_700), Order::EventTime).await;
    let before = calls(&organization);
    let (keys, _) = stream(&organization, &all, Order::EventTime).await;
    let expected = expected(&organization, window);
    assert_eq!(keys, expected);
    let spent = calls(&organization) - before;
    // Another process has to read all of it: a quarter was known here.
    let (keys, _) = stream_of(&organization.another(), &all, Order::EventTime).await;
    assert_eq!(keys, expected);
    let whole = calls(&organization) - before - spent;
    assert!(spent < whole * 9 / 10, "{spent} of {whole}");

    // What AWS would filter is had from what is known without a filter.
    let before = calls(&organization);
    let mut named = all.clone();
    let name = LookupAttribute {
        kind: LookupAttributeKind::EventName,
        value: "AssumeRole".to_owned(),
    };
    named
        .filters
        .add(Attribute::Lookup(name.kind), vec![name.value.clone()]);
    let (keys, _) = stream(&organization, &named, Order::EventTime).await;
    let cells = organization.cells(&[BUSY]);
    assert_eq!(keys, organization.expected(&cells, window, Some(&name)));
    assert!(!keys.is_empty());
    assert_eq!(calls(&organization), before);
}

#[tokio::test]
async fn what_waits_for_another_cell_and_has_no_room_waits_in_the_cache_on_disk() {
    one_waits_for_the_other(busy()).await;
}

/// Calls that are answered long before the next may leave: one window spends the quota, and lets go of what it has read.
#[tokio::test]
async fn what_one_window_has_read_and_has_no_room_waits_in_the_cache_on_disk() {
    one_waits_for_the_other(busy_with(Duration::from_millis(2))).await;
}

/// While one cell holds the order up, the other is read to its end, in memory for a few pages: the cache has the rest.
async fn one_waits_for_the_other(busy: Scenario) {
    const HELD: &str = "222222222222";
    let slow = Effect::Latency(Latency::constant(Duration::from_secs(12)));
    let fault = Fault::new(slow).on("LookupEvents").for_account(HELD);
    let scenario = busy.with_account(HELD, "held").with_fault(fault.times(1));
    let small = Settings {
        stream_memory_bytes: 1 << 20,
        ..Settings::default()
    };
    let organization = Organization::with(scenario, small).await;
    let (mut asked, window) = hours(1);
    asked.targets.account_ids.push(HELD.parse().unwrap());
    let expected = organization.expected(&organization.cells(&[BUSY, HELD]), window, None);
    let pages = expected.len() as u64 / 50;

    let directory = tempfile::tempdir().unwrap();
    let cache = EventCache::on_disk(directory.path(), 16 << 20).unwrap();
    let events = organization.events.clone().with_cache(cache);
    let context = request(TIME);
    let stream = events.stream(&context, &asked, Order::EventTime);
    let mut stream = stream.await.unwrap();
    let mut keys = Vec::new();
    let mut before_the_first = None;
    let summary = loop {
        match stream.next().await.unwrap() {
            StreamItem::Batch(batch) => {
                before_the_first.get_or_insert_with(|| calls(&organization));
                keys.extend(batch.events.into_iter().map(|event| event.key));
            }
            StreamItem::Summary(summary) => break summary,
            StreamItem::Progress(_) | StreamItem::Exhausted(_) | StreamItem::Cancelled => {}
        }
    };
    assert_eq!(keys, expected);
    assert!(summary.coverage.complete());
    assert_eq!(summary.counts.scanned, expected.len() as u64);
    let ahead = before_the_first.unwrap();
    assert!(
        ahead > pages * 2 / 5,
        "{ahead} calls while the other was waited for, of {pages}"
    );
    let spent = calls(&organization);
    assert!(
        spent < pages * 13 / 10,
        "{spent} for {pages}: nothing is read twice"
    );
    assert!(summary.counts.pages >= pages, "{:?}", summary.counts);
}

#[tokio::test]
async fn what_is_not_settled_is_asked_for_again() {
    let organization = Organization::start(busy()).await;
    let minutes = |minutes: u64| LookupRequest {
        start: Some(NOW.minus(Duration::from_secs(minutes * 60))),
        page_size: 1_000,
        ..LookupRequest::default()
    };
    let ask = || async {
        let answer = organization
            .events
            .lookup(&request(TIME), &minutes(5))
            .await;
        answer.unwrap()
    };
    let first = ask().await;
    let (before, began) = (calls(&organization), Instant::now());
    // For a moment callers share the page.
    while calls(&organization) == before {
        assert_eq!(first.events, ask().await.events);
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "never asked again"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn several_values_come_whole_in_any_order_and_again_from_memory() {
    let organization = Organization::start(busy()).await;
    let (mut asked, window) = hours(12);
    let kind = LookupAttributeKind::EventName;
    let values = ["ConsoleLogin", "NoSuchEvent"].map(ToOwned::to_owned);
    asked.filters.add(Attribute::Lookup(kind), values.into());
    let name = LookupAttribute {
        kind,
        value: "ConsoleLogin".to_owned(),
    };
    let expected = organization.expected(&organization.cells(&[BUSY]), window, Some(&name));
    assert!(expected.len() > 100);
    for order in [Order::Arrival, Order::EventTime, Order::Arrival] {
        let (mut keys, summary) = stream(&organization, &asked, order).await;
        keys.sort();
        assert_eq!(keys, expected, "{order:?}");
        assert!(summary.coverage.complete());
    }
    let before = calls(&organization);
    let mut page = asked.clone();
    page.page_size = 10;
    let answer = organization.events.lookup(&request(TIME), &page).await;
    let answer = answer.unwrap();
    let keys: Vec<EventKey> = answer.events.iter().map(|e| e.key.clone()).collect();
    assert_eq!(keys, expected[..10]);
    assert_eq!(calls(&organization), before);
}

#[tokio::test]
async fn no_more_is_read_than_the_scan_limit_asks_for() {
    let organization = Organization::start(busy()).await;
    let (mut asked, _) = hours(24);
    asked.scan_limit = Some(1_000);
    let (keys, summary) = stream(&organization, &asked, Order::EventTime).await;
    let cell = &summary.coverage.cells[0];
    assert_eq!(cell.reason, Some(CellReason::ScanLimit));
    assert!(keys.len() <= 1_050, "{}", keys.len());
    let spent = calls(&organization);
    assert!(spent <= 45, "{spent} calls for 20 pages");
}

#[tokio::test]
async fn several_values_are_looked_up_side_by_side_and_come_once() {
    let organization = Organization::start(busy()).await;
    let (mut asked, window) = hours(12);
    let names = ["AssumeRole", "ConsoleLogin"];
    let kind = LookupAttributeKind::EventName;
    let values = names.iter().map(|name| (*name).to_owned()).collect();
    asked.filters.add(Attribute::Lookup(kind), values);
    asked.filters.add(
        Attribute::Record(RecordField::EventType),
        vec!["AwsApiCall".to_owned(), "AwsConsoleSignIn".to_owned()],
    );
    let (keys, summary) = stream(&organization, &asked, Order::EventTime).await;
    let cells = organization.cells(&[BUSY]);
    let mut expected: Vec<EventKey> = names
        .iter()
        .flat_map(|name| {
            let name = LookupAttribute {
                kind,
                value: (*name).to_owned(),
            };
            organization.expected(&cells, window, Some(&name))
        })
        .collect();
    expected.sort();
    assert!(!expected.is_empty());
    assert_eq!(keys, expected);
    assert_eq!(summary.facts.pushed_down, Some(kind));
    let all = organization.expected(&cells, window, None).len() as u64;
    assert!(
        summary.counts.scanned < all / 2,
        "{:?} of {all}",
        summary.counts
    );
}

#[tokio::test]
async fn an_event_that_is_found_is_looked_for_no_further() {
    const QUIET: [&str; 2] = ["222222222222", "333333333333"];
    let slow = Effect::Latency(Latency::constant(Duration::from_secs(20)));
    let scenario = QUIET.into_iter().fold(busy(), |scenario, id| {
        let fault = Fault::new(slow.clone()).on("LookupEvents").for_account(id);
        scenario.with_account(id, "quiet").with_fault(fault)
    });
    let organization = Organization::start(scenario).await;
    let (mut asked, window) = hours(24);
    asked
        .targets
        .account_ids
        .extend(QUIET.map(|id| id.parse::<AccountId>().unwrap()));
    let wanted = expected(&organization, window).swap_remove(7_000);
    let by_id = Attribute::Lookup(LookupAttributeKind::EventId);
    asked.filters.add(by_id, vec![wanted.event_id.to_string()]);
    asked.first_is_enough = true;
    let began = Instant::now();
    let answer = organization.events.lookup(&request(TIME), &asked).await;
    let answer = answer.unwrap();
    assert!(began.elapsed() < Duration::from_secs(15));
    assert_eq!(answer.events.len(), 1);
    assert_eq!(answer.events[0].key, wanted);
    assert_eq!(answer.next_page_token, None);
    assert!(!answer.coverage.complete());
    let cells = answer.coverage.cells.iter();
    let told: Vec<_> = cells.map(|cell| (cell.state, cell.reason)).collect();
    let not_needed = (CellState::Skipped, Some(CellReason::NotAttempted));
    assert_eq!(told, [(CellState::Complete, None), not_needed, not_needed]);
}
