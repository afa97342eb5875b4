//! What the simulated AWS looks like: the scenario, as code builds it and as a YAML file says it.
//! Plain data, and the check that it makes sense. Knows nothing of sockets or of how any of it is simulated.

mod builder;
mod built_in;
mod check;
mod fault;
mod incident;
mod text;
mod yaml;

pub use fault::{Effect, Fault, Latency, Scope};
pub use incident::{Incident, PlantedEvent};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, Region, Timestamp};

/// A whole simulated AWS organization. In a file every key is optional and unknown keys are refused.
/// [`Scenario::default`] is the built-in organization; a file starts from [`Scenario::blank`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "Scenario::blank")]
pub struct Scenario {
    /// The seed of everything that looks random.
    pub seed: u64,
    /// The organization itself.
    pub organization: Organization,
    /// The Regions that exist; calls to any other are answered as if it were disabled.
    #[serde(with = "text::many")]
    pub regions: Vec<Region>,
    /// The accounts that are written out.
    pub accounts: Vec<Member>,
    /// So many more accounts, named `generated-0001` and on, all alike.
    pub generate_accounts: u32,
    /// The role that every account offers.
    pub role: Role,
    /// Long-term access keys, by which the first session is got.
    pub keys: Vec<Key>,
    /// How often each call may be made.
    pub quotas: Quotas,
    /// What happens in the accounts.
    pub events: Events,
    /// The trails.
    pub trails: Vec<Trail>,
    /// What goes wrong, and how long calls take.
    pub faults: Vec<Fault>,
    /// What the sandbox keeps of the calls it has answered.
    pub ledger: LedgerSettings,
}

/// The organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Organization {
    /// Its id: `o-` and 10 to 32 lower-case letters and digits.
    pub id: String,
    /// Its root's id: `r-` and 4 to 32 lower-case letters and digits.
    pub root_id: String,
    /// The management account.
    #[serde(with = "text")]
    pub management_account: AccountId,
    /// Member accounts that may call Organizations and read other accounts' Regions.
    #[serde(with = "text::many")]
    pub delegated_administrators: Vec<AccountId>,
    /// Whether lists put an empty page with a token after their first page, as AWS sometimes does.
    pub empty_pages: bool,
    /// Whether accounts carry the new `State` field, or only the retired `Status`.
    pub state_field: bool,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            id: "o-trailplane1".to_owned(),
            root_id: "r-tp01".to_owned(),
            management_account: builder::management_account(),
            delegated_administrators: Vec::new(),
            empty_pages: true,
            state_field: true,
        }
    }
}

/// One account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The id.
    #[serde(with = "text")]
    pub id: AccountId,
    /// The name; files' patterns match it as well as the id.
    pub name: String,
    /// The path of its organizational unit, such as `/Prod/Payments`; `/` for the root.
    #[serde(default = "root_path")]
    pub unit: String,
    /// Where it is in its life.
    #[serde(default)]
    pub state: MemberState,
    /// Its tags in Organizations.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether the scenario's role exists in it.
    #[serde(default = "yes")]
    pub has_role: bool,
    /// Regions of the scenario that it has not enabled.
    #[serde(default, with = "text::many")]
    pub disabled_regions: Vec<Region>,
}

fn root_path() -> String {
    "/".to_owned()
}

fn yes() -> bool {
    true
}

/// The state of an account, as Organizations names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberState {
    /// Sign-up is not complete.
    PendingActivation,
    /// In use.
    #[default]
    Active,
    /// Restricted by AWS.
    Suspended,
    /// Closing.
    PendingClosure,
    /// Closed.
    Closed,
}

/// The role that every account offers (unless it says otherwise).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Role {
    /// Its name, with its path if it has one.
    pub name: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
    /// The accounts that its trust policy names; empty for the management account alone.
    #[serde(with = "text::many")]
    pub trusted_accounts: Vec<AccountId>,
    /// The shortest session, in seconds. AWS's is 900; tests of expiry set less.
    pub min_session_seconds: u32,
    /// The role's own longest session, in seconds (AWS: 3,600 to 43,200).
    pub max_session_seconds: u32,
}

