//! Streams: the whole answer, in either order, each event once, also when it is taken up again.

use std::{collections::BTreeSet, time::Duration};

use futures_util::StreamExt;
use trailplane::{
    domain::{EventKey, Timestamp},
    events::{Events, LookupRequest, Order, Settings, StreamItem, stream::Summary},
    sandbox::{Moment, Scenario, Scope},
};

use super::organization::{NOW, Organization, assert_within_budget, last, window};
use crate::support::rig::request;

/// What came of a stream.
struct Read {
    keys: Vec<EventKey>,
    cursor: Option<String>,
    summary: Option<Box<Summary>>,
    progress: usize,
}

/// Reads until `until` events have come, or to the end.
async fn read(events: &Events, asked: &LookupRequest, order: Order, until: usize) -> Read {
    let mut stream = events
        .stream(&request(Duration::from_secs(120)), asked, order)
        .await
        .unwrap();
    let mut read = Read {
        keys: Vec::new(),
        cursor: None,
        summary: None,
        progress: 0,
    };
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Batch(batch) => {
                read.keys
                    .extend(batch.events.into_iter().map(|event| event.key));
                read.cursor = batch.cursor.or(read.cursor);
            }
            StreamItem::Progress(progress) => {
                assert!(
                    read.progress > 0 || read.keys.is_empty(),
                    "progress comes first"
                );
                read.progress += 1;
                read.cursor = Some(progress.cursor);
            }
            StreamItem::Summary(summary) => read.summary = Some(summary),
            StreamItem::Exhausted(exhausted) => panic!("{exhausted}"),
            StreamItem::Cancelled => panic!("nobody cancelled it"),
        }
        if read.keys.len() >= until {
            break;
        }
    }
    read
}

fn scenario() -> Scenario {
    Scenario::uniform(6, 3, 900.0, Duration::from_millis(5)).with_burst(
        Scope::default(),
        Moment::SecondsAgo(300),
        120,
    )
}

/// All accounts of the scenario but none left out: the management account is read with its own credentials' role.
async fn all(organization: &Organization, seconds: u64) -> Vec<EventKey> {
    let context = request(Duration::from_secs(30));
    let targets = organization
        .fleet
        .resolve(&context, &Default::default())
        .await
        .unwrap();
    let cells: Vec<_> = targets
        .cells
        .into_iter()
        .map(|target| target.cell)
        .collect();
    assert_eq!(cells.len(), 18);
    organization.expected(&cells, window(seconds), None)
}

