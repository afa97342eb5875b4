//! The policies by which a bucket, a key, a topic and a role let CloudTrail deliver a trail: written for trails that are
//! wanted ([`required()`]), and read for those that are there ([`evaluate`]).
//!
//! Owns what CloudTrail needs of whom and how policies say so. Pure: knows nothing of AWS calls, and of trails only
//! what [`Deliveries`] holds.

mod condition;
mod document;
pub mod evaluate;
mod glob;
mod judge;
mod parse;
mod required;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::domain::{AccountId, Arn, OrganizationId, Partition, Region, TrailArn};

pub use evaluate::Verdict;
pub use required::{RequiredPolicies, required};

/// The service, as policies name it; the same in every partition.
const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// Trails, as far as the policies of what they deliver to are concerned: all to one bucket, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliveries {
    /// The trails.
    pub trails: BTreeSet<TrailArn>,
    /// Whose events they record.
    pub scope: Scope,
    /// The bucket's name.
    pub bucket: Option<String>,
    /// What precedes `AWSLogs/` in the keys.
    pub prefix: Option<String>,
    /// The key: id, ARN, alias name or alias ARN.
    pub kms_key: Option<String>,
    /// The topic, by name or ARN.
    pub sns_topic: Option<String>,
    /// The log group's ARN.
    pub log_group_arn: Option<String>,
}

/// Whose events trails record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Their owners', who are all of this organization if it is known.
    Owners(Option<OrganizationId>),
    /// The whole organization's; the owner is its management account.
    Organization(OrganizationId),
}

impl Deliveries {
    /// The organization of the owners, if known.
    fn organization(&self) -> Option<&OrganizationId> {
        match &self.scope {
            Scope::Owners(known) => known.as_ref(),
            Scope::Organization(id) => Some(id),
        }
    }

    /// The organization, if its members' events are recorded too.
    fn recorded_organization(&self) -> Option<&OrganizationId> {
        match &self.scope {
            Scope::Owners(_) => None,
            Scope::Organization(id) => Some(id),
        }
    }

    fn owners(&self) -> BTreeSet<AccountId> {
        self.trails.iter().map(TrailArn::owner).collect()
    }

    /// That of the trails, which are of one.
    fn partition(&self) -> Partition {
        let first = self.trails.first();
        first.map_or(Partition::Commercial, |arn| arn.home_region().partition())
    }

    fn bucket_arn(&self) -> Option<String> {
        let bucket = self.bucket.as_ref()?;
        Some(format!("arn:{}:s3:::{bucket}", self.partition()))
    }

    /// The beginning of all keys, up to and with `AWSLogs/`.
    fn logs_path(&self) -> String {
        match self.prefix.as_deref() {
            None | Some("") => "AWSLogs/".to_owned(),
            Some(prefix) => format!("{prefix}/AWSLogs/"),
        }
    }

    /// The topic that this trail tells: a name means the owner's in the home Region.
    fn topic_arn(&self, trail: &TrailArn) -> Option<String> {
        let topic = self.sns_topic.as_deref()?;
        if topic.starts_with("arn:") {
            return Some(topic.to_owned());
        }
        let home = trail.home_region();
        Some(format!(
            "arn:{}:sns:{home}:{}:{topic}",
            home.partition(),
            trail.owner()
        ))
    }

    fn log_group(&self) -> Option<LogGroup<'_>> {
        let text = self.log_group_arn.as_deref()?;
        let text = text.strip_suffix(":*").unwrap_or(text);
        let (region, account) = Arn::parse(text)?.place()?;
        Some(LogGroup {
            arn: text,
            region,
            account,
        })
    }
}

/// A log group, by its ARN without the `:*`.
struct LogGroup<'a> {
    arn: &'a str,
    region: Region,
    account: AccountId,
}

impl LogGroup<'_> {
    /// The beginnings of the names of the streams that CloudTrail writes to.
    fn streams(&self, organization: Option<&OrganizationId>) -> Vec<String> {
        let own = format!("{}_CloudTrail_{}", self.account, self.region);
        let all = organization.map(|id| format!("{id}_"));
        let names = std::iter::once(own).chain(all);
        names
            .map(|name| format!("{}:log-stream:{name}", self.arn))
            .collect()
    }
}
