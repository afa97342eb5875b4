//! What a reading says of secrets, and how it ends where the process does.

use std::time::Duration;

use tokio_stream::StreamExt;
use tonic::Code;
use trailplane::api::proto::{Order, ReadLogEventsRequest, read_log_events_response::Message};

use super::archive::{Archive, day, packed, put, read_all};

const TOKEN: &str = "FwoGZXIvYXdzEXAMPLEofASessionThatSomebodyWasGiven";

fn assumed(id: usize) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventID":"{id:08}-0000-0000-0000-000000000000","eventTime":"2026-03-01T12:00:00Z","eventName":"AssumeRole","eventSource":"sts.amazonaws.com","awsRegion":"eu-west-1","responseElements":{{"credentials":{{"accessKeyId":"ASIAEXAMPLE","sessionToken":"{TOKEN}"}}}}}}"#
    )
}

#[tokio::test]
async fn the_tokens_in_records_are_shown_only_to_who_asks_for_them() {
    let body = packed(&[assumed(1)]);
    let files = [put("eu-west-1", "20260301T1205Z", "Aa0000000000000a", body)];
    let archive = Archive::with(&files, "").await;
    let trailplane = archive.trailplane().await;
    for secrets in [false, true] {
        let request = ReadLogEventsRequest {
            include_raw_record: true,
            include_secrets: secrets,
            ..day(Order::EventTime)
        };
        let read = read_all(&trailplane, request).await;
        let [event] = &read.events[..] else {
            panic!("{:?}", read.events);
        };
        let record = &event.raw_record;
        assert!(record.contains("ASIAEXAMPLE"), "{record}");
        assert_eq!(record.contains(TOKEN), secrets, "{record}");
    }
}

/// A reader is in the middle when the process is told to end: it hears so, and has a cursor to go on with elsewhere.
#[tokio::test]
async fn a_reading_that_the_drain_ends_goes_on_with_its_cursor() {
    const FILES: usize = 300;
    const IN_EACH: usize = 100;
    const READING: Duration = Duration::from_millis(200);
    let files: Vec<_> = (0..FILES)
        .map(|file| {
            let records: Vec<String> = (0..IN_EACH).map(|n| assumed(file * IN_EACH + n)).collect();
            let minute = format!("20260301T{:02}{:02}Z", 12 + file / 60, file % 60);
            put("eu-west-1", &minute, "Aa0000000000000a", packed(&records))
        })
        .collect();
    let archive = Archive::with(&files, "").await;
    let request = ReadLogEventsRequest {
        include_raw_record: true,
        ..day(Order::Arrival)
    };

    let start = archive.start().env("TRAILPLANE_DRAIN__DELAY", "0s");
    let trailplane = start.env("TRAILPLANE_DRAIN__GRACE", "1s").ready().await;
    let mut client = trailplane.log_files().await;
    let stream = client.read_log_events(request.clone()).await;
    let mut stream = stream.unwrap().into_inner();
    let (mut ids, mut safe, mut cursor) = (Vec::new(), 0, String::new());
    let status = loop {
        let next = tokio::time::timeout(Duration::from_secs(90), stream.next()).await;
        match next.expect("a message").expect("an end that is told") {
            Err(status) => break status,
            Ok(message) => match message.message.unwrap() {
                Message::Batch(batch) => {
                    let first = ids.is_empty();
                    ids.extend(batch.events.into_iter().map(|event| event.event_id));
                    if !batch.cursor.is_empty() {
                        (cursor, safe) = (batch.cursor, ids.len());
                    }
                    if first {
                        trailplane.process.signal("TERM");
                    }
                    // A reader so slow takes twelve seconds for all: the end comes in the middle.
                    tokio::time::sleep(READING).await;
                }
                Message::Progress(far) if !far.cursor.is_empty() => {
                    (cursor, safe) = (far.cursor, ids.len());
                }
                Message::Progress(_) => {}
                Message::Problem(problem) => panic!("{problem:?}"),
                Message::Summary(summary) => panic!("a part was called the whole: {summary:?}"),
            },
        }
    };
    // So slow a reader may still be busy with what is on its way when the connection is cut, half a second after the grace.
    assert!(
        matches!(status.code(), Code::Unavailable | Code::Unknown),
        "{status:?}"
    );
    ids.truncate(safe);

    let elsewhere = archive.trailplane().await;
    let rest = ReadLogEventsRequest {
        page_token: cursor,
        ..request
    };
    let rest = read_all(&elsewhere, rest).await;
    ids.extend(rest.events.into_iter().map(|event| event.event_id));
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(
        (ids.len(), distinct.len()),
        (FILES * IN_EACH, FILES * IN_EACH)
    );
}
