//! One window of a cell: how far it is, and what of it waits.

use std::sync::Arc;

use crate::{
    domain::{Cell, Event, Timestamp},
    events::span::Span,
};

use super::{
    pager::Pager,
    saving::{Memory, Saving},
    waiting::{Ready, Waiting},
};

/// One window.
pub(super) struct Window {
    pub(super) id: u64,
    /// What it brings. Its older part may be cut off while it is read.
    span: Span,
    stage: Stage,
    waiting: Waiting,
    saving: Saving,
    /// Events a second, as far as it shows: what is read last counts most.
    density: Option<f64>,
    /// A call of it failed: it is read again when its turn has come.
    not_ahead: bool,
}

/// How far a window is.
enum Stage {
    /// Nobody reads it now.
    Idle(Box<Pager>),
    /// A page is being read; how far it had come before.
    Reading { position: Option<Timestamp> },
    /// All of it has been read.
    Done,
    /// All of it has been read, and the cache has it instead of us.
    Away(Away),
}

/// What was let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Away {
    pub(super) span: Span,
    /// Pages that AWS was asked for.
    pub(super) pages: u64,
    /// The memory that it took.
    pub(super) bytes: usize,
}

impl Window {
    /// A window that is to be read, from `end` back to `start`.
    pub(super) fn to_read(id: u64, start: Timestamp, end: Timestamp) -> Option<Self> {
        let span = Span::new(start.seconds(), end.seconds())?;
        Some(Self::new(
            id,
            span,
            Stage::Idle(Box::new(Pager::new(start, end))),
        ))
    }

    /// A window that is known already, to be handed out in pages of so many events.
    pub(super) fn known(id: u64, span: Span, events: &[Arc<Event>], page: usize) -> Self {
        let mut window = Self::new(id, span, Stage::Done);
        for page in events.chunks(page.max(1)) {
            let position = page.last().map(|event| event.key.time.floor_second());
            window.waiting.push(page.to_vec(), position, false, false);
        }
        window
    }

    fn new(id: u64, span: Span, stage: Stage) -> Self {
        Self {
            id,
            span,
            stage,
            waiting: Waiting::default(),
            saving: Saving::new(span.to()),
            density: None,
            not_ahead: false,
        }
    }

    /// Its first second.
    pub(super) fn from(&self) -> i64 {
        self.span.from()
    }

    /// What of it has not been read.
    pub(super) fn left(&self) -> Option<Span> {
        let position = match &self.stage {
            Stage::Idle(pager) => pager.position(),
            Stage::Reading { position } => *position,
            Stage::Done | Stage::Away(_) => return None,
        };
        position.map_or(Some(self.span), |at| self.span.before(at.seconds()))
    }

