//! What waits to be written, in its order. Bounded: an outcome has the place that its intent took, and what may be dropped
//! is counted when there is too much of it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};

use super::{handle::Unavailable, record::Entry};

/// Records that may be dropped and wait: requests come at some hundred a second, and a disk may take a second.
const MOST_LOOSE: usize = 4096;

/// Lines that are written together: half a megabyte, mostly.
const BATCH: usize = 512;

/// The place of an intent, and later of its outcome.
pub type Permit = OwnedSemaphorePermit;

/// Whether an intent was written.
pub type Ack = oneshot::Sender<Result<Permit, Unavailable>>;

/// What waits to be written.
#[derive(Debug)]
pub enum Item {
    /// Somebody waits for it.
    Intent {
        entry: Entry,
        permit: Permit,
        ack: Ack,
    },
    /// It must be written.
    Outcome {
        entry: Entry,
        /// Held until it is.
        #[expect(dead_code, reason = "it is its being dropped that counts")]
        permit: Permit,
    },
    /// It may be dropped.
    Loose(Entry),
    /// The writer's own.
    Mark(Entry),
}

impl Item {
    /// What it says.
    pub fn entry(&self) -> &Entry {
        match self {
            Self::Intent { entry, .. } | Self::Outcome { entry, .. } => entry,
            Self::Loose(entry) | Self::Mark(entry) => entry,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Queue {
    state: Mutex<State>,
    more: Notify,
}

#[derive(Debug, Default)]
struct State {
    items: VecDeque<Item>,
    loose: usize,
    outcomes: usize,
    /// Dropped, and not told yet.
    untold: u64,
    /// Dropped since the start.
    lost: u64,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts one at the end.
    pub fn push(&self, item: Item) {
        let mut state = self.state();
        let full = matches!(item, Item::Loose(_)) && state.loose >= MOST_LOOSE;
        if full || state.closed {
            state.untold += 1;
            state.lost += 1;
            return;
        }
        state.count(&item);
        state.items.push_back(item);
        drop(state);
        self.more.notify_one();
    }

    /// Puts those back that were taken first, in their order.
    pub fn put_back(&self, items: impl DoubleEndedIterator<Item = Item>) {
        let mut state = self.state();
        for item in items.rev() {
            state.count(&item);
            state.items.push_front(item);
        }
        drop(state);
        self.more.notify_one();
    }

    /// The next to be written together. Intents for which nobody waits any more are left out.
    pub fn take(&self) -> Vec<Item> {
        let mut state = self.state();
        let mut taken = Vec::new();
        if state.untold > 0 {
            let records = std::mem::take(&mut state.untold);
            taken.push(Item::Loose(Entry::Lost { records }));
        }
        while taken.len() < BATCH
            && let Some(item) = state.items.pop_front()
        {
            state.discount(&item);
            match &item {
                Item::Intent { ack, .. } if ack.is_closed() => {}
                _ => taken.push(item),
            }
        }
        if !state.items.is_empty() {
            self.more.notify_one();
        }
        taken
    }

    /// Refuses all who wait.
    pub fn refuse(&self, why: &Unavailable) {
        let mut state = self.state();
        let (refused, kept): (VecDeque<Item>, VecDeque<Item>) = std::mem::take(&mut state.items)
            .into_iter()
            .partition(|item| matches!(item, Item::Intent { .. }));
        state.items = kept;
        drop(state);
        for item in refused {
            if let Item::Intent { ack, .. } = item {
                // Who has gone needs no answer.
                let _ = ack.send(Err(why.clone()));
            }
        }
    }

    /// Waits until something is there.
    pub async fn some(&self) {
        loop {
            let more = self.more.notified();
            if !self.state().is_empty() {
                return;
            }
            more.await;
        }
    }

    /// How many outcomes wait.
    pub fn outcomes(&self) -> usize {
        self.state().outcomes
    }

    /// How many records were dropped since the start.
    pub fn lost(&self) -> u64 {
        self.state().lost
    }

    /// Takes no more.
    pub fn close(&self) {
        self.state().closed = true;
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.untold == 0
    }

    fn count(&mut self, item: &Item) {
        match item {
            Item::Loose(_) => self.loose += 1,
            Item::Outcome { .. } => self.outcomes += 1,
            Item::Intent { .. } | Item::Mark(_) => {}
        }
    }

    fn discount(&mut self, item: &Item) {
        match item {
            Item::Loose(_) => self.loose = self.loose.saturating_sub(1),
            Item::Outcome { .. } => self.outcomes = self.outcomes.saturating_sub(1),
            Item::Intent { .. } | Item::Mark(_) => {}
        }
    }
}
