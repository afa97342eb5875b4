//! Drives a tail: starts looks, takes what they find, keeps the time of heartbeats. All of it happens while the next
//! message is waited for; while nobody waits, only the looks under way come to their end.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    aws::FailureKind,
    budget::{Interrupted, RequestContext},
    domain::{Cell, Event, Timestamp},
    events::{
        AnswerKind, Events, LookupError, LookupRequest, Reached,
        lookup::{Facts, soft_deadline},
        observer::Telling,
        plan::Plan,
    },
    fanout::{Ended, FanOut},
};

use super::{
    Counts, Heartbeat, TailBatch, TailItem,
    follow::{Follow, Looked, Step},
    look::look,
};

/// What a look may take: a page's attempts and waits, several times over. It is cut off then and tried again later.
const LOOK_WITHIN: Duration = Duration::from_secs(120);
/// The longest cursor on a batch, in bytes.
const CURSOR_ON_BATCH: usize = 4 << 10;
/// Events in one batch at most, so that no message of a dense second is too long.
const BATCH: usize = 500;

/// A tail being read. Dropping it ends the work.
pub struct Tail {
    events: Events,
    ctx: RequestContext,
    request: LookupRequest,
    plan: Arc<Plan>,
    follow: Follow,
    looks: FanOut<usize, Looked>,
    pending: VecDeque<TailItem>,
    counts: Counts,
    telling: Telling,
    heartbeat: Instant,
    whole: Instant,
    resolve: Instant,
    resolving: Option<Resolving>,
    /// When the targets were last what they are.
    resolved: Timestamp,
    /// When the reader was last given something, by the time of day.
    left: Option<Timestamp>,
    ended: Option<Interrupted>,
}

/// The targets being made out again.
struct Resolving {
    /// By the time of day.
    began: Timestamp,
    task: AbortOnDropHandle<Result<Arc<Plan>, LookupError>>,
}

impl Tail {
    pub(super) fn new(
        events: Events,
        ctx: &RequestContext,
        request: LookupRequest,
        plan: Arc<Plan>,
        follow: Follow,
        now: super::Now,
    ) -> Self {
        let resolve = now.instant + events.settings.tail.resolve;
        let cells = plan.cells.len();
        let telling = Telling::begin(&events.observer, AnswerKind::Tail, &ctx.caller, cells);
        Self {
            ctx: ctx.by(soft_deadline(ctx.deadline)),
            events,
            request,
            plan,
            follow,
            looks: FanOut::none(),
            pending: VecDeque::new(),
            counts: Counts::default(),
            telling,
            heartbeat: now.instant,
            whole: now.instant,
            resolve,
            resolving: None,
            resolved: now.time,
            left: None,
            ended: None,
        }
    }

    /// The next message. May be dropped and asked for again, and nothing is lost.
    ///
    /// # Errors
    ///
    /// When the deadline or the cancellation has come, and a last heartbeat was given.
    pub async fn next(&mut self) -> Result<TailItem, Interrupted> {
        let now = self.events.now();
        if let Some(left) = self.left.take() {
            self.follow.reader_was_away(now.time.since(left));
        }
        let item = self.item().await;
        self.left = Some((self.events.clock)());
        item
    }

    async fn item(&mut self) -> Result<TailItem, Interrupted> {
        loop {
            if let Some(item) = self.pending.pop_front() {
                return Ok(item);
            }
            if let Some(why) = self.ended {
                return Err(why);
            }
            let now = self.events.now();
            if self.heartbeat <= now.instant {
                return Ok(self.beat());
            }
            self.start_looks();
            if !self.pending.is_empty() {
                continue;
            }
            let wake = self
                .follow
                .next_due()
                .map_or(self.heartbeat, |due| due.min(self.heartbeat));
            tokio::select! {
                biased;
                () = self.ctx.cancel.cancelled() => self.end(Interrupted::Cancelled),
                () = sleep_until(self.ctx.deadline) => self.end(Interrupted::DeadlineExceeded),
                Some((cell, ended)) = self.looks.next() => self.looked(cell, ended),
                plan = resolved(&mut self.resolving) => self.retarget(plan),
                () = sleep_until(self.resolve), if self.resolving.is_none() => self.start_resolving(),
                () = sleep_until(wake) => {}
            }
        }
    }

    /// The last message is a heartbeat, with the cursor after all that was sent.
    fn end(&mut self, why: Interrupted) {
        self.ended = Some(why);
        let last = self.beat();
        self.pending.push_back(last);
    }

    fn start_looks(&mut self) {
        while let Some(step) = self.follow.step(self.events.now()) {
            match step {
                Step::Gap(gap) => self.pending.push_back(TailItem::Gap(gap)),
                Step::Look(at, what) => {
                    let Some(target) = self.follow.target(at).cloned() else {
                        continue;
                    };
                    let ctx = self.ctx.by(Instant::now() + LOOK_WITHIN);
                    let (events, plan) = (self.events.clone(), Arc::clone(&self.plan));
                    let work = async move { look(&events, &ctx, &plan, &target, what).await };
                    self.looks.add(at, work);
                }
            }
        }
    }

