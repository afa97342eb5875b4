//! Reads what AWS gives for one attribute of a cell, or all of it: by windows side by side where one page after the other
//! would leave the quota idle, and from the cache what is known already.
//!
//! The window that is newest is handed out; what the others bring waits, packed, in bounded memory. Which of them read is
//! decided here in synchronous code; each page is a task of its own, so that a call goes on while nobody asks for the next.

use std::{collections::VecDeque, sync::Arc};

use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

use crate::{
    aws::AwsError,
    budget::{BucketKey, Interrupted, Prospect, RequestContext},
    domain::{Api, Event, Timestamp},
};

use crate::events::{
    cache::{Block, EventCache, Newest, Strand},
    pages::NotBefore,
    span::Span,
};

use super::{
    Ahead, Appetite, Progress,
    pager::{Means, Pager, Source},
    saving::Memory,
    shape::{PACKED_PAGE, Shape, at_once},
    window::Window,
};

/// Windows that are known already and wait beside those that are read, at most.
const KNOWN_AHEAD: usize = 2;

/// What a block of the cache takes unpacked, about: up to 500 events.
const BLOCK_BYTES: usize = 1 << 20;

/// What is looked up in the cache at once where little may be held and nothing is known of the density, in seconds.
const HOUR: f64 = 3_600.0;

/// What an event takes in memory, about, before any was seen.
const EVENT_BYTES: usize = 2_500;

/// One strand of a cell being read.
pub(super) struct StrandReader {
    source: Arc<Source>,
    start: Timestamp,
    /// Newest first: the first is handed out.
    windows: VecDeque<Window>,
    /// What is in no window yet: from this second on, up to that point. Older than all windows.
    rest: Option<(Timestamp, Timestamp)>,
    ids: u64,
    tasks: JoinSet<Landed>,
    ahead: Option<Ahead>,
    memory: Option<Memory>,
    /// Why the first window cannot be read.
    failed: Option<AwsError>,
    /// Whether a page has come.
    landed: bool,
    progress: Progress,
    /// Pages and blocks handed out.
    handed: usize,
    /// A page's weight, about.
    page_bytes: usize,
}

/// When the next page is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Somebody waits for it.
    Now,
    /// It will be asked for, and may be read if there is room.
    Later,
}

/// A page that has come, or has not.
struct Landed {
    window: u64,
    pager: Box<Pager>,
    page: Result<Option<Vec<Arc<Event>>>, AwsError>,
}

impl StrandReader {
    /// A reader from `end` back to `start`, both inclusive: one page after the other, all from AWS.
    pub(super) fn new(source: Source, (start, end): (Timestamp, Timestamp)) -> Self {
        Self {
            page_bytes: EVENT_BYTES * usize::try_from(source.max_results).unwrap_or(1),
            source: Arc::new(source),
            start,
            windows: VecDeque::new(),
            rest: (start <= end).then_some((start, end)),
            ids: 0,
            tasks: JoinSet::new(),
            ahead: None,
            memory: None,
            failed: None,
            landed: false,
            progress: Progress {
                exhausted: start > end,
                ..Progress::default()
            },
            handed: 0,
        }
    }

    /// Reads ahead from now on.
    pub(super) fn set_ahead(&mut self, ahead: Ahead) {
        self.ahead = Some(ahead);
    }

    /// Asks AWS only for what is not known, and remembers what is settled: all up to that second.
    pub(super) fn remember(&mut self, cache: EventCache, settled: Timestamp) {
        let strand = Strand {
            cell: self.source.cell.clone(),
            attribute: self.source.attribute.clone(),
        };
        self.memory = Some(Memory {
            cache,
            strand: Arc::new(strand),
            settled: settled.seconds(),
        });
    }

    /// How far it has come.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The oldest time it reads.
    pub(super) fn start(&self) -> Timestamp {
        self.start
    }

