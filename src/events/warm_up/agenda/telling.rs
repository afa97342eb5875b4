//! How far all of it is: for `/statusz`, metrics and the log. Pure.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::Cell,
    events::warm_up::{Progress, manners::Why},
};

use super::{
    Agenda, Change, Now,
    entry::{Next, Turn},
};

/// History being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pass {
    began: Instant,
    /// Seconds that were known then.
    known: u64,
}

impl Agenda {
    /// How far it is; what was spent is not known here.
    pub(in crate::events::warm_up) fn progress(&self, now: Now) -> Progress {
        let mut told = Progress {
            cells: self.entries.len(),
            reading: self.reading,
            wanted_seconds: now.wanted.seconds() * self.entries.len() as u64,
            known_bytes: self.bytes,
            room_bytes: self.room,
            ..Progress::default()
        };
        let room = self.bytes < self.room;
        for entry in self.entries.values() {
            told.known_seconds += entry.kept.seconds.min(now.wanted.seconds());
            let others = |why: Option<Why>| why.is_some_and(|why| why != Why::Ours);
            if matches!(entry.turn, Turn::Resting(why) if others(why)) {
                told.standing_back += 1;
            }
            match (entry.failing, entry.next(&self.settings, now.wanted, room)) {
                (Some(reason), _) => *told.failing.entry(reason).or_default() += 1,
                (None, Next::Full(_)) => told.full += 1,
                (None, Next::Later(_)) => told.done += 1,
                // What has settled since is not history that is left.
                (None, Next::Newest(_)) if entry.is_read_back(now.wanted) => told.done += 1,
                (None, Next::Newest(_)) if !room => told.full += 1,
                (None, Next::Newest(_) | Next::Older(_)) => {}
            }
        }
        told.remaining = self.remaining(&told, now);
        told
    }

    /// By how much became known since history was begun to be read.
    fn remaining(&self, told: &Progress, now: Now) -> Option<Duration> {
        let pass = self.pass.filter(|_| told.left() > 0)?;
        let came = told.known_seconds.saturating_sub(pass.known);
        let left = told.wanted_seconds.saturating_sub(told.known_seconds);
        let took = now.instant.saturating_duration_since(pass.began);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let ratio = (came > 0).then(|| left as f64 / came as f64)?;
        Some(Duration::from_secs_f64(
            (took.as_secs_f64() * ratio).min(1e9),
        ))
    }

    /// Whether history of this cell was begun to be read, or all of it is over.
    pub(super) fn change(&mut self, cell: &Cell, now: Now) -> Option<Change> {
        if self.pass.is_some() {
            return self.over(now);
        }
        let room = self.bytes < self.room;
        let entry = self.entries.get(cell)?;
        let next = entry.next(&self.settings, now.wanted, room);
        let left = entry.failing.is_none() && matches!(next, Next::Older(_));
        left.then(|| self.begin(now))
    }

    /// The same of all cells.
    pub(super) fn change_of_any(&mut self, now: Now) -> Option<Change> {
        match self.pass {
            Some(_) => self.over(now),
            None if self.progress(now).left() > 0 => Some(self.begin(now)),
            None => None,
        }
    }

    fn begin(&mut self, now: Now) -> Change {
        self.pass = Some(Pass {
            began: now.instant,
            known: self.progress(now).known_seconds,
        });
        Change::Begun
    }

    /// While somebody is or can be read nothing is over; so all cells are looked at only now and then.
    fn over(&mut self, now: Now) -> Option<Change> {
        let busy = self.reading > 0 || !self.ready.is_empty();
        if busy || self.progress(now).left() > 0 {
            return None;
        }
        let pass = self.pass.take()?;
        let took = now.instant.saturating_duration_since(pass.began);
        Some(Change::Ended { took })
    }
}
