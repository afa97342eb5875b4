//! Spans of whole seconds, CloudTrail's resolution: what windows are cut into and what is remembered. Pure.

use std::fmt;

use crate::domain::{TimeWindow, Timestamp};

/// So many seconds on end, both ends inclusive; never empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    from: i64,
    to: i64,
}

impl Span {
    /// From this second to that one, inclusive; `None` if `from` is after `to`.
    pub fn new(from: i64, to: i64) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// All seconds that a window touches.
    pub fn of(window: TimeWindow) -> Self {
        let (from, to) = (window.start().seconds(), window.end().seconds());
        Self { from, to }
    }

    /// Its first second, since 1970.
    pub fn from(self) -> i64 {
        self.from
    }

    /// Its last second, since 1970.
    pub fn to(self) -> i64 {
        self.to
    }

    /// How many seconds it has; at least one.
    pub fn seconds(self) -> u64 {
        self.to.abs_diff(self.from).saturating_add(1)
    }

    /// Whether this point lies in one of its seconds.
    pub fn contains(self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&at.seconds())
    }

    /// What both have.
    pub fn intersect(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// The seconds of it before this one.
    pub fn before(self, second: i64) -> Option<Self> {
        Self::new(self.from, self.to.min(second.saturating_sub(1)))
    }

    /// The seconds of it from this one on.
    pub fn since(self, second: i64) -> Option<Self> {
        Self::new(self.from.max(second), self.to)
    }

    /// As a window: from the start of its first second to the start of its last one, which is all of it for CloudTrail.
    pub fn window(self) -> TimeWindow {
        let start = Timestamp::from_seconds(self.from);
        TimeWindow::new(start, Timestamp::from_seconds(self.to)).unwrap_or(TimeWindow::at(start))
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..={}", self.from, self.to)
    }
}
