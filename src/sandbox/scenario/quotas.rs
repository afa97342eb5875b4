//! How often calls may be made, as a scenario says it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Scope;

/// The sandbox's own table of quotas. It is not the service's table: the two must agree by AWS's
/// documentation, not by sharing code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// How the server counts.
    pub model: QuotaModel,
    /// Calls a second by operation name, over the sandbox's defaults. `STS` stands for all of STS, which AWS
    /// counts together; `Organizations` and `Account` for each operation of theirs that is not named itself.
    pub per_second: BTreeMap<String, f64>,
    /// Other rates or models for some accounts, Regions or operations. The last that matches wins.
    pub overrides: Vec<QuotaOverride>,
}

/// How the server decides what is too much. AWS does not say which it uses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum QuotaModel {
    /// A bucket that fills at the quota's rate and holds `depth` calls; without a depth, one second's worth.
    TokenBucket {
        /// How many calls the full bucket holds, at least 1.
        #[serde(default)]
        depth: Option<f64>,
    },
    /// So many calls in each whole second of the server's clock.
    FixedWindow,
    /// So many calls in any one second: a log of the calls that were let through.
    SlidingLog,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            model: QuotaModel::TokenBucket { depth: None },
            per_second: BTreeMap::new(),
            overrides: Vec::new(),
        }
    }
}

/// A quota for some callers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaOverride {
    /// For whom.
    #[serde(default)]
    pub scope: Scope,
    /// Calls a second, if other than the table's.
    #[serde(default)]
    pub per_second: Option<f64>,
    /// How the server counts, if otherwise.
    #[serde(default)]
    pub model: Option<QuotaModel>,
}
