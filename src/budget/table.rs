//! The quotas in force: AWS's defaults, times the share left to us, overridden by configuration.

use crate::domain::{AccountId, Api, Region};

use super::BucketKey;

/// A quota that the operator knows better: for one operation, in one account or Region or everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The operation.
    pub api: Api,
    /// Only in this account.
    pub account: Option<AccountId>,
    /// Only in this Region.
    pub region: Option<Region>,
    /// Calls a second that the account has there, in all.
    pub per_second: f64,
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

/// The quotas in force.
#[derive(Debug, Clone)]
pub struct QuotaTable {
    share: f64,
    overrides: Vec<Override>,
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
        Self { share, overrides }
    }

    /// Calls a second that this bucket may spend.
    pub fn per_second(&self, key: &BucketKey) -> f64 {
        let quota = self
            .overrides
            .iter()
            .filter(|o| o.applies_to(key))
            .max_by_key(|o| o.closeness())
            .map_or(key.api.default_quota().per_second, |o| o.per_second);
        (quota * self.share).max(Self::SLOWEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_override_wins_and_the_share_applies_to_all() {
        let key = BucketKey {
            account: "111111111111".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            api: Api::LookupEvents,
        };
        let over = |account: Option<&str>, region: Option<&str>, per_second| Override {
            api: Api::LookupEvents,
            account: account.map(|a| a.parse().unwrap()),
            region: region.map(|r| r.parse().unwrap()),
            per_second,
        };
        let table = |overrides| QuotaTable::new(0.5, overrides).per_second(&key);
        assert_eq!(table(vec![]), 1.0);
        assert_eq!(
            table(vec![
                over(None, None, 4.0),
                over(None, Some("eu-west-1"), 6.0)
            ]),
            3.0
        );
        assert_eq!(
            table(vec![
                over(Some("111111111111"), None, 8.0),
                over(None, Some("eu-west-1"), 6.0)
            ]),
            4.0
        );
        assert_eq!(table(vec![over(Some("222222222222"), None, 8.0)]), 1.0);
    }
}
