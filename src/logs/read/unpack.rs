//! From the bytes of one log file to the events in it that are wanted, in steps: each takes a bounded time and gives a
//! bounded number of bytes. Pure, and all CPU.

use std::{mem, sync::Arc};

use crate::{
    domain::{Cell, Event},
    events::Record,
    logs::records::{NoLogFile, Piece, Splitter},
};

use super::{
    gunzip::{Bounds, Damage, Gunzip},
    lift::{Lifted, NoEvent},
    wants::Wants,
};

/// Text that is unpacked at once.
const ROOM: usize = 64 << 10;
/// A step ends when it has unpacked so much text,
const STEP_TEXT: u64 = 4 << 20;
/// or holds so many bytes of events.
const STEP_EVENTS: usize = 256 << 10;
/// The largest record. CloudTrail's have 256 KB at most.
const RECORD: usize = 1 << 20;

/// Why a file is not wholly in the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It cannot be unpacked to its end.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Its text is no log file.
    #[error(transparent)]
    NoLogFile(#[from] NoLogFile),
    /// Records were left out.
    #[error("had {count} of its records left out; the first, number {first}, {why}")]
    Records {
        /// How many.
        count: u64,
        /// The first, counted from 1.
        first: u64,
        /// Why that one.
        why: String,
    },
}

/// An event, and which of the file's records it is, counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its place in the file.
    pub number: u64,
    /// The event.
    pub event: Event,
}

/// What a step gave.
#[derive(Debug, Default)]
pub struct Step {
    /// Events that are wanted.
    pub found: Vec<Found>,
    /// Records of the file that have come so far.
    pub records: u64,
    /// Those of them that were left out, because they are none.
    pub left_out: u64,
    /// How much the events weigh, about.
    weight: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Unpacker {
    gunzip: Gunzip,
    splitter: Splitter,
    sieve: Sieve,
    packed: Vec<u8>,
    taken: usize,
    room: Vec<u8>,
    /// Whether what was taken may give more text.
    more: bool,
}

/// What becomes of each record.
#[derive(Debug)]
struct Sieve {
    wants: Arc<Wants>,
    cell: Cell,
    records: u64,
    /// Records left out: how many, and the first with its reason.
    left_out: u64,
    first: Option<(u64, String)>,
}

impl Unpacker {
    /// For a file of this account and Region.
    pub fn new(cell: Cell, wants: Arc<Wants>, bounds: Bounds) -> Self {
        Self {
            gunzip: Gunzip::new(bounds),
            splitter: Splitter::new(RECORD),
            sieve: Sieve {
                wants,
                cell,
                records: 0,
                left_out: 0,
                first: None,
            },
            packed: Vec::new(),
            taken: 0,
            room: vec![0; ROOM],
            more: false,
        }
    }

    /// Takes more of the file. All that was given before has been unpacked, see [`Unpacker::hungry`].
    pub fn feed(&mut self, packed: Vec<u8>) {
        self.packed = packed;
        self.taken = 0;
    }

    /// Whether a step needs more of the file first.
    pub fn hungry(&self) -> bool {
        !self.more && self.taken >= self.packed.len()
    }

    /// Unpacks on, for a bounded time.
    pub fn step(&mut self) -> (Step, Result<(), Flaw>) {
        let mut step = Step::default();
        let enough = self.gunzip.text() + STEP_TEXT;
        let mut end = Ok(());
        while end.is_ok()
            && !self.hungry()
            && self.gunzip.text() < enough
            && step.weight < STEP_EVENTS
        {
            end = self.piece(&mut step);
        }
        step.records = self.sieve.records;
        step.left_out = self.sieve.left_out;
        (step, end)
    }

    /// The end of the file: what is wrong with it, if nothing was told before.
    ///
    /// # Errors
    ///
    /// If something is.
    pub fn finish(&mut self) -> Result<(), Flaw> {
        self.gunzip.finish()?;
        mem::replace(&mut self.splitter, Splitter::new(0)).finish()?;
        match self.sieve.first.take() {
            None => Ok(()),
            Some((first, why)) => Err(Flaw::Records {
                count: self.sieve.left_out,
                first: first + 1,
                why,
            }),
        }
    }

    fn piece(&mut self, step: &mut Step) -> Result<(), Flaw> {
        let packed = self.packed.get(self.taken..).unwrap_or_default();
        let (took, gave) = self.gunzip.step(packed, &mut self.room)?;
        self.taken += took;
        // What filled the room may have more behind it.
        self.more = gave == self.room.len();
        let text = self.room.get(..gave).unwrap_or_default();
        let sieve = &mut self.sieve;
        self.splitter.push(text, |piece| sieve.take(piece, step))?;
        Ok(())
    }
}

impl Sieve {
    fn take(&mut self, piece: Piece<'_>, step: &mut Step) {
        let number = self.records;
        self.records += 1;
        let found = match piece {
            Piece::TooLarge(length) => Err(format!("has {length} bytes, and may have {RECORD}")),
            Piece::Record(record) => self.find(record).map_err(|why| why.to_string()),
        };
        match found {
            Ok(None) => {}
            Ok(Some(event)) => {
                step.weight += event.weight();
                step.found.push(Found { number, event });
            }
            Err(why) => {
                self.left_out += 1;
                self.first.get_or_insert((number, why));
            }
        }
    }

