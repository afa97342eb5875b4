//! The buckets, topics, keys, log groups and roles that trails use: what is not as it should be.
//! Whatever no list names exists and has a policy that is enough.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text;
use crate::domain::{AccountId, Region};

/// What the accounts have beside trails. Each list holds exceptions; of two that fit the last wins. In names and ids
/// `*` stands for any run of characters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceRules {
    /// S3 buckets.
    pub buckets: Vec<BucketRule>,
    /// SNS topics.
    pub topics: Vec<TopicRule>,
    /// KMS keys.
    pub kms_keys: Vec<KeyRule>,
    /// CloudWatch Logs groups.
    pub log_groups: Vec<LogGroupRule>,
    /// IAM roles.
    pub roles: Vec<RoleRule>,
}

/// How a resource stands, as far as CloudTrail is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It exists, and its policy is enough.
    #[default]
    Fine,
    /// It does not exist.
    Missing,
    /// It exists and has no policy (topics and keys: none but their owner's own).
    NoPolicy,
    /// It exists, and its policy names CloudTrail but not for what the trail needs.
    PolicyInsufficient,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketRule {
    /// Its name.
    pub name: String,
    /// How it stands.
    #[serde(default)]
    pub standing: Standing,
    /// Whose it is; otherwise the asking account's.
    #[serde(default, with = "text::maybe")]
    pub account: Option<AccountId>,
    /// Where it is; otherwise in the asking Region.
    #[serde(default, with = "text::maybe")]
    pub region: Option<Region>,
    /// Its policy, as a mapping or as JSON text. It is taken at its word: CloudTrail asks it.
    #[serde(default)]
    pub policy: Option<Value>,
}

/// A topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicRule {
    /// Its name or ARN.
    pub name: String,
    /// How it stands.
    #[serde(default)]
    pub standing: Standing,
    /// Its policy, as a mapping or as JSON text.
    #[serde(default)]
    pub policy: Option<Value>,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRule {
    /// Its id, ARN, alias (`alias/…`) or alias ARN.
    pub id: String,
    /// How it stands.
    #[serde(default)]
    pub standing: Standing,
    /// Whether it is switched off.
    #[serde(default)]
    pub disabled: bool,
    /// Whose it is; otherwise its ARN's, or the asking account's.
    #[serde(default, with = "text::maybe")]
    pub account: Option<AccountId>,
    /// Where it is; otherwise its ARN's Region, or the asking one.
    #[serde(default, with = "text::maybe")]
    pub region: Option<Region>,
    /// Its policy, as a mapping or as JSON text.
    #[serde(default)]
    pub policy: Option<Value>,
}

/// A log group. It has no policy; that a trail may write is its role's to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogGroupRule {
    /// Its name or ARN.
    pub name: String,
    /// Whether it does not exist.
    #[serde(default)]
    pub missing: bool,
}

/// A role by which CloudTrail writes to a log group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Its name or ARN.
    pub name: String,
    /// How it stands.
    #[serde(default)]
    pub standing: Standing,
    /// Its trust policy, as a mapping or as JSON text; otherwise it trusts CloudTrail.
    #[serde(default)]
    pub trust: Option<Value>,
    /// Whether its policy is a managed one, attached to it, rather than inline.
    #[serde(default)]
    pub managed: bool,
    /// Its only policy, as a mapping or as JSON text.
    #[serde(default)]
    pub policy: Option<Value>,
}
