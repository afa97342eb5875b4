//! A trail that is there when the sandbox starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Moment, text};
use crate::domain::{AccountId, Region};

/// A trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// The account that owns it.
    #[serde(with = "text")]
    pub account: AccountId,
    /// Where it was made.
    #[serde(with = "text")]
    pub home_region: Region,
    /// The bucket it delivers to.
    pub bucket: String,
    /// Whether it records all Regions.
    #[serde(default)]
    pub multi_region: bool,
    /// Whether it records all accounts of the organization.
    #[serde(default)]
    pub organization: bool,
    /// Whether its log files can be validated.
    #[serde(default)]
    pub log_file_validation: bool,
    /// What its log files' keys begin with.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The topic it tells of each delivery.
    #[serde(default)]
    pub topic_arn: Option<String>,
    /// The CloudWatch Logs group it delivers to.
    #[serde(default)]
    pub log_group_arn: Option<String>,
    /// The role by which it does; absent for one named `CloudTrailToLogs`.
    #[serde(default)]
    pub log_role_arn: Option<String>,
    /// The key it encrypts with.
    #[serde(default)]
    pub kms_key_id: Option<String>,
    /// Whether it records global services; absent for whether it records all Regions.
    #[serde(default)]
    pub global_service_events: Option<bool>,
    /// `RecursiveLogging`.
    #[serde(default)]
    pub recursive_logging: Option<bool>,
    /// Basic event selectors, as AWS writes them in JSON.
    #[serde(default)]
    pub event_selectors: Vec<serde_json::Value>,
    /// Advanced event selectors, as AWS writes them in JSON.
    #[serde(default)]
    pub advanced_event_selectors: Vec<serde_json::Value>,
    /// Insight types that are on: `ApiCallRateInsight`, `ApiErrorRateInsight`.
    #[serde(default)]
    pub insights: Vec<String>,
    /// Templates by which its data events are summed up: `API_ACTIVITY`, `RESOURCE_ACCESS`, `USER_ACTIONS`.
    #[serde(default)]
    pub aggregations: Vec<String>,
    /// Tags of the trail.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When its logging was stopped; absent while it logs.
    #[serde(default)]
    pub stopped: Option<Moment>,
    /// What S3 answers to its deliveries, if they fail: `AccessDenied`, `NoSuchBucket`.
    #[serde(default)]
    pub delivery_error: Option<String>,
}

impl Trail {
    /// A trail of one account and one Region, which logs.
    pub fn new(name: &str, account: AccountId, home_region: Region) -> Self {
        Self {
            name: name.to_owned(),
            account,
            home_region,
            bucket: format!("{name}-logs"),
            multi_region: false,
            organization: false,
            log_file_validation: false,
            prefix: None,
            topic_arn: None,
            log_group_arn: None,
            log_role_arn: None,
            kms_key_id: None,
            global_service_events: None,
            recursive_logging: None,
            event_selectors: Vec::new(),
            advanced_event_selectors: Vec::new(),
            insights: Vec::new(),
            aggregations: Vec::new(),
            tags: Default::default(),
            stopped: None,
            delivery_error: None,
        }
    }
}
