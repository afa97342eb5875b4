//! Drives a reading: finds files, has several read, takes what they hold in order, sends it on, keeps the time.

mod files;
mod telling;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep_until},
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    budget::{Interrupted, RequestContext, Tally},
    domain::{Cell, CellReason, Event, Timestamp},
    events::{Order, cursor::RequestHash},
    fanout::{Ended, FanOut},
    logs::{
        LogError, LogFile, Logs, Place,
        cells::{Cells, of_ours},
        shelves::Shelves,
    },
};

use super::{
    ReadCounts, ReadItem, ReadRequest, Trouble,
    line::Line,
    newest::EARLY,
    opened::Opened,
    reader::News,
    scout::{Direction, Look, Scout, minute},
    spot::{After, Spot},
    unpack::Step,
    wants::Wants,
};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(900);
/// Files that one answer reads at a time. Each holds some hundred KB, and a step of events that waits.
const AT_A_TIME: usize = 8;
/// Events in one batch, and their bytes, about.
const BATCH: (usize, usize) = (500, 1 << 20);
/// Files with problems that are remembered, not to be told of twice.
const PROBLEMS: usize = 10_000;

pub struct Driver {
    logs: Logs,
    ctx: RequestContext,
    request: ReadRequest,
    spot: Spot,
    hash: RequestHash,
    stale: bool,
    wants: Arc<Wants>,
    line: Line,
    cells: Cells,
    /// Whether it is known which cells and folders there are.
    begun: bool,
    shelves: Shelves,
    /// The scout, while it is not on its way.
    scout: Option<Scout>,
    looking: Option<AbortOnDropHandle<Result<Look, LogError>>>,
    /// Newest first: the time of the newest file that no look has found yet.
    unfound: Option<Timestamp>,
    queue: VecDeque<LogFile>,
    opened: Opened,
    readers: FanOut<u64, ()>,
    tell: mpsc::Sender<(u64, News)>,
    news: mpsc::Receiver<(u64, News)>,
    /// Cells of which enough was read.
    enough: BTreeSet<Cell>,
    told: BTreeSet<Place>,
    counts: ReadCounts,
    out: mpsc::Sender<ReadItem>,
}

/// Nobody reads the answer any more.
struct Gone;

impl Driver {
    /// Nothing is done before [`Driver::run`].
    pub fn new(
        logs: Logs,
        ctx: RequestContext,
        request: ReadRequest,
        (spot, hash, stale): (Spot, RequestHash, bool),
        out: mpsc::Sender<ReadItem>,
    ) -> Self {
        let (window, lag) = (spot.window, logs.settings.delivery_lag);
        let filters = request.filters.clone();
        let (tell, news) = mpsc::channel(AT_A_TIME);
        let direction = direction(request.order, &spot, lag);
        Self {
            wants: Arc::new(Wants::new(window, filters, request.whole_records)),
            line: Line::new(request.order, &spot, lag, logs.settings.order_memory),
            unfound: direction.unread(),
            scout: Some(Scout {
                shelves: None,
                direction,
            }),
            logs,
            ctx,
            request,
            spot,
            hash,
            stale,
            cells: Cells::default(),
            begun: false,
            shelves: Shelves::default(),
            looking: None,
            queue: VecDeque::new(),
            opened: Opened::default(),
            readers: FanOut::none(),
            tell,
            news,
            enough: BTreeSet::new(),
            told: BTreeSet::new(),
            counts: ReadCounts::default(),
            out,
        }
    }

    /// Runs to the end of the answer, or until its reader goes.
    pub async fn run(mut self) {
        // The reader's going is seen at the next send; there is nobody to tell.
        let _ = self.drive().await;
    }

