//! Drives a stream: gives cells credit, arranges what comes, sends it on, keeps the time.

mod telling;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    aws::{FailureKind, lookup_events::LARGEST_PAGE},
    budget::RequestContext,
    domain::Timestamp,
    events::{
        AnswerKind, Answered, Events, Reached,
        cell::{CellEnd, Why},
        hunger::Hunger,
        lookup::soft_deadline,
        observer::Telling,
        plan::Plan,
    },
    fanout::{Ended, FanOut},
};

use super::{
    Batch, Order, StreamItem,
    arrange::{Arrangement, Run, event_bytes},
    ending::cut_short,
    lanes::{Lane, Lanes, Stage},
    producer::{News, Producer, Spent},
};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(900);
/// By arrival, a batch carries a cursor up to this many cells; beyond, progress does.
const CURSOR_CELLS: usize = 64;
/// Pages on their way from the cells to the driver.
const NEWS_AHEAD: usize = 64;

pub(super) struct Driver {
    events: Events,
    plan: Arc<Plan>,
    order: Order,
    /// The request, as far as the cells' work goes.
    ctx: RequestContext,
    /// Events on a page of AWS's at most.
    page: i32,
    out: mpsc::Sender<StreamItem>,
    news: mpsc::Receiver<(usize, News)>,
    cells: FanOut<usize, ()>,
    lanes: Lanes,
    /// Whether a cell ended for lack of time.
    out_of_time: bool,
    arrangement: Arrangement,
    sent: u64,
    /// Whether the reader of the stream waits for more.
    hunger: Arc<Hunger>,
    gaps: bool,
    telling: Telling,
    patience: Duration,
    /// Since when which second is the frontier.
    frontier_since: (Option<Timestamp>, Instant),
}

/// The reader of the stream has gone.
struct Gone;

impl Driver {
    /// Starts the cells. Nothing is read before [`Driver::run`] gives credit.
    pub(super) fn start(
        events: Events,
        ctx: &RequestContext,
        plan: Arc<Plan>,
        order: Order,
        out: mpsc::Sender<StreamItem>,
    ) -> Self {
        let memory = events.settings.stream_memory_bytes;
        let page = page_size(memory, &plan, order);
        let (tell, news) = mpsc::channel(NEWS_AHEAD);
        let soft = ctx.by(soft_deadline(ctx.deadline));
        let lanes = Lanes::new(&soft, plan.cells.len());
        let hunger = Arc::new(Hunger::new());
        let cells = FanOut::start(0..plan.cells.len(), |index| {
            let producer = producer(index, &plan, &soft, &lanes, (page, &hunger), &tell);
            let events = events.clone();
            async move {
                if let Some(producer) = producer {
                    producer.run(events).await;
                }
            }
        });
        let now = Instant::now();
        let quarter = ctx.deadline.saturating_duration_since(now) / 4;
        Self {
            arrangement: Arrangement::new(order, &plan, memory, usize::try_from(page).unwrap_or(1)),
            patience: events.settings.patience.min(quarter),
            gaps: plan.gaps,
            telling: Telling::begin(
                &events.observer,
                AnswerKind::Stream,
                &ctx.caller,
                plan.cells.len(),
            ),
            events,
            plan,
            order,
            ctx: soft,
            page,
            out,
            news,
            cells,
            out_of_time: false,
            lanes,
            sent: 0,
            hunger,
            frontier_since: (None, now),
        }
    }

    /// Runs to the end of the answer, or until its reader goes.
    pub(super) async fn run(mut self) {
        // The reader's going is seen at the next send; there is nobody to tell.
        let _ = self.drive().await;
    }