#[tokio::test]
async fn in_order_every_event_once() {
    let organization = Organization::start(scenario()).await;
    let expected = all(&organization, 900).await;
    let read = read(
        &organization.events,
        &last(900),
        Order::EventTime,
        usize::MAX,
    )
    .await;
    assert_eq!(read.keys.len(), expected.len());
    assert_eq!(read.keys, expected);
    let summary = read.summary.expect("a whole stream ends with a summary");
    assert!(summary.coverage.complete(), "{:?}", summary.coverage);
    assert_eq!(summary.counts.events, expected.len() as u64);
    assert_eq!(summary.counts.throttles, 0);
    assert!(read.progress >= 2);
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn by_arrival_every_event_once() {
    let organization = Organization::start(scenario()).await;
    let expected = all(&organization, 900).await;
    let read = read(&organization.events, &last(900), Order::Arrival, usize::MAX).await;
    let distinct: BTreeSet<&EventKey> = read.keys.iter().collect();
    assert_eq!(distinct.len(), read.keys.len(), "no event twice");
    assert_eq!(distinct.into_iter().cloned().collect::<Vec<_>>(), expected);
    // Newest first within each cell.
    for target in organization.cells(&["300000000001"]) {
        let times: Vec<Timestamp> = read
            .keys
            .iter()
            .filter(|key| key.account == target.account && key.region == target.region)
            .map(|key| key.time)
            .collect();
        assert!(times.is_sorted_by(|a, b| a >= b));
    }
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn a_broken_stream_goes_on_elsewhere_without_loss_or_repetition() {
    let organization = Organization::start(scenario()).await;
    let expected = all(&organization, 900).await;
    for order in [Order::EventTime, Order::Arrival] {
        let mut asked = last(900);
        asked.end = Some(NOW);
        let mut got: Vec<EventKey> = Vec::new();
        let mut streams = 0;
        loop {
            let part = read(&organization.another(), &asked, order, 1_000).await;
            // By arrival the cursor comes with progress or batch; here every batch has one.
            got.extend(part.keys);
            asked.page_token = part.cursor;
            streams += 1;
            organization.hand.advance(Duration::from_secs(3));
            if let Some(summary) = part.summary {
                assert!(
                    summary.coverage.complete(),
                    "{order:?}: {:?}",
                    summary.coverage
                );
                break;
            }
        }
        assert!(
            streams > 3,
            "{streams} for {} of {} events",
            got.len(),
            expected.len()
        );
        got.sort();
        assert_eq!(got.len(), expected.len(), "{order:?}");
        assert_eq!(got, expected, "{order:?}");
    }
}

/// A drain cancels streams. What was read until then is no whole answer: it goes on from its last cursor.
#[tokio::test]
async fn a_stream_that_is_cancelled_has_no_summary_and_goes_on_elsewhere() {
    let organization = Organization::start(scenario()).await;
    let expected = all(&organization, 900).await;
    for order in [Order::EventTime, Order::Arrival] {
        let mut asked = last(900);
        asked.end = Some(NOW);
        let ctx = request(Duration::from_secs(120));
        let mut stream = organization
            .another()
            .stream(&ctx, &asked, order)
            .await
            .unwrap();
        let mut got: Vec<EventKey> = Vec::new();
        // What had come when a cursor was told: after it nothing has to come again.
        let mut safe = 0;
        loop {
            match stream.next().await.expect("the reason why it ends") {
                StreamItem::Batch(batch) => {
                    got.extend(batch.events.into_iter().map(|event| event.key));
                    if let Some(cursor) = batch.cursor {
                        (asked.page_token, safe) = (Some(cursor), got.len());
                    }
                    ctx.cancel.cancel();
                }
                StreamItem::Progress(progress) => {
                    (asked.page_token, safe) = (Some(progress.cursor), got.len());
                }
                StreamItem::Cancelled => break,
                last => panic!("{order:?}: {last:?}"),
            }
        }
        assert!(stream.next().await.is_none(), "it is the last");
        assert!(safe > 0 && safe < expected.len(), "{safe}");
        got.truncate(safe);
        let rest = read(&organization.another(), &asked, order, usize::MAX).await;
        assert!(rest.summary.unwrap().coverage.complete(), "{order:?}");
        got.extend(rest.keys);
        got.sort();
        assert_eq!(got, expected, "{order:?}");
    }
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_calls() {
    let busy = Scenario::uniform(6, 3, 200_000.0, Duration::ZERO);
    // Room for some ten pages a cell, of the thousand that it has.
    let small = Settings {
        stream_memory_bytes: 4 << 20,
        ..Settings::default()
    };
    let organization = Organization::with(busy, small).await;
    let context = request(Duration::from_secs(120));
    let mut stream = organization
        .events
        .stream(&context, &last(900), Order::EventTime)
        .await
        .unwrap();
    let calls = || organization.sandbox.ledger().calls("LookupEvents");
    // The calls come to rest though the answer has hundreds of pages a cell: wait until two looks a second apart,
    // in which the quota would allow 36 more, are alike.
    let mut before = calls();
    let rested = async {
        loop {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let now = calls();
            if now == before && now > 0 {
                break now;
            }
            before = now;
        }
    };
    let rested = tokio::time::timeout(Duration::from_secs(60), rested)
        .await
        .expect("the calls come to rest");
    assert!(rested < 18 * 20, "{rested}");
    // And go on when the reader does.
    for _ in 0..40 {
        stream.next().await.unwrap();
    }
    let gone_on = async {
        while calls() == rested {
            stream.next().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone_on)
        .await
        .expect("the calls go on");
}
