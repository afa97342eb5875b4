//! Follows events as they become visible: each once, resumable anywhere, within a small part of each cell's budget.
//!
//! Owns what a tail is: which cells are looked at when, what is new, what a cursor holds, what is told. It works only
//! while it is read, and keeps no events: who reads slowly slows it down, and CloudTrail keeps what waits.

mod cell;
mod drive;
mod follow;
mod look;
mod rules;

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    budget::RequestContext,
    domain::{Cell, CellReport, Event, LookupAttributeKind, Region, TimeWindow, Timestamp},
};

use super::{
    CursorError, Events, LookupError, LookupRequest, cursor::TailPlace, plan::Plan,
    request::HISTORY,
};

pub use drive::Tail;
pub use rules::Settings;

use follow::{Follow, Now};
use rules::Rules;

/// One message of a tail.
#[derive(Debug)]
pub enum TailItem {
    /// New events of one cell.
    Batch(TailBatch),
    /// A sign of life.
    Heartbeat(Box<Heartbeat>),
    /// A hole.
    Gap(TailGap),
}

/// New events of one cell, oldest first.
#[derive(Debug)]
pub struct TailBatch {
    /// The cell.
    pub cell: Cell,
    /// The events.
    pub events: Vec<Event>,
    /// Where to go on after them, unless it is long: then the next heartbeat has it.
    pub cursor: Option<String>,
}

/// A sign of life.
#[derive(Debug)]
pub struct Heartbeat {
    /// Where to go on.
    pub cursor: String,
    /// Whether every cell is told of, and not only what has changed.
    pub whole: bool,
    /// How far cells have been followed.
    pub watermarks: Vec<Watermark>,
    /// Cells that cannot be followed now, and why.
    pub failing: Vec<CellReport>,
    /// How many cells are followed.
    pub cells: usize,
    /// What has been done on this stream.
    pub counts: Counts,
    /// What AWS filters by.
    pub pushed_down: Option<LookupAttributeKind>,
    /// Regions added to the ones asked for.
    pub added_regions: Vec<Region>,
    /// Whether the accounts come from an older copy.
    pub accounts_stale: bool,
    /// Whether there are cells that the caller may not see.
    pub narrowed: bool,
}

/// What a stream has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events sent.
    pub events: u64,
    /// AWS calls spent, retries included.
    pub calls: u64,
    /// How many of them were throttled.
    pub throttles: u64,
}

/// How far a cell has been followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watermark {
    /// The cell.
    pub cell: Cell,
    /// Every event up to the end of this second has been sent.
    pub through: Timestamp,
    /// When it is looked at next; `None` while it is.
    pub next: Option<Instant>,
}

/// Why there is a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapReason {
    /// The reader was too slow for too long.
    SlowReader,
    /// One second holds more events than can be held at once.
    TooManyEvents,
    /// The cell could not be read until CloudTrail had dropped the events.
    BeyondHistory,
}

/// A hole: what was not sent of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailGap {
    /// The cell.
    pub cell: Cell,
    /// The window, in whole seconds. Some of it may have been sent before.
    pub window: TimeWindow,
    /// Why.
    pub reason: GapReason,
}

impl Events {
    /// Begins to follow what the request means, from its start or its page token on; its end is not looked at.
    ///
    /// # Errors
    ///
    /// If there is nothing to follow; see [`LookupError`].
    pub async fn tail(
        &self,
        ctx: &RequestContext,
        request: &LookupRequest,
    ) -> Result<Tail, LookupError> {
        let hash = request.tail_hash(&ctx.caller);
        let now = self.now();
        let place = match &request.page_token {
            Some(token) => Some(fresh(self.keys.decode_tail(token, hash)?, now.time)?),
            None => None,
        };
        let plan = self.tail_plan(ctx, request, place.is_some()).await?;
        let rules = Rules::new(self.settings.settle_lag);
        // What turned up since the cursor was made has happened since then, but for what arrived late.
        let since = match &place {
            Some(place) => place.made.minus(self.settings.settle_lag),
            None => request.start.unwrap_or(now.time.floor_second()),
        };
        let start = request.start.unwrap_or(since);
        let mut follow = Follow::new(rules, self.settings.tail.clone(), start, place, now);
        follow.retarget(&plan.cells, plan.left_out.clone(), since, now);
        Ok(Tail::new(
            self.clone(),
            ctx,
            request.clone(),
            plan,
            follow,
            now,
        ))
    }

    /// The targets and filters of a tail.
    async fn tail_plan(
        &self,
        ctx: &RequestContext,
        request: &LookupRequest,
        resumed: bool,
    ) -> Result<Arc<Plan>, LookupError> {
        let request = LookupRequest {
            // A tail may have begun longer ago than the history reaches.
            start: request.start.filter(|_| !resumed),
            end: None,
            page_token: None,
            ..request.clone()
        };
        Ok(Arc::new(self.plan(ctx, &request, None).await?))
    }

    fn now(&self) -> Now {
        Now {
            instant: Instant::now(),
            time: (self.clock)(),
        }
    }
}

/// A place that CloudTrail can still be read from. A single cell that has fallen behind further is told as a hole.
fn fresh(place: TailPlace, now: Timestamp) -> Result<TailPlace, CursorError> {
    let earliest = now.minus(HISTORY);
    if place.made < earliest {
        return Err(CursorError::TooOld { earliest });
    }
    Ok(place)
}
