//! A bucket with log files, and what Trailplane reads from it.

use std::{io::Write, process::Command, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio_stream::StreamExt;
use trailplane::api::proto::{
    Event, LogFileProblem, LogFileProgress, Order, ReadLogEventsRequest, ReadLogEventsSummary,
    TargetSelector, read_log_events_response::Message,
};

use crate::{
    security::Organization,
    support::{
        emulator::Emulator,
        tools::{project, run, tool},
        trailplane::{Start, Trailplane},
    },
};

pub const BUCKET: &str = "log-archive";
pub const MEMBER: &str = "222222222222";

/// Cursors of one process are good for the next.
const SETTINGS: &str = "cursor: {keys: [MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=]}\n";

/// A file to be put there.
pub struct Put {
    pub key: String,
    pub body: Vec<u8>,
    pub denied: bool,
}

/// The file that was delivered in this minute (`20260301T0005Z`), with these 16 letters in its name.
pub fn put(region: &str, minute: &str, unique: &str, body: Vec<u8>) -> Put {
    let (year, month, day) = (&minute[..4], &minute[4..6], &minute[6..8]);
    let folder = format!("org/AWSLogs/{MEMBER}/CloudTrail/{region}/{year}/{month}/{day}");
    let key = format!("{folder}/{MEMBER}_CloudTrail_{region}_{minute}_{unique}.json.gz");
    Put {
        key,
        body,
        denied: false,
    }
}

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// The text of a log file with these records.
pub fn text(records: &[String]) -> String {
    format!("{{\"Records\":[{}]}}", records.join(","))
}

pub fn packed(records: &[String]) -> Vec<u8> {
    gzip(text(records).as_bytes())
}

pub struct Archive {
    ministack: Emulator,
    organization: Organization,
    config: String,
}

impl Archive {
    /// A bucket with these files. `logs` is more of that section of the configuration.
    pub async fn with(files: &[Put], logs: &str) -> Self {
        let ministack = Emulator::ministack().await;
        let organization = Organization::that_may_read(&ministack, BUCKET).await;
        let files = files.iter().map(
            |put| json!({"key": put.key, "body": STANDARD.encode(&put.body), "denied": put.denied}),
        );
        let files: Vec<_> = files.collect();
        let mut told = tempfile::NamedTempFile::new().unwrap();
        let json = serde_json::to_vec(&files).unwrap();
        told.write_all(&json).unwrap();
        let mut command = Command::new(tool("ministack/bin/python"));
        command
            .arg(project().join("tests/python/ministack_log_events.py"))
            .arg(ministack.endpoint())
            .arg(told.path());
        run(command).await.expect_ok();
        Self {
            ministack,
            organization,
            config: format!("{SETTINGS}logs: {{buckets: {{log-archive: '333333333333'}}{logs}}}\n"),
        }
    }

    pub async fn trailplane(&self) -> Trailplane {
        self.start().ready().await
    }

    /// The same before its start.
    pub fn start(&self) -> Start {
        let organization = &self.organization;
        let (id, secret) = (&organization.external_id, &organization.secret_access_key);
        organization.start_with(&self.ministack, id, secret, &self.config)
    }
}

pub fn at(text: &str) -> Option<prost_types::Timestamp> {
    let at: trailplane::domain::Timestamp = text.parse().unwrap();
    Some(prost_types::Timestamp {
        seconds: at.seconds(),
        nanos: 0,
    })
}

/// All events of a day that is more than 90 days ago.
pub fn day(order: Order) -> ReadLogEventsRequest {
    ReadLogEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec![MEMBER.to_owned()],
            regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
            ..TargetSelector::default()
        }),
        start_time: at("2026-03-01T00:00:00Z"),
        end_time: at("2026-03-01T23:59:59Z"),
        order: order.into(),
        include_all_cells: true,
        ..ReadLogEventsRequest::default()
    }
}

/// A stream as far as it was read.
#[derive(Default)]
pub struct Read {
    pub events: Vec<Event>,
    /// After how many events which cursor came.
    pub cursors: Vec<(usize, String)>,
    pub problems: Vec<LogFileProblem>,
    pub progress: Vec<LogFileProgress>,
    pub summary: Option<ReadLogEventsSummary>,
}

impl Read {
    pub fn ids(&self) -> Vec<&str> {
        self.events.iter().map(|event| &*event.event_id).collect()
    }
}

/// Reads to the end, or until there are so many events; then it leaves.
pub async fn read(trailplane: &Trailplane, request: ReadLogEventsRequest, most: usize) -> Read {
    let mut client = trailplane.log_files().await;
    let mut stream = client.read_log_events(request).await.unwrap().into_inner();
    let mut out = Read::default();
    while out.events.len() < most {
        let next = tokio::time::timeout(Duration::from_secs(90), stream.next()).await;
        let Some(message) = next.expect("a message, if only of progress") else {
            return out;
        };
        assert!(out.summary.is_none(), "something after the summary");
        match message.unwrap().message.unwrap() {
            Message::Batch(batch) => {
                out.events.extend(batch.events);
                if !batch.cursor.is_empty() {
                    out.cursors.push((out.events.len(), batch.cursor));
                }
            }
            Message::Progress(far) => out.progress.push(far),
            Message::Problem(problem) => out.problems.push(problem),
            Message::Summary(summary) => out.summary = Some(summary),
        }
    }
    out
}

/// All of it.
pub async fn read_all(trailplane: &Trailplane, request: ReadLogEventsRequest) -> Read {
    let read = read(trailplane, request, usize::MAX).await;
    assert!(read.summary.is_some(), "no summary");
    read
}
