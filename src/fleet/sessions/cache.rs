//! A cache of values that expire and are slow to get: single flight, refresh ahead, failures remembered.
//!
//! Owns when a load starts, who waits for it and how long its outcome is believed. Knows nothing of STS or
//! of what the values are: the load is an argument, so that all of it is tested on paused time.
//!
//! A flight runs in a task of its own. The caller that started it may leave: the others still get its
//! outcome, and it ends by its own timeout.

mod timing;

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use timing::{Lease, Memory, Timing};

use timing::Held;

/// What the cache must know of a failure.
pub trait LoadError<K>: Clone + Send + Sync + 'static {
    /// The flight's own timeout came first.
    fn timed_out(key: &K) -> Self;
    /// The process drains, or the load panicked.
    fn abandoned(key: &K) -> Self;
    /// How long to believe it.
    fn memory(&self) -> Memory;
}

/// The outcome that the waiters of one flight share; `None` while it is in the air.
type Landing<V, E> = Option<Result<V, E>>;

/// What a caller finds.
#[derive(Debug)]
pub enum Found<V, E> {
    /// A value, good to use now.
    Ready(V),
    /// A failure that is still believed, and how old it is.
    Failed(E, Duration),
    /// A load in the air.
    Wait(Waiter<V, E>),
}

/// A place among those who wait for one load.
#[derive(Debug)]
pub struct Waiter<V, E>(watch::Receiver<Landing<V, E>>);

impl<V: Clone, E: Clone> Waiter<V, E> {
    /// The load's outcome; `None` if its task is gone without one.
    pub async fn outcome(mut self) -> Landing<V, E> {
        let landed = self.0.wait_for(Option::is_some).await.ok()?;
        landed.clone()
    }
}

struct Remembered<E> {
    error: E,
    learnt: Instant,
    until: Instant,
    streak: u32,
}

struct Slot<V, E> {
    held: Option<Held<V>>,
    flight: Option<watch::Receiver<Landing<V, E>>>,
    failure: Option<Remembered<E>>,
    born: Instant,
}

impl<V, E> Default for Slot<V, E> {
    fn default() -> Self {
        Self {
            born: Instant::now(),
            held: None,
            flight: None,
            failure: None,
        }
    }
}

impl<V, E: Clone> Slot<V, E> {
    fn believed<W>(&self, now: Instant) -> Option<Found<W, E>> {
        let failure = self.failure.as_ref().filter(|f| now < f.until)?;
        let age = now.duration_since(failure.learnt);
        Some(Found::Failed(failure.error.clone(), age))
    }
}

