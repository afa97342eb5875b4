//! One cell: what has been read of it, and what is next. Pure.

use std::time::Duration;

use crate::{
    domain::CellReason,
    events::{
        cache::Kept,
        span::Span,
        warm_up::{
            Settings,
            manners::{Manners, Why},
        },
    },
};

use super::DAY;

/// One cell.
#[derive(Debug)]
pub(super) struct Entry {
    /// What has been read, or was known when it would have been.
    done: Option<Span>,
    /// The same of what has settled since, while there is a hole between.
    above: Option<Span>,
    /// What the cache had of what is wanted when it was last looked at.
    pub(super) kept: Kept,
    pub(super) manners: Manners,
    pub(super) turn: Turn,
    /// Failures in a row.
    failures: u32,
    /// The reason of the last, unless it has been read since.
    pub(super) failing: Option<CellReason>,
}

/// What is happening with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It can be read.
    Ready,
    /// It is being read.
    Reading,
    /// It rests: for the sake of its budget, or for another reason.
    Resting(Option<Why>),
}

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// What has settled since, or the first piece of all.
    Newest(Span),
    /// The day before what has been read.
    Older(Span),
    /// Nothing; what has settled since is enough for a look only after this time.
    Later(Duration),
    /// The same, and older parts are left because there is no room.
    Full(Duration),
}

impl Next {
    /// What is to be read now, if anything.
    pub(super) fn span(self) -> Option<Span> {
        match self {
            Self::Newest(span) | Self::Older(span) => Some(span),
            Self::Later(_) | Self::Full(_) => None,
        }
    }
}

impl Entry {
    /// One of which nothing has been read, and the cache has this.
    pub(super) fn new(kept: Kept) -> Self {
        Self {
            done: None,
            above: None,
            kept,
            manners: Manners::default(),
            turn: Turn::Ready,
            failures: 0,
            failing: None,
        }
    }

    /// What is next of the seconds that are wanted. Without room nothing older is, and what has settled since still: it takes
    /// the place of what is older than wanted, or was used least.
    pub(super) fn next(&self, settings: &Settings, wanted: Span, room: bool) -> Next {
        let every = i64::try_from(settings.interval.as_secs()).unwrap_or(i64::MAX / 4);
        let Some(done) = self.done else {
            let newest = day_up_to(wanted, wanted.to()).unwrap_or(wanted);
            return match room {
                true => Next::Newest(newest),
                false => Next::Full(settings.interval),
            };
        };
        if let Some(hole) = self.hole() {
            return Next::Newest(hole);
        }
        let waits = wanted.to().saturating_sub(done.to());
        if waits >= every
            && let Some(newest) = wanted.since(done.to().saturating_add(1))
        {
            return Next::Newest(newest);
        }
        let later = Duration::from_secs((every - waits).max(1).unsigned_abs());
        match day_up_to(wanted, done.from().saturating_sub(1)) {
            None => Next::Later(later),
            Some(_) if !room => Next::Full(later),
            Some(day) => Next::Older(day),
        }
    }

    /// Whether it has been read back to the first second that is wanted.
    pub(super) fn is_read_back(&self, wanted: Span) -> bool {
        self.done.is_some_and(|done| done.from() <= wanted.from())
    }

    /// All of this has been read: the newest part of what was next.
    pub(super) fn add(&mut self, span: Span) {
        let Some(done) = self.done else {
            self.done = Some(span);
            return;
        };
        if span.from() > done.to().saturating_add(1) {
            self.above = Some(self.above.map_or(span, |above| both(above, span)));
            return;
        }
        let done = both(done, span);
        self.done = Some(done);
        if self.hole().is_none()
            && let Some(above) = self.above.take()
        {
            self.done = Some(both(done, above));
        }
    }

    /// What has settled since and has not been read, below what has.
    fn hole(&self) -> Option<Span> {
        let (done, above) = (self.done?, self.above?);
        Span::new(done.to().saturating_add(1), above.from().saturating_sub(1))
    }

    /// It can be read.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        self.failing = None;
    }

    /// It could not be read: so long it rests.
    pub(super) fn failed(
        &mut self,
        reason: CellReason,
        settings: &Settings,
        chance: f64,
    ) -> Duration {
        let rest = settings.again.after(self.failures, chance);
        self.failures = self.failures.saturating_add(1);
        self.failing = Some(reason);
        rest
    }
}

/// The day of this second, up to it, as far as it is wanted.
fn day_up_to(wanted: Span, second: i64) -> Option<Span> {
    let day = Span::new(second.div_euclid(DAY) * DAY, second)?;
    day.intersect(wanted)
}

/// From the first second of either to the last.
fn both(one: Span, other: Span) -> Span {
    let (from, to) = (one.from().min(other.from()), one.to().max(other.to()));
    Span::new(from, to).unwrap_or(one)
}