    fn looked(&mut self, at: usize, ended: Ended<Looked>) {
        if let Ended::Done(looked) = &ended {
            self.counts.calls += u64::from(looked.calls);
            self.counts.throttles += u64::from(looked.throttles);
            // The end of the tail, not of the cell: it is told by itself.
            let over = |kind| matches!(kind, FailureKind::Cancelled);
            if looked.found.as_ref().is_err_and(|error| over(error.kind))
                && self.ctx.cancel.is_cancelled()
            {
                return;
            }
        }
        let Some(cell) = self.follow.target(at).map(|target| target.cell.clone()) else {
            return;
        };
        let prospect = self.events.prospect(&self.ctx, &cell);
        let (now, chance) = (self.events.now(), rand::random());
        let (events, gap) = self.follow.looked(at, ended, &prospect, now, chance);
        self.send(&cell, events);
        self.pending.extend(gap.map(TailItem::Gap));
        self.beat_soon();
    }

    /// A cursor stands for a whole look, so only its last batch can have one.
    fn send(&mut self, cell: &Cell, events: Vec<Arc<Event>>) {
        self.counts.events += events.len() as u64;
        let mut events = events.into_iter().map(Arc::unwrap_or_clone).peekable();
        while events.peek().is_some() {
            let batch = events.by_ref().take(BATCH).collect();
            let last = events.peek().is_none();
            self.pending.push_back(TailItem::Batch(TailBatch {
                cell: cell.clone(),
                events: batch,
                cursor: last.then(|| self.short_cursor()).flatten(),
            }));
        }
    }

    fn short_cursor(&self) -> Option<String> {
        let short = self.follow.cursor_bytes() <= CURSOR_ON_BATCH;
        short.then(|| self.cursor())
    }

    fn cursor(&self) -> String {
        let place = self.follow.place(self.resolved);
        self.events
            .keys
            .encode_tail(&place, self.request.tail_hash(&self.ctx.caller))
    }

    fn beat(&mut self) -> TailItem {
        let settings = &self.events.settings.tail;
        let now = Instant::now();
        let whole = self.whole <= now;
        if whole {
            self.whole = now + settings.whole_heartbeat;
        }
        self.heartbeat = now + settings.heartbeat;
        let told = self.follow.tell(whole);
        self.telling.is_at(Reached {
            cells_total: self.follow.cells(),
            events: self.counts.events,
            calls: self.counts.calls,
            throttles: self.counts.throttles,
            behind: self.follow.behind(self.events.now().time),
            ..Reached::default()
        });
        let facts = Facts::of(&self.plan);
        TailItem::Heartbeat(Box::new(Heartbeat {
            cursor: self.cursor(),
            whole,
            watermarks: told.watermarks,
            failing: told.failing,
            cells: self.follow.cells(),
            counts: self.counts,
            pushed_down: facts.pushed_down,
            added_regions: facts.added_regions,
            accounts_stale: facts.accounts_stale,
            narrowed: self.plan.left_out.narrowed,
        }))
    }

    /// Trouble is told soon, and that of many cells at once.
    fn beat_soon(&mut self) {
        if self.follow.has_trouble_to_tell() {
            let soon = Instant::now() + self.events.settings.tail.heartbeat / 5;
            self.heartbeat = self.heartbeat.min(soon);
        }
    }

    fn start_resolving(&mut self) {
        self.resolve = Instant::now() + self.events.settings.tail.resolve;
        let (events, ctx) = (
            self.events.clone(),
            self.ctx.by(Instant::now() + LOOK_WITHIN),
        );
        let request = self.request.clone();
        let work = async move { events.tail_plan(&ctx, &request, true).await };
        let task = AbortOnDropHandle::new(tokio::spawn(work));
        let began = (self.events.clock)();
        self.resolving = Some(Resolving { began, task });
    }

    /// Takes the targets as they are now. Where they cannot be made out, those there are stay: an account that is gone
    /// fails by itself and is told.
    fn retarget(&mut self, (began, plan): (Timestamp, Option<Arc<Plan>>)) {
        self.resolving = None;
        let Some(plan) = plan else { return };
        let since = self.resolved.minus(self.events.settings.settle_lag);
        let now = self.events.now();
        self.follow
            .retarget(&plan.cells, plan.left_out.clone(), since, now);
        (self.plan, self.resolved) = (plan, began);
        self.beat_soon();
    }
}

/// The targets, once they are known; never, while nobody is asking. With when it was asked.
async fn resolved(resolving: &mut Option<Resolving>) -> (Timestamp, Option<Arc<Plan>>) {
    match resolving {
        Some(Resolving { began, task }) => (*began, task.await.ok().and_then(Result::ok)),
        None => std::future::pending().await,
    }
}
