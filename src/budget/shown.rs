//! Many buckets shown without holding many: a page of them in order, or part after part.

use std::collections::BTreeMap;

use super::{BucketKey, BucketStats, Budgets};
use crate::domain::{AccountId, Region};

/// The order in which buckets are shown: account, Region, name of the operation.
type Place = (AccountId, Region, &'static str);

fn place(key: &BucketKey) -> Place {
    (key.account, key.region.clone(), key.api.as_str())
}

impl Budgets {
    /// The first `most` buckets after `after`, in order of account, Region and operation, of those that both `wanted` and
    /// `shown` pick. Holds no more than these at a time, however many there are.
    pub fn page(
        &self,
        most: usize,
        after: Option<&BucketKey>,
        wanted: impl Fn(&BucketKey) -> bool,
        shown: impl Fn(&BucketStats) -> bool,
    ) -> Vec<(BucketKey, BucketStats)> {
        let inner = &self.inner;
        let after = after.map(place);
        let mut first: BTreeMap<Place, (BucketKey, BucketStats)> = BTreeMap::new();
        inner.shards.collect(|packed, bucket| {
            let key = inner.keys.unpack(packed).filter(|key| wanted(key))?;
            let place = place(&key);
            let last = first.last_key_value().filter(|_| first.len() >= most);
            let too_late = last.is_some_and(|(last, _)| place > *last);
            if too_late || after.as_ref().is_some_and(|after| place <= *after) {
                return None::<()>;
            }
            let stats = bucket.stats(&inner.around(&key, packed));
            if shown(&stats) {
                first.insert(place, (key, stats));
                if first.len() > most {
                    first.pop_last();
                }
            }
            None
        });
        first.into_values().collect()
    }

    /// What each bucket of this part, of [`super::PARTS`], stands at that `wanted` picks. In no order.
    pub fn part(
        &self,
        part: usize,
        wanted: impl Fn(&BucketKey) -> bool,
    ) -> Vec<(BucketKey, BucketStats)> {
        let inner = &self.inner;
        inner.shards.collect_part(part, |(packed, bucket)| {
            let key = inner.keys.unpack(packed).filter(|key| wanted(key))?;
            let stats = bucket.stats(&inner.around(&key, packed));
            Some((key, stats))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tokio::time::Instant;

    use super::*;
    use crate::{
        budget::{PARTS, Places, QuotaTable, Settings},
        domain::Api,
    };

    fn used(buckets: usize) -> Budgets {
        let places = Places::new(4);
        let budgets = Budgets::new(Settings::alone(
            QuotaTable::default(),
            places,
            Instant::now(),
        ));
        for at in 0..buckets {
            budgets.report_throttle(&key(at), crate::budget::Under::default());
        }
        budgets
    }

    fn key(at: usize) -> BucketKey {
        BucketKey {
            account: format!("{:012}", 1 + at / 4).parse().unwrap(),
            region: ["eu-west-1", "us-east-1"][at / 2 % 2].parse().unwrap(),
            api: [Api::LookupEvents, Api::AssumeRole][at % 2],
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pages_hold_every_bucket_once_and_in_order() {
        let budgets = used(103);
        let mut all: Vec<BucketKey> = Vec::new();
        loop {
            let page = budgets.page(10, all.last(), |_| true, |_| true);
            all.extend(page.iter().map(|(key, _)| key.clone()));
            if page.len() < 10 {
                break;
            }
        }
        let places: Vec<Place> = all.iter().map(place).collect();
        assert_eq!(places.len(), 103);
        assert!(places.is_sorted_by(|a, b| a < b));
        let none = budgets.page(10, None, |_| true, |stats| stats.throttles > 1);
        assert_eq!(none, []);
        let some = budgets.page(10, None, |key| key.api == Api::AssumeRole, |_| true);
        assert_eq!(some.first().unwrap().0, key(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_parts_together_are_all() {
        let budgets = used(103);
        let parts = (0..PARTS).flat_map(|part| budgets.part(part, |_| true));
        let places: BTreeSet<Place> = parts.map(|(key, _)| place(&key)).collect();
        assert_eq!(places.len(), 103);
        assert_eq!(budgets.part(PARTS, |_| true), []);
    }
}
