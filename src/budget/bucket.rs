//! One bucket: its queue, its slots and its pace.
//!
//! The queue is a turnstile, first come first served: only its head looks at the clock. A waiter that leaves
//! drops its place in the turnstile and has spent nothing. Lanes, fairness between callers and a shared store
//! go behind this same `acquire`.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until},
};

use super::{Grant, Interrupted, RequestContext, lock, pace, pace::Pace, slots::Slots};

/// Why an attempt got no slot. No slot was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The queue ahead reaches past the deadline.
    #[error("the budget cannot serve this before the deadline; its turn would come in {eta:?}")]
    TooLate {
        /// When the turn would have come, from now.
        eta: Duration,
    },
    /// The deadline or the cancellation came while waiting.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// What a bucket stands at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BucketStats {
    /// Calls a second by the quota in force.
    pub quota: f64,
    /// The factor on it that throttles have left, 0.1 to 1.
    pub factor: f64,
    /// Slots spent since the bucket was made.
    pub spent: u64,
    /// Throttles reported since the bucket was made.
    pub throttles: u64,
    /// How many wait now.
    pub waiting: u32,
}

pub(super) struct Bucket {
    quota: f64,
    turnstile: Semaphore,
    waiting: AtomicU32,
    state: Mutex<State>,
}

struct State {
    slots: Slots,
    pace: Pace,
    spent: u64,
    throttles: u64,
}

impl State {
    fn interval(&self, quota: f64, now: Instant) -> Duration {
        Duration::from_secs_f64(1.0 / (quota * self.pace.factor(now)))
    }
}

impl Bucket {
    /// A bucket at this pace, counted as emptied at `emptied_at`.
    pub(super) fn new(per_second: f64, emptied_at: Instant) -> Self {
        let interval = Duration::from_secs_f64(1.0 / per_second);
        Self {
            quota: per_second,
            turnstile: Semaphore::new(1),
            waiting: AtomicU32::new(0),
            state: Mutex::new(State {
                slots: Slots::emptied(emptied_at, interval),
                pace: Pace::full(),
                spent: 0,
                throttles: 0,
            }),
        }
    }

    pub(super) async fn acquire(
        &self,
        ctx: &RequestContext,
        places: &Arc<Semaphore>,
    ) -> Result<Grant, Refused> {
        let joined = Instant::now();
        let queued = Queued::join(self);
        self.admit(ctx, joined, queued.ahead)?;
        let place = ctx.race(self.turn(places)).await?;
        Ok(Grant {
            place,
            waited: joined.elapsed(),
        })
    }

    pub(super) fn throttled(&self, now: Instant) {
        let mut state = lock(&self.state);
        state.throttles += 1;
        state.pace.throttled(now);
        state.slots.hold(now + pace::QUIET);
    }

    pub(super) fn stats(&self, now: Instant) -> BucketStats {
        let state = lock(&self.state);
        BucketStats {
            quota: self.quota,
            factor: state.pace.factor(now),
            spent: state.spent,
            throttles: state.throttles,
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// Whether forgetting this bucket loses nothing: its slot is long due and its pace is full again.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        let state = lock(&self.state);
        self.waiting.load(Ordering::Relaxed) == 0
            && state.slots.due() < now
            && state.pace.factor(now) >= 1.0
    }

    /// Refuses at once what cannot have its turn in time.
    fn admit(&self, ctx: &RequestContext, now: Instant, ahead: u32) -> Result<(), Refused> {
        let state = lock(&self.state);
        let eta = state.slots.due().saturating_duration_since(now)
            + state.interval(self.quota, now) * ahead;
        if now + eta > ctx.deadline {
            return Err(Refused::TooLate { eta });
        }
        Ok(())
    }

    /// Passes the turnstile, waits for the slot, then for a place, and only then spends the slot.
    async fn turn(&self, places: &Arc<Semaphore>) -> tokio::sync::OwnedSemaphorePermit {
        loop {
            let Ok(_head) = self.turnstile.acquire().await else {
                // The turnstile is never closed; were it, going round again is right.
                tokio::task::yield_now().await;
                continue;
            };
            loop {
                let due = lock(&self.state).slots.due();
                if due <= Instant::now() {
                    break;
                }
                sleep_until(due).await;
            }
            let Ok(place) = Arc::clone(places).acquire_owned().await else {
                tokio::task::yield_now().await;
                continue;
            };
            let now = Instant::now();
            let mut state = lock(&self.state);
            // A throttle may have pushed the slot back while we waited for the place: do not hold the place.
            if state.slots.due() <= now {
                let interval = state.interval(self.quota, now);
                state.slots.take(now, interval);
                state.spent += 1;
                return place;
            }
        }
    }
}

/// One waiter in the count, for as long as it lives.
struct Queued<'a> {
    bucket: &'a Bucket,
    ahead: u32,
}

impl<'a> Queued<'a> {
    fn join(bucket: &'a Bucket) -> Self {
        let ahead = bucket.waiting.fetch_add(1, Ordering::Relaxed);
        Self { bucket, ahead }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.bucket.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
