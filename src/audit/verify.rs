//! Verification: reads files in their order, and tells whether anything in them was changed, removed, moved or added since
//! it was written, and which intents have no outcome.
//!
//! Pure but for the reading: [`Verifier`] is given line after line.

mod read;
mod report;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{
    chain::Link,
    line::{Told, TornTold},
    seal::{Seal, hex},
};

pub use self::{
    read::{Question, ReadError, verify},
    report::{Note, OpenIntent, Problem, Report, Spot},
};

/// Findings of a kind that are kept; more are counted.
const MOST: usize = 1000;

/// Intents without an outcome that are followed. The writer has some thousand at a time at most, each process anew.
const MOST_OPEN: usize = 1 << 20;

/// See the module.
#[derive(Debug)]
pub struct Verifier {
    seal: Seal,
    /// A hash that must be among those found.
    head: Option<String>,
    /// The place of the last whole line.
    last: Option<Link>,
    /// The last whole line was a process's last.
    ended: bool,
    /// Bytes since then that are no line.
    torn: Option<Region>,
    open: BTreeMap<String, OpenIntent>,
    report: Report,
}

/// Bytes that are no line of ours.
#[derive(Debug)]
struct Region {
    from: Spot,
    lines: u64,
    bytes: u64,
    hash: Sha256,
    /// A line end that was seen and is not counted yet: who goes on after a line that has none adds one.
    end_pending: bool,
}

impl Region {
    fn at(from: Spot) -> Self {
        Self {
            from,
            lines: 0,
            bytes: 0,
            hash: Sha256::new(),
            end_pending: false,
        }
    }

    fn add(&mut self, line: &[u8], ended: bool) {
        if self.end_pending {
            self.count(b"\n");
        }
        self.count(line);
        self.end_pending = ended;
        self.lines += 1;
    }

    fn count(&mut self, bytes: &[u8]) {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.hash.update(bytes);
    }

    /// Whether a record tells of exactly these bytes, with or without the last line end.
    fn is(mut self, told: &TornTold) -> bool {
        let same = |region: &Self| {
            region.bytes == told.bytes && hex(&region.hash.clone().finalize()) == told.sha256
        };
        if same(&self) {
            return true;
        }
        self.count(b"\n");
        self.end_pending && same(&self)
    }
}

impl Verifier {
    /// By this seal. `head`: a hash that must be found, because it was seen before.
    pub fn new(seal: Seal, head: Option<String>) -> Self {
        Self {
            seal,
            head,
            last: None,
            ended: false,
            torn: None,
            open: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// The next line, without its line end; `ended`: it had one.
    pub fn line(&mut self, spot: &Spot, line: &[u8], ended: bool) {
        self.report.lines += 1;
        match Told::read(line, &self.seal) {
            None => self
                .torn
                .get_or_insert_with(|| Region::at(spot.clone()))
                .add(line, ended),
            Some(told) => self.told(spot, told),
        }
    }

    fn told(&mut self, spot: &Spot, mut told: Told) {
        match (self.torn.take(), told.torn.take()) {
            (None, None) => {}
            (Some(region), Some(torn)) if can_tell(&told.kind) => {
                let (from, bytes) = (region.from.clone(), region.bytes);
                match region.is(&torn) {
                    true => self.report.note(Note::Torn { at: from, bytes }),
                    false => self.report.problem(Problem::Changed { at: from }),
                }
            }
            (Some(region), _) => self.report.problem(Problem::Changed { at: region.from }),
            (None, Some(_)) => self.report.problem(Problem::TornGone { at: spot.clone() }),
        }
        self.follows(spot, &told);
        self.meaning(spot, &told);
        let link = told.link();
        if self.head.as_deref() == Some(&*link.hash) {
            self.head = None;
        }
        self.report.ends_at(&told);
        self.last = Some(link);
        self.ended = told.kind == "end";
    }

    /// Whether it stands where it should.
    fn follows(&mut self, spot: &Spot, told: &Told) {
        let at = || spot.clone();
        let Some(last) = &self.last else {
            let begins = Link::none();
            match told.kind.as_str() {
                "start" | "file" if told.seq == 1 && told.prev != begins.hash => {
                    self.report.problem(Problem::Broken { at: at() });
                }
                "start" if told.seq == 1 => {}
                // The beginning of a file: what came before is in another one.
                "start" | "file" => self.report.note(Note::BeginsAt { seq: told.seq }),
                _ => self.report.problem(Problem::HeadGone {
                    at: at(),
                    seq: told.seq,
                }),
            }
            return;
        };
        if told.seq == last.seq + 1 && told.prev == last.hash {
            if told.kind == "start" && !self.ended {
                self.report.note(Note::NoEnd { at: at() });
            }
            return;
        }
        let (expected, found) = (last.seq + 1, told.seq);
        self.report.problem(match found {
            1 if told.kind == "start" => Problem::BeginsAnew { at: at() },
            _ if found > expected => Problem::Missing {
                at: at(),
                from: expected,
                to: found - 1,
            },
            _ if found < expected => Problem::Moved {
                at: at(),
                seq: found,
            },
            _ => Problem::Broken { at: at() },
        });
    }

    fn meaning(&mut self, spot: &Spot, told: &Told) {
        *self.report.kinds.entry(told.kind.clone()).or_default() += 1;
        match (told.kind.as_str(), &told.intent) {
            ("intent", Some(id)) if self.open.len() < MOST_OPEN => {
                let open = OpenIntent::of(spot.clone(), told);
                self.open.insert(id.clone(), open);
            }
            ("outcome", Some(id)) => drop(self.open.remove(id)),
            ("resume", _) => told.withdrawn.iter().for_each(|id| {
                self.open.remove(id);
            }),
            ("lost", _) => self.report.lost += told.records,
            _ => {}
        }
    }

    /// What was found. `must_have_ended`: the process is known to have ended in order.
    pub fn finish(mut self, must_have_ended: bool) -> Report {
        if let Some(region) = self.torn {
            let at = region.from;
            self.report
                .problem(match (region.lines, region.end_pending) {
                    (1, false) => Problem::CutOff { at },
                    _ => Problem::Changed { at },
                });
        }
        if let Some(hash) = self.head {
            self.report.problem(Problem::HeadMissing { hash });
        }
        match (&self.last, self.ended, must_have_ended) {
            (None, ..) => self.report.problem(Problem::Empty),
            (_, true, _) => {}
            (_, false, true) => self.report.problem(Problem::TailGone),
            (_, false, false) => self.report.note(Note::StillOpen),
        }
        self.report.open_intents = self.open.len();
        self.report.open = self.open.into_values().take(MOST).collect();
        self.report
    }
}

fn can_tell(kind: &str) -> bool {
    matches!(kind, "start" | "resume")
}
