//! One page: the newest N events over all cells, and a cursor to what follows.
//!
//! Every cell is read only as far as it can still contribute. A cell that runs out of time, having come some way,
//! ends the page early rather than leave a gap in it: the cursor goes on from where the slowest such cell is.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    aws::lookup_events::LARGEST_PAGE,
    budget::RequestContext,
    domain::{Coverage, Event, LookupAttributeKind, Region, TimeWindow, Timestamp},
    fanout::{self, Ended},
    fleet::TargetCell,
};

use super::{
    AnswerKind, Answered, Events, Exhausted, LookupError, LookupRequest,
    best::Best,
    cell::{CellEnd, Why, report},
    cursor::Place,
    estimate::densities::Mark,
    observer::Telling,
    pages::NotBefore,
    plan::Plan,
    reader::{Appetite, CellReader},
};

/// A second, CloudTrail's resolution.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// One page.
#[derive(Debug)]
pub struct LookupAnswer {
    /// The events, newest first.
    pub events: Vec<Event>,
    /// Where the next page begins; `None` at the end.
    pub next_page_token: Option<String>,
    /// What the page covers.
    pub coverage: Coverage,
    /// True if the page before this one, or an earlier one, had gaps.
    pub earlier_gaps: bool,
    /// What goes for the answer as a whole.
    pub facts: Facts,
    /// Records read.
    pub scanned: u64,
    /// Records that matched, on this page or not.
    pub matched: u64,
}

/// What goes for a whole answer, page or stream.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The frozen window.
    pub window: TimeWindow,
    /// What happened up to here is final.
    pub settled_through: Timestamp,
    /// What AWS filtered by.
    pub pushed_down: Option<LookupAttributeKind>,
    /// Regions added to the ones asked for.
    pub added_regions: Vec<Region>,
    /// Whether the accounts come from an older copy.
    pub accounts_stale: bool,
}

impl Facts {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            window: plan.window,
            settled_through: plan.settled_through,
            pushed_down: plan.kind(),
            added_regions: plan.added_region.iter().cloned().collect(),
            accounts_stale: plan.stale,
        }
    }
}

impl Events {
    /// Looks one page up.
    ///
    /// # Errors
    ///
    /// If the request has no answer at all; see [`LookupError`].
    pub async fn lookup(
        &self,
        ctx: &RequestContext,
        request: &LookupRequest,
    ) -> Result<LookupAnswer, LookupError> {
        let plan = Arc::new(self.plan(ctx, request, None).await?);
        let page = Arc::new(Page {
            best: Mutex::new(Best::new(request.page_size.max(1))),
            plan: Arc::clone(&plan),
            enough: request.first_is_enough.then(CancellationToken::new),
        });
        let soft = ctx.by(soft_deadline(ctx.deadline));
        let cells = plan.cells.len();
        let _telling = Telling::begin(&self.observer, AnswerKind::Page, &ctx.caller, cells);
        let ended = fanout::run(plan.cells.iter().cloned(), |target| {
            let (events, page, soft) = (self.clone(), Arc::clone(&page), soft.clone());
            async move {
                page.read(&events, &soft.in_cell(&target.cell), &target)
                    .await
            }
        });
        let ended = ended.await;
        if ctx.cancel.is_cancelled() {
            return Err(crate::budget::Interrupted::Cancelled.into());
        }
        if let Some(exhausted) = Exhausted::of(ended.iter().map(|(_, end)| end)) {
            return Err(exhausted.into());
        }
        let best = std::mem::replace(&mut *page.best(), Best::new(1));
        let answer = self.assemble(&plan, best, request, ended);
        self.observer.answered(Answered {
            kind: AnswerKind::Page,
            coverage: &answer.coverage,
            returned: answer.events.len() as u64,
            scanned: answer.scanned,
        });
        Ok(answer)
    }

    fn assemble(
        &self,
        plan: &Plan,
        mut best: Best,
        request: &LookupRequest,
        ended: Vec<(TargetCell, Ended<CellEnd>)>,
    ) -> LookupAnswer {
        let frontier = frontier(plan, &ended);
        // The one event that was looked for is the answer, whoever ran out of time.
        if let Some(second) = frontier.filter(|_| !request.first_is_enough) {
            best.cut_from(second);
        }
        let stopped_early = |(_, end): &(TargetCell, Ended<CellEnd>)| match end {
            Ended::Done(end) => {
                matches!(end.why, Why::Satisfied) || end.start > plan.window.start()
            }
            Ended::Panicked => false,
        };
        let more = best.dropped() || ended.iter().any(stopped_early);
        let mut events = best.into_events();
        let fits = fit(&mut events, request.page_bytes);
        let full = !fits || events.len() == request.page_size.max(1);
        let next = match (events.last(), frontier) {
            (Some(last), _) if full && (more || !fits) => Some(Place::After(last.key.clone())),
            _ if request.first_is_enough && !events.is_empty() => None,
            (_, Some(second)) => Some(Place::Within(second)),
            (Some(last), None) if more => Some(Place::After(last.key.clone())),
            _ => None,
        };
        let lower = match &next {
            Some(Place::After(key)) => key.time.floor_second(),
            Some(Place::Within(second)) => second.plus(SECOND),
            _ => plan.window.start(),
        };
        let (scanned, matched) = totals(&ended);
        let reports = ended
            .into_iter()
            .map(|(target, end)| report(plan, &target, end, lower));
        let coverage = Coverage::with(plan.left_out.clone(), reports);
        let next_page_token = next.map(|place| {
            let cursor = plan.cursor(place, !coverage.complete());
            self.keys.encode(&cursor, plan.hash)
        });
        LookupAnswer {
            events,
            next_page_token,
            coverage,
            earlier_gaps: plan.gaps,
            facts: Facts::of(plan),
            scanned,
            matched,
        }
    }
}