    /// Events a second of what is left, if it has shown any.
    pub(super) fn density(&self) -> Option<f64> {
        self.density
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self.stage, Stage::Idle(_))
    }

    pub(super) fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::Reading { .. })
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// Whether it may be read before its turn.
    pub(super) fn may_be_ahead(&self) -> bool {
        self.is_idle() && !self.not_ahead
    }

    /// Whether pages of it wait.
    pub(super) fn has_ready(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Pages of it that wait, here or in the cache.
    pub(super) fn waiting(&self) -> usize {
        let away = self.away().map_or(0, |away| away.pages);
        self.waiting.len() + usize::try_from(away).unwrap_or(usize::MAX)
    }

    /// Bytes of it that wait.
    pub(super) fn bytes(&self) -> usize {
        self.waiting.bytes()
    }

    /// Begins to read a page of it.
    pub(super) fn begin(&mut self) -> Option<Box<Pager>> {
        let Stage::Idle(pager) = &self.stage else {
            return None;
        };
        let reading = Stage::Reading {
            position: pager.position(),
        };
        match std::mem::replace(&mut self.stage, reading) {
            Stage::Idle(pager) => Some(pager),
            Stage::Reading { .. } | Stage::Done | Stage::Away(_) => None,
        }
    }

    /// A page has come. `ahead` says that it will wait for others. Answers with the memory that it takes while it waits.
    pub(super) fn page(
        &mut self,
        pager: Box<Pager>,
        mut events: Vec<Arc<Event>>,
        memory: Option<&Memory>,
        ahead: bool,
    ) -> usize {
        let position = pager.position();
        self.see(&events, position);
        // Asked from a later second on, because what is older is not wanted any more.
        if let Some(span) = self.span.since(pager.start().seconds()) {
            self.span = span;
        }
        let from = self.span.from();
        events.retain(|event| event.key.time.seconds() >= from);
        let done = pager.exhausted() || position.is_some_and(|at| at.seconds() < from);
        if let Some(memory) = memory {
            let complete = match position {
                _ if done => from,
                Some(position) => position.seconds() + 1,
                None => self.span.to() + 1,
            };
            self.saving.page(memory, &events, complete);
            if done {
                self.saving.flush(memory);
            }
        }
        let position = position.filter(|at| at.seconds() >= from);
        let before = self.waiting.bytes();
        self.waiting.push(events, position, true, ahead);
        self.stage = match done {
            true => Stage::Done,
            false => Stage::Idle(pager),
        };
        self.waiting.bytes().saturating_sub(before)
    }

    /// Learns how dense it is from a page that ended in this second.
    fn see(&mut self, events: &[Arc<Event>], position: Option<Timestamp>) {
        let (Some(left), Some(position)) = (self.left(), position) else {
            return;
        };
        let seconds = (left.to() - position.seconds()).max(1);
        #[expect(
            clippy::cast_precision_loss,
            reason = "events of a page, seconds of ninety days"
        )]
        let seen = events.len() as f64 / seconds as f64;
        self.density = Some(self.density.map_or(seen, |before| before.midpoint(seen)));
    }

    /// There was no page left.
    pub(super) fn end(&mut self, memory: Option<&Memory>) {
        self.stage = Stage::Done;
        if let Some(memory) = memory {
            self.saving.page(memory, &[], self.span.from());
            self.saving.flush(memory);
        }
    }

    /// Its page could not be read. It is not read before its turn again.
    pub(super) fn read_ahead_failed(&mut self, pager: Box<Pager>) {
        self.stage = Stage::Idle(pager);
        self.not_ahead = true;
    }

    /// Cuts its older part off, up to before this second: a window of its own.
    pub(super) fn cut(&mut self, id: u64, from: i64) -> Option<Self> {
        let (newer, older) = (self.span.since(from)?, self.span.before(from)?);
        let start = match &self.stage {
            Stage::Idle(pager) if pager.is_new() => {
                let start = pager.start();
                let newer = Pager::new(Timestamp::from_seconds(from), pager.end());
                self.stage = Stage::Idle(Box::new(newer));
                start
            }
            Stage::Idle(_) | Stage::Reading { .. } => Timestamp::from_seconds(older.from()),
            Stage::Done | Stage::Away(_) => return None,
        };
        self.span = newer;
        let mut older = Self::to_read(id, start, Timestamp::from_seconds(older.to()))?;
        older.density = self.density;
        Some(older)
    }

    /// Parts it from its newest pages that wait, of about so many bytes: a window that has been read. `None`: one page is all,
    /// or ends within its first second.
    pub(super) fn part(&mut self, id: u64, bytes: usize, cell: &Cell) -> Option<Self> {
        let from = self.waiting.passed_by(bytes)?;
        let (newest, rest) = (self.span.since(from)?, self.span.before(from)?);
        let mut newest = Self::new(id, newest, Stage::Done);
        newest.waiting = self.waiting.part(from, cell);
        newest.saving = Saving::done(from);
        self.span = rest;
        Some(newest)
    }

    /// What was let go of.
    pub(super) fn gone(id: u64, away: Away) -> Self {
        Self::new(id, away.span, Stage::Away(away))
    }

    /// What it was, if it is what was let go of.
    pub(super) fn away(&self) -> Option<Away> {
        match &self.stage {
            Stage::Away(away) => Some(*away),
            Stage::Idle(_) | Stage::Reading { .. } | Stage::Done => None,
        }
    }

    /// The newest seconds of it, if they wait here and are in the cache too.
    pub(super) fn kept(&self, memory: &Memory) -> Option<Span> {
        let span = self.span.since(self.saving.remembered_from())?;
        (self.has_ready() && memory.keeps(span)).then_some(span)
    }

    /// Lets go of these, its newest seconds: what they were, and whether that was all of it.
    pub(super) fn let_go(&mut self, kept: Span, cell: &Cell) -> (Away, bool) {
        let (pages, bytes) = self.waiting.let_go(kept.from(), cell);
        let away = Away {
            span: kept,
            pages,
            bytes,
        };
        let rest = self.span.before(kept.from());
        self.span = rest.unwrap_or(self.span);
        (away, rest.is_none())
    }

    /// The next page that waits.
    pub(super) fn pop(&mut self, cell: &Cell) -> Option<Ready> {
        self.waiting.pop(cell)
    }

    /// Remembers what is complete of a window that is read no further.
    pub(super) fn save(&mut self, memory: &Memory) {
        self.saving.flush(memory);
    }
}