    /// The record's event, if it is wanted.
    fn find(&self, record: &[u8]) -> Result<Option<Event>, NoEvent> {
        let wants = &self.wants;
        if !wants.may_meet(record) {
            return Ok(None);
        }
        let lifted = Lifted::read(record)?;
        if !wants.window.contains(lifted.time) {
            return Ok(None);
        }
        let event = lifted.event(&self.cell);
        if !wants.filters.matches(&event) {
            return Ok(None);
        }
        match wants.whole_records {
            true => Ok(Some(event)),
            false => Ok(Some(event.with_record(Record::slim(&event.record)))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::{
        domain::{TimeWindow, Timestamp},
        events::Filters,
    };

    const BOUNDS: Bounds = Bounds {
        text: 1 << 30,
        ratio: 1000,
    };

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    fn record(second: u32, id: &str) -> String {
        let (minute, second) = (second / 60, second % 60);
        format!(r#"{{"eventID":"{id}","eventTime":"2026-11-22T08:{minute:02}:{second:02}Z"}}"#)
    }

    fn unpacker() -> Unpacker {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let window = TimeWindow::new(at("2026-11-22T08:00:01Z"), at("2026-11-22T08:59:59Z"));
        let wants = Wants::new(window.unwrap(), Filters::none(), true);
        let cell = Cell {
            account: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        Unpacker::new(cell, Arc::new(wants), BOUNDS)
    }

    /// The numbers and ids of what is found, the records there are, and what is wrong; in pieces of this length.
    fn all(packed: &[u8], piece: usize) -> (Vec<(u64, String)>, u64, Result<(), Flaw>) {
        let (mut unpacker, mut all, mut records) = (unpacker(), Vec::new(), 0);
        for piece in packed.chunks(piece) {
            unpacker.feed(piece.to_vec());
            while !unpacker.hungry() {
                let (step, end) = unpacker.step();
                assert!(step.weight < STEP_EVENTS + 2 * RECORD);
                records = step.records;
                let found = step.found.into_iter();
                all.extend(found.map(|f| (f.number, f.event.key.event_id.to_string())));
                if end.is_err() {
                    return (all, records, end);
                }
            }
        }
        (all, records, unpacker.finish())
    }

    #[test]
    fn each_record_of_the_window_comes_once_whatever_the_pieces() {
        let records: Vec<String> = (0..3000).map(|n| record(n, &format!("e-{n}"))).collect();
        let packed = gzip(&format!("{{\"Records\":[{}]}}", records.join(",")));
        let expected: Vec<_> = (1..3000).map(|n| (n, format!("e-{n}"))).collect();
        for piece in [1, 100, 1 << 20] {
            let (found, records, end) = all(&packed, piece);
            assert_eq!((records, end), (3000, Ok(())));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_bad_record_is_left_out_and_told_and_the_rest_goes_on() {
        let large = "x".repeat(RECORD);
        let (a, b) = (record(5, "a"), record(6, "b"));
        let bad = format!(r#"{{"eventID":}},{{"eventID":"{large}"}}"#);
        let text = format!(r#"{{"Records":[{a},{bad},{b}]}}"#);
        let (found, records, end) = all(&gzip(&text), 1 << 20);
        assert_eq!(found, [(0, "a".to_owned()), (3, "b".to_owned())]);
        assert_eq!(records, 4);
        let Err(Flaw::Records {
            count: 2,
            first: 2,
            why,
        }) = end
        else {
            panic!("{end:?}");
        };
        assert!(why.contains("no record"), "{why}");
    }

    #[test]
    fn what_came_before_the_damage_stays() {
        let text = format!(r#"{{"Records":[{},{}"#, record(5, "a"), record(6, "b"));
        let (found, _, end) = all(&gzip(&text), 1 << 20);
        assert_eq!(found.len(), 2);
        let cut = matches!(end, Err(Flaw::NoLogFile(NoLogFile::CutOff { .. })));
        assert!(cut, "{end:?}");
    }

    #[test]
    fn a_step_ends_however_much_there_is() {
        let id = "i".repeat(4000);
        let records: Vec<String> = (1..3000).map(|n| record(n, &id)).collect();
        let mut unpacker = unpacker();
        unpacker.feed(gzip(&format!("{{\"Records\":[{}]}}", records.join(","))));
        let mut steps = 0;
        while !unpacker.hungry() {
            let (step, end) = unpacker.step();
            let many = step.found.len();
            assert!(end.is_ok() && many < 200, "{many}");
            steps += 1;
        }
        assert!(steps > 20, "{steps}");
    }
}
