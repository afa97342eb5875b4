//! Connections that have not come in yet: so many at a time, and where one more comes, the one that has taken longest
//! leaves. An honest client is in after a few round trips; who holds many places without coming in loses them first,
//! and keeps nobody out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// See the module.
pub(super) struct Entering {
    room: usize,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    next: u64,
    /// By their order of coming.
    taken: BTreeMap<u64, CancellationToken>,
}

impl Entering {
    /// With room for this many, one at least.
    pub(super) fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            room: room.max(1),
            places: Mutex::default(),
        })
    }

    /// A place for one more, which may be another's.
    pub(super) fn enter(self: &Arc<Self>) -> Place {
        let pushed_out = CancellationToken::new();
        let mut places = self.places();
        let number = places.next;
        places.next += 1;
        while places.taken.len() >= self.room
            && let Some((_, oldest)) = places.taken.pop_first()
        {
            oldest.cancel();
        }
        places.taken.insert(number, pushed_out.clone());
        drop(places);
        Place {
            entering: Arc::clone(self),
            number,
            pushed_out,
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place, until it is dropped.
pub(super) struct Place {
    entering: Arc<Entering>,
    number: u64,
    pushed_out: CancellationToken,
}

impl Place {
    /// Ends when a newer one has taken the place.
    pub(super) fn pushed_out(&self) -> WaitForCancellationFuture<'_> {
        self.pushed_out.cancelled()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.entering.places().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves_and_who_is_in_gives_the_place_back() {
        let entering = Entering::new(2);
        let [slow, quick] = [entering.enter(), entering.enter()];
        drop(quick);
        let third = entering.enter();
        assert!(!slow.pushed_out.is_cancelled());
        let fourth = entering.enter();
        assert!(slow.pushed_out.is_cancelled());
        assert!(!third.pushed_out.is_cancelled());
        // A place that was lost is not given back.
        drop(slow);
        assert_eq!(entering.places().taken.len(), 2);
        drop((third, fourth));
        assert!(entering.places().taken.is_empty());
    }
}