    async fn drive(&mut self) -> Result<(), Gone> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.take_told().await?;
            self.begin_again();
            self.look_out();
            self.open_files();
            if self.finished() {
                break;
            }
            tokio::select! {
                biased;
                // A summary would call what there is the whole answer: the cursor is the last that is said.
                () = self.ctx.cancel.cancelled() => return self.tell_progress().await,
                () = sleep_until(self.ctx.deadline) => match self.begun {
                    true => break self.cut_short(),
                    false => return self.fail(Interrupted::DeadlineExceeded.into()).await,
                },
                _ = tick.tick() => self.tell_progress().await?,
                look = looked(&mut self.looking) => {
                    self.looking = None;
                    match look {
                        Ok(look) => self.found(look),
                        Err(failed) => return self.fail(failed).await,
                    }
                }
                Some((number, news)) = self.news.recv() => self.opened.hear(number, news),
                Some((number, Ended::Panicked)) = self.readers.next() => self.lost(number),
            }
        }
        self.tell_progress().await?;
        // Readers that were cancelled have ended, and nothing of theirs comes any more: that is not the end of the answer.
        if self.ctx.cancel.is_cancelled() {
            return Ok(());
        }
        let summary = self.summary();
        self.send(ReadItem::Summary(Box::new(summary))).await
    }

    /// Takes what the readers have told, as far as its turn has come.
    async fn take_told(&mut self) -> Result<(), Gone> {
        loop {
            while let Some((number, news)) = self.opened.take(self.line.one_by_one()) {
                match news {
                    News::Step(step) => self.step(number, step).await?,
                    News::End { tally, trouble } => self.end(number, &tally, trouble).await?,
                }
                self.send_newest().await?;
            }
            match self.news.try_recv() {
                Ok((number, news)) => self.opened.hear(number, news),
                Err(_) => return self.send_newest().await,
            }
        }
    }

    async fn step(&mut self, number: u64, step: Step) -> Result<(), Gone> {
        let Some(open) = self.opened.get_mut(number) else {
            return Ok(());
        };
        let file = open.file.clone();
        let scanned = step.records.saturating_sub(open.records);
        let matched = step.found.len() as u64;
        open.records = step.records;
        open.left_out = step.left_out;
        open.credit.add_permits(1);
        let cell = file.place.cell();
        if !self.line.had(&file) {
            self.counts.scanned += scanned;
            self.counts.matched += matched;
            self.cells.records(&cell, scanned, matched);
        }
        let took = self.line.take(&file, step.found, step.records);
        if took.too_new > 0 {
            let trouble = too_new(took.too_new);
            self.problem(&file, trouble, step.records).await?;
        }
        self.send_batch(took.ready).await?;
        self.stop_if_enough(&cell);
        Ok(())
    }

    /// A cell of which enough was read is read no further.
    fn stop_if_enough(&mut self, cell: &Cell) {
        let Some(limit) = self.request.scan_limit else {
            return;
        };
        if self.cells.scanned(cell) >= limit && self.enough.insert(cell.clone()) {
            self.counts.files += self.opened.close_cell(cell);
            let said = format!("scan_limit: {limit} records were read");
            self.cells
                .lacks(cell, CellReason::ScanLimit, of_ours(&said));
        }
    }

    async fn end(
        &mut self,
        number: u64,
        tally: &Tally,
        trouble: Option<Trouble>,
    ) -> Result<(), Gone> {
        let Some(open) = self.opened.close(number) else {
            return Ok(());
        };
        self.cells.spent(&open.file.place.cell(), tally);
        self.counts.files += 1;
        self.counts.bytes += open.file.size;
        if let Some(trouble) = trouble
            && !self.line.had(&open.file)
        {
            let good = open.records.saturating_sub(open.left_out);
            self.problem(&open.file, trouble, good).await?;
        }
        self.line.end(&open.file);
        Ok(())
    }

    /// A reader panicked: its file is lost, the others go on.
    fn lost(&mut self, number: u64) {
        let said = "reading the file failed in Trailplane itself; its log has the details";
        let news = News::End {
            tally: Tally::default(),
            trouble: Some(Trouble {
                reason: CellReason::Internal,
                error: of_ours(said),
            }),
        };
        self.opened.hear(number, news);
    }

    /// The time has come, and not all was read.
    fn cut_short(&mut self) {
        let covered = self.covered();
        self.cells.cut_short(covered);
    }

    async fn send_newest(&mut self) -> Result<(), Gone> {
        loop {
            let unread = self.unread();
            let Line::Newest(newest) = &mut self.line else {
                return Ok(());
            };
            let run = newest.pop(unread, BATCH.0, BATCH.1);
            if run.is_empty() {
                return Ok(());
            }
            self.send_batch(run).await?;
        }
    }

    async fn send_batch(&mut self, events: Vec<Event>) -> Result<(), Gone> {
        if events.is_empty() {
            return Ok(());
        }
        self.counts.events += events.len() as u64;
        let cursor = self.cursor();
        self.send(ReadItem::Batch(events, cursor)).await
    }
}

fn too_new(count: u64) -> Trouble {
    let said = format!(
        "{count} of its events are more than {} s newer than the file, and their turn in this order may have passed: they are left out",
        EARLY.as_secs(),
    );
    Trouble {
        reason: CellReason::Unreadable,
        error: of_ours(&said),
    }
}

/// What the scout on its way found; never, if none is.
async fn looked(
    looking: &mut Option<AbortOnDropHandle<Result<Look, LogError>>>,
) -> Result<Look, LogError> {
    let Some(look) = looking else {
        return std::future::pending().await;
    };
    match look.await {
        Ok(look) => look,
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The runtime ends.
        Err(_) => Err(Interrupted::Cancelled.into()),
    }
}

/// Where the first look begins.
fn direction(order: Order, spot: &Spot, lag: Duration) -> Direction {
    let start = spot.window.start();
    match (order, &spot.after) {
        // What was sent is read again as far back as copies of it may come.
        (Order::Arrival, After::File { place, .. }) => Direction::Onwards {
            from: minute(place.time.minus(lag)).max(start),
            after: None,
        },
        (Order::Arrival, After::Nothing | After::Event { .. }) => Direction::Onwards {
            from: start,
            after: None,
        },
        (Order::EventTime, After::Event { files, .. }) => Direction::back_from(*files),
        (Order::EventTime, After::Nothing | After::File { .. }) => {
            Direction::back_from(spot.window.end().plus(lag))
        }
    }
}
