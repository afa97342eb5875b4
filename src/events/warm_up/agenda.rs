//! Which cell is read next, which part of its history, and how far all of it is. Pure: time, what the cache knows and
//! chance are arguments.
//!
//! A cell is read newest first in pieces of a day at most, and all cells' newest day comes before anybody's day before. What
//! has been read of a cell is a span that grows at both ends and is never gone over again, whatever the cache has dropped
//! of it: that is why no read and eviction can chase each other.

mod entry;
mod telling;

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    domain::{Cell, CellReason},
    events::{cache::Kept, span::Span},
    fleet::TargetCell,
};

use super::{
    Settings,
    manners::{Manners, Why},
    piece::{End, Read},
};

use entry::{Entry, Next, Turn};
use telling::Pass;

/// Pieces lie within days of UTC.
const DAY: i64 = 86_400;

/// Now, by both clocks, and what is wanted of each cell now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) instant: Instant,
    /// The seconds that are wanted: from so many days ago to what has settled.
    pub(super) wanted: Span,
}

/// A piece to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) cell: Cell,
    pub(super) span: Span,
    pub(super) manners: Manners,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Agenda {
    settings: Settings,
    /// What all of it may take in the cache before no older part is begun, in bytes.
    room: u64,
    entries: HashMap<Cell, Entry>,
    /// Who can be read now: the newest day first, and within a day in turn.
    ready: BTreeSet<(Reverse<i64>, u64, Cell)>,
    resting: BTreeSet<(Instant, Cell)>,
    reading: usize,
    turns: u64,
    /// What all of it takes in the cache, about.
    bytes: u64,
    pass: Option<Pass>,
}

/// What has ended or begun, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// There is history to be read.
    Begun,
    /// All that can be read now has been, after this time.
    Ended { took: Duration },
}

impl Agenda {
    /// Nothing to do yet, for a cache of this capacity in bytes.
    pub(super) fn new(settings: Settings, capacity: u64) -> Self {
        Self {
            // Three quarters, without floats.
            room: capacity / 4 * 3,
            settings,
            entries: HashMap::new(),
            ready: BTreeSet::new(),
            resting: BTreeSet::new(),
            reading: 0,
            turns: 0,
            bytes: 0,
            pass: None,
        }
    }

    /// These are the cells from now on; `kept` says what the cache has of each.
    pub(super) fn retarget(
        &mut self,
        cells: &[TargetCell],
        now: Now,
        kept: impl Fn(&Cell) -> Kept,
    ) -> Option<Change> {
        let mut before = std::mem::take(&mut self.entries);
        for target in cells {
            let cell = &target.cell;
            match before.remove(cell) {
                Some(entry) => drop(self.entries.insert(cell.clone(), entry)),
                None => {
                    let kept = kept(cell);
                    self.bytes += kept.bytes;
                    self.entries.insert(cell.clone(), Entry::new(kept));
                    self.schedule(cell, now);
                }
            }
        }
        for gone in before.into_values() {
            self.bytes = self.bytes.saturating_sub(gone.kept.bytes);
            self.reading -= usize::from(gone.turn == Turn::Reading);
        }
        let entries = &self.entries;
        self.ready.retain(|(_, _, cell)| entries.contains_key(cell));
        self.resting.retain(|(_, cell)| entries.contains_key(cell));
        self.change_of_any(now)
    }

    /// The next piece to be read, if one may be now. It counts as being read.
    pub(super) fn step(&mut self, now: Now) -> Option<Piece> {
        self.wake(now);
        while self.reading < self.settings.at_once {
            let (_, _, cell) = self.ready.pop_first()?;
            let room = self.bytes < self.room;
            let Some(entry) = self.entries.get_mut(&cell) else {
                continue;
            };
            // What was next when it was put here may be over: there is no room any more.
            let Some(span) = entry.next(&self.settings, now.wanted, room).span() else {
                self.schedule(&cell, now);
                continue;
            };
            entry.turn = Turn::Reading;
            self.reading += 1;
            return Some(Piece {
                manners: entry.manners,
                cell,
                span,
            });
        }
        None
    }

    /// When there may be something to do that is not now.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.resting.first().map(|(at, _)| *at)
    }

    /// A piece was read; `None` if that went wrong in this service itself. `kept` is what the cache has of its cell now.
    pub(super) fn read(
        &mut self,
        cell: &Cell,
        span: Span,
        read: Option<Read>,
        kept: Kept,
        now: Now,
        chance: f64,
    ) -> Option<Change> {
        // Whoever is not wanted any more was counted out when that was learnt.
        let entry = self.entries.get_mut(cell)?;
        if entry.turn != Turn::Reading {
            return None;
        }
        self.reading = self.reading.saturating_sub(1);
        self.bytes = (self.bytes + kept.bytes).saturating_sub(entry.kept.bytes);
        entry.kept = kept;
        if let Some(read) = &read {
            entry.manners = read.manners;
            if let Some(passed) = span.since(read.passed) {
                entry.add(passed);
            }
        }
        let rest = match read.map(|read| read.end) {
            Some(End::Whole | End::Turn) => {
                entry.well();
                None
            }
            Some(End::Stood(pause)) => Some((pause.until, Some(pause.why))),
            Some(End::Failed(error)) => Some((
                now.instant + entry.failed(error.reason(), &self.settings, chance),
                None,
            )),
            None => Some((
                now.instant + entry.failed(CellReason::Internal, &self.settings, chance),
                None,
            )),
        };
        match rest {
            Some((until, why)) => self.rest(cell, until, why),
            None => self.schedule(cell, now),
        }
        self.change(cell, now)
    }

    /// Puts a cell where it belongs: among those that can be read, or at rest until there is something to read.
    fn schedule(&mut self, cell: &Cell, now: Now) {
        let room = self.bytes < self.room;
        let Some(entry) = self.entries.get_mut(cell) else {
            return;
        };
        let next = entry.next(&self.settings, now.wanted, room);
        match (next, entry.manners.rested()) {
            (Next::Later(wait) | Next::Full(wait), _) => self.rest(cell, now.instant + wait, None),
            // Its place is of more use to another meanwhile.
            (_, Some(rested)) if rested > now.instant => self.rest(cell, rested, Some(Why::Ours)),
            (Next::Newest(span) | Next::Older(span), _) => {
                entry.turn = Turn::Ready;
                self.turns += 1;
                let day = span.to().div_euclid(DAY);
                self.ready.insert((Reverse(day), self.turns, cell.clone()));
            }
        }
    }

    fn rest(&mut self, cell: &Cell, until: Instant, why: Option<Why>) {
        if let Some(entry) = self.entries.get_mut(cell) {
            entry.turn = Turn::Resting(why);
            self.resting.insert((until, cell.clone()));
        }
    }

    /// Those whose rest is over can be read.
    fn wake(&mut self, now: Now) {
        while let Some((at, cell)) = self.resting.pop_first() {
            if at > now.instant {
                self.resting.insert((at, cell));
                return;
            }
            self.schedule(&cell, now);
        }
    }
}

#[cfg(test)]
mod tests;
