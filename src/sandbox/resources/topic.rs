//! Topics, and whether CloudTrail may publish to them.

use super::{
    Delivery, Resources, generated, judge,
    policy::{Ask, Policy},
    text_of,
};
use crate::{
    domain::{AccountId, Region},
    sandbox::scenario::{Standing, TopicRule},
};

/// A topic, by its name or ARN.
#[derive(Debug, Clone, Copy)]
pub struct Topic<'a> {
    pub(super) all: &'a Resources,
    pub(super) name: &'a str,
    pub(super) rule: Option<&'a TopicRule>,
}

impl Topic<'_> {
    /// Whether it exists.
    pub fn exists(&self) -> bool {
        self.standing() != Standing::Missing
    }

    /// Its ARN, when this account asks in this Region.
    pub fn arn(&self, asker: AccountId, region: &Region) -> String {
        if self.name.starts_with("arn:") {
            return self.name.to_owned();
        }
        format!("arn:aws:sns:{region}:{asker}:{}", self.name)
    }

    /// Its policy. Every topic has one.
    pub fn policy(&self, arn: &str, asker: AccountId) -> String {
        match self.rule.and_then(|rule| rule.policy.as_ref()) {
            Some(policy) => text_of(policy),
            None => generated::topic(self.all, arn, asker, self.standing()).to_string(),
        }
    }

    /// How it stands for this trail: whether CloudTrail may publish.
    pub fn takes(&self, trail: &Delivery<'_>, region: &Region) -> Standing {
        judge(self.standing(), || {
            let arn = self.arn(trail.owner, region);
            let ask = Ask::new("SNS:Publish", &arn).about("aws:SourceArn", trail.trail_arn);
            Policy::read(&self.policy(&arn, trail.owner)).is_some_and(|p| p.allows(&ask))
        })
    }

    fn standing(&self) -> Standing {
        self.rule.map(|rule| rule.standing).unwrap_or_default()
    }
}
