//! What is wanted of one trail. Every write is one of these with a [`Presence`]: it says nothing of what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    EventConfiguration, EventSelectors, InsightSelector, RecordedAccounts, RecordedRegions,
};

/// A setting that can be left as it is, taken away, or set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Wish<T> {
    /// Leave it. Of a trail that is being created: AWS's default.
    #[default]
    Keep,
    /// Take it away.
    Clear,
    /// Set it.
    Set(T),
}

impl<T> Wish<T> {
    /// What is to be set, if anything is.
    pub fn wanted(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// What is wanted of a trail's own settings. `None` and [`Wish::Keep`] leave a setting as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DesiredSettings {
    /// The bucket to deliver to.
    pub bucket: Option<String>,
    /// What precedes `AWSLogs/` in the keys.
    pub prefix: Wish<String>,
    /// The topic that hears of deliveries, by name or ARN.
    pub sns_topic: Wish<String>,
    /// The log group to send events to.
    pub log_group_arn: Wish<String>,
    /// The role that sends them.
    pub log_role_arn: Wish<String>,
    /// The key that encrypts log files: id, ARN, alias name or alias ARN.
    pub kms_key_id: Wish<String>,
    /// Which Regions to record.
    pub regions: Option<RecordedRegions>,
    /// Whose events to record.
    pub accounts: Option<RecordedAccounts>,
    /// Whether to record the events of global services.
    pub global_service_events: Option<bool>,
    /// Whether log files can be validated.
    pub log_file_validation: Option<bool>,
    /// Whether to record what the trail does to its own bucket.
    pub recursive_logging: Option<bool>,
}

/// What is wanted of a trail's tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DesiredTags {
    /// Tags to have, with these values.
    pub set: BTreeMap<String, String>,
    /// Tags not to have.
    pub remove: TagRemoval,
}

/// Which tags a trail is to lose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TagRemoval {
    /// None.
    #[default]
    Nothing,
    /// Those with these keys.
    Keys(BTreeSet<String>),
    /// All that are not wanted.
    Others,
}

impl DesiredTags {
    /// Whether anything is wanted at all.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove == TagRemoval::Nothing
    }
}

/// What is wanted of one trail. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// Its own settings.
    pub settings: DesiredSettings,
    /// Which events it records.
    pub event_selectors: Option<EventSelectors>,
    /// Which unusual activity it records; empty for none.
    pub insight_selectors: Option<Vec<InsightSelector>>,
    /// What its events carry besides.
    pub event_configuration: Option<EventConfiguration>,
    /// Its tags.
    pub tags: DesiredTags,
    /// Whether it logs. Of a trail that is being created, `None` means that it does.
    pub logging: Option<bool>,
}

/// Whether the trail may, must or must not be there beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It is created; one that is there already must be exactly as wanted (CreateTrail).
    New,
    /// It is created if it is not there (ApplyTrail).
    Ensured,
    /// It must be there (UpdateTrail and all the others).
    Existing,
    /// It is deleted (DeleteTrail).
    Absent,
}
