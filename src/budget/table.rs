//! The quotas in force: what the operator says, else what Service Quotas was read to say, else AWS's defaults; and the
//! share of them that is left to us. Shared and live: what is read later counts at once.

mod learned;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::domain::{
    AccountId, Api, Region,
    quota::{Quota, QuotaSource},
};

use super::BucketKey;

use learned::Learned;

/// What the operator knows better: of one operation, in one account or Region or everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The operation.
    pub api: Api,
    /// Only in this account.
    pub account: Option<AccountId>,
    /// Only in this Region.
    pub region: Option<Region>,
    /// Calls a second that the account has there, in all; `None` leaves it as it is.
    pub per_second: Option<f64>,
    /// The part of them that is ours, above 0 up to 1, instead of the table's; `None` leaves it as it is.
    pub share: Option<f64>,
}

impl Override {
    fn applies_to(&self, key: &BucketKey) -> bool {
        self.api == key.api
            && self.account.is_none_or(|account| account == key.account)
            && self
                .region
                .as_ref()
                .is_none_or(|region| *region == key.region)
    }

    /// An override that names more is closer to the bucket; the account counts more than the Region.
    fn closeness(&self) -> u8 {
        u8::from(self.account.is_some()) * 2 + u8::from(self.region.is_some())
    }
}

/// The whole truth about one bucket's quota.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// What AWS lets the account do, and who says so.
    pub quota: Quota,
    /// The part of it that is ours, above 0 up to 1.
    pub share: f64,
    /// Calls a second that we may make: the quota's times the share, and never none at all.
    pub pace: f64,
}

/// The quotas in force. Cloning shares what is said and what is learned.
#[derive(Debug, Clone)]
pub struct QuotaTable {
    said: Arc<RwLock<Said>>,
    learned: Arc<Learned>,
}

/// What the operator says.
#[derive(Debug)]
struct Said {
    share: f64,
    overrides: Vec<Override>,
    /// How often it was said anew.
    version: u64,
}

impl Default for QuotaTable {
    fn default() -> Self {
        Self::new(1.0, Vec::new())
    }
}

impl QuotaTable {
    /// The slowest pace that a configuration can ask for: one call in 100 s.
    const SLOWEST: f64 = 0.01;

    /// Defaults times `share` (0 to 1: what is left to us; people in the console spend the same quota),
    /// except where overridden.
    pub fn new(share: f64, overrides: Vec<Override>) -> Self {
        Self {
            said: Arc::new(RwLock::new(Said {
                share,
                overrides,
                version: 0,
            })),
            learned: Arc::default(),
        }
    }

    /// The operator says something else: it counts at once, for buckets that are in use as well.
    pub fn say(&self, share: f64, overrides: Vec<Override>) {
        let mut said = self.said.write().unwrap_or_else(PoisonError::into_inner);
        *said = Said {
            share,
            overrides,
            version: said.version + 1,
        };
    }

    /// The terms of this bucket. An override counts before what was learned, and that before the default; of several
    /// overrides the closest that says anything of the number, or of the share, and of two as close the later.
    pub fn quota(&self, key: &BucketKey) -> Terms {
        let said = self.said();
        let configured = said.closest(key, |o| o.per_second);
        let configured = configured.map(|per_second| Quota {
            per_second,
            source: QuotaSource::Configured,
        });
        let learned = || {
            let per_second = self.learned.rate(key)?;
            let source = QuotaSource::ServiceQuotas;
            Some(Quota { per_second, source })
        };
        let quota = configured
            .or_else(learned)
            .unwrap_or_else(|| key.api.default_quota());
        let share = said.closest(key, |o| o.share).unwrap_or(said.share);
        Terms {
            quota,
            share,
            pace: (quota.per_second * share).max(Self::SLOWEST),
        }
    }

    /// Calls a second that this bucket may spend.
    pub fn per_second(&self, key: &BucketKey) -> f64 {
        self.quota(key).pace
    }

    /// Takes what Service Quotas says of one account and Region, instead of what it said before: calls a second by
    /// operation. What it does not name has its default again.
    pub fn learn(&self, account: AccountId, region: &Region, rates: Vec<(Api, f64)>) {
        self.learned.replace(account, region, rates);
    }

    /// Forgets what was learned of accounts that are not `known` any more.
    pub fn retain(&self, known: impl Fn(AccountId) -> bool) {
        self.learned.retain(known);
    }

    /// A number that is larger after every change of what is said or learned, so that a bucket can see that its terms may have
    /// changed without asking for them.
    pub fn version(&self) -> u64 {
        self.said().version + self.learned.version()
    }

    fn said(&self) -> RwLockReadGuard<'_, Said> {
        self.said.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    fn closest(&self, key: &BucketKey, says: impl Fn(&Override) -> Option<f64>) -> Option<f64> {
        let applies = self.overrides.iter().filter(|o| o.applies_to(key));
        let saying = applies.filter_map(|o| Some((o.closeness(), says(o)?)));
        let closest = saying.max_by_key(|(closeness, _)| *closeness);
        closest.map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests;