    /// The next page; `None` at the end. `not_before` is asked when the first call leaves, after its wait for a
    /// token: what is older than that is not wanted any more.
    pub(super) async fn next(
        &mut self,
        means: &Means,
        not_before: Option<&NotBefore>,
    ) -> Result<Option<Vec<Arc<Event>>>, AwsError> {
        loop {
            while let Some(landed) = self.tasks.try_join_next() {
                self.land(landed);
            }
            // What is known takes no wait, and must not be read past the deadline either.
            tokio::task::consume_budget().await;
            let opened = means.ctx.race(self.open()).await;
            if let Err(interrupted) = opened.and_then(|()| in_time(&means.ctx)) {
                return Err(self.interrupted(interrupted));
            }
            if let Some(page) = self.hand_out() {
                if self.wants_all() && self.failed.is_none() {
                    self.run(means, not_before, Need::Later);
                }
                return Ok(Some(page));
            }
            if let Some(error) = self.failed.take() {
                self.tasks.abort_all();
                return Err(error);
            }
            if self.progress.exhausted {
                return Ok(None);
            }
            self.run(means, not_before, Need::Now);
            if let Some(landed) = self.tasks.join_next().await {
                self.land(landed);
            }
        }
    }

    /// Reads ahead, while nobody asks for the next page. Does not end; can be dropped at any time.
    pub(super) async fn tend(&mut self, means: &Means) {
        loop {
            if self.wants_all() && self.failed.is_none() {
                self.run(means, None, Need::Later);
            }
            match self.tasks.join_next().await {
                Some(landed) => self.land(landed),
                None => std::future::pending().await,
            }
        }
    }

    fn wants_all(&self) -> bool {
        let appetite = self.ahead.as_ref().map(|ahead| ahead.appetite);
        appetite == Some(Appetite::Whole)
    }

    /// Makes windows of the rest, as far as they are needed: of what is known, and of the gaps between.
    async fn open(&mut self) {
        while let Some((start, end)) = self.rest.filter(|_| self.has_room_for_windows()) {
            let span = Span::new(start.seconds(), end.seconds());
            let newest = match (&self.memory, span) {
                (Some(memory), Some(span)) => {
                    let span = self.digestible(span);
                    memory.cache.newest(&memory.strand, span).await
                }
                (None, Some(span)) => Newest::Gap(span),
                (_, None) => {
                    self.rest = None;
                    return;
                }
            };
            self.ids += 1;
            let page = usize::try_from(self.source.max_results).unwrap_or(1);
            let (window, from) = match newest {
                Newest::Known(Block { span, events }) => (
                    Some(Window::known(self.ids, span, &events, page)),
                    span.from(),
                ),
                Newest::Gap(gap) => (
                    Window::to_read(self.ids, start.max(second(gap.from())), end),
                    gap.from(),
                ),
            };
            self.windows.extend(window);
            self.rest = (from > start.seconds()).then(|| (start, second(from - 1)));
        }
    }

    /// The first window must be there; and where all is wanted, some beside it.
    fn has_room_for_windows(&self) -> bool {
        let more = self.wants_all() && self.has_room(BLOCK_BYTES);
        self.windows.is_empty() || (more && self.windows.len() <= KNOWN_AHEAD)
    }

    /// So much of it may be had from what is known at once. Blocks are of hundreds of events: where cells are so many that
    /// each may hold a page or two, what is longer is asked for in parts.
    fn digestible(&self, span: Span) -> Span {
        let bytes = self.ahead.as_ref().map_or(0, |ahead| ahead.bytes);
        if bytes >= BLOCK_BYTES {
            return span;
        }
        let shape = self.shape(1);
        let pages = shape
            .density
            .map(|density| 2.0 * shape.page / density.max(1e-6));
        #[expect(clippy::cast_possible_truncation, reason = "seconds, and saturates")]
        let seconds = pages.unwrap_or(HOUR).max(1.0) as i64;
        let from = span.to().saturating_sub(seconds - 1);
        span.since(from).unwrap_or(span)
    }

