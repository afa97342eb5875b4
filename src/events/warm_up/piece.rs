//! Reads a piece of one cell's history into the cache, one call after the other, each only while the cell's budget is idle.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{
    aws::{AwsError, FailureKind, lookup_events::LARGEST_PAGE},
    budget::{CallerId, Lane, Prospect, RequestContext, store::StoreStatus},
    domain::{Authority, Cell, Timestamp},
    events::{
        Events,
        cache::Strand,
        estimate::densities::Mark,
        hunger::Hungry,
        reader::{Ahead, Appetite, CellReader},
        span::Span,
    },
};

use super::{
    Settings,
    manners::{AWAY, Manners, Pause, Why},
};

/// What may be held of what the cache knows: pieces are read in their gaps, so that this is never used up.
const AHEAD_BYTES: usize = 1 << 20;

/// What came of reading a piece.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) end: End,
    /// The first second from which on all of the piece is known, was known, or has been read; the one after the piece if there
    /// is none.
    pub(super) passed: i64,
    pub(super) manners: Manners,
}

/// What all pieces have spent and read since the start; counted at each call, because a piece may take long.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// AWS calls, retries included.
    pub(super) calls: AtomicU64,
    /// How many of them were throttled.
    pub(super) throttles: AtomicU64,
    /// Events that were read.
    pub(super) events: AtomicU64,
}

/// How reading a piece ended.
#[derive(Debug)]
pub(super) enum End {
    /// All of it is known, or was.
    Whole,
    /// Others have the budget now.
    Stood(Pause),
    /// It has had its turn, and there is more.
    Turn,
    /// It cannot be read now.
    Failed(AwsError),
}

/// With what pieces are read.
pub(super) struct Means<'a> {
    pub(super) events: &'a Events,
    pub(super) settings: &'a Settings,
    pub(super) counts: &'a Counts,
    pub(super) cancel: &'a CancellationToken,
}

/// Reads what is not known of `span`, newest first.
pub(super) async fn read(means: &Means<'_>, cell: &Cell, span: Span, manners: Manners) -> Read {
    let strand = Arc::new(Strand {
        cell: cell.clone(),
        attribute: None,
    });
    let mut reading = Reading {
        means,
        cell,
        strand: Arc::clone(&strand),
        manners,
        passed: span.to().saturating_add(1),
        calls: 0,
    };
    for gap in means.events.cache.gaps(&strand, span) {
        // What lies between the gaps is known.
        reading.passed = gap.to().saturating_add(1);
        if let Err(end) = reading.gap(gap).await {
            return reading.ended(end);
        }
    }
    reading.passed = span.from();
    reading.ended(End::Whole)
}

/// A piece being read.
struct Reading<'a> {
    means: &'a Means<'a>,
    cell: &'a Cell,
    /// All of the cell.
    strand: Arc<Strand>,
    manners: Manners,
    passed: i64,
    /// Calls made for it.
    calls: u32,
}

impl Reading<'_> {
    /// Reads all of a gap.
    async fn gap(&mut self, gap: Span) -> Result<(), End> {
        let events = self.means.events;
        let who = events.fleet.credentials(self.cell.account);
        let (from, to) = (
            Timestamp::from_seconds(gap.from()),
            Timestamp::from_seconds(gap.to()),
        );
        let ahead = Ahead {
            densities: Arc::clone(&events.densities),
            bytes: AHEAD_BYTES,
            strands: 1,
            appetite: Appetite::OneByOne,
            scan_limit: None,
            spill: 0,
            hungry: Hungry::never(),
        };
        let mut reader =
            CellReader::new(who, self.cell.clone(), Vec::new(), (from, to), LARGEST_PAGE)
                .ahead(&ahead)
                .remembering(&events.cache, Some(to));
        while !reader.progress().exhausted {
            self.my_turn(reader.progress().position.is_some_and(|at| at < to))
                .await?;
            let before = (reader.tally.calls(), reader.tally.throttles());
            let mark = Mark::of(reader.progress(), to);
            let ctx = self.context();
            let page = reader.next(&events.pages, &events.door, &ctx, None).await;
            self.count(&reader, before);
            match page {
                Ok(None) => break,
                Ok(Some(page)) => {
                    let read = &self.means.counts.events;
                    read.fetch_add(page.len() as u64, Relaxed);
                    events.densities.page(self.cell, None, mark, &reader);
                }
                Err(error) => return Err(failed(error)),
            }
            if let Some(position) = reader.progress().position {
                self.passed = self.passed.min(position.seconds().saturating_add(1));
            }
            // Nothing is read faster than it is written, so that nothing is dropped.
            events.cache.written(&self.strand).await;
        }
        Ok(())
    }

    fn ended(self, end: End) -> Read {
        Read {
            end,
            passed: self.passed,
            manners: self.manners,
        }
    }

    /// Waits until a call may be made, as long as only our own part is to be waited for. `moved`: whether a second has been
    /// passed, so that to stop here is to have come further.
    async fn my_turn(&mut self, moved: bool) -> Result<(), End> {
        loop {
            if moved && self.calls >= self.means.settings.turn {
                return Err(End::Turn);
            }
            let (prospect, store) = self.budget();
            let (settings, now) = (self.means.settings, Instant::now());
            match self.manners.may_call(settings, &prospect, &store, now) {
                Ok(()) => return Ok(()),
                Err(Pause {
                    until,
                    why: Why::Ours,
                }) if self.calls > 0 => sleep_until(until).await,
                Err(pause) => return Err(End::Stood(pause)),
            }
        }
    }

    /// What the cell's budget and their store stand at.
    fn budget(&self) -> (Prospect, StoreStatus) {
        let events = self.means.events;
        let prospect = events.prospect(&self.context(), self.cell);
        (prospect, events.door.budgets().store())
    }

    fn context(&self) -> RequestContext {
        context(self.means.settings, self.means.cancel)
    }

    /// Counts what the reader has spent since it stood at this.
    fn count(&mut self, reader: &CellReader, (calls, throttles): (u32, u32)) {
        let calls = reader.tally.calls().saturating_sub(calls);
        let throttles = reader.tally.throttles().saturating_sub(throttles);
        self.calls += calls;
        let counts = self.means.counts;
        counts.calls.fetch_add(u64::from(calls), Relaxed);
        counts.throttles.fetch_add(u64::from(throttles), Relaxed);
        let (prospect, store) = self.budget();
        let settings = self.means.settings;
        self.manners
            .called(settings, calls, &prospect, &store, Instant::now());
    }
}

/// That the budget has no room for it is no failure of the cell.
fn failed(error: AwsError) -> End {
    let why = match error.kind {
        FailureKind::BudgetExhausted { .. } => Why::Callers,
        FailureKind::BudgetUnavailable => Why::Store,
        _ => return End::Failed(error),
    };
    let until = Instant::now() + AWAY;
    End::Stood(Pause { until, why })
}

/// In whose name is read: the service's own, behind everybody else, until it is cancelled.
pub(super) fn context(settings: &Settings, cancel: &CancellationToken) -> RequestContext {
    RequestContext {
        caller: CallerId::internal(),
        lane: Lane::Background,
        deadline: Instant::now() + settings.call_within,
        cancel: cancel.clone(),
        authority: Authority::unlimited(),
        span: tracing::Span::none(),
    }
}
