//! One window of a cell: what of it has been read and waits, and how far it is.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    domain::{Cell, Event, Timestamp},
    events::{
        cache::packed::{Packed, Packing},
        span::Span,
    },
};

use super::{
    pager::Pager,
    saving::{Memory, Saving},
};

/// One window.
pub(super) struct Window {
    pub(super) id: u64,
    /// What it brings. Its older part may be cut off while it is read.
    span: Span,
    stage: Stage,
    ready: VecDeque<Held>,
    /// What waits, in bytes.
    bytes: usize,
    saving: Saving,
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
}

/// A page that waits.
struct Held {
    events: Contents,
    /// The second that is not passed after it, if it had events.
    position: Option<Timestamp>,
    /// Whether AWS was asked for it.
    read: bool,
}

enum Contents {
    Plain(Vec<Arc<Event>>),
    /// Read ahead, and small until its turn comes.
    Packed(Packed),
}

/// A page to be handed out.
pub(super) struct Ready {
    pub(super) events: Vec<Arc<Event>>,
    pub(super) position: Option<Timestamp>,
    pub(super) read: bool,
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
            window.push(page.to_vec(), position, false, false);
        }
        window
    }

    fn new(id: u64, span: Span, stage: Stage) -> Self {
        Self {
            id,
            span,
            stage,
            ready: VecDeque::new(),
            bytes: 0,
            saving: Saving::new(span.to()),
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
            Stage::Done => return None,
        };
        position.map_or(Some(self.span), |at| self.span.before(at.seconds()))
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
        !self.ready.is_empty()
    }

    /// Pages of it that wait.
    pub(super) fn waiting(&self) -> usize {
        self.ready.len()
    }

    /// Bytes of it that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
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
            Stage::Reading { .. } | Stage::Done => None,
        }
    }

    /// A page has come. `ahead` says that it will wait for others.
    pub(super) fn page(
        &mut self,
        pager: Box<Pager>,
        mut events: Vec<Arc<Event>>,
        memory: Option<&Memory>,
        ahead: bool,
    ) {
        let position = pager.position();
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
        self.push(events, position, true, ahead);
        self.stage = match done {
            true => Stage::Done,
            false => Stage::Idle(pager),
        };
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
            Stage::Done => return None,
        };
        self.span = newer;
        Self::to_read(id, start, Timestamp::from_seconds(older.to()))
    }

    /// The next page that waits.
    pub(super) fn pop(&mut self, cell: &Cell) -> Option<Ready> {
        let held = self.ready.pop_front()?;
        self.bytes = match self.ready.is_empty() {
            true => 0,
            false => self.bytes.saturating_sub(held.events.bytes()),
        };
        Some(Ready {
            events: held.events.open(cell),
            position: held.position,
            read: held.read,
        })
    }

    /// Remembers what is complete of a window that is read no further.
    pub(super) fn save(&mut self, memory: &Memory) {
        self.saving.flush(memory);
    }

    fn push(
        &mut self,
        events: Vec<Arc<Event>>,
        position: Option<Timestamp>,
        read: bool,
        ahead: bool,
    ) {
        let packed = ahead
            .then(|| Packed::encode(&events, Packing::Brief).ok())
            .flatten();
        let events = packed.map_or(Contents::Plain(events), Contents::Packed);
        self.bytes += events.bytes();
        self.ready.push_back(Held {
            events,
            position,
            read,
        });
    }
}

impl Contents {
    fn bytes(&self) -> usize {
        match self {
            Self::Plain(events) => events.iter().map(|event| event.weight()).sum(),
            Self::Packed(packed) => packed.bytes().len(),
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "if what was packed here cannot be unpacked, the cell must fail rather than lose events"
    )]
    fn open(self, cell: &Cell) -> Vec<Arc<Event>> {
        match self {
            Self::Plain(events) => events,
            Self::Packed(packed) => packed.decode(cell).expect("packed a moment ago"),
        }
    }
}
