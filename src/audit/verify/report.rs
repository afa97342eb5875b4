//! What a verification found.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::audit::line::Told;

use super::MOST;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// What stands there does not fit its hash.
    #[error(
        "{at}: does not fit its hash: it was changed, is no record, or was sealed by another key"
    )]
    Changed {
        /// Where.
        at: Spot,
    },
    /// Its number is the next, and it does not follow the line before.
    #[error("{at}: does not follow the record before it")]
    Broken {
        /// Where.
        at: Spot,
    },
    /// Records are not there.
    #[error("{at}: records {from} to {to} are missing before it")]
    Missing {
        /// Where.
        at: Spot,
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// A record stands after one that it should precede.
    #[error("{at}: record {seq} stands after a later one")]
    Moved {
        /// Where.
        at: Spot,
        /// Which.
        seq: u64,
    },
    /// A chain ends, and another one begins.
    #[error(
        "{at}: another chain begins: a file between is missing, or the files are not of one service"
    )]
    BeginsAnew {
        /// Where.
        at: Spot,
    },
    /// The first record is none that a file begins with.
    #[error(
        "{at}: begins with record {seq}, with which no file begins: what was before it is missing"
    )]
    HeadGone {
        /// Where.
        at: Spot,
        /// Which.
        seq: u64,
    },
    /// A record tells of bytes before it that are not there.
    #[error("{at}: tells of a line before it that was cut off, and is not there")]
    TornGone {
        /// Where.
        at: Spot,
    },
    /// The last line is not whole.
    #[error(
        "{at}: the last line is cut off; the next start of the service will say so in the chain"
    )]
    CutOff {
        /// Where.
        at: Spot,
    },
    /// The process ended in order, and its last record is not there.
    #[error("the last record is not the end of a process: what came after it is missing")]
    TailGone,
    /// A hash that was seen before is not found.
    #[error("no record has the hash {hash}: what came up to it is missing, or was changed")]
    HeadMissing {
        /// The hash.
        hash: String,
    },
    /// There is nothing.
    #[error("there is no record")]
    Empty,
}

/// Something to know that is no damage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A line was not finished, and the record after it says so.
    Torn {
        /// Where.
        at: Spot,
        /// How many bytes of it.
        bytes: u64,
    },
    /// A process did not end in order.
    NoEnd {
        /// Where the next one begins.
        at: Spot,
    },
    /// What came before is not among the files.
    BeginsAt {
        /// The first record.
        seq: u64,
    },
    /// The last record is not the end of a process.
    StillOpen,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn { at, bytes } => write!(
                f,
                "{at}: a line was cut off after {bytes} bytes (killed, or no room), as the record after it says"
            ),
            Self::NoEnd { at } => write!(
                f,
                "{at}: the process before did not end in order: it was killed, or its last records were cut off"
            ),
            Self::BeginsAt { seq } => write!(
                f,
                "begins with record {seq}: what came before is in a file that was not given"
            ),
            Self::StillOpen => f.write_str(
                "the last record is not the end of a process: it runs, was killed, or its last records were cut off",
            ),
        }
    }
}

/// An intent without an outcome: what it tells of may have been done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenIntent {
    /// Where it stands.
    pub at: Spot,
    /// When it was written.
    pub time: String,
    /// By which RPC.
    pub rpc: String,
    /// The caller's id of the change.
    pub request_id: String,
    /// Who asked for it.
    pub caller: String,
    /// In which account.
    pub account: String,
    /// Of what.
    pub target: String,
    /// Which AWS actions.
    pub actions: Vec<String>,
}

impl OpenIntent {
    pub(super) fn of(at: Spot, told: &Told) -> Self {
        Self {
            at,
            time: told.time.clone(),
            rpc: told.rpc.clone(),
            request_id: told.request_id.clone(),
            caller: told.caller.clone(),
            account: told.account.clone(),
            target: told.target.clone(),
            actions: told.actions.clone(),
        }
    }
}

/// What was found.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Lines read.
    pub lines: u64,
    /// Records of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// The number of the last record.
    pub last_seq: u64,
    /// Its time.
    pub last_time: String,
    /// Its hash: kept elsewhere, it shows later that nothing up to it was cut off.
    pub last_hash: String,
    /// Records of requests that the service says it dropped.
    pub lost: u64,
    /// How many problems there are.
    pub problem_count: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
    /// What else is to be known.
    pub notes: Vec<Note>,
    /// How many intents have no outcome.
    pub open_intents: usize,
    /// The first of them.
    pub open: Vec<OpenIntent>,
}

impl Report {
    /// Whether everything is as it was written.
    pub fn is_good(&self) -> bool {
        self.problem_count == 0
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problem_count += 1;
        if self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }

    pub(super) fn note(&mut self, note: Note) {
        if self.notes.len() < MOST {
            self.notes.push(note);
        }
    }

    pub(super) fn ends_at(&mut self, told: &Told) {
        self.last_seq = told.seq;
        self.last_time.clone_from(&told.time);
        self.last_hash = told.link().hash;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.is_good() {
            true => "good",
            false => "BROKEN",
        };
        writeln!(f, "{verdict}: {} lines", self.lines)?;
        for (kind, count) in &self.kinds {
            writeln!(f, "  {count} {kind}")?;
        }
        if !self.last_hash.is_empty() {
            let (seq, time, hash) = (self.last_seq, &self.last_time, &self.last_hash);
            writeln!(f, "last record: {seq}, {time}, hash {hash}")?;
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        let shown = u64::try_from(self.problems.len()).unwrap_or(u64::MAX);
        if let more @ 1.. = self.problem_count.saturating_sub(shown) {
            writeln!(f, "problem: and {more} more")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        if let lost @ 1.. = self.lost {
            writeln!(
                f,
                "note: {lost} records of requests were dropped by the service"
            )?;
        }
        for open in &self.open {
            writeln!(
                f,
                "no outcome: {}: {} {} in account {}, {} ({}) for {}, request {}",
                open.at,
                open.time,
                open.target,
                open.account,
                open.actions.join(", "),
                open.rpc,
                open.caller,
                open.request_id,
            )?;
        }
        match self.open_intents.saturating_sub(self.open.len()) {
            0 => Ok(()),
            more => writeln!(f, "no outcome: and {more} more"),
        }
    }
}
