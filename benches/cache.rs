//! What a page out of a million cached events costs, in memory and on disk, and what packing saves.
//!
//! `cargo bench --bench cache`. Prints the shares and the 99th percentile first, which divan does not have;
//! `CACHE_EVENTS` asks for another number of events, `CACHE_KIND=disk` for one of both, with the peak of the process's memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench: it may panic, and it prints"
)]

use std::{
    hint::black_box,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use divan::Bencher;
use tokio::runtime::{Builder, Runtime};
use trailplane::{
    domain::{Cell, Event, EventKey, ResourceRef, Timestamp},
    events::{
        cache::{EventCache, Newest, Strand},
        span::Span,
    },
};

const CELLS: i64 = 50;
/// Events come at this pace in each cell.
const SECONDS_EACH: i64 = 2;
/// Far beyond what is put: nothing is evicted.
const BOUND: u64 = 16 << 30;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap()
});

fn main() {
    let events = std::env::var("CACHE_EVENTS").map_or(1_000_000, |text| text.parse().unwrap());
    let wanted = std::env::var("CACHE_KIND").ok();
    let wants = |kind| wanted.as_deref().is_none_or(|wanted| wanted == kind);
    if wants("memory") {
        figures("memory", &EventCache::in_memory(BOUND), events);
    }
    if wants("disk") {
        let directory = tempfile::tempdir().unwrap();
        let cache = EventCache::on_disk(directory.path(), BOUND).unwrap();
        figures("disk", &cache, events);
    }
    match wanted {
        Some(_) => println!("peak resident memory of the process: {}", peak()),
        None => divan::main(),
    }
}

/// As the kernel has it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap().trim_start_matches("VmHWM:").trim().to_owned()
}

fn strand(cell: i64) -> Strand {
    Strand {
        cell: Cell {
            account: format!("{:012}", 111_111_111_111 + cell).parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        attribute: None,
    }
}

/// One event of one of ten roles, with the ids that each event has of its own.
fn event(cell: &Cell, second: i64) -> Arc<Event> {
    let (a, b) = (rand::random::<u64>(), rand::random::<u64>());
    let (role, account) = (second % 10, cell.account);
    let (event_id, request_id) = (format!("{a:016x}-{b:016x}"), format!("{b:016x}-{a:016x}"));
    let time = Timestamp::from_seconds(second);
    let record = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROA{role}EXAMPLE:deploy","arn":"arn:aws:sts::{account}:assumed-role/role-{role}/deploy","accountId":"{account}","accessKeyId":"ASIA{role}EXAMPLE","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{role}EXAMPLE","arn":"arn:aws:iam::{account}:role/role-{role}","accountId":"{account}","userName":"role-{role}"}},"attributes":{{"creationDate":"{time}","mfaAuthenticated":"false"}}}}}},"eventTime":"{time}","eventSource":"s3.amazonaws.com","eventName":"GetBucketAcl","awsRegion":"eu-west-1","sourceIPAddress":"203.0.113.{role}","userAgent":"aws-sdk-go-v2/1.30","requestParameters":{{"bucketName":"logs-{role}","acl":""}},"responseElements":null,"requestID":"{request_id}","eventID":"{event_id}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"s3.eu-west-1.amazonaws.com"}}}}"#
    );
    Arc::new(Event {
        key: EventKey {
            time,
            account,
            region: cell.region.clone(),
            event_id: event_id.into(),
        },
        name: "GetBucketAcl".into(),
        source: "s3.amazonaws.com".into(),
        username: Some("deploy".into()),
        read_only: Some(true),
        access_key_id: Some(format!("ASIA{role}EXAMPLE").into()),
        resources: vec![ResourceRef {
            resource_type: Some("AWS::S3::Bucket".to_owned()),
            resource_name: Some(format!("logs-{role}")),
        }],
        record: record.into(),
    })
}

/// So many events in all cells; the size of their records.
fn fill(cache: &EventCache, events: i64) -> usize {
    let mut raw = 0;
    for cell in 0..CELLS {
        let strand = strand(cell);
        let mut left = events / CELLS;
        while left > 0 {
            let count = left.min(1_000);
            let from = (left - count) * SECONDS_EACH;
            let span = Span::new(from, left * SECONDS_EACH - 1).unwrap();
            let seconds = (0..count).rev().map(|number| from + number * SECONDS_EACH);
            let put: Vec<_> = seconds.map(|second| event(&strand.cell, second)).collect();
            raw += put.iter().map(|event| event.record.len()).sum::<usize>();
            cache.put(&strand, span, put);
            RUNTIME.block_on(cache.flush());
            left -= count;
        }
    }
    raw
}

/// The newest 50 events before a random second of a random cell.
fn page(cache: &EventCache, events: i64) -> usize {
    let strand = strand(i64::from(rand::random::<u16>()) % CELLS);
    let last = events / CELLS * SECONDS_EACH;
    let to = i64::from(rand::random::<u32>()) % (last - 200) + 150;
    let (mut rest, mut found) = (Span::new(0, to), 0);
    while let Some(span) = rest.filter(|_| found < 50) {
        let Newest::Known(block) = RUNTIME.block_on(cache.newest(&strand, span)) else {
            unreachable!("all is known")
        };
        found += block.events.len();
        rest = span.before(block.span.from());
    }
    found
}

fn figures(kind: &str, cache: &EventCache, events: i64) {
    let raw = fill(cache, events);
    let mut times: Vec<Duration> = (0..5_000)
        .map(|_| {
            let start = Instant::now();
            black_box(page(cache, events));
            start.elapsed()
        })
        .collect();
    times.sort();
    let stats = cache.stats();
    let share = stats.bytes as f64 / raw as f64 * 100.0;
    println!(
        "{kind}: {} events in {} blocks take {share:.1} % of their records; a page of 50: p50 {:?}, p99 {:?}",
        stats.events, stats.blocks, times[2_500], times[4_950]
    );
}

/// A page out of a hundred thousand.
#[divan::bench(args = [true, false])]
fn page_of_50(bencher: Bencher<'_, '_>, on_disk: bool) {
    let directory = tempfile::tempdir().unwrap();
    let cache = match on_disk {
        true => EventCache::on_disk(directory.path(), BOUND).unwrap(),
        false => EventCache::in_memory(BOUND),
    };
    fill(&cache, 100_000);
    bencher.bench_local(|| page(&cache, 100_000));
}

/// Putting 1,000 events, until they are known.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn put_1000(bencher: Bencher<'_, '_>) {
    let cell = strand(0).cell;
    let events: Vec<_> = (0..1_000)
        .rev()
        .map(|second| event(&cell, second))
        .collect();
    bencher.bench_local(|| {
        let cache = EventCache::in_memory(BOUND);
        cache.put(&strand(0), Span::new(0, 999).unwrap(), events.clone());
        RUNTIME.block_on(cache.flush());
        cache
    });
}
