//! Where log files are, and when.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::AccountId;

use super::{reader::Section, values::ByteCount};

/// Where log files are, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Logs {
    /// How long after an event its file may come.
    pub delivery_lag: Duration,
    /// The accounts whose roles read these buckets.
    pub buckets: BTreeMap<String, AccountId>,
    /// How much one file may unpack to.
    pub max_file_bytes: ByteCount,
    /// How many times its size a file may unpack to.
    pub max_ratio: u32,
    /// How much may wait for its turn in one ordered answer.
    pub order_memory_bytes: ByteCount,
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
        let max_file_bytes = s
            .key(
                "max_file_bytes",
                "How much one log file may unpack to. One with more is read so far, and reported.",
            )
            .within(ByteCount::mebi(1)..=ByteCount::mebi(65_536))
            .or(ByteCount::mebi(4096));
        let max_ratio = s
            .key("max_ratio", "How many times its size a log file may unpack to, beyond its first 16 MiB. One with more is read so far, and reported.")
            .within(2..=1_100)
            .or(300);
        let order_memory_bytes = s
            .key("order_memory_bytes", "How much may wait for its turn in one answer of ReadLogEvents in order of event time. If more was delivered late, files are read again: it costs time, not events.")
            .within(ByteCount::mebi(1)..=ByteCount::mebi(4096))
            .or(ByteCount::mebi(64));
        Self {
            delivery_lag,
            max_file_bytes,
            max_ratio,
            order_memory_bytes,
            buckets,
        }
    }
}
