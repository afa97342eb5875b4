//! Pages of a window that wait until they are handed out: as they are, or packed.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    domain::{Cell, Event, Timestamp},
    events::cache::packed::{Packed, Packing},
};

/// Pages that wait, the newest first.
#[derive(Default)]
pub(super) struct Waiting {
    pages: VecDeque<Held>,
    bytes: usize,
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

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// What they take in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// One more page, packed if it will wait for others (`ahead`).
    pub(super) fn push(
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
        self.hold(Held {
            events,
            position,
            read,
        });
    }

    fn hold(&mut self, held: Held) {
        self.bytes += held.events.bytes();
        self.pages.push_back(held);
    }

    /// The next page.
    pub(super) fn pop(&mut self, cell: &Cell) -> Option<Ready> {
        let held = self.pages.pop_front()?;
        self.bytes = match self.pages.is_empty() {
            true => 0,
            false => self.bytes.saturating_sub(held.events.bytes()),
        };
        Some(Ready {
            events: held.events.open(cell),
            position: held.position,
            read: held.read,
        })
    }

    /// The first second of all that the newest pages bring, so many bytes of them and one at least.
    pub(super) fn passed_by(&self, bytes: usize) -> Option<i64> {
        let mut taken = 0;
        let pages = self.pages.iter().take_while(|held| {
            let first = taken == 0;
            taken += held.events.bytes();
            first || taken <= bytes
        });
        let position = pages.filter_map(|held| held.position).last()?;
        Some(position.seconds() + 1)
    }

    /// Takes all events from this second on, with what AWS was asked for them.
    pub(super) fn part(&mut self, from: i64, cell: &Cell) -> Self {
        let (mut newest, mut rest) = (Self::default(), Self::default());
        for held in std::mem::take(self).pages {
            // In the second of its position there may be more: what it has of that is the rest's.
            let passed = held.position.is_none_or(|at| at.seconds() >= from);
            if passed {
                newest.hold(held);
            } else if rest.is_empty() {
                let (position, read) = (held.position, held.read);
                let later = |event: &Arc<Event>| event.key.time.seconds() >= from;
                let (later, earlier) = held.events.open(cell).into_iter().partition(later);
                newest.push(later, position, read, true);
                rest.push(earlier, position, false, true);
            } else {
                rest.hold(held);
            }
        }
        *self = rest;
        newest
    }

    /// Lets go of all events from this second on: for how many pages AWS was asked, and the memory that they took.
    pub(super) fn let_go(&mut self, from: i64, cell: &Cell) -> (u64, usize) {
        let before = std::mem::take(&mut self.bytes);
        let mut read = 0;
        for held in std::mem::take(&mut self.pages) {
            // In the second of its position there may be more, which goes on waiting.
            if held.position.is_some_and(|at| at.seconds() < from) {
                let mut events = held.events.open(cell);
                events.retain(|event| event.key.time.seconds() < from);
                self.push(events, held.position, held.read, true);
            } else {
                read += u64::from(held.read);
            }
        }
        (read, before.saturating_sub(self.bytes))
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
