//! A cache of values that expire and are slow to get: single flight, refresh ahead, failures remembered.
//!
//! Owns when a load starts, who waits for it and how long its outcome is believed. Knows nothing of STS or
//! of what the values are: the load is an argument, so that all of it is tested on paused time.
//!
//! A flight runs in a task of its own. The caller that started it may leave: the others still get its
//! outcome, and it ends by its own timeout.

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

/// How long a failure is believed before the next load may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Not at all: the failure says nothing about the key (the process drains).
    Nothing,
    /// Seconds, doubling from [`Timing::transient`] to its end.
    Transient,
    /// Minutes, doubling from [`Timing::refused`] to its end.
    Refused,
}

/// What the cache must know of a failure.
pub trait LoadError<K>: Clone + Send + Sync + 'static {
    /// The flight's own timeout came first.
    fn timed_out(key: &K) -> Self;
    /// The process drains, or the load panicked.
    fn abandoned(key: &K) -> Self;
    /// How long to believe it.
    fn memory(&self) -> Memory;
}

/// A value just loaded.
#[derive(Debug, Clone)]
pub struct Lease<V> {
    /// The value.
    pub value: V,
    /// How long it lives, counted from the moment the load was started.
    pub lifetime: Duration,
}

/// The times that the cache keeps.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The share of the lifetime after which a use starts the next load in the background: drawn from this
    /// range for each value, so that a fleet loaded at once does not refresh at once.
    pub refresh_at: (f64, f64),
    /// A value this near to its end is not handed out any more, so that a call under way does not outlive it.
    /// Never more than a twentieth of the lifetime.
    pub end_margin: Duration,
    /// The longest that one load may take, the wait for the budget included: 10,000 accounts asked for at
    /// once wait half a minute for 300 AssumeRole calls a second.
    pub flight: Duration,
    /// First and longest memory of a passing failure.
    pub transient: (Duration, Duration),
    /// First and longest memory of a refusal.
    pub refused: (Duration, Duration),
    /// Randomness: a number from 0 up to 1.
    pub jitter: fn() -> f64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            refresh_at: (0.75, 0.80),
            end_margin: Duration::from_secs(60),
            flight: Duration::from_secs(120),
            transient: (Duration::from_secs(2), Duration::from_secs(5)),
            refused: (Duration::from_secs(60), Duration::from_secs(300)),
            jitter: rand::random::<f64>,
        }
    }
}

/// The outcome that the waiters of one flight share; `None` while it is in the air.
type Landing<V, E> = Option<Result<V, E>>;

/// What a caller finds.
#[derive(Debug)]
pub enum Found<V, E> {
    /// A value, good to use now.
    Ready(V),
    /// A failure that is still believed.
    Failed(E),
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

struct Held<V> {
    value: V,
    generation: u64,
    since: Instant,
    refresh_at: Instant,
    usable_until: Instant,
}

struct Remembered<E> {
    error: E,
    until: Instant,
    streak: u32,
}

struct Slot<V, E> {
    held: Option<Held<V>>,
    flight: Option<watch::Receiver<Landing<V, E>>>,
    failure: Option<Remembered<E>>,
}

impl<V, E> Default for Slot<V, E> {
    fn default() -> Self {
        Self {
            held: None,
            flight: None,
            failure: None,
        }
    }
}

impl<V, E: Clone> Slot<V, E> {
    fn believed(&self, now: Instant) -> Option<&E> {
        let failure = self.failure.as_ref()?;
        (now < failure.until).then_some(&failure.error)
    }
}

/// The cache. Its size is the number of keys asked for and not pruned.
pub struct Cache<K, V, E> {
    slots: Mutex<HashMap<K, Slot<V, E>>>,
    generations: AtomicU64,
    timing: Timing,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl<K, V, E> Cache<K, V, E>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: LoadError<K>,
{
    /// An empty cache whose flights end when `stop` fires.
    pub fn new(timing: Timing, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            slots: Mutex::default(),
            generations: AtomicU64::new(1),
            timing,
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
        let slot = slots.entry(key.clone()).or_default();
        let refused = slot.believed(now).cloned();
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
        if let Some(error) = refused {
            return Found::Failed(error);
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
        let slot = slots.entry(key.clone()).or_default();
        if let Some(flight) = &slot.flight {
            return Found::Wait(Waiter(flight.clone()));
        }
        if let Some(error) = slot.believed(now) {
            return Found::Failed(error.clone());
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

    /// Waits for the flights under way; to be called once `stop` has fired.
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
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
                    slot.failure = Some(Remembered {
                        error: error.clone(),
                        until: Instant::now() + delay,
                        streak: streak.saturating_add(1),
                    });
                }
                Err(error)
            }
        }
    }
}

impl Timing {
    fn hold<V: Clone>(&self, lease: &Lease<V>, generation: u64, started: Instant) -> Held<V> {
        let (low, high) = self.refresh_at;
        let share = (low + (high - low) * (self.jitter)()).clamp(0.0, 1.0);
        let margin = self.end_margin.min(lease.lifetime / 20);
        Held {
            value: lease.value.clone(),
            generation,
            since: started,
            refresh_at: started + lease.lifetime.mul_f64(share),
            usable_until: started + (lease.lifetime - margin),
        }
    }

    /// How long to believe the next failure after `streak` of them in a row, up to a tenth longer by chance.
    fn believe(&self, memory: Memory, streak: u32) -> Option<Duration> {
        let (first, longest) = match memory {
            Memory::Nothing => return None,
            Memory::Transient => self.transient,
            Memory::Refused => self.refused,
        };
        let grown = first.saturating_mul(1 << streak.min(16)).min(longest);
        Some(grown.mul_f64(1.0 + 0.1 * (self.jitter)()))
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
