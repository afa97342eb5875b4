//! What the simulated AWS saw, read over its own HTTP.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{process::http_get, trailplane::Sandbox};

/// Every attempt in numbers, as far as tests use them.
#[derive(Debug, Deserialize)]
pub struct Ledger {
    pub throttles: u64,
    pub by_api: BTreeMap<String, u64>,
    pub buckets: Vec<Bucket>,
}

/// The attempts on one (account, Region, operation).
#[derive(Debug, Deserialize)]
pub struct Bucket {
    pub account: String,
    pub region: String,
    pub api: String,
    pub attempts: u32,
    pub max_in_any_second: usize,
    pub first_micros: u64,
    pub last_micros: u64,
}

impl Sandbox {
    /// What it saw until now.
    pub async fn ledger(&self) -> Ledger {
        Ledger::of(&self.address).await
    }
}

impl Ledger {
    /// What the simulated AWS at this address saw until now.
    pub async fn of(address: &str) -> Self {
        let (status, body) = http_get(address, "/_sandbox/summary").await.unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// No call was throttled, and no LookupEvents came above AWS's two a second in one account and Region: over its
    /// whole time not, and in no second. Slots are half a second apart, and the way here blurs them by some
    /// milliseconds, so that the ends of a second may both be in it: three, and never four.
    pub fn assert_within_budget(&self) {
        assert_eq!(self.throttles, 0);
        for bucket in self.buckets.iter().filter(|b| b.api == "LookupEvents") {
            assert!(bucket.max_in_any_second <= 3, "{bucket:?}");
            let micros = u32::try_from(bucket.last_micros - bucket.first_micros).unwrap();
            let fair = f64::from(micros) / 1e6 * 2.0 + 1.5;
            assert!(f64::from(bucket.attempts) <= fair, "{bucket:?}");
        }
    }
}
