//! Drives the line of one bucket: sleeps until the next slot, waits for a place, asks the store. One task a bucket, for as
//! long as anybody waits for it. What to do is decided in `bucket.rs`, under the lock; here is only the waiting.

use std::sync::Arc;

use tokio::{sync::Notify, time::sleep_until};

use super::{
    Inner, Refused,
    bucket::Step,
    key::{BucketKey, Packed},
    slots::{Ask, Micros},
};

/// See the module. If it ends before the line is empty (a defect), whoever waits is told.
pub(super) struct Driver {
    inner: Arc<Inner>,
    key: BucketKey,
    packed: Packed,
    wake: Arc<Notify>,
}

impl Driver {
    pub(super) fn new(
        inner: Arc<Inner>,
        key: BucketKey,
        packed: Packed,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            inner,
            key,
            packed,
            wake,
        }
    }

    /// Until nobody waits any more.
    pub(super) async fn run(self) {
        let mut next = Step::Again;
        loop {
            next = match next {
                Step::Rest => return,
                Step::Again => self.step(),
                Step::Until(at) => {
                    self.sleep(at).await;
                    Step::Again
                }
                Step::Reserve(ask) => self.reserve(ask).await,
                Step::Place(lane) => {
                    tokio::select! {
                        place = self.inner.places.take(lane) => {
                            if let Some(place) = place {
                                self.inner.with(self.packed, |bucket| bucket.hold(lane, place));
                            }
                        }
                        // Somebody came or left: another lane may be next.
                        () = self.wake.notified() => {}
                    }
                    Step::Again
                }
            }
        }
    }

    fn step(&self) -> Step {
        let around = self.inner.around(&self.key, self.packed);
        let step = self.inner.with(self.packed, |bucket| bucket.step(&around));
        step.unwrap_or(Step::Rest)
    }

    async fn sleep(&self, at: Micros) {
        tokio::select! {
            () = sleep_until(self.inner.instant(at)) => {}
            () = self.wake.notified() => {}
        }
    }

    async fn reserve(&self, ask: Ask) -> Step {
        let given = self.inner.store.reserve(self.key.clone(), ask).await;
        let around = self.inner.around(&self.key, self.packed);
        match given {
            Ok(given) => {
                let step = self
                    .inner
                    .with(self.packed, |bucket| bucket.reserved(&around, &given));
                step.unwrap_or(Step::Rest)
            }
            // What may have been given is spent. Not at once again: the store's own breaker needs its time to see.
            Err(_) => Step::Until(around.now + ask.interval.min(AFTER_FAILURE)),
        }
    }
}

/// How long after a failed reservation the store's terms are asked for again.
const AFTER_FAILURE: Micros = 50_000;

impl Drop for Driver {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.inner.with(self.packed, |bucket| {
                bucket.refuse_all(Refused::too_late(0));
            });
        }
    }
}