    fn interrupted(&self, interrupted: Interrupted) -> AwsError {
        AwsError {
            api: Api::LookupEvents,
            account: self.source.cell.account,
            region: self.source.cell.region.clone(),
            kind: interrupted.into(),
            code: None,
            message: String::new(),
            request_id: None,
            remembered_for: None,
        }
    }

    /// The next page of the first window, if it is there.
    fn hand_out(&mut self) -> Option<Vec<Arc<Event>>> {
        loop {
            let first = self.windows.front_mut()?;
            let ready = first.pop(&self.source.cell);
            let (from, spent) = (first.from(), first.is_done() && !first.has_ready());
            if let Some(ready) = &ready {
                self.progress.position = ready.position.or(self.progress.position);
                self.progress.pages += u64::from(ready.read);
                self.progress.scanned += ready.events.len() as u64;
                self.handed += 1;
            }
            if spent {
                self.windows.pop_front();
                match self.windows.is_empty() && self.rest.is_none() {
                    true => self.progress.exhausted = true,
                    false => self.progress.position = Some(second(from - 1)),
                }
            }
            match ready {
                Some(ready) => return Some(ready.events),
                None if spent => {}
                None => return None,
            }
        }
    }

    /// Begins to read as many windows as should be read now, cutting them so that there are as many.
    fn run(&mut self, means: &Means, not_before: Option<&NotBefore>, need: Need) {
        let idle = |window: &Window| window.is_idle() && !window.has_ready();
        let first = self.windows.front().is_some_and(idle);
        if first && (need == Need::Now || self.has_room(self.page_bytes)) {
            self.begin(0, means, not_before);
        }
        let allowed = match &self.ahead {
            Some(ahead) => self.allowed(ahead, &self.prospect(means)),
            None => 1,
        };
        if allowed < 2 {
            return;
        }
        let shape = self.shape(allowed);
        while self.tasks.len() < allowed && self.has_room(PACKED_PAGE) {
            let free = allowed - self.tasks.len();
            let next = self.windows.iter().position(Window::may_be_ahead);
            let Some(index) = next.or_else(|| self.largest_left()) else {
                return;
            };
            // One that is being read is shared with whoever reads it.
            let cut = self.cut(index, &shape, free + usize::from(next.is_none()));
            match (next, cut) {
                (Some(index), _) => self.begin(index, means, not_before),
                // What is being read was cut: its older part is a window now.
                (None, true) => {}
                (None, false) => return,
            }
        }
    }

    fn begin(&mut self, index: usize, means: &Means, not_before: Option<&NotBefore>) {
        let last = index + 1 == self.windows.len() && self.rest.is_none();
        let Some(window) = self.windows.get_mut(index) else {
            return;
        };
        let id = window.id;
        let Some(mut pager) = window.begin() else {
            return;
        };
        let (means, source) = (means.clone(), Arc::clone(&self.source));
        let not_before = not_before.filter(|_| last).cloned();
        self.tasks.spawn(async move {
            let page = pager.next(&means, &source, not_before.as_ref()).await;
            Landed {
                window: id,
                pager,
                page,
            }
        });
    }

    /// Of the windows that are being read, the one with most left.
    fn largest_left(&self) -> Option<usize> {
        let left = |window: &Window| window.left().map_or(0, Span::seconds);
        let reading = self.windows.iter().enumerate();
        let reading = reading.filter(|(_, window)| window.is_reading());
        reading
            .max_by_key(|(_, window)| left(window))
            .map(|(index, _)| index)
    }

    /// Cuts what is left of a window in two, of which one is a part for one of so many readers, if that is worth it.
    fn cut(&mut self, index: usize, shape: &Shape, readers: usize) -> bool {
        let Some(window) = self.windows.get_mut(index) else {
            return false;
        };
        let Some(from) = window.left().and_then(|left| shape.cut(left, readers)) else {
            return false;
        };
        self.ids += 1;
        let older = window.cut(self.ids, from);
        let cut = older.is_some();
        if let Some(older) = older {
            self.windows.insert(index + 1, older);
        }
        cut
    }