    async fn drive(&mut self) -> Result<(), Gone> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        (0..self.lanes.len()).for_each(|cell| self.feed(cell));
        while !self.finished() {
            // All that may go has gone.
            self.hunger.is(true);
            tokio::select! {
                biased;
                _ = tick.tick() => {
                    self.hear_all();
                    self.leave_behind();
                    self.tell_progress().await?;
                }
                Some((cell, news)) = self.news.recv() => self.hear(cell, news),
                Some((cell, Ended::Panicked)) = self.cells.next() => self.lost(cell),
            }
            self.send_ready().await?;
        }
        self.send_ready().await?;
        self.tell_progress().await?;
        // Cells that were cancelled look like cells that ran out of time, and a summary would call that the whole answer.
        if self.ctx.cancel.is_cancelled() {
            return self.send(StreamItem::Cancelled).await;
        }
        if let Some(exhausted) = self.exhausted() {
            return self.send(StreamItem::Exhausted(Box::new(exhausted))).await;
        }
        let summary = self.summary();
        self.events.observer.answered(Answered {
            kind: AnswerKind::Stream,
            coverage: &summary.coverage,
            returned: summary.counts.events,
            scanned: summary.counts.scanned,
        });
        self.send(StreamItem::Summary(Box::new(summary))).await
    }

    async fn tell_progress(&mut self) -> Result<(), Gone> {
        let progress = self.progress();
        self.telling.is_at(Reached {
            cells_done: progress.cells_done,
            cells_total: progress.cells_total,
            events: progress.counts.events,
            calls: progress.counts.calls,
            throttles: progress.counts.throttles,
            remaining: progress.estimated_remaining,
            behind: None,
        });
        self.send(StreamItem::Progress(progress)).await
    }

    /// All cells have ended, or one that ran out of time holds everything up: then no other can bring anything
    /// that may go.
    fn finished(&self) -> bool {
        self.lanes.have_ended() || (self.out_of_time && self.held_for_good())
    }

    fn held_for_good(&self) -> bool {
        let ended = |cell: usize| self.lanes.get(cell).is_none_or(Lane::has_ended);
        let mut holding = self.arrangement.holding().into_iter().peekable();
        holding.peek().is_some() && holding.all(ended)
    }

    /// Hears what has come already, so that nobody is left behind whose page is only waiting here.
    fn hear_all(&mut self) {
        while let Ok((cell, news)) = self.news.try_recv() {
            self.hear(cell, news);
        }
    }

    fn hear(&mut self, cell: usize, news: News) {
        match news {
            News::Page {
                events,
                position,
                spent,
            } => {
                if self.lanes.page(cell, position, spent) {
                    self.arrangement.page(cell, events, position);
                }
                self.feed(cell);
            }
            News::End(end) => self.ended(cell, *end),
        }
        self.follow_frontier();
    }

    /// Cells that have come to hold the frontier must read on, however much they have waiting.
    fn follow_frontier(&mut self) {
        let frontier = self.arrangement.frontier();
        if frontier != self.frontier_since.0 {
            self.frontier_since = (frontier, Instant::now());
            self.arrangement
                .holding()
                .into_iter()
                .for_each(|cell| self.feed(cell));
        }
    }

    fn ended(&mut self, cell: usize, mut end: CellEnd) {
        let Some(lane) = self.lanes.get_mut(cell) else {
            return;
        };
        match &end.why {
            // Whatever it has read since, the answer has it only as far as the last page that was taken.
            _ if matches!(lane.stage, Stage::LeftBehind) => {
                let message = format!(
                    "held the stream up for more than {:?} and was left behind",
                    self.patience
                );
                if let Some(target) = self.plan.cells.get(cell) {
                    let (at, spent) = (lane.position, lane.spent);
                    let spent = Spent {
                        calls: end.calls.into(),
                        throttles: end.throttles.into(),
                        ..spent
                    };
                    end = cut_short(&self.plan, target, at, spent, &message);
                }
            }
            Why::Exhausted => self.arrangement.exhausted(cell, end.start),
            // Its turn will not come in time, and it has not even begun: the others do not wait for it.
            Why::Failed(error)
                if lane.position.is_none()
                    && matches!(error.kind, FailureKind::BudgetExhausted { .. }) =>
            {
                self.gaps = true;
                self.arrangement.release(cell);
            }
            // Having run out of time it still holds its second: what comes after waits for the next stream.
            why if why.out_of_time() => self.out_of_time = true,
            _ => {
                self.gaps = true;
                self.arrangement.release(cell);
            }
        }
        lane.spent.calls = end.calls.into();
        lane.spent.throttles = end.throttles.into();
        self.lanes.close(cell, Ended::Done(end));
    }

    /// A cell's task panicked: it is lost, the others go on.
    fn lost(&mut self, cell: usize) {
        if self.lanes.get(cell).is_some_and(|lane| !lane.has_ended()) {
            self.lanes.close(cell, Ended::Panicked);
            self.gaps = true;
            self.arrangement.release(cell);
        }
    }

    /// Leaves cells behind that have held everything up for too long.
    fn leave_behind(&mut self) {
        self.follow_frontier();
        if self.frontier_since.1.elapsed() >= self.patience {
            for cell in self.arrangement.holding() {
                self.abandon(cell);
            }
        }
    }

    fn abandon(&mut self, cell: usize) {
        if self.lanes.leave_behind(cell, self.patience) {
            self.gaps = true;
            self.arrangement.release(cell);
        }
    }

    /// Lets the cell read a page, if its events are wanted.
    fn feed(&mut self, cell: usize) {
        if self.arrangement.wants(cell, self.lanes.reading()) {
            self.lanes.feed(cell);
        }
    }

    async fn send_ready(&mut self) -> Result<(), Gone> {
        while let Some(run) = self.arrangement.pop() {
            self.sent += run.events.len() as u64;
            let from = run.from.clone();
            if !run.events.is_empty() {
                let batch = self.batch(run);
                self.send(StreamItem::Batch(batch)).await?;
            }
            from.into_iter().for_each(|cell| self.feed(cell));
        }
        Ok(())
    }

    fn batch(&self, run: Run) -> Batch {
        let whole_seconds = run.cell.is_none_or(|(_, down_to)| down_to.is_some());
        let carries =
            whole_seconds && (self.order == Order::EventTime || self.lanes.len() <= CURSOR_CELLS);
        let cell = run.cell.and_then(|(index, down_to)| {
            let target = self.plan.cells.get(index)?;
            Some((target.cell.clone(), down_to))
        });
        Batch {
            events: run.events,
            cursor: carries.then(|| self.cursor()),
            cell,
        }
    }

    fn cursor(&self) -> String {
        let place = self.arrangement.place(&self.plan);
        let cursor = self.plan.cursor(place, self.gaps);
        self.events.keys.encode(&cursor, self.plan.hash)
    }

    async fn send(&mut self, item: StreamItem) -> Result<(), Gone> {
        let before = Instant::now();
        self.place().await?.send(item);
        // Time spent waiting for the reader is not time that a cell held us up.
        self.frontier_since.1 += before.elapsed();
        Ok(())
    }

    /// A place for one more message. While there is none the reader has enough to read, and it is not hungry before all
    /// that may go has gone.
    async fn place(&mut self) -> Result<mpsc::Permit<'_, StreamItem>, Gone> {
        if self.out.capacity() == 0 {
            self.hunger.is(false);
        }
        self.out.reserve().await.map_err(|_| Gone)
    }
}

fn producer(
    index: usize,
    plan: &Arc<Plan>,
    ctx: &RequestContext,
    lanes: &Lanes,
    (max_results, hunger): (i32, &Arc<Hunger>),
    out: &mpsc::Sender<(usize, News)>,
) -> Option<Producer> {
    let reins = lanes.get(index)?.reins.clone();
    let target = plan.cells.get(index)?.clone();
    Some(Producer {
        index,
        plan: Arc::clone(plan),
        ctx: RequestContext {
            cancel: reins.cancel.clone(),
            ..ctx.in_cell(&target.cell)
        },
        target,
        reins,
        max_results,
        hunger: Arc::clone(hunger),
        out: out.clone(),
    })
}

/// Events on a page: the most that CloudTrail gives, or fewer if an ordered stream over this many cells, each
/// with a page waiting, would not fit into its memory.
fn page_size(memory: usize, plan: &Plan, order: Order) -> i32 {
    let share = memory / (plan.cells.len().max(1) * event_bytes(plan));
    match order {
        Order::Arrival => LARGEST_PAGE,
        Order::EventTime => i32::try_from(share)
            .unwrap_or(LARGEST_PAGE)
            .clamp(5, LARGEST_PAGE),
    }
}
