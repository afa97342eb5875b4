//! Where log files are, and when.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::AccountId;

use super::reader::Section;

/// Where log files are, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Logs {
    /// How long after an event its file may come.
    pub delivery_lag: Duration,
    /// The accounts whose roles read these buckets.
    pub buckets: BTreeMap<String, AccountId>,
}

impl Logs {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        let delivery_lag = s
            .key("delivery_lag", "How long after an event the file with it may be delivered. CloudTrail takes five minutes on average, and promises nothing: files of so much more time than was asked for are listed.")
            .within(Duration::ZERO..=Duration::from_secs(7 * 86_400))
            .or(Duration::from_secs(3600));
        let named = s.map("buckets", "Which account's role reads a bucket: its name, and the account's id in quotes. Others are read by the role of the account that owns the trail. Where a bucket is another account's, as a log archive's is, name it here.");
        let mut buckets = BTreeMap::new();
        for (bucket, account) in named {
            match account.parse() {
                Ok(account) => drop(buckets.insert(bucket, account)),
                Err(_) => s.fault("buckets", AccountId::SHAPE, format!("{bucket}: {account}")),
            }
        }
        Self {
            delivery_lag,
            buckets,
        }
    }
}
