//! The buckets, spread over many maps, so that thousands of cells do not wait for one lock.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;

use super::{bucket::Bucket, key::Packed, slots::Micros};

const SHARDS: u64 = 64;

/// Parts in which all buckets can be looked at, one after the other.
pub const PARTS: usize = 64;

/// A map is swept for idle buckets when it has grown to this many; then again at each doubling.
const FIRST_SWEEP: usize = 1_024;

/// A bucket that has not been used for so long says nothing to people any more either.
const IDLE: Micros = 600_000_000;

/// When a map must grow, whatever has been idle for this long goes first.
const IDLE_WHEN_CROWDED: Micros = 1_000_000;

#[derive(Debug)]
struct Shard {
    /// A key is looked up at each token, and made of what nobody can choose: a fast hash is as good as a strong one.
    buckets: HashMap<Packed, Bucket, RandomState>,
    sweep_at: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shards(Vec<Mutex<Shard>>);

impl Default for Shards {
    fn default() -> Self {
        let shard = |_| {
            Mutex::new(Shard {
                buckets: HashMap::default(),
                sweep_at: FIRST_SWEEP,
            })
        };
        Self((0..SHARDS).map(shard).collect())
    }
}

impl Shards {
    /// Does something with a bucket, if it is there.
    pub(super) fn with<R>(&self, key: Packed, work: impl FnOnce(&mut Bucket) -> R) -> Option<R> {
        self.lock(key).buckets.get_mut(&key).map(work)
    }

    /// Does something with a bucket, made first if it is not there.
    pub(super) fn with_or_insert<R>(
        &self,
        key: Packed,
        now: Micros,
        fresh: impl FnOnce() -> Bucket,
        work: impl FnOnce(&mut Bucket) -> R,
    ) -> R {
        let mut shard = self.lock(key);
        if let Some(bucket) = shard.buckets.get_mut(&key) {
            return work(bucket);
        }
        if shard.buckets.len() >= shard.sweep_at {
            shard.sweep(now, IDLE_WHEN_CROWDED);
        }
        work(shard.buckets.entry(key).or_insert_with(fresh))
    }

    /// What is wanted of each bucket.
    pub(super) fn collect<R>(&self, mut pick: impl FnMut(Packed, &Bucket) -> Option<R>) -> Vec<R> {
        let mut all = Vec::new();
        for shard in &self.0 {
            let shard = lock(shard);
            all.extend(
                shard
                    .buckets
                    .iter()
                    .filter_map(|(key, bucket)| pick(*key, bucket)),
            );
        }
        all
    }

    /// What is wanted of each bucket of one part of [`PARTS`].
    pub(super) fn collect_part<R>(
        &self,
        part: usize,
        pick: impl FnMut((Packed, &Bucket)) -> Option<R>,
    ) -> Vec<R> {
        let Some(shard) = self.0.get(part) else {
            return Vec::new();
        };
        let shard = lock(shard);
        let buckets = shard.buckets.iter();
        buckets
            .map(|(key, bucket)| (*key, bucket))
            .filter_map(pick)
            .collect()
    }

    /// Changes every bucket.
    pub(super) fn for_each(&self, mut change: impl FnMut(Packed, &mut Bucket)) {
        for shard in &self.0 {
            let mut shard = lock(shard);
            for (key, bucket) in &mut shard.buckets {
                change(*key, bucket);
            }
        }
    }

    /// Drops what has been idle for long, and the memory that it took.
    pub(super) fn sweep(&self, now: Micros) {
        for shard in &self.0 {
            lock(shard).sweep(now, IDLE);
        }
    }

    fn lock(&self, key: Packed) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(key.spread() % SHARDS).unwrap_or(0);
        #[expect(
            clippy::indexing_slicing,
            reason = "a remainder of the number of shards"
        )]
        lock(&self.0[index])
    }
}

impl Shard {
    fn sweep(&mut self, now: Micros, idle: Micros) {
        self.buckets.retain(|_, bucket| !bucket.is_idle(now, idle));
        self.buckets.shrink_to(self.buckets.len() * 2);
        self.sweep_at = (self.buckets.len() * 2).max(FIRST_SWEEP);
    }
}

/// A poisoned lock here guards plain counters, which are right after any panic.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