/// The cache. Its size is the number of keys asked for and not pruned, or its bound.
pub struct Cache<K, V, E> {
    slots: Mutex<HashMap<K, Slot<V, E>>>,
    generations: AtomicU64,
    timing: Timing,
    most: usize,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl<K, V, E> Cache<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: LoadError<K>,
{
    /// An empty cache whose flights end when `stop` fires, for keys that are few by themselves.
    pub fn new(timing: Timing, stop: CancellationToken) -> Arc<Self> {
        Self::bounded(timing, usize::MAX, stop)
    }

    /// The same for so many keys at most: a new one takes the place of the oldest.
    pub fn bounded(timing: Timing, most: usize, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            slots: Mutex::default(),
            generations: AtomicU64::new(1),
            timing,
            most,
            tasks: TaskTracker::new(),
            stop,
        })
    }

    /// What there is for the key, starting `load` where it is due and none is in the air. `load` gets the
    /// generation that its value will have: a number never used before in this process.
    pub fn find<F, Fut>(self: &Arc<Self>, key: &K, load: F) -> Found<V, E>
    where
        F: FnOnce(u64) -> Fut,
        Fut: Future<Output = Result<Lease<V>, E>> + Send + 'static,
    {
        let now = Instant::now();
        let mut slots = self.lock();
        let slot = self.slot(&mut slots, key);
        let refused = slot.believed(now);
        if let Some(held) = slot.held.as_ref().filter(|h| now < h.usable_until) {
            let value = held.value.clone();
            if now >= held.refresh_at && slot.flight.is_none() && refused.is_none() {
                slot.flight = Some(self.launch(key, load));
            }
            return Found::Ready(value);
        }
        if let Some(flight) = &slot.flight {
            return Found::Wait(Waiter(flight.clone()));
        }
        if let Some(failed) = refused {
            return failed;
        }
        let flight = self.launch(key, load);
        slot.flight = Some(flight.clone());
        Found::Wait(Waiter(flight))
    }

    /// The same, but a value loaded longer ago than `age` is not good enough: it is loaded anew, and what
    /// comes of that is the answer. Others keep using the old value meanwhile, and after a failure.
    pub fn find_fresh<F, Fut>(self: &Arc<Self>, key: &K, age: Duration, load: F) -> Found<V, E>
    where
        F: FnOnce(u64) -> Fut,
        Fut: Future<Output = Result<Lease<V>, E>> + Send + 'static,
    {
        let now = Instant::now();
        let mut slots = self.lock();
        let slot = self.slot(&mut slots, key);
        if let Some(flight) = &slot.flight {
            return Found::Wait(Waiter(flight.clone()));
        }
        if let Some(failed) = slot.believed(now) {
            return failed;
        }
        let young = |held: &&Held<V>| now < held.usable_until && now <= held.since + age;
        if let Some(held) = slot.held.as_ref().filter(young) {
            return Found::Ready(held.value.clone());
        }
        let flight = self.launch(key, load);
        slot.flight = Some(flight.clone());
        Found::Wait(Waiter(flight))
    }

    /// Forgets the value of this generation, if it is still the one held. A late call about an older one
    /// changes nothing, so that many callers who hear the same refusal cause one load.
    pub fn reject(&self, key: &K, generation: u64) {
        if let Some(slot) = self.lock().get_mut(key) {
            slot.held.take_if(|held| held.generation == generation);
        }
    }

    /// Forgets the failure of this key, and how often it failed.
    pub fn forget_failure(&self, key: &K) {
        if let Some(slot) = self.lock().get_mut(key) {
            slot.failure = None;
        }
    }

    /// Drops every key that is not wanted any more.
    pub fn retain(&self, wanted: impl Fn(&K) -> bool) {
        self.lock().retain(|key, _| wanted(key));
    }

    /// How many keys hold a value that can be used now.
    pub fn usable(&self) -> usize {
        let now = Instant::now();
        let usable = |slot: &&Slot<V, E>| slot.held.as_ref().is_some_and(|h| now < h.usable_until);
        self.lock().values().filter(usable).count()
    }

    /// The failures that are believed now, of these keys.
    pub fn failing(&self, of: impl Fn(&K) -> bool) -> Vec<E> {
        let now = Instant::now();
        let slots = self.lock();
        let wanted = slots.iter().filter(|(key, _)| of(key));
        wanted
            .filter_map(|(_, slot)| slot.failure.as_ref().filter(|f| now < f.until))
            .map(|failure| failure.error.clone())
            .collect()
    }

    /// Waits for the flights under way; to be called once `stop` has fired.
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// The key's slot. For a new one the slot goes that has been there longest, if there are too many; those who wait for
    /// what is in the air still get it.
    fn slot<'s>(&self, slots: &'s mut HashMap<K, Slot<V, E>>, key: &K) -> &'s mut Slot<V, E> {
        if slots.len() >= self.most && !slots.contains_key(key) {
            let in_use = |slot: &Slot<V, E>| slot.flight.is_some();
            let oldest = slots
                .iter()
                .min_by_key(|(_, slot)| (in_use(slot), slot.born));
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                slots.remove(&oldest);
            }
        }
        slots.entry(key.clone()).or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Slot<V, E>>> {
        // Nothing under this lock can panic half-way through a change.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn launch<F, Fut>(self: &Arc<Self>, key: &K, load: F) -> watch::Receiver<Landing<V, E>>
    where
        F: FnOnce(u64) -> Fut,
        Fut: Future<Output = Result<Lease<V>, E>> + Send + 'static,
    {
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        let (tx, rx) = watch::channel(None);
        let flight = Flight {
            cache: self.clone(),
            key: key.clone(),
            generation,
            started: Instant::now(),
            tx: Some(tx),
        };
        let (load, stop, limit) = (load(generation), self.stop.clone(), self.timing.flight);
        self.tasks.spawn(async move {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => Err(E::abandoned(&flight.key)),
                out = tokio::time::timeout(limit, load) => {
                    out.unwrap_or_else(|_| Err(E::timed_out(&flight.key)))
                }
            };
            flight.land(outcome);
        });
        rx
    }

    fn settle(
        &self,
        key: &K,
        generation: u64,
        started: Instant,
        outcome: Result<Lease<V>, E>,
    ) -> Result<V, E> {
        let timing = &self.timing;
        let mut slots = self.lock();
        // A key pruned while its load was in the air stays pruned: those who wait still get the outcome.
        let mut orphan = Slot::default();
        let slot = slots.get_mut(key).unwrap_or(&mut orphan);
        slot.flight = None;
        match outcome {
            Ok(lease) => {
                slot.failure = None;
                slot.held = Some(timing.hold(&lease, generation, started));
                Ok(lease.value)
            }
            Err(error) => {
                let streak = slot.failure.as_ref().map_or(0, |f| f.streak);
                if let Some(delay) = timing.believe(error.memory(), streak) {
                    let learnt = Instant::now();
                    slot.failure = Some(Remembered {
                        error: error.clone(),
                        learnt,
                        until: learnt + delay,
                        streak: streak.saturating_add(1),
                    });
                }
                Err(error)
            }
        }
    }
}

/// One load in the air. However its task ends, the slot is freed and those who wait are told.
struct Flight<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: LoadError<K>,
{
    cache: Arc<Cache<K, V, E>>,
    key: K,
    generation: u64,
    started: Instant,
    tx: Option<watch::Sender<Landing<V, E>>>,
}

impl<K, V, E> Flight<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: LoadError<K>,
{
    fn land(mut self, outcome: Result<Lease<V>, E>) {
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: Result<Lease<V>, E>) {
        if let Some(tx) = self.tx.take() {
            let outcome = self
                .cache
                .settle(&self.key, self.generation, self.started, outcome);
            tx.send_replace(Some(outcome));
        }
    }
}

impl<K, V, E> Drop for Flight<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: LoadError<K>,
{
    fn drop(&mut self) {
        self.finish(Err(E::abandoned(&self.key)));
    }
}

#[cfg(test)]
mod tests;
