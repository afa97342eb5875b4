//! A place in a line, and what comes of it.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot::{self, error::TryRecvError};

use super::{
    Inner, Refused, RequestContext,
    bucket::{Handed, Joined, Taken},
    key::Packed,
    places::HeldPlace,
    queue::Place,
    slots::Micros,
};

/// How late a task may wake to its turn and still leave: a fifth of the time between two lookups. A busy machine, or one
/// that stops the process for a moment, lets tasks wait; one that left whole intervals late would leave beside the next.
pub(super) const LATEST: Micros = 100_000;

/// How often a turn that was slept through is waited for anew. A process that never wakes in time leaves late rather than
/// never.
pub(super) const TURNS: usize = 3;

/// The right to make one attempt now. It holds a place among the calls in flight until that is dropped. Dropped itself
/// before it has left, it gives its slot back.
#[derive(Debug)]
pub struct Grant {
    pub(super) place: HeldPlace,
    /// How long the attempt waited for its turn, in the queue and for the place.
    pub waited: Duration,
    /// Under which pace the slot was given: what [`super::Budgets::report_throttle`] asks for.
    pub under: Under,
    pub(super) slot: Unspent,
}

impl Grant {
    /// The attempt leaves: the slot is spent. What comes back is the place in flight, to be held while it is under way.
    pub fn leave(mut self) -> HeldPlace {
        self.slot.taken = None;
        self.place
    }
}

/// The pace under which a slot was given, by when that was cut; none if nothing had been throttled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Under(pub(super) Option<Micros>);

/// A slot whose attempt has not left yet.
pub(super) struct Unspent {
    inner: Arc<Inner>,
    packed: Packed,
    taken: Option<Taken>,
}

impl Unspent {
    pub(super) fn new(inner: Arc<Inner>, packed: Packed, taken: Taken) -> Self {
        Self {
            inner,
            packed,
            taken: Some(taken),
        }
    }
}

impl Drop for Unspent {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.inner.with(self.packed, |bucket| bucket.refund(&taken));
        }
    }
}

impl std::fmt::Debug for Unspent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Unspent").field(&self.taken).finish()
    }
}

/// One who waits. Dropped, it leaves the line, and gives back what it was handed and did not take.
pub(super) struct Ticket {
    inner: Arc<Inner>,
    packed: Packed,
    /// Its place in the line, while it may still be there: a line ends when nobody waits any more, and in the next one another
    /// may stand at this place.
    place: Option<Place>,
    handed: oneshot::Receiver<Handed>,
}

impl Ticket {
    pub(super) fn new(inner: Arc<Inner>, packed: Packed, joined: Joined) -> Self {
        Self {
            inner,
            packed,
            place: Some(joined.place),
            handed: joined.handed,
        }
    }

    /// Waits for the turn.
    pub(super) async fn wait(mut self, ctx: &RequestContext) -> Handed {
        let handed = ctx.race(&mut self.handed).await?;
        self.place = None;
        match handed {
            Ok(handed) => handed,
            // The line is gone with its bucket: nobody will serve it. Not seen unless there is a defect.
            Err(_) => Err(Refused::too_late(0)),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some(place) = self.place.take() else {
            return;
        };
        // Handing happens under the same lock: either it still stands in the line, or it was handed what it gets.
        self.inner
            .with(self.packed, |bucket| match self.handed.try_recv() {
                Ok(Ok(turn)) => bucket.refund(&turn.taken),
                Err(TryRecvError::Empty) => bucket.leave(&place),
                Ok(Err(_)) | Err(TryRecvError::Closed) => {}
            });
    }
}
