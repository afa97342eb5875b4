//! What was read of the quotas of each account and Region.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::domain::{AccountId, Api, Region};

use super::BucketKey;

/// Calls a second by operation, in order of operation. Almost all cells have the same: they share one.
type Rates = Arc<[(Api, f64)]>;

/// What was read, and how often that changed.
#[derive(Debug, Default)]
pub(super) struct Learned {
    cells: RwLock<HashMap<AccountId, HashMap<Region, Rates>>>,
    version: AtomicU64,
}

impl Learned {
    pub(super) fn rate(&self, key: &BucketKey) -> Option<f64> {
        let cells = self.read();
        let rates = cells.get(&key.account)?.get(&key.region)?;
        let rate = rates.iter().find(|(api, _)| *api == key.api);
        rate.map(|(_, per_second)| *per_second)
    }

    pub(super) fn replace(&self, account: AccountId, region: &Region, mut rates: Vec<(Api, f64)>) {
        rates.sort_by_key(|(api, _)| *api);
        let mut cells = self.write();
        let known = cells.get(&account).and_then(|regions| regions.get(region));
        let before = known.map_or(&[][..], |rates| rates);
        if before == rates {
            return;
        }
        // Thousands of cells say the same: one that has it already lends its copy.
        let mut others = cells.values().flat_map(HashMap::values);
        let same = others.find(|other| ***other == *rates).cloned();
        let rates = same.unwrap_or_else(|| rates.into());
        let regions = cells.entry(account).or_default();
        regions.insert(region.clone(), rates);
        self.changed(&cells);
    }

    pub(super) fn retain(&self, known: impl Fn(AccountId) -> bool) {
        let mut cells = self.write();
        let before = cells.len();
        cells.retain(|account, _| known(*account));
        if cells.len() != before {
            self.changed(&cells);
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Counted while the cells are still locked: whoever sees the new version reads what belongs to it.
    fn changed<T>(&self, _held: &RwLockWriteGuard<'_, T>) {
        self.version.fetch_add(1, Ordering::Release);
    }

    /// A poisoned lock here guards plain numbers, which are right after any panic.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<AccountId, HashMap<Region, Rates>>> {
        self.cells.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<AccountId, HashMap<Region, Rates>>> {
        self.cells.write().unwrap_or_else(PoisonError::into_inner)
    }
}