impl Default for Role {
    fn default() -> Self {
        Self {
            name: "TrailplaneReader".to_owned(),
            external_id: Some("trailplane-sandbox".to_owned()),
            trusted_accounts: Vec::new(),
            min_session_seconds: 900,
            max_session_seconds: 3_600,
        }
    }
}

/// A long-term access key. Its secret is not checked, so the scenario has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The access key id.
    pub access_key_id: String,
    /// The account of its user.
    #[serde(with = "text")]
    pub account: AccountId,
    /// The user's name.
    pub user: String,
}

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

/// What happens in the accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// Events an hour in each (account, Region), at most 3,600,000,000.
    pub per_hour: f64,
    /// Other rates for some. The last that matches wins.
    pub rates: Vec<Rate>,
    /// Many events in one second.
    pub bursts: Vec<Burst>,
    /// Events that can be looked up only some time after they happened.
    pub late: Vec<Late>,
    /// How LookupEvents cuts its pages.
    pub pages: Pages,
    /// The incident that somebody should find.
    pub incident: Option<Incident>,
    /// Single events, written out.
    pub planted: Vec<PlantedEvent>,
}

/// A rate of events for some accounts and Regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Where.
    #[serde(default)]
    pub scope: Scope,
    /// Events an hour.
    pub per_hour: f64,
}

/// Many events in one second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Where; in each cell that matches.
    #[serde(default)]
    pub scope: Scope,
    /// When.
    pub at: Moment,
    /// How many.
    pub count: u64,
}

/// A share of the events is late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Where. The last that matches wins.
    #[serde(default)]
    pub scope: Scope,
    /// How many of the events, from 0 to 1.
    pub share: f64,
    /// How long after its time such an event can first be looked up, in seconds (at most a day).
    pub lag_seconds: u32,
}

/// How LookupEvents cuts its pages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// The share of pages that hold fewer events than were asked for, though more follow.
    pub short_share: f64,
    /// The share of pages that hold none, though more follow. Below 1.
    pub empty_share: f64,
}

/// A point in time: an RFC 3339 text, or seconds before the sandbox's start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Moment {
    /// So many seconds before the start.
    SecondsAgo(u32),
    /// Then.
    At(#[serde(with = "text")] Timestamp),
}

impl Moment {
    /// The second that is meant, by the sandbox's start.
    pub fn second(self, start: Timestamp) -> i64 {
        match self {
            Self::SecondsAgo(ago) => start.seconds() - i64::from(ago),
            Self::At(at) => at.seconds(),
        }
    }
}

/// A trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// The account that owns it.
    #[serde(with = "text")]
    pub account: AccountId,
    /// Where it was made.
    #[serde(with = "text")]
    pub home_region: Region,
    /// The bucket it delivers to.
    pub bucket: String,
    /// Whether it records all Regions.
    #[serde(default)]
    pub multi_region: bool,
    /// Whether it records all accounts of the organization.
    #[serde(default)]
    pub organization: bool,
    /// Whether its log files can be validated.
    #[serde(default)]
    pub log_file_validation: bool,
    /// The CloudWatch Logs group it delivers to.
    #[serde(default)]
    pub log_group_arn: Option<String>,
    /// The key it encrypts with.
    #[serde(default)]
    pub kms_key_id: Option<String>,
    /// Insight types that are on: `ApiCallRateInsight`, `ApiErrorRateInsight`.
    #[serde(default)]
    pub insights: Vec<String>,
    /// Tags of the trail.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When its logging was stopped; absent while it logs.
    #[serde(default)]
    pub stopped: Option<Moment>,
    /// What S3 answers to its deliveries, if they fail: `AccessDenied`, `NoSuchBucket`.
    #[serde(default)]
    pub delivery_error: Option<String>,
}

/// What the sandbox keeps of the calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerSettings {
    /// How many attempts are kept one by one (32 bytes each); after that only the counts go on.
    pub max_entries: usize,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            max_entries: 2_000_000,
        }
    }
}

/// Why a scenario cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The file is not YAML, or not one mapping.
    #[error("the scenario is not readable YAML: {0}")]
    Yaml(String),
    /// A key is unknown, or a value has the wrong shape.
    #[error("the scenario has a wrong key or value: {0}")]
    Shape(String),
    /// Values that cannot be, all of them.
    #[error("the scenario does not make sense: {}", .0.join("; "))]
    Contradiction(Vec<String>),
}
