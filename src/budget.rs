//! Who may call AWS when: one bucket per (account of the credentials, endpoint Region, API operation),
//! never above its quota, never idle while work waits. Knows nothing of AWS's SDK or of what the calls are for.
//!
//! A bucket hands out moments, not permissions to count (`slots`), at a pace that throttles teach (`pace`). Who waits
//! stands in a queue by lane, caller and deadline (`queue`). Where the moments come from is the store's business (`store`):
//! this process, or all replicas together. What to do is decided in pure code under a lock (`bucket`), and done by a
//! small task for as long as somebody waits (`driver`).

mod bucket;
pub mod context;
mod driver;
mod key;
mod latency;
pub mod pace;
mod places;
mod queue;
mod refused;
mod shard;
mod shown;
pub mod slots;
pub mod store;
pub mod table;
mod ticket;
mod totals;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

pub use bucket::{BucketStats, Prospect};
pub use context::{CallerId, Interrupted, Lane, RequestContext, Tally};
pub use key::BucketKey;
pub use places::{HeldPlace, Places};
pub use queue::LaneStats;
pub use refused::Refused;
pub use shard::PARTS;
pub use store::Store;
pub use table::{Override, QuotaTable};
pub use ticket::{Grant, Under};
pub use totals::Totals;

use bucket::{Around, Bucket, Entered, Joining};
use driver::Driver;
use key::{Keys, Packed};
use latency::Latencies;
use shard::Shards;
use slots::{Micros, micros};
use store::alone::ByItself;
use ticket::{LATEST, TURNS, Ticket, Unspent};

/// Requests that may wait for one bucket, if nothing else is said: at 2 calls a second these wait for half an hour.
pub const MOST_WAITING: usize = 4_096;

/// What budgets are made of.
#[derive(Clone)]
pub struct Settings {
    /// The quotas in force.
    pub quotas: QuotaTable,
    /// Where slots come from.
    pub store: Arc<dyn Store>,
    /// Places among the calls in flight.
    pub places: Places,
    /// Requests that may wait for one bucket.
    pub most_waiting: usize,
    /// The start of the process: every bucket counts as just emptied then, so that a restart cannot burst.
    pub born: Instant,
}

impl Settings {
    /// By these quotas, in this process alone.
    pub fn alone(quotas: QuotaTable, places: Places, born: Instant) -> Self {
        Self {
            quotas,
            store: Arc::new(ByItself::embedded()),
            places,
            most_waiting: MOST_WAITING,
            born,
        }
    }
}

/// All the budgets of this process. Cloning shares them.
#[derive(Clone)]
pub struct Budgets {
    inner: Arc<Inner>,
}

struct Inner {
    quotas: QuotaTable,
    /// The version of the quotas that the buckets' paces are of.
    version: AtomicU64,
    store: Arc<dyn Store>,
    places: Places,
    most_waiting: usize,
    born: Instant,
    keys: Keys,
    latencies: Latencies,
    shards: Shards,
    drivers: TaskTracker,
}

impl Budgets {
    /// Budgets of these settings.
    pub fn new(settings: Settings) -> Self {
        Self {
            inner: Arc::new(Inner {
                version: AtomicU64::new(settings.quotas.version()),
                quotas: settings.quotas,
                store: settings.store,
                places: settings.places,
                most_waiting: settings.most_waiting,
                born: settings.born,
                keys: Keys::default(),
                latencies: Latencies::new(),
                shards: Shards::default(),
                drivers: TaskTracker::new(),
            }),
        }
    }

