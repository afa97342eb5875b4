//! The ledger as it is told: attempts, and their counts.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

/// One attempt, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Its number; the first is 0.
    pub number: u64,
    /// When it arrived, in microseconds since the sandbox started.
    pub at_micros: u64,
    /// The account of the credentials; `000000000000` if the sandbox does not know them.
    pub account: String,
    /// The Region that was called; empty if there is none of the name.
    pub region: Arc<str>,
    /// The operation.
    pub api: &'static str,
    /// The session's or user's name.
    pub principal: Arc<str>,
    /// The session's source identity; empty if it has none.
    pub source_identity: Arc<str>,
    /// Who the client says that it is.
    pub user_agent: Arc<str>,
    /// `OK`, an error code, `InFlight`, `ConnectionReset`, or `CallerGone`.
    pub outcome: Arc<str>,
}

/// All attempts in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Attempts.
    pub attempts: u64,
    /// Those that were throttled.
    pub throttles: u64,
    /// Attempts by operation.
    pub by_api: BTreeMap<String, u64>,
    /// Outcomes by operation: `LookupEvents` to `OK` to how many.
    pub outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Calls of simulated neighbours.
    pub neighbour_attempts: u64,
    /// Those of them that were throttled.
    pub neighbour_throttles: u64,
    /// Every bucket that was touched.
    pub buckets: Vec<BucketSummary>,
}

/// The attempts on one (account, Region, operation).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BucketSummary {
    /// The account of the credentials.
    pub account: String,
    /// The Region.
    pub region: Arc<str>,
    /// The operation.
    pub api: &'static str,
    /// Attempts, throttled ones included.
    pub attempts: u64,
    /// Those that were throttled.
    pub throttles: u64,
    /// The most attempts that ever began within one second, wherever that second starts.
    pub max_in_any_second: usize,
    /// The shortest time between two attempts, in microseconds.
    pub min_gap_micros: Option<u64>,
    /// When the first arrived, in microseconds since the sandbox started.
    pub first_micros: u64,
    /// When the last arrived.
    pub last_micros: u64,
}

/// Which attempts are wanted; `None` means all.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    /// Of this account.
    pub account: Option<String>,
    /// In this Region.
    pub region: Option<String>,
    /// Of this operation.
    pub api: Option<String>,
    /// From this number on.
    pub since: u64,
}
