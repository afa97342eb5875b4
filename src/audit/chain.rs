//! The chain: each line holds the hash of the one before it, and a number one higher. Goes on over files and processes.

use crate::domain::Timestamp;

use super::{
    clip,
    record::{Entry, Line, VERSION, time},
    seal::{HEX, Seal},
};

/// The place of a line: what the next one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Link {
    /// Before the first line of all.
    pub fn none() -> Self {
        Self {
            seq: 0,
            hash: "0".repeat(HEX),
        }
    }
}

/// Makes the lines of one process.
#[derive(Debug)]
pub struct Chain {
    /// The process's own name in the records.
    pub id: String,
    seal: Seal,
}

impl Chain {
    /// A process of this name.
    pub fn new(id: String, seal: Seal) -> Self {
        Self { id, seal }
    }

    /// How lines are closed.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The line after `last`, with its line end; and its place.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON, or is too long: a defect.
    pub fn line(
        &self,
        last: &Link,
        at: Timestamp,
        entry: &Entry,
    ) -> Result<(String, Link), String> {
        let seq = last.seq + 1;
        let line = Line {
            v: VERSION,
            seq,
            time: time(at),
            chain: &self.id,
            prev: &last.hash,
            entry,
        };
        let mut line = serde_json::to_string(&line).map_err(|error| error.to_string())?;
        line.pop();
        let hash = self.seal.close(&mut line);
        line.push('\n');
        match line.len() {
            ..=clip::MOST => Ok((line, Link { seq, hash })),
            long => Err(format!("a record of {long} bytes")),
        }
    }
}
