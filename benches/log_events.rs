//! 1,000 log files with 1 GB of JSON through the filter path, on one core, beside plain Python (gzip and json) on the same files.
//!
//! `cargo bench --bench log_events`. Prints MB of JSON a second for each, and the peak of this process's memory.
//! `LOG_FILES` asks for another number of files; each has about 1 MB of JSON.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a bench: it may panic, and it prints"
)]

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use trailplane::{
    domain::{Cell, LookupAttributeKind, TimeWindow, Timestamp},
    events::{Attribute, Filters},
    logs::{
        Bounds,
        read::{unpack::Unpacker, wants::Wants},
    },
};

const RECORDS: u64 = 800;
/// What is looked for: one event of a thousand.
const NAME: &str = "DeleteBucket";

const PYTHON: &str = r#"
import gzip, json, os, sys, time
began, text, found = time.perf_counter(), 0, 0
for name in sorted(os.listdir(sys.argv[1])):
    with gzip.open(os.path.join(sys.argv[1], name)) as file:
        body = file.read()
    text += len(body)
    found += sum(record["eventName"] == sys.argv[2] for record in json.loads(body)["Records"])
print(text, found, time.perf_counter() - began)
"#;

/// A record much like CloudTrail's: 1.2 KB, of which ids and names differ.
fn record(out: &mut String, number: u64) {
    let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let name = match number.is_multiple_of(1000) {
        true => NAME,
        false => "DescribeInstances",
    };
    let second = number % 60;
    write!(
        out,
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROA{id:016X}:job-{number}","arn":"arn:aws:sts::111122223333:assumed-role/Worker/job-{number}","accountId":"111122223333","accessKeyId":"ASIA{id:016X}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/Worker","accountId":"111122223333","userName":"Worker"}},"attributes":{{"creationDate":"2026-03-01T00:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-03-01T00:00:{second:02}Z","eventSource":"ec2.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.{second}","userAgent":"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux api/ec2#1.170.0","requestParameters":{{"instancesSet":{{"items":[{{"instanceId":"i-{id:017x}"}}]}},"filterSet":{{}}}},"responseElements":null,"requestID":"{id:08x}-0000-4000-8000-{number:012x}","eventID":"{id:016x}-{number:012x}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.eu-west-1.amazonaws.com"}}}}"#
    )
    .unwrap();
}

/// The files, and how much text they have.
fn files(folder: &Path, count: u64) -> (Vec<PathBuf>, u64) {
    let mut all = Vec::new();
    let mut text = 0;
    for file in 0..count {
        let mut json = String::from("{\"Records\":[");
        for number in 0..RECORDS {
            if number > 0 {
                json.push(',');
            }
            record(&mut json, file * RECORDS + number);
        }
        json.push_str("]}");
        text += json.len() as u64;
        let path = folder.join(format!("{file:06}.json.gz"));
        let mut packed = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::default());
        packed.write_all(json.as_bytes()).unwrap();
        packed.finish().unwrap();
        all.push(path);
    }
    (all, text)
}

/// How many events are found, and how long it takes.
fn ours(files: &[PathBuf]) -> (u64, Duration) {
    let began = Instant::now();
    let mut filters = Filters::none();
    let by_name = Attribute::Lookup(LookupAttributeKind::EventName);
    assert!(filters.add(by_name, vec![NAME.to_owned()]));
    let ever = TimeWindow::new(Timestamp::from_seconds(0), Timestamp::from_nanos(i64::MAX));
    let wants = Arc::new(Wants::new(ever.unwrap(), filters, false));
    let cell = Cell {
        account: "111122223333".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    };
    let bounds = Bounds {
        text: 1 << 32,
        ratio: 300,
    };
    let mut found = 0;
    for file in files {
        let mut unpacker = Unpacker::new(cell.clone(), Arc::clone(&wants), bounds);
        // As from S3: in pieces.
        for piece in fs::read(file).unwrap().chunks(128 << 10) {
            unpacker.feed(piece.to_vec());
            while !unpacker.hungry() {
                let (step, end) = unpacker.step();
                end.unwrap();
                found += step.found.len() as u64;
            }
        }
        unpacker.finish().unwrap();
    }
    (found, began.elapsed())
}

/// The same by Python: text, events found, seconds.
fn python(folder: &Path) -> (u64, u64, f64) {
    let mut command = Command::new("python3");
    let out = command.args(["-c", PYTHON]).arg(folder).arg(NAME).output();
    let out = out.unwrap();
    assert!(out.status.success(), "{out:?}");
    let text = String::from_utf8(out.stdout).unwrap();
    let mut parts = text.split_whitespace();
    let mut next = || parts.next().unwrap();
    (
        next().parse().unwrap(),
        next().parse().unwrap(),
        next().parse().unwrap(),
    )
}

/// The most memory that this process had, as the kernel says it.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap_or("VmHWM: not known").to_owned()
}

fn main() {
    let count = std::env::var("LOG_FILES").ok();
    let count = count.map_or(1000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (files, text) = files(folder.path(), count);
    let before = peak();
    let (found, took) = ours(&files);
    let ours = text as f64 / took.as_secs_f64() / 1e6;
    let (python_text, python_found, seconds) = python(folder.path());
    assert_eq!((python_text, python_found), (text, found));
    let theirs = text as f64 / seconds / 1e6;
    println!(
        "{count} files, {} MB of JSON, {found} events found",
        text / 1_000_000
    );
    println!(
        "Trailplane: {ours:.0} MB/s on one core; Python: {theirs:.0} MB/s; {:.1} x",
        ours / theirs
    );
    println!("memory: {before} before, {} after", peak());
}