    /// Waits for this bucket's turn and for a place in flight, then spends one slot.
    ///
    /// While it waits for its turn it holds no place; the slot is spent only once the place is there, so that
    /// attempts leave at the pace at which slots are given. A turn to which its task wakes much too late, as on a machine
    /// that is busy beyond measure, is let pass, and the next is waited for. A caller that stops waiting costs nothing, and neither does a
    /// grant that is dropped before it has [left](Grant::leave).
    ///
    /// # Errors
    ///
    /// At once if the turn cannot come, or the answer not be there, before the deadline, or if the store refuses; when
    /// the deadline or the cancellation comes first.
    pub async fn acquire(&self, ctx: &RequestContext, key: &BucketKey) -> Result<Grant, Refused> {
        let mut waited = Duration::ZERO;
        let mut slept_through = 0;
        loop {
            let (mut grant, late) = self.turn(ctx, key).await?;
            waited += grant.waited;
            if late <= LATEST || slept_through == TURNS {
                grant.waited = waited;
                return Ok(grant);
            }
            // The slot's time is over: it is spent, and nobody has left on it.
            drop(grant.leave());
            slept_through += 1;
        }
    }

    /// Waits for this bucket's turn, and tells how long ago it came.
    async fn turn(
        &self,
        ctx: &RequestContext,
        key: &BucketKey,
    ) -> Result<(Grant, Micros), Refused> {
        let inner = &self.inner;
        inner.follow_quotas();
        let packed = inner.keys.pack(key);
        let around = inner.around(key, packed);
        let joining = inner.joining(ctx);
        let joined = around.now;
        let fresh = || inner.new_bucket(key);
        let entered = inner
            .shards
            .with_or_insert(packed, joined, fresh, |bucket| {
                bucket.enter(&around, &joining)
            })?;
        let (place, taken, waited, late) = match entered {
            Entered::Taken(place, taken) => (place, taken, Duration::ZERO, 0),
            Entered::Joined(waiting) => {
                if let Some(wake) = &waiting.drive {
                    let wake = Arc::clone(wake);
                    let driver = Driver::new(Arc::clone(inner), key.clone(), packed, wake);
                    inner.drivers.spawn(driver.run());
                }
                let ticket = Ticket::new(Arc::clone(inner), packed, waiting);
                let turn = ticket.wait(ctx).await?;
                let now = inner.now();
                let waited = Duration::from_micros(now.saturating_sub(joined));
                (turn.place, turn.taken, waited, now.saturating_sub(turn.at))
            }
        };
        let grant = Grant {
            place,
            waited,
            under: taken.under(),
            slot: Unspent::new(Arc::clone(inner), packed, taken),
        };
        Ok((grant, late))
    }

    /// How long a request of this context would wait for its turn if it came now. Spends nothing.
    pub fn eta(&self, ctx: &RequestContext, key: &BucketKey) -> Duration {
        let inner = &self.inner;
        let packed = inner.keys.pack(key);
        let around = inner.around(key, packed);
        let joining = inner.joining(ctx);
        let eta = inner.with(packed, |bucket| bucket.eta(&around, &joining));
        let eta = eta.unwrap_or_else(|| inner.new_bucket(key).eta(&around, &joining));
        Duration::from_micros(eta)
    }

    /// How long a call of this operation in this Region usually takes; zero if that is not known.
    pub fn usual_latency(&self, key: &BucketKey) -> Duration {
        let inner = &self.inner;
        let region = inner.keys.pack(key).region();
        Duration::from_micros(inner.latencies.usual(region, key.api, inner.now()))
    }

    /// Tells the budgets that an attempt was answered, after so long.
    pub fn report_answer(&self, key: &BucketKey, took: Duration) {
        let inner = &self.inner;
        let region = inner.keys.pack(key).region();
        inner
            .latencies
            .seen(region, key.api, micros(took), inner.now());
    }

    /// Tells the bucket that AWS throttled an attempt that it had granted under this pace.
    pub fn report_throttle(&self, key: &BucketKey, under: Under) {
        let inner = &self.inner;
        let packed = inner.keys.pack(key);
        let around = inner.around(key, packed);
        let jitter = inner.jitter(key);
        let fresh = || inner.new_bucket(key);
        inner
            .shards
            .with_or_insert(packed, around.now, fresh, |bucket| {
                bucket.throttled(&around, under, jitter);
            });
    }

    /// What each bucket with recent use stands at. Copies; nothing is held.
    pub fn snapshot(&self) -> Vec<(BucketKey, BucketStats)> {
        self.snapshot_of(|_| true)
    }