/// Cuts the page to so many bytes, one event at least; `false` if something was cut off.
fn fit(events: &mut Vec<Event>, bytes: Option<usize>) -> bool {
    let mut room = bytes.unwrap_or(usize::MAX);
    let fitting = events.iter().take_while(|event| {
        let fits = event.weight() <= room;
        room = room.saturating_sub(event.weight());
        fits
    });
    let fitting = fitting.count().max(1);
    let fits = fitting >= events.len();
    events.truncate(fitting);
    fits
}

/// An answer over hundreds of cells takes about this long to make and send, on a busy machine.
const TO_ANSWER: Duration = Duration::from_millis(100);

/// The answer must be made and sent before the deadline: a tenth of the time is kept for it, [`TO_ANSWER`] at least
/// and a second at most, but never more than half.
pub(super) fn soft_deadline(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline - (left / 10).clamp(TO_ANSWER, SECOND).min(left / 2)
}

/// The newest second that a cell which ran out of time has not got past. A cell that had no time to come any
/// further than where the page begins holds nothing up: it is reported.
fn frontier(plan: &Plan, ended: &[(TargetCell, Ended<CellEnd>)]) -> Option<Timestamp> {
    let held = ended.iter().filter_map(|(target, end)| match end {
        Ended::Done(end) if end.why.out_of_time() => {
            let upper = plan.upper(&target.cell).floor_second();
            end.progress.position.filter(|position| *position < upper)
        }
        _ => None,
    });
    held.max()
}

fn totals(ended: &[(TargetCell, Ended<CellEnd>)]) -> (u64, u64) {
    let done = ended.iter().filter_map(|(_, end)| match end {
        Ended::Done(end) => Some(end),
        Ended::Panicked => None,
    });
    done.fold((0, 0), |(scanned, matched), end| {
        (scanned + end.progress.scanned, matched + end.matched)
    })
}

/// What the cells of one page share.
struct Page {
    best: Mutex<Best>,
    plan: Arc<Plan>,
    /// If one event is enough: fires when it is there.
    enough: Option<CancellationToken>,
}

impl Page {
    fn best(&self) -> MutexGuard<'_, Best> {
        self.best.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one cell as far as it can contribute.
    async fn read(
        self: &Arc<Self>,
        events: &Events,
        ctx: &RequestContext,
        target: &TargetCell,
    ) -> CellEnd {
        let plan = &self.plan;
        let cell = &target.cell;
        let who = events.fleet.credentials(cell.account);
        let span = (plan.window.start(), plan.upper(cell));
        let attribute = plan.pushed_down.clone();
        let mut reader = CellReader::new(who, cell.clone(), attribute, span, LARGEST_PAGE)
            .ahead(&events.ahead(plan, Appetite::Growing))
            .remembering(
                &events.cache_for(plan),
                events.remembered(plan, Appetite::Growing),
            );
        let mut matched = 0;
        let page = Arc::clone(self);
        let threshold: NotBefore = Arc::new(move || page.best().threshold());
        let why = loop {
            let before = Mark::of(reader.progress(), span.1);
            let next = reader.next(&events.pages, &events.door, ctx, Some(&threshold));
            let next = match &self.enough {
                Some(enough) => match enough.run_until_cancelled(next).await {
                    Some(next) => next,
                    None => break Why::NotNeeded,
                },
                None => next.await,
            };
            match next {
                Ok(None) => break Why::Exhausted,
                Ok(Some(page)) => {
                    events.densities.page(cell, plan.kind(), before, &reader);
                    matched += self.offer(page);
                }
                Err(error) => break Why::Failed(error),
            }
            let progress = reader.progress();
            if progress.exhausted {
                break Why::Exhausted;
            }
            // Strictly older: the second itself may hold more, and CloudTrail gives no order inside it.
            if threshold()
                .is_some_and(|second| progress.position.is_some_and(|position| position < second))
            {
                break Why::Satisfied;
            }
            if plan
                .scan_limit
                .is_some_and(|limit| progress.scanned >= limit)
            {
                break Why::ScanLimit;
            }
        };
        CellEnd::of(&reader, matched, why)
    }

    /// Takes what matches of a page, and counts it.
    fn offer(&self, page: Vec<Arc<Event>>) -> u64 {
        let found = self.plan.select(page);
        let count = found.len() as u64;
        let mut best = self.best();
        for event in found {
            best.offer(event);
        }
        drop(best);
        if let Some(enough) = self.enough.as_ref().filter(|_| count > 0) {
            enough.cancel();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_to_answer_is_kept_of_every_deadline() {
        let kept = |left: u64| {
            let deadline = Instant::now() + Duration::from_millis(left);
            (deadline - soft_deadline(deadline)).as_millis()
        };
        for (left, expected) in [(0, 0), (100, 50), (500, 100), (4_000, 400), (60_000, 1_000)] {
            assert_eq!(kept(left), expected, "of {left} ms");
        }
    }
}
