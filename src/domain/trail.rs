//! A trail as CloudTrail describes it (where it lives, what it records, where it delivers), and as it should be.

pub mod desired;
pub mod name;
pub mod selectors;
pub mod status;

use super::{AccountId, Region};

pub use desired::{Desired, DesiredSettings, DesiredTags, Presence, TagRemoval, Wish};
pub use name::{InvalidTrailName, TrailArn, TrailName};
pub use selectors::{
    AdvancedEventSelector, Aggregation, BasicEventSelector, ContextKeyKind, ContextKeySelector,
    DataResource, EventConfiguration, EventSelectors, FieldSelector, InsightCategory, InsightKind,
    InsightSelector, MaxEventSize, ReadWrite,
};
pub use status::TrailStatus;

/// Which Regions a trail records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordedRegions {
    /// Its home Region alone.
    Home,
    /// All of its partition; other Regions show a shadow copy of it.
    All,
}

/// Whose events a trail records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordedAccounts {
    /// Its owner's alone.
    Owner,
    /// All of the owner's organization; members show a shadow copy of it.
    Organization,
}

/// What a trail takes in, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrailKind {
    /// One account, one Region.
    SingleRegion,
    /// One account, all Regions.
    MultiRegion,
    /// All accounts of the organization.
    Organization,
}

/// A trail's own settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The ARN: home Region, owner and name.
    pub arn: TrailArn,
    /// Which Regions it records.
    pub regions: RecordedRegions,
    /// Whose events it records.
    pub accounts: RecordedAccounts,
    /// The bucket that it delivers to.
    pub bucket: String,
    /// What precedes `AWSLogs/` in the keys.
    pub prefix: Option<String>,
    /// The topic that hears of deliveries.
    pub sns_topic_arn: Option<String>,
    /// Whether it records the events of global services.
    pub global_service_events: bool,
    /// Whether its log files can be validated.
    pub log_file_validation: bool,
    /// The log group that it sends events to.
    pub log_group_arn: Option<String>,
    /// The role that sends them.
    pub log_role_arn: Option<String>,
    /// The key that encrypts its log files.
    pub kms_key_id: Option<String>,
    /// Whether it records what it does to its own bucket.
    pub recursive_logging: bool,
    /// Whether its event selectors differ from the default.
    pub custom_event_selectors: bool,
    /// Whether it has insight selectors; `None` where CloudTrail does not say.
    pub insight_selectors: Option<bool>,
}

impl Trail {
    /// The kind.
    pub fn kind(&self) -> TrailKind {
        match (self.accounts, self.regions) {
            (RecordedAccounts::Organization, _) => TrailKind::Organization,
            (RecordedAccounts::Owner, RecordedRegions::All) => TrailKind::MultiRegion,
            (RecordedAccounts::Owner, RecordedRegions::Home) => TrailKind::SingleRegion,
        }
    }

    /// Whether the trail, or a shadow copy of it, shows in this Region.
    pub fn shows_in(&self, region: &Region) -> bool {
        self.regions == RecordedRegions::All || self.arn.home_region() == region
    }
}

/// Which trail is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailReference {
    /// The one with this ARN.
    Arn(TrailArn),
    /// The one of this name that this account has in this Region.
    Home {
        /// The owner.
        account: AccountId,
        /// The home Region.
        region: Region,
        /// The name.
        name: TrailName,
    },
    /// The only one of this name in the account, wherever its home is.
    Named {
        /// The account.
        account: AccountId,
        /// The name.
        name: TrailName,
    },
}
