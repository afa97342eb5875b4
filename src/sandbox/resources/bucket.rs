//! Buckets: where they are, whose they are, and what their policies let CloudTrail write.

use super::{
    Delivery, Resources, generated, judge,
    policy::{Ask, Policy},
    text_of,
};
use crate::{
    domain::{AccountId, Region},
    sandbox::scenario::{BucketRule, Standing},
};

/// A bucket, by its name.
#[derive(Debug, Clone, Copy)]
pub struct Bucket<'a> {
    pub(super) all: &'a Resources,
    pub(super) name: &'a str,
    pub(super) rule: Option<&'a BucketRule>,
}

impl Bucket<'_> {
    /// Whether it exists.
    pub fn exists(&self) -> bool {
        self.standing() != Standing::Missing
    }

    /// Whose it is, when this account asks.
    pub fn owner(&self, asker: AccountId) -> AccountId {
        self.rule.and_then(|rule| rule.account).unwrap_or(asker)
    }

    /// Where it is; none if it is wherever somebody asks.
    pub fn region(&self) -> Option<&Region> {
        self.rule.and_then(|rule| rule.region.as_ref())
    }

    /// Its policy, when this account asks. A generated one is for the trails of that account and the organization.
    pub fn policy(&self, asker: AccountId) -> Option<String> {
        if let Some(policy) = self.rule.and_then(|rule| rule.policy.as_ref()) {
            return Some(text_of(policy));
        }
        let standing = self.standing();
        generated::bucket(self.all, self.name, asker, standing).map(|policy| policy.to_string())
    }

    /// How it stands for this trail: whether CloudTrail may read its ACL and write every path it needs.
    pub fn takes(&self, trail: &Delivery<'_>) -> Standing {
        judge(self.standing(), || {
            let Some(policy) = self
                .policy(trail.owner)
                .and_then(|text| Policy::read(&text))
            else {
                return false;
            };
            let bucket = format!("arn:aws:s3:::{}", self.name);
            let acl = Ask::new("s3:GetBucketAcl", &bucket).about("aws:SourceArn", trail.trail_arn);
            let prefix = match trail.prefix {
                Some(prefix) if !prefix.is_empty() => format!("{prefix}/"),
                _ => String::new(),
            };
            let owner = trail.owner.to_string();
            let whole = trail.organization.then_some(self.all.organization.as_str());
            let may_write = |folder: &str| {
                let object = format!("{bucket}/{prefix}AWSLogs/{folder}/CloudTrail/log.json.gz");
                let ask = Ask::new("s3:PutObject", &object)
                    .about("aws:SourceArn", trail.trail_arn)
                    .about("s3:x-amz-acl", "bucket-owner-full-control");
                policy.allows(&ask)
            };
            policy.allows(&acl) && may_write(&owner) && whole.is_none_or(may_write)
        })
    }

    fn standing(&self) -> Standing {
        self.rule.map(|rule| rule.standing).unwrap_or_default()
    }
}
