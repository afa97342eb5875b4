//! Which files come next: onwards from a time, or backwards a stretch of time after another.

use std::{mem, sync::Arc, time::Duration};

use crate::{
    budget::RequestContext,
    domain::{TimeWindow, Timestamp},
    logs::{
        LogError, LogFile, Logs,
        cells::Cells,
        kind::Kind,
        place::Place,
        scan::Wanted,
        shelves::{Asked, Looked, Shelves},
    },
};

use super::{ReadRequest, spot::Spot};

/// Files that are known ahead at most: about 3 MB.
const AHEAD: usize = 4_000;
/// The first stretch backwards; then as long as files are dense.
const STRETCH: Duration = Duration::from_secs(3600);
/// Buckets list by the minute.
const MINUTE: Duration = Duration::from_secs(60);
/// A longer stretch saves no call.
const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direction {
    /// As files come: those from this time on, and after this one.
    Onwards {
        /// The time.
        from: Timestamp,
        /// The last that is known.
        after: Option<Place>,
    },
    /// Newest first: those of this time and earlier.
    Backwards {
        /// The time.
        to: Timestamp,
        /// How far back at once.
        stretch: Duration,
        /// Within a stretch that has too many: the last that is known.
        after: Option<Place>,
    },
    /// There are no more.
    Done,
}

impl Direction {
    /// Backwards from this time.
    pub fn back_from(to: Timestamp) -> Self {
        Self::Backwards {
            to,
            stretch: STRETCH,
            after: None,
        }
    }

    /// Backwards: the time of the newest file that may still come.
    pub fn unread(&self) -> Option<Timestamp> {
        match self {
            Self::Backwards { to, .. } => Some(*to),
            Self::Onwards { .. } | Self::Done => None,
        }
    }

    /// Whether there are no more.
    pub fn done(&self) -> bool {
        *self == Self::Done
    }
}

/// Finds files.
pub struct Scout {
    /// The folders; none before the first look.
    pub shelves: Option<Shelves>,
    /// Where it stands.
    pub direction: Direction,
}

/// What one look found.
pub struct Look {
    /// The scout, to be sent again.
    pub scout: Scout,
    /// The files, in the order in which they are to be read.
    pub files: Vec<LogFile>,
    /// What became of the folders.
    pub looked: Looked,
    /// What finding the folders came to, with the first look.
    pub cells: Option<Cells>,
}

impl Scout {
    /// Looks once.
    pub async fn look(
        mut self,
        logs: Logs,
        ctx: RequestContext,
        request: ReadRequest,
        spot: Spot,
    ) -> Result<Look, LogError> {
        let mut cells = None;
        let shelves = match self.shelves.take() {
            Some(shelves) => shelves,
            None => {
                let targets = logs.fleet.resolve(&ctx, &request.targets).await?;
                let asked = Asked {
                    targets: &request.targets,
                    kinds: &request.kinds,
                    trails: &request.trails,
                };
                let (shelves, found) = logs.shelves(&ctx, asked, &targets).await?;
                cells = Some(found);
                shelves
            }
        };
        let around = Around {
            shelves: &shelves,
            ctx: &ctx,
            kinds: request.kinds.iter().copied().collect(),
            window: spot.window,
            lag: logs.settings.delivery_lag,
        };
        let direction = mem::replace(&mut self.direction, Direction::Done);
        let (files, looked, direction) = around.look(direction).await;
        Ok(Look {
            scout: Self {
                shelves: Some(shelves),
                direction,
            },
            files,
            looked,
            cells,
        })
    }
}

/// What a look goes by.
struct Around<'a> {
    shelves: &'a Shelves,
    ctx: &'a RequestContext,
    kinds: Arc<[Kind]>,
    window: TimeWindow,
    lag: Duration,
}

type Seen = (Vec<LogFile>, Looked, Direction);

impl Around<'_> {
    async fn look(&self, direction: Direction) -> Seen {
        match direction {
            Direction::Done => (Vec::new(), Vec::new(), Direction::Done),
            Direction::Onwards { from, after } => self.on(from, after).await,
            Direction::Backwards { to, stretch, after } => self.back(to, stretch, after).await,
        }
    }

    async fn on(&self, from: Timestamp, after: Option<Place>) -> Seen {
        let Some(wanted) = self.wanted(from, self.window.end(), self.lag, after) else {
            return (Vec::new(), Vec::new(), Direction::Done);
        };
        let (files, more, looked) = self.shelves.scan(self.ctx, wanted).await;
        let last = files.last().filter(|_| more).map(|file| file.place.clone());
        let next = last.map_or(Direction::Done, |last| Direction::Onwards {
            from,
            after: Some(last),
        });
        (files, looked, next)
    }

    /// No file is older than the window's events.
    async fn back(&self, to: Timestamp, stretch: Duration, after: Option<Place>) -> Seen {
        let first = minute(self.window.start());
        let from = minute(to.minus(stretch)).max(first);
        let Some(wanted) = self.wanted(from, to, Duration::ZERO, after) else {
            return (Vec::new(), Vec::new(), Direction::Done);
        };
        let (mut files, more, looked) = self.shelves.scan(self.ctx, wanted).await;
        // Too many to know at once: a shorter stretch, or, within a minute, one part after the other.
        if more && stretch > MINUTE {
            let again = Direction::Backwards {
                to,
                stretch: (stretch / 8).max(MINUTE),
                after: None,
            };
            return (Vec::new(), looked, again);
        }
        if let Some(last) = files.last().filter(|_| more) {
            let after = Some(last.place.clone());
            let next = Direction::Backwards { to, stretch, after };
            return (files, looked, next);
        }
        let stretch = match files.len() < AHEAD / 4 {
            true => (stretch * 2).min(LONGEST),
            false => stretch,
        };
        files.reverse();
        let next = match from > first {
            true => Direction::Backwards {
                to: from.minus(Duration::from_nanos(1)),
                stretch,
                after: None,
            },
            false => Direction::Done,
        };
        (files, looked, next)
    }

    fn wanted(
        &self,
        from: Timestamp,
        to: Timestamp,
        lag: Duration,
        after: Option<Place>,
    ) -> Option<Wanted> {
        Some(Wanted {
            window: TimeWindow::new(from, to)?,
            lag,
            kinds: Arc::clone(&self.kinds),
            after,
            limit: AHEAD,
        })
    }
}

/// The minute of this time.
pub fn minute(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds() - at.seconds().rem_euclid(60))
}
