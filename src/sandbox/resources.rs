//! What trails deliver to and with: buckets, topics, keys, log groups and roles, and whether their policies let
//! CloudTrail do it. Where the scenario names nothing, a resource exists and its policy is right for whoever asks.
//!
//! Owns the state and the policies; knows nothing of the services' wire, nor of trails but what [`Delivery`] says.

mod bucket;
mod generated;
mod key;
mod logs;
mod policy;
#[cfg(test)]
mod tests;
mod topic;

pub use bucket::Bucket;
pub use key::KmsKey;
pub use logs::{LogGroup, Role};
pub use topic::Topic;

use serde_json::Value;

use super::scenario::{ResourceRules, Scenario, Standing, glob};
use crate::domain::AccountId;

/// Every resource there is.
#[derive(Debug)]
pub struct Resources {
    rules: ResourceRules,
    organization: String,
    management: AccountId,
}

/// A trail, as far as the policies of what it delivers to name it.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Its ARN.
    pub trail_arn: &'a str,
    /// Its owner: for an organization's trail the management account.
    pub owner: AccountId,
    /// Whether it records all accounts of the organization.
    pub organization: bool,
    /// The prefix of its log files' keys.
    pub prefix: Option<&'a str>,
}

impl Resources {
    /// The resources of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            rules: scenario.resources.clone(),
            organization: scenario.organization.id.clone(),
            management: scenario.organization.management_account,
        }
    }

    /// The bucket of this name.
    pub fn bucket<'a>(&'a self, name: &'a str) -> Bucket<'a> {
        let rule = last(&self.rules.buckets, |rule| fits(&rule.name, name));
        Bucket {
            all: self,
            name,
            rule,
        }
    }

    /// The topic of this name or ARN.
    pub fn topic<'a>(&'a self, name: &'a str) -> Topic<'a> {
        let rule = last(&self.rules.topics, |rule| fits(&rule.name, name));
        Topic {
            all: self,
            name,
            rule,
        }
    }

    /// The key of this id, ARN, alias or alias ARN.
    pub fn kms_key<'a>(&'a self, id: &'a str) -> KmsKey<'a> {
        let rule = last(&self.rules.kms_keys, |rule| {
            fits(&rule.id, id) || key::is_behind(&rule.id, id)
        });
        KmsKey {
            all: self,
            id,
            rule,
        }
    }

    /// The log group of this name or ARN (with `:*` at its end or without).
    pub fn log_group(&self, name: &str) -> LogGroup<'_> {
        let name = name.strip_suffix(":*").unwrap_or(name);
        let rule = last(&self.rules.log_groups, |rule| {
            fits(rule.name.strip_suffix(":*").unwrap_or(&rule.name), name)
        });
        LogGroup { rule }
    }

    /// The names of the log groups that begin so, in order. There are those that the rules name in full, and whichever
    /// is asked for.
    pub fn log_groups(&self, prefix: &str) -> Vec<String> {
        let named = self.rules.log_groups.iter().map(|rule| {
            let name = rule.name.strip_suffix(":*").unwrap_or(&rule.name);
            name.rsplit_once("log-group:").map_or(name, |(_, n)| n)
        });
        let mut names: Vec<String> = named
            .chain([prefix])
            .filter(|name| !name.is_empty() && !name.contains('*') && name.starts_with(prefix))
            .filter(|name| self.log_group(name).exists())
            .map(str::to_owned)
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The role of this name or ARN.
    pub fn role(&self, name: &str) -> Role<'_> {
        let rule = last(&self.rules.roles, |rule| fits(&rule.name, name));
        Role { all: self, rule }
    }
}

fn last<T>(rules: &[T], fits: impl Fn(&T) -> bool) -> Option<&T> {
    rules.iter().rev().find(|rule| fits(rule))
}

/// Whether a rule of this name means this resource: by the whole text, or by what an ARN ends in.
fn fits(pattern: &str, resource: &str) -> bool {
    let name = match resource.splitn(6, ':').nth(5) {
        Some(rest) if resource.starts_with("arn:") => rest,
        _ => resource,
    };
    let short = ["log-group:", "key/", "role/"]
        .iter()
        .find_map(|kind| name.strip_prefix(kind))
        .unwrap_or(name);
    // A role's path is no part of its name.
    let bare = if name.starts_with("role/") {
        short.rsplit('/').next().unwrap_or(short)
    } else {
        short
    };
    [resource, short, bare]
        .iter()
        .any(|text| glob(pattern, text))
}

/// A policy as the scenario gives it: text is taken as it is.
fn text_of(policy: &Value) -> String {
    match policy {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// How a resource stands for a delivery, when its rule says this and its policy answers that.
fn judge(standing: Standing, allowed: impl FnOnce() -> bool) -> Standing {
    match standing {
        Standing::Fine if !allowed() => Standing::PolicyInsufficient,
        other => other,
    }
}
