//! All cells of a tail: whose turn it is, what is remembered of all, who fails, who was held up by the reader. Pure: what
//! time it is is an argument.

mod entry;
mod outcome;
mod telling;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    aws::AwsError,
    domain::{Cell, LeftOut, Timestamp},
    events::cursor::TailPlace,
    fleet::TargetCell,
};

use super::{
    TailGap,
    cell::{Followed, Found, Look},
    rules::{Rules, Settings},
};
use entry::{Entry, Turn};

/// Records that the looks under way may bring, about, before another one starts: with what they hold of an event, some
/// 25 MB.
const UNDER_WAY: u64 = 10_000;

/// Now, on both clocks: the one that things are timed by, and the time of day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) instant: Instant,
    pub(super) time: Timestamp,
}

impl Now {
    fn second(self) -> i64 {
        self.time.seconds()
    }
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Step {
    /// Read this window of this cell.
    Look(usize, Look),
    /// Tell of a hole.
    Gap(TailGap),
}

/// What came of reading one cell.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) look: Look,
    pub(super) found: Result<Found, AwsError>,
    /// AWS calls that it took.
    pub(super) calls: u32,
    /// How many of them were throttled.
    pub(super) throttles: u32,
}

/// All cells of a tail.
pub(super) struct Follow {
    rules: Rules,
    settings: Settings,
    /// Where cells begin that turn up later, at the earliest.
    start: i64,
    entries: Vec<Entry>,
    index: BTreeMap<Cell, usize>,
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    remembered: usize,
    /// Records that the looks under way are expected to bring.
    under_way: u64,
    /// Looks under way at cells that are well, and at cells that failed last.
    looks: [usize; 2],
    /// How long the reader has kept the tail waiting, all in all.
    held: Duration,
    /// Whether a cell has got into trouble, or out of it, and nobody was told.
    untold: bool,
    /// What is told of the cells that are left out beforehand.
    pub(super) left_out: LeftOut,
}

impl Follow {
    /// A tail from `start` on, or from where `place` says, over these targets.
    pub(super) fn new(
        rules: Rules,
        settings: Settings,
        start: Timestamp,
        place: Option<TailPlace>,
        now: Now,
    ) -> Self {
        let mut follow = Self {
            rules,
            settings,
            start: start.seconds_up(),
            entries: Vec::new(),
            index: BTreeMap::new(),
            due: BinaryHeap::new(),
            remembered: 0,
            under_way: 0,
            looks: [0, 0],
            held: Duration::ZERO,
            untold: false,
            left_out: LeftOut::default(),
        };
        for (cell, at) in place.into_iter().flat_map(|place| place.cells) {
            let target = TargetCell {
                cell,
                account_name: "".into(),
                named: false,
            };
            follow.add(Entry::gone(target, Followed::at(at), now.instant));
        }
        follow
    }

    fn add(&mut self, entry: Entry) {
        self.remembered += entry.state.remembered();
        self.index
            .insert(entry.target.cell.clone(), self.entries.len());
        self.entries.push(entry);
    }

    /// These are the targets from now on. A new one begins with what happened since `since`: it was no target then. One
    /// that is none any more is kept where it is, in case it comes back.
    pub(super) fn retarget(
        &mut self,
        targets: &[TargetCell],
        left_out: LeftOut,
        since: Timestamp,
        now: Now,
    ) {
        self.left_out = left_out;
        let still: HashSet<&Cell> = targets.iter().map(|target| &target.cell).collect();
        for entry in &mut self.entries {
            if !still.contains(&entry.target.cell) {
                self.untold |= entry.is_target;
                entry.leave(&self.left_out.cells);
            }
        }
        for target in targets {
            let at = match self.index.get(&target.cell) {
                Some(at) => *at,
                None => {
                    let begin = since.seconds_up().max(self.start);
                    self.add(Entry::gone(
                        target.clone(),
                        Followed::since(begin),
                        now.instant,
                    ));
                    self.entries.len() - 1
                }
            };
            if let Some(entry) = self.entries.get_mut(at)
                && entry.come(target, now.instant)
            {
                entry.held_before = self.held;
                self.due.push(Reverse((now.instant, at)));
            }
        }
    }

    /// When the next cell is due, if there is room for it.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let Reverse((at, _)) = self.due.peek()?;
        self.has_room().then_some(*at)
    }

    /// Failing cells have places of their own, so that a Region that hangs does not take the others'.
    fn has_room(&self) -> bool {
        let [well, _] = self.looks;
        well < self.settings.looks && self.under_way < UNDER_WAY
    }

    /// The cell at this place, if it is one.
    pub(super) fn target(&self, at: usize) -> Option<&TargetCell> {
        self.entries.get(at).map(|entry| &entry.target)
    }

    /// The reader has not asked for anything for so long.
    pub(super) fn reader_was_away(&mut self, span: Duration) {
        self.held += span;
    }

    /// What to do now, if anything is due and there is room.
    pub(super) fn step(&mut self, now: Now) -> Option<Step> {
        loop {
            let Reverse((when, at)) = *self.due.peek().filter(|_| self.has_room())?;
            if when > now.instant {
                return None;
            }
            self.due.pop();
            let (rules, held, patience) = (&self.rules, self.held, self.settings.patience);
            // A cell that left and came back has an older place in the queue, which does not count.
            let is_due = |entry: &&mut Entry| entry.turn == Turn::Due && entry.next == when;
            let Some(entry) = self.entries.get_mut(at).filter(is_due) else {
                continue;
            };
            let before = entry.state.remembered();
            if let Some(gap) = entry.hole(rules, held, patience, now.time) {
                self.remembered = self.remembered + entry.state.remembered() - before;
                self.rest(at, now.instant);
                return Some(Step::Gap(gap));
            }
            let kind = usize::from(entry.failures > 0);
            if kind == 1 && self.looks[1] >= self.settings.looks.div_ceil(4) {
                self.rest(at, now.instant + self.settings.shortest);
                continue;
            }
            let Some(look) = entry.state.look(rules, now.second()) else {
                self.rest(at, now.instant + self.settings.shortest);
                continue;
            };
            entry.expected = entry.state.expected(&look);
            entry.turn = Turn::Reading { failing: kind == 1 };
            self.under_way += entry.expected;
            if let Some(looks) = self.looks.get_mut(kind) {
                *looks += 1;
            }
            return Some(Step::Look(at, look));
        }
    }

    fn rest(&mut self, at: usize, until: Instant) {
        let Some(entry) = self.entries.get_mut(at) else {
            return;
        };
        if entry.is_target {
            entry.turn = Turn::Due;
            entry.next = until;
            self.due.push(Reverse((until, at)));
        } else {
            entry.turn = Turn::Gone;
        }
    }
}

#[cfg(test)]
mod tests;