    /// What each of those buckets stands at that `wanted` picks.
    pub fn snapshot_of(
        &self,
        wanted: impl Fn(&BucketKey) -> bool,
    ) -> Vec<(BucketKey, BucketStats)> {
        let inner = &self.inner;
        inner.shards.collect(|packed, bucket| {
            let key = inner.keys.unpack(packed).filter(|key| wanted(key))?;
            let stats = bucket.stats(&inner.around(&key, packed));
            Some((key, stats))
        })
    }

    /// What a request of this context, if it came now, can expect of this bucket. Spends nothing.
    pub fn prospect(&self, ctx: &RequestContext, key: &BucketKey) -> Prospect {
        let inner = &self.inner;
        let packed = inner.keys.pack(key);
        let around = inner.around(key, packed);
        let joining = inner.joining(ctx);
        let known = inner.with(packed, |bucket| bucket.prospect(&around, &joining));
        known.unwrap_or_else(|| inner.new_bucket(key).prospect(&around, &joining))
    }

    /// The quotas in force.
    pub fn quotas(&self) -> &QuotaTable {
        &self.inner.quotas
    }

    /// How the store is.
    pub fn store(&self) -> store::StoreStatus {
        self.inner.store.status()
    }

    /// A moment of the budgets' clock.
    pub fn instant(&self, at: Micros) -> Instant {
        self.inner.instant(at)
    }

    /// How many buckets there are, and how many requests wait for them.
    pub fn load(&self) -> (usize, usize) {
        let waiting = self
            .inner
            .shards
            .collect(|_, bucket| Some(bucket.waiting()));
        (waiting.len(), waiting.iter().sum())
    }

    /// Forgets buckets that have been idle for long. To be called now and then.
    pub fn sweep(&self) {
        self.inner.shards.sweep(self.inner.now());
    }
}

impl Inner {
    fn now(&self) -> Micros {
        self.micros(Instant::now())
    }

    fn micros(&self, at: Instant) -> Micros {
        micros(at.saturating_duration_since(self.born))
    }

    /// A request of this context, as buckets see it.
    fn joining(&self, ctx: &RequestContext) -> Joining {
        Joining {
            caller: ctx.caller.clone(),
            lane: ctx.lane,
            deadline: self.micros(ctx.deadline),
        }
    }

    fn instant(&self, at: Micros) -> Instant {
        self.born + Duration::from_micros(at)
    }

    fn around<'a>(&'a self, key: &'a BucketKey, packed: Packed) -> Around<'a> {
        Around {
            key,
            packed,
            store: &*self.store,
            places: &self.places,
            latencies: &self.latencies,
            room: self.most_waiting,
            now: self.now(),
        }
    }

    /// The time from one slot to the next by the quota that is ours.
    fn turn(&self, key: &BucketKey) -> Micros {
        micros(Duration::from_secs_f64(1.0 / self.quotas.per_second(key)))
    }

    /// Gives every bucket its new pace if a quota has changed since this was last looked at.
    fn follow_quotas(&self) {
        let version = self.quotas.version();
        if self.version.load(Ordering::Relaxed) == version
            || self.version.swap(version, Ordering::Relaxed) == version
        {
            return;
        }
        self.shards.for_each(|packed, bucket| {
            if let Some(key) = self.keys.unpack(packed) {
                bucket.set_turn(self.turn(&key));
            }
        });
    }

    /// A bucket that was just emptied when the process began.
    fn new_bucket(&self, key: &BucketKey) -> Bucket {
        let turn = self.turn(key);
        Bucket::new(turn, turn)
    }

    /// Replicas that share nothing must not stay in step, or they would throttle each other for ever.
    fn jitter(&self, key: &BucketKey) -> Micros {
        match self.store.status().expected {
            0 | 1 => 0,
            _ => rand::random_range(0..=self.turn(key)),
        }
    }

    fn with<R>(&self, packed: Packed, work: impl FnOnce(&mut Bucket) -> R) -> Option<R> {
        self.shards.with(packed, work)
    }
}

#[cfg(test)]
mod tests;
