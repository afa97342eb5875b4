//! What all buckets stand at together, by operation: for gauges, which must not grow with the number of accounts.

use std::collections::BTreeMap;

use crate::domain::Api;

use super::{Budgets, Lane};

/// The buckets of one operation together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    /// How many throttles have slowed down.
    pub slowed: u64,
    /// The least that throttles have made of a pace: 1 is all that is ours.
    pub lowest_factor: f64,
    /// What others seem to spend of the quotas, in calls a second.
    pub foreign: f64,
    /// Who waits in each lane, in the order of [`Lane::ALL`].
    pub waiting: [u64; 4],
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            slowed: 0,
            lowest_factor: 1.0,
            foreign: 0.0,
            waiting: [0; 4],
        }
    }
}

impl Budgets {
    /// What the buckets of each operation stand at together; without those operations that nobody waits for and that are
    /// not slowed down. Looks at each bucket: some ten milliseconds for a million of them, with no lock held for long.
    pub fn totals(&self) -> BTreeMap<Api, Totals> {
        let mut totals: BTreeMap<Api, Totals> = BTreeMap::new();
        let inner = &self.inner;
        let now = inner.now();
        inner.shards.collect::<()>(|packed, bucket| {
            let telling = bucket.telling(now)?;
            let of = totals.entry(packed.api()?).or_default();
            if telling.factor < 1.0 {
                of.slowed += 1;
                of.lowest_factor = of.lowest_factor.min(telling.factor);
            }
            of.foreign += telling.foreign;
            for (sum, waiting) in of.waiting.iter_mut().zip(telling.waiting) {
                *sum += waiting;
            }
            None
        });
        totals
    }

    /// Calls in flight now: of people and programs that wait, and of batch and background work.
    pub fn in_flight(&self) -> [usize; 2] {
        let places = &self.inner.places;
        [places.taken(Lane::Interactive), places.taken(Lane::Batch)]
    }
}
