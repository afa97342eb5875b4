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
    pub max_in_any_second: usize,
}

impl Sandbox {
    /// What it saw until now.
    pub async fn ledger(&self) -> Ledger {
        let (status, body) = http_get(&self.address, "/_sandbox/summary").await.unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Ledger {
    /// No call was throttled, and no second ever held more LookupEvents than AWS's two in one account and Region.
    pub fn assert_within_budget(&self) {
        assert_eq!(self.throttles, 0);
        for bucket in self.buckets.iter().filter(|b| b.api == "LookupEvents") {
            assert!(bucket.max_in_any_second <= 2, "{bucket:?}");
        }
    }
}
