//! Keys, by every name that KMS takes, and whether CloudTrail may encrypt with them.

use super::{
    Delivery, Resources, generated, judge,
    policy::{Ask, Policy},
    text_of,
};
use crate::{
    domain::{AccountId, Region},
    sandbox::scenario::{KeyRule, Standing},
};

/// A key, by its id, ARN, alias or alias ARN.
#[derive(Debug, Clone, Copy)]
pub struct KmsKey<'a> {
    pub(super) all: &'a Resources,
    pub(super) id: &'a str,
    pub(super) rule: Option<&'a KeyRule>,
}

/// Whether this is the ARN of the key behind this alias (or alias ARN).
pub(super) fn is_behind(alias: &str, key_arn: &str) -> bool {
    let Some((_, name)) = alias.split_once("alias/") else {
        return false;
    };
    match key_arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        [_, _, _, region, account, key] => {
            let id = generated::key_id(account, region, name);
            key.strip_prefix("key/") == Some(id.as_str())
        }
        _ => false,
    }
}

impl KmsKey<'_> {
    /// Whether it exists.
    pub fn exists(&self) -> bool {
        self.standing() != Standing::Missing
    }

    /// Whether it is switched off.
    pub fn disabled(&self) -> bool {
        self.rule.is_some_and(|rule| rule.disabled)
    }

    /// Its own ARN, when this account asks in this Region. An alias stands for a key whose id follows from its name.
    pub fn arn(&self, asker: AccountId, region: &Region) -> String {
        let (mut place, mut account) = (region.to_string(), asker.to_string());
        let mut name = self.id;
        let parts: Vec<&str> = self.id.splitn(6, ':').collect();
        if let [_, _, _, arn_region, arn_account, rest] = parts.as_slice() {
            (place, account, name) = ((*arn_region).into(), (*arn_account).into(), rest);
        }
        if let Some(rule) = self.rule {
            place = rule.region.as_ref().map_or(place, ToString::to_string);
            account = rule.account.map_or(account, |id| id.to_string());
        }
        let id = match name.strip_prefix("alias/") {
            Some(alias) => generated::key_id(&account, &place, alias),
            None => name.strip_prefix("key/").unwrap_or(name).to_owned(),
        };
        format!("arn:aws:kms:{place}:{account}:key/{id}")
    }

    /// Its policy. Every key has one.
    pub fn policy(&self, asker: AccountId) -> String {
        match self.rule.and_then(|rule| rule.policy.as_ref()) {
            Some(policy) => text_of(policy),
            None => generated::key(self.all, asker, self.standing()).to_string(),
        }
    }

    /// How it stands for this trail: whether CloudTrail may look at it and make data keys.
    pub fn takes(&self, trail: &Delivery<'_>) -> Standing {
        judge(self.standing(), || {
            let Some(policy) = Policy::read(&self.policy(trail.owner)) else {
                return false;
            };
            let describe = Ask::new("kms:DescribeKey", "*").about("aws:SourceArn", trail.trail_arn);
            let generate = Ask::new("kms:GenerateDataKey", "*")
                .about("aws:SourceArn", trail.trail_arn)
                .about("kms:EncryptionContext:aws:cloudtrail:arn", trail.trail_arn);
            policy.allows(&describe) && policy.allows(&generate)
        })
    }

    fn standing(&self) -> Standing {
        self.rule.map(|rule| rule.standing).unwrap_or_default()
    }
}
