//! Who may call AWS when: one bucket per (account of the credentials, endpoint Region, API operation),
//! never above its quota, never idle while work waits. Knows nothing of AWS's SDK or of what the calls are for.

pub mod bucket;
pub mod context;
mod pace;
mod slots;
pub mod table;

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::domain::{AccountId, Api, Region};

pub use bucket::{BucketStats, Refused};
pub use context::{CallerId, Interrupted, Lane, RequestContext, Tally};
pub use table::{Override, QuotaTable};

use bucket::Bucket;

/// Names one bucket: the account whose credentials sign, the Region of the endpoint called, and the operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BucketKey {
    /// The account of the credentials: AWS charges the quota to it.
    pub account: AccountId,
    /// The Region of the endpoint that is called.
    pub region: Region,
    /// The operation.
    pub api: Api,
}

/// Buckets are spread over this many maps, so that thousands of cells do not wait for one lock.
const SHARDS: usize = 32;

/// A map is swept for idle buckets when it has grown to this many; then again at each doubling.
const FIRST_SWEEP: usize = 1024;

/// All the budgets of this process. Cloning shares them.
#[derive(Clone)]
pub struct Budgets {
    inner: Arc<Inner>,
}

struct Inner {
    quotas: QuotaTable,
    /// A process before this one may have spent each quota to the end until this moment.
    born: Instant,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

struct Shard {
    buckets: HashMap<BucketKey, Arc<Bucket>>,
    sweep_at: usize,
}

/// The right to make one attempt now. It holds a place among the calls in flight until it is dropped.
#[derive(Debug)]
pub struct Grant {
    /// The place in flight.
    pub place: OwnedSemaphorePermit,
    /// How long the attempt waited for its turn, in the queue and for the place.
    pub waited: Duration,
}

impl Budgets {
    /// Budgets by this table. `born` is the start of the process: every bucket counts as just emptied then,
    /// so that a restart cannot burst.
    pub fn new(quotas: QuotaTable, born: Instant) -> Self {
        let shard = || {
            Mutex::new(Shard {
                buckets: HashMap::new(),
                sweep_at: FIRST_SWEEP,
            })
        };
        Self {
            inner: Arc::new(Inner {
                quotas,
                born,
                hasher: RandomState::new(),
                shards: (0..SHARDS).map(|_| shard()).collect(),
            }),
        }
    }

    /// Waits for this bucket's turn and for a place among `places`, then spends one slot.
    ///
    /// While it waits for its turn it holds no place; the slot is spent only once the place is there, so that
    /// attempts leave at the pace at which slots are given. A caller that stops waiting costs nothing.
    ///
    /// # Errors
    ///
    /// At once if the turn cannot come before the deadline; when the deadline or the cancellation comes first.
    pub async fn acquire(
        &self,
        ctx: &RequestContext,
        key: &BucketKey,
        places: &Arc<Semaphore>,
    ) -> Result<Grant, Refused> {
        let bucket = self.bucket(key);
        bucket.acquire(ctx, places).await
    }

    /// Tells the bucket that AWS throttled an attempt that it had granted.
    pub fn report_throttle(&self, key: &BucketKey) {
        self.bucket(key).throttled(Instant::now());
    }

    /// What each bucket with recent use stands at. Copies; nothing is held.
    pub fn snapshot(&self) -> Vec<(BucketKey, BucketStats)> {
        let now = Instant::now();
        let mut all = Vec::new();
        for shard in &self.inner.shards {
            let shard = lock(shard);
            all.extend(
                shard
                    .buckets
                    .iter()
                    .map(|(key, bucket)| (key.clone(), bucket.stats(now))),
            );
        }
        all
    }

    fn bucket(&self, key: &BucketKey) -> Arc<Bucket> {
        let inner = &self.inner;
        let index = usize::try_from(inner.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let Some(shard) = inner.shards.get(index) else {
            return Arc::new(self.new_bucket(key));
        };
        let mut shard = lock(shard);
        if let Some(bucket) = shard.buckets.get(key) {
            return Arc::clone(bucket);
        }
        if shard.buckets.len() >= shard.sweep_at {
            let now = Instant::now();
            shard
                .buckets
                .retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.is_idle(now));
            shard.sweep_at = (shard.buckets.len() * 2).max(FIRST_SWEEP);
        }
        let bucket = Arc::new(self.new_bucket(key));
        shard.buckets.insert(key.clone(), Arc::clone(&bucket));
        bucket
    }

    fn new_bucket(&self, key: &BucketKey) -> Bucket {
        Bucket::new(self.inner.quotas.per_second(key), self.inner.born)
    }
}

/// A poisoned lock here guards plain counters, which are right after any panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
