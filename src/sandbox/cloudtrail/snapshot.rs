//! A trail as tests look at it from outside: everything at once, the newest state, and no quota spent.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::trail::{Selectors, Trail};

/// Everything that the simulated CloudTrail keeps of one trail.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrailSnapshot {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The account that owns it.
    pub account: String,
    /// Where it was created.
    pub home_region: String,
    /// The bucket it delivers to.
    pub bucket: String,
    /// What its log files' keys begin with.
    pub prefix: Option<String>,
    /// The topic it tells of each delivery.
    pub topic_arn: Option<String>,
    /// Whether it records global services.
    pub global_service_events: bool,
    /// Whether it records all Regions.
    pub multi_region: bool,
    /// Whether it records all accounts of the organization.
    pub organization: bool,
    /// Whether its log files can be validated.
    pub log_file_validation: bool,
    /// The CloudWatch Logs group it delivers to.
    pub log_group_arn: Option<String>,
    /// The role by which it does.
    pub log_role_arn: Option<String>,
    /// The ARN of the key it encrypts with.
    pub kms_key_arn: Option<String>,
    /// `RecursiveLogging`, if somebody said.
    pub recursive_logging: Option<bool>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Basic event selectors as AWS writes them; empty if nobody put any.
    pub event_selectors: Vec<Value>,
    /// Advanced event selectors as AWS writes them.
    pub advanced_event_selectors: Vec<Value>,
    /// Insight selectors as AWS writes them.
    pub insight_selectors: Vec<Value>,
    /// Aggregation configurations as AWS writes them.
    pub aggregations: Vec<Value>,
    /// Whether it logs.
    pub logging: bool,
    /// When it was last started, in seconds since 1970.
    pub started: Option<i64>,
    /// When it was last stopped.
    pub stopped: Option<i64>,
    /// How many trails of this ARN there have been, this one included.
    pub generation: u32,
}

impl TrailSnapshot {
    /// The trail as it is at this second.
    pub(in crate::sandbox) fn of(trail: &Trail, now: i64) -> Self {
        let (basic, advanced) = match trail.selectors.clone() {
            None => Default::default(),
            Some(Selectors::Basic(list)) => (list, Vec::new()),
            Some(Selectors::Advanced(list)) => (Vec::new(), list),
        };
        let (settings, logging) = (trail.settings.clone(), trail.logging.at(now));
        let (group, role) = settings
            .logs
            .map(|logs| (logs.group_arn, logs.role_arn))
            .unzip();
        Self {
            arn: trail.arn.clone(),
            name: trail.name.clone(),
            account: trail.owner.to_string(),
            home_region: trail.home.to_string(),
            bucket: settings.bucket,
            prefix: settings.prefix,
            topic_arn: settings.topic_arn,
            global_service_events: settings.global_service_events,
            multi_region: settings.multi_region,
            organization: settings.organization,
            log_file_validation: settings.log_file_validation,
            log_group_arn: group,
            log_role_arn: role,
            kms_key_arn: settings.kms_key_arn,
            recursive_logging: settings.recursive_logging,
            tags: trail.tags.clone(),
            event_selectors: basic,
            advanced_event_selectors: advanced,
            insight_selectors: trail.insights.clone(),
            aggregations: trail.aggregations.clone(),
            logging: logging.is_on(now),
            started: logging.started,
            stopped: logging.stopped,
            generation: trail.generation,
        }
    }
}