    fn prospect(&self, means: &Means) -> Prospect {
        let key = BucketKey {
            account: self.source.cell.account,
            region: self.source.cell.region.clone(),
            api: Api::LookupEvents,
        };
        means.door.budgets().prospect(&means.ctx, &key)
    }

    /// So many pages may be on their way.
    fn allowed(&self, ahead: &Ahead, prospect: &Prospect) -> usize {
        let limited = ahead.scan_limit.map_or(usize::MAX, |limit| {
            let left = limit.saturating_sub(self.progress.scanned);
            let page = u64::try_from(self.source.max_results).unwrap_or(1).max(1);
            let left = usize::try_from(left.div_ceil(page)).unwrap_or(usize::MAX);
            left.saturating_sub(self.windows.iter().map(Window::waiting).sum())
        });
        // How dense one value is nobody knows before its first page: others of its kind may be quite different.
        if self.source.attribute.is_some() && !self.landed {
            return 1;
        }
        let wanted = match ahead.appetite {
            Appetite::Whole => usize::MAX,
            Appetite::Growing => self.handed,
        };
        at_once(prospect.latency, prospect.interval)
            .div_ceil(ahead.strands.max(1))
            .min(limited)
            .min(wanted)
            .max(1)
    }

    fn shape(&self, at_once: usize) -> Shape {
        let kind = self.source.attribute.as_ref().map(|a| a.kind);
        let cell = &self.source.cell;
        let ahead = self.ahead.as_ref();
        Shape {
            density: ahead.and_then(|ahead| ahead.densities.of(cell, kind)),
            page: f64::from(self.source.max_results),
            at_once: as_f64(at_once),
            bytes: as_f64(ahead.map_or(0, |ahead| ahead.bytes)),
            all: self.wants_all(),
        }
    }

    /// Whether one more page of so many bytes may come, with all that waits. Pages on their way are counted as what
    /// they will be when they wait: whole they are only while they are read, which the places in flight bound for all
    /// cells together.
    fn has_room(&self, page: usize) -> bool {
        let waiting: usize = self.windows.iter().map(Window::bytes).sum();
        let coming = self.tasks.len() * PACKED_PAGE + page;
        self.ahead
            .as_ref()
            .is_some_and(|ahead| waiting + coming <= ahead.bytes)
    }

    fn land(&mut self, landed: Result<Landed, JoinError>) {
        let landed = match landed {
            Ok(landed) => landed,
            // A panic is a defect of this cell.
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return,
            },
        };
        let is_it = |window: &Window| window.id == landed.window;
        let Some(index) = self.windows.iter().position(is_it) else {
            return;
        };
        let Some(window) = self.windows.get_mut(index) else {
            return;
        };
        match landed.page {
            Ok(Some(events)) => {
                let weight: usize = events.iter().map(|event| event.weight()).sum();
                self.page_bytes = self.page_bytes.midpoint(weight);
                let before = window.from();
                self.landed = true;
                let ahead = index > 0 || window.has_ready();
                window.page(landed.pager, events, self.memory.as_ref(), ahead);
                if window.from() > before {
                    self.start = self.start.max(second(window.from()));
                    self.windows.truncate(index + 1);
                    self.rest = None;
                }
            }
            Ok(None) => window.end(self.memory.as_ref()),
            Err(error) => {
                window.read_ahead_failed(landed.pager);
                if index == 0 {
                    self.failed = Some(error);
                }
            }
        }
    }
}

impl Drop for StrandReader {
    /// Whatever was read and is complete need not be read again.
    fn drop(&mut self) {
        if let Some(memory) = &self.memory {
            self.windows
                .iter_mut()
                .for_each(|window| window.save(memory));
        }
    }
}

fn in_time(ctx: &RequestContext) -> Result<(), Interrupted> {
    match ctx {
        ctx if ctx.cancel.is_cancelled() => Err(Interrupted::Cancelled),
        ctx if ctx.deadline <= Instant::now() => Err(Interrupted::DeadlineExceeded),
        _ => Ok(()),
    }
}

fn second(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes")]
fn as_f64(number: usize) -> f64 {
    number as f64
}
