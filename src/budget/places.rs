//! Places among the calls in flight: what bounds sockets and memory, where slots bound the pace.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Lane;

/// Calls that somebody waits for have places of their own, and batch and background work has others, so that it
/// neither holds people up nor takes their memory. Cloning shares the places.
#[derive(Debug, Clone)]
pub struct Places {
    people: Arc<Semaphore>,
    work: Arc<Semaphore>,
    /// How many there are for people, and for work.
    all: (usize, usize),
}

/// A place in flight; given back when it is dropped.
#[derive(Debug)]
pub struct HeldPlace {
    _permit: OwnedSemaphorePermit,
}

impl From<OwnedSemaphorePermit> for HeldPlace {
    fn from(permit: OwnedSemaphorePermit) -> Self {
        Self { _permit: permit }
    }
}

impl Places {
    /// So many for interactive and standard calls, and half as many for batch and background work.
    pub fn new(people: usize) -> Self {
        let (people, work) = (people.max(1), people.div_ceil(2).max(1));
        Self {
            people: Arc::new(Semaphore::new(people)),
            work: Arc::new(Semaphore::new(work)),
            all: (people, work),
        }
    }

    /// Whether lanes share their places.
    pub fn same(a: Lane, b: Lane) -> bool {
        (a <= Lane::Standard) == (b <= Lane::Standard)
    }

    /// A place, if one is free now.
    pub fn try_take(&self, lane: Lane) -> Option<HeldPlace> {
        let permit = Arc::clone(self.of(lane)).try_acquire_owned();
        permit.ok().map(HeldPlace::from)
    }

    /// A place, as soon as one is free, first come first served.
    pub async fn take(&self, lane: Lane) -> Option<HeldPlace> {
        let permit = Arc::clone(self.of(lane)).acquire_owned().await;
        permit.ok().map(HeldPlace::from)
    }

    /// How many are free for this lane.
    pub fn free(&self, lane: Lane) -> usize {
        self.of(lane).available_permits()
    }

    /// How many are taken of those that this lane has a part in.
    pub fn taken(&self, lane: Lane) -> usize {
        let (people, work) = self.all;
        let all = match Self::same(lane, Lane::Interactive) {
            true => people,
            false => work,
        };
        all.saturating_sub(self.free(lane))
    }

    fn of(&self, lane: Lane) -> &Arc<Semaphore> {
        match lane {
            Lane::Interactive | Lane::Standard => &self.people,
            Lane::Batch | Lane::Background => &self.work,
        }
    }
}
