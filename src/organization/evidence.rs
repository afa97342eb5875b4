//! What was seen of an organization and of what a trail would deliver to. Plain data: [`super::check`] judges it.

use crate::{
    aws::{AwsError, FailureKind, Organization},
    domain::{
        AccountId, Region, TrailName,
        trail::{DesiredSettings, RecordedRegions},
    },
    policies::Verdict,
};

use super::facts::Role;

/// A trail of the organization that is to be created, as far as its prerequisites depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationTrail {
    /// Its name.
    pub name: TrailName,
    /// Where it is to be created.
    pub home: Region,
    /// Which Regions it is to record.
    pub regions: RecordedRegions,
    /// The bucket to deliver to.
    pub bucket: String,
    /// What precedes `AWSLogs/` in the keys.
    pub prefix: Option<String>,
    /// The topic, by name or ARN.
    pub topic: Option<String>,
    /// The log group, and the role that writes to it.
    pub logs: Option<LogDelivery>,
    /// The key: id, ARN, alias name or alias ARN.
    pub kms_key: Option<String>,
    /// The account that CreateTrail is to be called in; `None` for the one that Organizations is called from.
    pub creator: Option<AccountId>,
    /// The account that owns the bucket, where the caller knows it.
    pub bucket_owner: Option<AccountId>,
}

impl OrganizationTrail {
    /// The trail of this name and home with the settings that are wanted; `None` without a bucket.
    pub fn wanted(name: TrailName, home: Region, settings: &DesiredSettings) -> Option<Self> {
        let group = settings.log_group_arn.wanted().cloned();
        let role = settings.log_role_arn.wanted().cloned();
        Some(Self {
            name,
            home,
            // AWS's own default.
            regions: settings.regions.unwrap_or(RecordedRegions::Home),
            bucket: settings.bucket.clone()?,
            prefix: settings.prefix.wanted().cloned(),
            topic: settings.sns_topic.wanted().cloned(),
            logs: group
                .zip(role)
                .map(|(group, role)| LogDelivery { group, role }),
            kms_key: settings.kms_key_id.wanted().cloned(),
            creator: None,
            bucket_owner: None,
        })
    }
}

/// A log group, and the role that writes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDelivery {
    /// The ARN of the log group.
    pub group: String,
    /// The ARN of the role.
    pub role: String,
}

/// Something that was to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It was.
    Known(T),
    /// It could not be.
    Unread(Unread),
}

impl<T> From<Result<T, AwsError>> for Seen<T> {
    fn from(read: Result<T, AwsError>) -> Self {
        match read {
            Ok(known) => Self::Known(known),
            Err(error) => Self::Unread(Unread::from(&error)),
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The permission that the call needs, such as `iam:GetRole`.
    pub action: String,
    /// The account that it was called in.
    pub account: AccountId,
    /// Why it failed, in words, with AWS's code where there is one.
    pub why: String,
    /// Whether somebody must first allow it.
    pub denied: bool,
}

impl From<&AwsError> for Unread {
    fn from(error: &AwsError) -> Self {
        let why = match &error.code {
            Some(code) => format!("{} ({code})", error.sentence()),
            None => error.sentence().to_owned(),
        };
        Self {
            action: error.api.action(),
            account: error.account,
            why,
            denied: matches!(
                error.kind,
                FailureKind::AccessDenied
                    | FailureKind::ServiceControlPolicy
                    | FailureKind::RoleNotAssumable
            ),
        }
    }
}

/// Everything that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The organization.
    pub organization: Organization,
    /// Whether CloudTrail has trusted access.
    pub trusted_access: Seen<bool>,
    /// Whether the management account has CloudTrail's service-linked role.
    pub service_linked_role: Seen<bool>,
    /// The account that the trail is to be created from.
    pub creator: AccountId,
    /// What that account is in the organization.
    pub creator_role: Seen<Role>,
    /// The bucket.
    pub bucket: Seen<Target>,
    /// The key, if one is wanted.
    pub key: Option<Seen<Target>>,
    /// The topic, if one is wanted.
    pub topic: Option<Seen<Target>>,
    /// The log group and the role; `None` if they are not wanted, or their ARNs say already that they will not do.
    pub logs: Option<Logs>,
    /// The members that are known not to have the home Region; `None` while that is not known.
    pub without_home: Option<Vec<AccountId>>,
}

/// A bucket, key or topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// There is none of this name.
    Missing,
    /// It is there.
    Present {
        /// Its ARN.
        arn: String,
        /// Where it is, if that is known.
        region: Option<Region>,
        /// Whether CloudTrail may use it.
        verdict: Verdict,
    },
}

/// Where events are sent in CloudWatch Logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// Whether the log group is there.
    pub group: Seen<bool>,
    /// The role.
    pub role: Seen<Target>,
}
