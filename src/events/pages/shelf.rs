//! The calls under way and the pages that have just landed, by what was asked. No IO and no waiting.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{task::JoinHandle, time::Instant};

use super::{
    PageKey,
    flight::{Flight, Landing},
};
use crate::{
    aws::{FailureKind, LookupPage},
    budget::Lane,
    domain::Timestamp,
};

/// What a page weighs beside its events: its key with the token, and its places in the maps.
const PAGE: usize = 1_000;

/// How long, and how much, pages lie here after they landed.
#[derive(Debug, Clone, Copy)]
pub(in crate::events) struct Keeping {
    /// How long. Two seconds are the time of four calls, and CloudTrail takes minutes to tell of an event: an answer
    /// that is so much older is no other answer.
    pub(in crate::events) linger: Duration,
    /// How many bytes, by [`crate::domain::Event::weight`]. Beyond it the oldest go first.
    pub(in crate::events) bytes: usize,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            linger: Duration::from_secs(2),
            bytes: 8 << 20,
        }
    }
}

/// What there is for a key.
pub(super) enum Found {
    /// A page.
    Landed(Arc<LookupPage>),
    /// A call that somebody else started.
    Joined(Arc<Flight>),
    /// A call started now, and its task.
    Started(Arc<Flight>, JoinHandle<()>),
}

struct Landed {
    page: Arc<LookupPage>,
    id: u64,
    weight: usize,
}

/// The calls under way (each with somebody who waits for it, so there are no more than callers' cells) and the pages
/// that landed (bounded in bytes and time).
pub(super) struct Shelf {
    keeping: Keeping,
    flights: HashMap<Arc<PageKey>, (u64, Weak<Flight>)>,
    landed: HashMap<Arc<PageKey>, Landed>,
    /// The pages by when they go; of those that were replaced as well.
    order: VecDeque<(Instant, u64, Arc<PageKey>)>,
    bytes: usize,
    flown: u64,
    sweeping: bool,
}

impl Shelf {
    /// An empty one.
    pub(super) fn new(keeping: Keeping) -> Self {
        Self {
            keeping,
            flights: HashMap::new(),
            landed: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            flown: 0,
            sweeping: false,
        }
    }

    /// What there is for whoever asks this urgently and wants everything from `need` on; started by `launch` if there
    /// is nothing. A call that is less urgent than the asker is not waited for, and its place is taken.
    pub(super) fn find(
        &mut self,
        key: &Arc<PageKey>,
        lane: Lane,
        need: Timestamp,
        launch: impl FnOnce(u64) -> (Arc<Flight>, JoinHandle<()>),
    ) -> Found {
        self.evict(Instant::now());
        if let Some(landed) = self.landed.get(key)
            && landed.page.window.start() <= need
        {
            return Found::Landed(Arc::clone(&landed.page));
        }
        if let Some((_, flight)) = self.flights.get(key)
            && let Some(flight) = flight.upgrade()
            && flight.lane <= lane
            && flight.air.departure.admits(need)
        {
            return Found::Joined(flight);
        }
        self.flown += 1;
        let (flight, task) = launch(self.flown);
        let entry = (flight.id, Arc::downgrade(&flight));
        self.flights.insert(Arc::clone(key), entry);
        Found::Started(flight, task)
    }

    /// A call has ended. If what it brought is the first to lie here: when it goes, for whoever is to sweep then.
    pub(super) fn land(
        &mut self,
        key: &Arc<PageKey>,
        id: u64,
        landing: &Landing,
    ) -> Option<Instant> {
        if self.flights.get(key).is_some_and(|(known, _)| *known == id) {
            self.flights.remove(key);
        }
        match landing {
            Landing::Page(page) => self.keep(key, id, page),
            // Whoever starts again must not be given the page with this token again.
            Landing::Failed(error) if error.kind == FailureKind::InvalidNextToken => {
                let token = &key.query.token;
                let bytes = &mut self.bytes;
                self.landed.retain(|_, landed| {
                    let good = landed.page.token != *token;
                    *bytes -= if good { 0 } else { landed.weight };
                    good
                });
                None
            }
            Landing::Failed(_) | Landing::Lost => None,
        }
    }

    fn keep(&mut self, key: &Arc<PageKey>, id: u64, page: &Arc<LookupPage>) -> Option<Instant> {
        let events: usize = page.events.iter().map(|event| event.weight()).sum();
        let weight = PAGE + events;
        let (now, page) = (Instant::now(), Arc::clone(page));
        let landed = Landed { page, id, weight };
        let before = self.landed.insert(Arc::clone(key), landed);
        self.bytes = self.bytes + weight - before.map_or(0, |before| before.weight);
        let until = now + self.keeping.linger;
        self.order.push_back((until, id, Arc::clone(key)));
        self.evict(now);
        let first = !self.sweeping && !self.order.is_empty();
        self.sweeping |= first;
        first.then_some(until)
    }

    /// Takes away what has lain long enough. When to come again; `None` if nothing lies here any more.
    pub(super) fn sweep(&mut self, now: Instant) -> Option<Instant> {
        self.evict(now);
        let next = self.order.front().map(|(until, ..)| *until);
        self.sweeping = next.is_some();
        next
    }

    fn evict(&mut self, now: Instant) {
        while let Some((until, id, key)) = self.order.front()
            && (*until <= now || self.bytes > self.keeping.bytes)
        {
            if self.landed.get(key).is_some_and(|landed| landed.id == *id)
                && let Some(gone) = self.landed.remove(key)
            {
                self.bytes -= gone.weight;
            }
            self.order.pop_front();
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let maps = self.flights.is_empty() && self.landed.is_empty();
        maps && self.order.is_empty() && self.bytes == 0
    }
}
