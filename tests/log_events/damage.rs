//! Files that cannot be read, or only in part: each is told, and the rest goes on.

use std::ops::RangeInclusive;

use prost::Message as _;
use tonic_types::pb;
use trailplane::api::proto::{CellReason, CellState, LogFileProblem, Order};

use super::archive::{Archive, Put, day, gzip, packed, put, read_all, text};

fn record(id: &str) -> String {
    format!(r#"{{"eventID":"{id}","eventTime":"2026-03-01T00:00:05Z","eventName":"PutObject"}}"#)
}

/// Records that do not pack well.
fn many(count: u32) -> Vec<String> {
    let noise = |n: u32| format!("{:08x}", n.wrapping_mul(2_654_435_761));
    let id = |n: u32| format!("m-{}-{}", noise(n), noise(n + count));
    (0..count).map(|n| record(&id(n))).collect()
}

/// What is said of a file, the file, and how many of its records come.
type Damaged = (&'static str, Vec<u8>, RangeInclusive<u64>);

fn damaged() -> Vec<Damaged> {
    let good = packed(&[record("a"), record("b")]);
    let whole = packed(&many(5_000));
    let cut = whole[..whole.len() / 2].to_vec();
    let mut flipped = whole;
    let checksum = flipped.len() - 8;
    flipped[checksum] ^= 1;
    let trailing = [good.as_slice(), b"more"].concat();
    let open = text(&[record("c")]);
    let open = gzip(open.trim_end_matches('}').as_bytes());
    let no_json = packed(&[record("d"), "{\"a\":}".to_owned(), record("e")]);
    let large = format!(r#"{{"eventID":"{}"}}"#, "l".repeat(2 << 20));
    let large = packed(&[record("f"), large, record("g")]);
    let no_id = packed(&["{}".to_owned(), record("h")]);
    let blanks = " ".repeat(64 << 20);
    let bomb = format!("{{\"Records\":[{},{blanks}{}]}}", record("x"), record("y"));
    vec![
        ("in the middle of its gzip", cut, 100..=4_900),
        ("is not good gzip", flipped, 4_000..=5_000),
        ("does not begin as gzip", b"no gzip at all".to_vec(), 0..=0),
        ("its gzip, after 0 bytes", Vec::new(), 0..=0),
        ("something else after its gzip", trailing, 2..=2),
        ("is no {\"Records\"", gzip(b"[1,2]"), 0..=0),
        ("has no list of Records", gzip(br#"{"digest":1}"#), 0..=0),
        ("ends in the middle, after", open, 1..=1),
        ("number 2, is no record", no_json, 2..=2),
        ("number 2, has 2097166 bytes", large, 2..=2),
        ("number 1, has no eventID", no_id, 1..=1),
        (
            "unpacks to more than 300 times",
            gzip(bomb.as_bytes()),
            1..=1,
        ),
    ]
}

/// The damaged files in their order, then one that may not be read, then good ones.
fn files(damaged: &[Damaged]) -> Vec<Put> {
    let name = |minute: usize| format!("20260301T00{minute:02}Z");
    let unique = "Aa0000000000000a";
    let all = damaged.iter().enumerate();
    let mut files: Vec<Put> = all
        .map(|(n, (_, body, _))| put("eu-west-1", &name(n), unique, body.clone()))
        .collect();
    files.push(Put {
        denied: true,
        ..put("eu-west-1", &name(30), unique, packed(&[record("n")]))
    });
    for (region, id) in [("eu-west-1", "last"), ("us-east-1", "other")] {
        files.push(put(region, &name(40), unique, packed(&[record(id)])));
    }
    files
}

fn reason(problem: &LogFileProblem) -> String {
    let error = problem.error.as_ref().unwrap();
    let info = error.details.iter();
    let mut infos = info.filter(|any| any.type_url.ends_with("google.rpc.ErrorInfo"));
    let info = pb::ErrorInfo::decode(infos.next().unwrap().value.as_slice());
    info.unwrap().reason
}

#[tokio::test]
async fn each_is_told_with_what_was_read_of_it_and_the_rest_goes_on() {
    let damaged = damaged();
    let files = files(&damaged);
    let archive = Archive::with(&files, "").await;
    let trailplane = archive.trailplane().await;
    for order in [Order::EventTime, Order::Arrival] {
        let read = read_all(&trailplane, day(order)).await;
        let ids = read.ids();
        for id in ["a", "b", "c", "d", "e", "f", "g", "h", "x", "last", "other"] {
            assert!(ids.contains(&id), "{order:?} {id}");
        }
        assert!(!ids.contains(&"n") && !ids.contains(&"y"));

        let of = |file: &Put| read.problems.iter().find(|p| p.key == file.key).unwrap();
        for (file, (said, _, records)) in files.iter().zip(&damaged) {
            let problem = of(file);
            let message = &problem.error.as_ref().unwrap().message;
            assert!(message.contains(said), "{said}: {message}");
            assert_eq!(reason(problem), "UNREADABLE");
            let read = problem.records_read;
            assert!(records.contains(&read), "{said}: {read}");
        }
        assert_eq!(reason(of(&files[damaged.len()])), "ACCESS_DENIED");
        let count = damaged.len() + 1;
        assert_eq!(read.problems.len(), count);

        let summary = read.summary.unwrap();
        assert_eq!(summary.problems, count as u64);
        let coverage = summary.coverage.unwrap();
        assert!(!coverage.complete);
        let of = |region: &str| coverage.cells.iter().find(|c| c.region == region).unwrap();
        assert_eq!(of("eu-west-1").state(), CellState::Partial);
        let other = of("us-east-1");
        let complete = (CellState::Complete, CellReason::Unspecified);
        assert_eq!((other.state(), other.reason()), complete);
    }
}
