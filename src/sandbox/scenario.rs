//! What the simulated AWS looks like: the scenario, as code builds it and as a YAML file says it.
//! Plain data, and the check that it makes sense. Knows nothing of sockets or of how any of it is simulated.

mod builder;
mod built_in;
mod check;
mod events;
mod fault;
mod incident;
mod latency;
mod quotas;
mod resources;
mod text;
mod trail;
mod yaml;

pub use events::{Burst, Events, Late, Moment, Pages, Rate};
pub(super) use fault::glob;
pub use fault::{Effect, Fault, Scope, When};
pub use incident::{Incident, PlantedEvent};
pub use latency::Latency;
pub use quotas::{QuotaModel, QuotaOverride, Quotas};
pub use resources::{
    BucketRule, KeyRule, LogGroupRule, ResourceRules, RoleRule, Standing, TopicRule,
};
pub use trail::Trail;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, Region};

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
    /// What trails deliver to and with, where it is not as it should be.
    pub resources: ResourceRules,
    /// How long reads may still show what was before a write.
    pub consistency: Consistency,
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
    /// Member accounts that may call Organizations, read other accounts' Regions, and administer CloudTrail.
    #[serde(with = "text::many")]
    pub delegated_administrators: Vec<AccountId>,
    /// Whether lists put an empty page with a token after their first page, as AWS sometimes does.
    pub empty_pages: bool,
    /// Whether accounts carry the new `State` field, or only the retired `Status`.
    pub state_field: bool,
    /// Whether there is an organization at all; without it every account stands alone.
    pub in_use: bool,
    /// Accounts that were invited, not made: they must approve before all features can be enabled.
    #[serde(with = "text::many")]
    pub invited_accounts: Vec<AccountId>,
    /// What the organization may use: `ALL` or `CONSOLIDATED_BILLING`.
    pub features: FeatureSet,
    /// Whether CloudTrail has trusted access, without which there are no organization trails.
    pub trusted_access: bool,
    /// Whether the management account has CloudTrail's service-linked role.
    pub service_linked_role: bool,
}

/// What an organization may use, as Organizations names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeatureSet {
    /// Everything: policies, and services that work over all accounts.
    #[default]
    All,
    /// One bill.
    ConsolidatedBilling,
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
            in_use: true,
            invited_accounts: Vec::new(),
            features: FeatureSet::All,
            trusted_access: true,
            service_linked_role: true,
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
    /// What the role's trust policy says in it.
    #[serde(default)]
    pub role_trust: RoleTrust,
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

/// What a trust policy asks for, and allows besides AssumeRole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoleTrust {
    /// Whether it asks for the role's external id.
    pub external_id: bool,
    /// Whether it allows `sts:SetSourceIdentity`.
    pub source_identity: bool,
    /// Whether it allows `sts:TagSession`.
    pub session_tags: bool,
}

impl Default for RoleTrust {
    fn default() -> Self {
        Self {
            external_id: true,
            source_identity: true,
            session_tags: true,
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

/// How long after a write reads still show the state before it. Writes always see the newest state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Consistency {
    /// Of trails, in milliseconds: they are neither there nor gone before.
    pub trails_ms: u64,
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
