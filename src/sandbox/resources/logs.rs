//! Log groups, and the roles by which CloudTrail writes to them.

use super::{
    Delivery, Resources, generated, judge,
    policy::{Ask, Policy},
    text_of,
};
use crate::{
    domain::{AccountId, Region},
    sandbox::scenario::{LogGroupRule, RoleRule, Standing},
};

/// A log group, by its name or ARN.
#[derive(Debug, Clone, Copy)]
pub struct LogGroup<'a> {
    pub(super) rule: Option<&'a LogGroupRule>,
}

/// A role, by its name or ARN.
#[derive(Debug, Clone, Copy)]
pub struct Role<'a> {
    pub(super) all: &'a Resources,
    pub(super) rule: Option<&'a RoleRule>,
}

impl LogGroup<'_> {
    /// Whether it exists.
    pub fn exists(&self) -> bool {
        !self.rule.is_some_and(|rule| rule.missing)
    }
}

impl Role<'_> {
    /// Whether it exists.
    pub fn exists(&self) -> bool {
        self.standing() != Standing::Missing
    }

    /// Whether its policy is a managed one, attached to it, rather than its own.
    pub fn managed(&self) -> bool {
        self.rule.is_some_and(|rule| rule.managed)
    }

    /// Its trust policy.
    pub fn trust(&self) -> String {
        match self.rule.and_then(|rule| rule.trust.as_ref()) {
            Some(policy) => text_of(policy),
            None => generated::trust().to_string(),
        }
    }

    /// What its policy allows, when this account asks.
    pub fn policy(&self, asker: AccountId) -> Option<String> {
        match self.rule.and_then(|rule| rule.policy.as_ref()) {
            Some(policy) => Some(text_of(policy)),
            None => generated::role(self.all, asker, self.standing()).map(|p| p.to_string()),
        }
    }

    /// How it stands for this trail: whether CloudTrail may assume it, and it may write to the streams of the group
    /// (an ARN, with `:*` at its end or without) that the trail needs.
    pub fn takes(&self, trail: &Delivery<'_>, log_group_arn: &str, region: &Region) -> Standing {
        judge(self.standing(), || {
            let trusts = Policy::read(&self.trust()).is_some_and(|trust| {
                trust.allows(
                    &Ask::new("sts:AssumeRole", "*").about("aws:SourceArn", trail.trail_arn),
                )
            });
            let Some(policy) = self
                .policy(trail.owner)
                .and_then(|text| Policy::read(&text))
            else {
                return false;
            };
            let group = log_group_arn.strip_suffix(":*").unwrap_or(log_group_arn);
            let own = format!("{}_CloudTrail_{region}", trail.owner);
            let whole = trail
                .organization
                .then(|| format!("{}_{own}", self.all.organization));
            let may_write = |stream: &str| {
                let arn = format!("{group}:log-stream:{stream}");
                ["logs:CreateLogStream", "logs:PutLogEvents"]
                    .iter()
                    .all(|action| policy.allows(&Ask::new(action, &arn)))
            };
            trusts && may_write(&own) && whole.as_deref().is_none_or(may_write)
        })
    }

    fn standing(&self) -> Standing {
        self.rule.map(|rule| rule.standing).unwrap_or_default()
    }
}
