//! The audit through the real program: what it holds of reads and changes, when the process is killed, when there is no
//! room, and when it ends in order.

mod full;
mod killed;
mod records;
mod verify;

use std::{path::PathBuf, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    tools::{Output, run, tool},
    trailplane::{Start, Trailplane, program},
};

/// Where an audit is kept.
pub struct Kept {
    folder: TempDir,
}

impl Kept {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    /// The same start, with its audit here.
    fn by(&self, start: Start) -> Start {
        start.env("TRAILPLANE_AUDIT__FILE", self.path().to_str().unwrap())
    }

    /// The records so far.
    fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The records, without what is left of lines that were cut off.
    fn records_that_are_whole(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// What `trailplane audit verify` says of it, and its exit code.
    async fn verified(&self, more: &[&str]) -> (Option<i32>, Value) {
        let mut command = program();
        command
            .args(["audit", "verify", "--output", "json"])
            .arg(self.path());
        command.args(more);
        let output = run(command).await;
        let report = serde_json::from_str(&output.stdout);
        (output.code, report.unwrap_or_else(|_| panic!("{output:?}")))
    }

    /// Waits until a record is there that this accepts: records of requests are written after their answers.
    async fn wait_for(&self, what: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..500 {
            let text = std::fs::read_to_string(self.path()).unwrap_or_default();
            let whole = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            let mut records = whole.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(found) = records.find(&what) {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("not within 10 s: {:#?}", self.records());
    }
}

/// Ends it in order.
async fn end(mut server: Trailplane) {
    server.process.signal("TERM");
    let status = server
        .process
        .wait(std::time::Duration::from_secs(30))
        .await;
    assert_eq!(status.code(), Some(0), "{}", server.process.output());
}

async fn grpcurl(server: &Trailplane, rpc: &str, body: &Value) -> Output {
    let mut command = Command::new(tool("bin/grpcurl"));
    command.args(["-plaintext", "-max-time", "60", "-d", &body.to_string()]);
    command
        .arg(&server.grpc)
        .arg(format!("trailplane.v1.{rpc}"));
    run(command).await
}

/// A change that can be made again and again.
fn tag(value: &str) -> Value {
    serde_json::json!({
        "targets": {"account_ids": ["100000000012"]},
        "trail_name": "payments-audit",
        "tags": {"team": value},
    })
}
