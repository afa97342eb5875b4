//! Reads what AWS gives for one attribute of a cell, or all of it: by windows side by side where one page after the other
//! would leave the quota idle, and from the cache what is known already.
//!
//! The window that is newest is handed out; what the others bring waits, packed, in bounded memory. Which of them read is
//! decided here in synchronous code; each page is a task of its own, so that a call goes on while nobody asks for the next.

mod known;
mod schedule;
mod spill;
#[cfg(test)]
mod tests;

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};

use crate::{
    aws::AwsError,
    budget::{Interrupted, RequestContext},
    domain::{Api, Event, Timestamp},
    events::{
        cache::{EventCache, Strand},
        pages::NotBefore,
    },
};

use super::{
    Ahead, Appetite, Progress,
    pager::{Means, Pager, Source},
    saving::Memory,
    shape::PACKED_PAGE,
    window::Window,
};

/// While there is room for so many pages more, what waits need not be packed.
const PLENTY: usize = 32;

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
    /// The memory of what waits in the cache instead.
    away: usize,
    /// When that was last told to the cache, by the cache's count.
    quarters: u64,
    /// Pages and blocks handed out.
    handed: usize,
    /// A page's weight, about.
    page_bytes: usize,
    /// The same while it waits, packed: what each that was packed took, the last counting most.
    packed_page: usize,
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
            away: 0,
            quarters: 0,
            handed: 0,
            packed_page: PACKED_PAGE,
        }
    }

    /// Reads ahead from now on.
    pub(super) fn set_ahead(&mut self, ahead: Ahead) {
        self.ahead = Some(ahead);
    }

    /// Asks AWS only for what is not known, and remembers what is settled: all up to that second, if any.
    pub(super) fn remember(&mut self, cache: EventCache, settled: Option<Timestamp>) {
        let strand = Strand {
            cell: self.source.cell.clone(),
            attribute: self.source.attribute.clone(),
        };
        let settled = settled.map(Timestamp::seconds);
        self.memory = Some(Memory::new(cache, strand, settled));
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
            if let Some(error) = &self.failed {
                // For good: who is stopped in the middle of a page cannot go on.
                self.tasks.abort_all();
                return Err(error.clone());
            }
            if self.progress.exhausted {
                return Ok(None);
            }
            if self
                .windows
                .front()
                .is_some_and(|next| next.away().is_some())
            {
                continue;
            }
            self.run(means, not_before, Need::Now);
            if let Some(landed) = self.tasks.join_next().await {
                self.land(landed);
            }
        }
    }

    /// Reads ahead, while nobody asks for the next page. Does not end; can be dropped at any time.
    pub(super) async fn tend(&mut self, means: &Means) -> Infallible {
        let mut asked = false;
        loop {
            if self.wants_all() && self.failed.is_none() {
                self.run(means, None, Need::Later);
            }
            // Asked once a page: what the cache does not have then, it had no room for.
            let stuck = !asked && self.tasks.is_empty() && self.must_spill();
            // What there is to be read changes with a page, with the reader's hunger, and with what the cache has.
            tokio::select! {
                Some(landed) = self.tasks.join_next() => {
                    asked = false;
                    self.land(landed);
                }
                () = hunger(self.ahead.as_mut()) => {}
                () = written(self.memory.as_ref()), if stuck => asked = true,
            }
        }
    }

    fn wants_all(&self) -> bool {
        let appetite = self.ahead.as_ref().map(|ahead| ahead.appetite);
        appetite == Some(Appetite::Whole)
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

    fn land(&mut self, landed: Result<Landed, JoinError>) {
        let landed = match landed {
            Ok(landed) => landed,
            // A panic is a defect of this cell.
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return,
            },
        };
        let much = !self.has_room(PLENTY * self.page_bytes);
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
                // Packed only where much waits: it takes time, and most have their turn soon.
                let ahead = much && (index > 0 || window.has_ready());
                let took = window.page(landed.pager, events, self.memory.as_ref(), ahead);
                if ahead && weight > 0 {
                    self.packed_page = self.packed_page.midpoint(took);
                }
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
            memory.end();
        }
    }
}

/// Waits until the reader has become hungry, if there is one.
async fn hunger(ahead: Option<&mut Ahead>) {
    match ahead {
        Some(ahead) => ahead.hungry.grows().await,
        None => std::future::pending().await,
    }
}

/// Waits until the cache has what was put.
async fn written(memory: Option<&Memory>) {
    match memory {
        Some(memory) => memory.cache.written(&memory.strand).await,
        None => std::future::pending().await,
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
