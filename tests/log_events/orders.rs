//! Both orders: what comes, in which order, how often, and what a cursor stands for.

use trailplane::api::proto::{CellReason, CellState, Order, ReadLogEventsRequest};

use super::archive::{Archive, Put, at, day, packed, put, read, read_all};

/// An event as it was put into files: its id, second of the day, and Region.
#[derive(Clone)]
struct Known {
    id: String,
    second: u32,
    region: &'static str,
}

/// Data events and management events, with so much in them that nobody asks for.
fn record(known: &Known, pad: usize) -> String {
    let (id, second) = (&known.id, known.second);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let category = ["Management", "Data"][usize::from(!second.is_multiple_of(2))];
    let pad = "p".repeat(pad);
    format!(
        r#"{{"eventVersion":"1.11","eventID":"{id}","eventTime":"2026-03-01T{hour:02}:{minute:02}:{second:02}Z","eventName":"GetObject","eventSource":"s3.amazonaws.com","eventCategory":"{category}","readOnly":true,"requestParameters":{{"pad":"{pad}"}}}}"#
    )
}

fn name(minute: u32) -> String {
    format!("20260301T{:02}{:02}Z", minute / 60, minute % 60)
}

/// Files of an hour and a half in two Regions, a minute apart, each with ten events of up to 25 minutes before, in no order.
/// Every third was delivered by a second trail too, four minutes later. The events are in the order of the files.
fn delivered(pad: usize) -> (Vec<Put>, Vec<Known>) {
    let (mut files, mut events) = (Vec::new(), Vec::new());
    for minute in 30..120u32 {
        for region in ["eu-west-1", "us-east-1"] {
            let of_file = (0..10).map(|number| Known {
                id: format!("{region}-{minute:03}-{number}"),
                second: (minute - (minute * 7 + number * 5) % 25) * 60 + number * 13 % 60,
                region,
            });
            let of_file: Vec<Known> = of_file.collect();
            let records: Vec<String> = of_file.iter().map(|known| record(known, pad)).collect();
            let body = packed(&records);
            if minute.is_multiple_of(3) {
                let late = name(minute + 4);
                files.push(put(region, &late, "Bb0000000000000b", body.clone()));
            }
            files.push(put(region, &name(minute), "Aa0000000000000a", body));
            events.extend(of_file);
        }
    }
    (files, events)
}

fn newest_first(events: &[Known]) -> Vec<String> {
    let mut events = events.to_vec();
    events.sort_by(|a, b| {
        let newer = b.second.cmp(&a.second);
        newer.then(a.region.cmp(b.region)).then(a.id.cmp(&b.id))
    });
    events.into_iter().map(|known| known.id).collect()
}

fn as_delivered(events: &[Known]) -> Vec<String> {
    events.iter().map(|known| known.id.clone()).collect()
}

#[tokio::test]
async fn each_event_comes_once_in_its_order_and_a_cursor_stands_for_all_before_it() {
    let (files, events) = delivered(0);
    let archive = Archive::with(&files, "").await;
    let mut trailplane = archive.trailplane().await;
    let orders = [
        (Order::EventTime, newest_first(&events)),
        (Order::Arrival, as_delivered(&events)),
    ];
    for (order, expected) in orders {
        let whole = read_all(&trailplane, day(order)).await;
        assert_eq!(whole.ids(), expected, "{order:?}");
        let data = whole.events.iter().filter(|e| e.event_category == "Data");
        assert!(data.count() > 100);
        let summary = whole.summary.as_ref().unwrap();
        let coverage = summary.coverage.as_ref().unwrap();
        assert!(coverage.complete, "{coverage:?}");
        assert_eq!(summary.events, expected.len() as u64);
        assert_eq!(summary.scanned, 240 * 10);
        assert_eq!((summary.files, summary.problems), (240, 0));
        assert!(!whole.progress.is_empty());

        // The process is killed after some events, and another goes on from the last cursor.
        assert!(whole.cursors.len() > 5, "{}", whole.cursors.len());
        for most in [1, expected.len() / 2, expected.len() - 1] {
            let first = read(&trailplane, day(order), most).await;
            drop(trailplane);
            trailplane = archive.trailplane().await;
            let (had, cursor) = first.cursors.last().unwrap().clone();
            let rest = ReadLogEventsRequest {
                page_token: cursor,
                ..day(order)
            };
            let rest = read_all(&trailplane, rest).await;
            let both = [&first.ids()[..had], &rest.ids()].concat();
            assert_eq!(both, expected, "{order:?} {had}");
        }

        // A cursor is good for its own request only.
        let other = ReadLogEventsRequest {
            page_token: whole.cursors[0].1.clone(),
            start_time: at("2026-03-01T00:00:01Z"),
            ..day(order)
        };
        let mut client = trailplane.log_files().await;
        let refused = client.read_log_events(other).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    }
}

#[tokio::test]
async fn the_order_is_the_same_however_little_may_wait() {
    let (files, events) = delivered(6_000);
    let archive = Archive::with(&files, ", order_memory_bytes: 1MiB").await;
    let trailplane = archive.trailplane().await;
    let whole = ReadLogEventsRequest {
        include_raw_record: true,
        ..day(Order::EventTime)
    };
    let read = read_all(&trailplane, whole).await;
    assert_eq!(read.ids(), newest_first(&events));
    // It took more than one pass.
    let summary = read.summary.unwrap();
    assert!(summary.files > 240, "{}", summary.files);
    assert!(summary.coverage.unwrap().complete);
}

#[tokio::test]
async fn a_cell_is_read_no_further_than_its_limit() {
    let (files, _) = delivered(0);
    let archive = Archive::with(&files, "").await;
    let trailplane = archive.trailplane().await;
    for order in [Order::EventTime, Order::Arrival] {
        let limited = ReadLogEventsRequest {
            scan_limit: 100,
            ..day(order)
        };
        let summary = read_all(&trailplane, limited).await.summary.unwrap();
        assert_eq!(summary.scanned, 200);
        let coverage = summary.coverage.unwrap();
        for cell in &coverage.cells {
            let outcome = (cell.state(), cell.reason());
            assert_eq!(outcome, (CellState::Partial, CellReason::ScanLimit));
        }
        assert_eq!(coverage.cells.len(), 2);
    }
}
