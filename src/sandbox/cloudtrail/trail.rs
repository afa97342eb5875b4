//! One trail: everything that CloudTrail keeps of it. Plain data; who may see or change it is not decided here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    domain::{AccountId, Region, Timestamp},
    sandbox::scenario,
};

/// A trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// Its ARN, the same wherever it shows.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The account that owns it; of an organization's trail the management account.
    pub owner: AccountId,
    /// Where it was created.
    pub home: Region,
    /// How it was created and updated.
    pub settings: Settings,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Which events it records, if somebody said.
    pub selectors: Option<Selectors>,
    /// Which unusual activity it records, as it was put.
    pub insights: Vec<Value>,
    /// How its data events are summed up, as it was put.
    pub aggregations: Vec<Value>,
    /// Whether it logs, and since when.
    pub logging: Logging,
    /// What S3 answers to its deliveries, if they fail.
    pub delivery_error: Option<String>,
    /// How many trails of this ARN there have been, this one included.
    pub generation: u32,
}

/// What CreateTrail and UpdateTrail set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
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
    /// Whether its log files can be validated.
    pub log_file_validation: bool,
    /// Where in CloudWatch Logs it delivers to.
    pub logs: Option<Logs>,
    /// The ARN of the key it encrypts with.
    pub kms_key_arn: Option<String>,
    /// Whether it records all accounts of the organization.
    pub organization: bool,
    /// `RecursiveLogging`, if somebody said.
    pub recursive_logging: Option<bool>,
}

/// A log group, and the role by which CloudTrail writes to it: never one without the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logs {
    /// The log group's ARN.
    pub group_arn: String,
    /// The role's ARN.
    pub role_arn: String,
}

/// Event selectors, in CloudTrail's own form with every default written out. A trail has one kind of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Selectors {
    /// The older kind.
    Basic(Vec<Value>),
    /// The newer kind.
    Advanced(Vec<Value>),
}

/// Whether a trail logs. Times are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logging {
    /// What was said last.
    pub switch: Switch,
    /// When it was last started.
    pub started: Option<i64>,
    /// When it was last stopped.
    pub stopped: Option<i64>,
}

/// What was said last about a trail's logging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// To log; until then, if the scenario says that somebody stops it.
    On {
        /// When it stops by itself.
        until: Option<i64>,
    },
    /// Not to log, or nothing.
    Off,
}

/// What a trail records when nobody has said: every management event.
pub fn default_selector() -> Value {
    json!({
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    })
}

impl Trail {
    /// Whether it has event selectors other than those that every trail begins with.
    pub fn has_custom_selectors(&self) -> bool {
        match &self.selectors {
            None => false,
            Some(Selectors::Basic(selectors)) => *selectors != [default_selector()],
            Some(Selectors::Advanced(_)) => true,
        }
    }

    /// The trail that the scenario describes, in a world that begins at `start`.
    pub fn from_scenario(trail: &scenario::Trail, start: Timestamp) -> Self {
        let since = start.seconds() - 200 * 86_400;
        let until = trail.stopped.map(|moment| moment.second(start));
        let insights = trail.insights.iter();
        let sums = || json!({"EventCategory": "Data", "Templates": trail.aggregations});
        Self {
            arn: arn(trail.account, &trail.home_region, &trail.name),
            name: trail.name.clone(),
            owner: trail.account,
            home: trail.home_region.clone(),
            settings: settings(trail),
            tags: trail.tags.clone(),
            selectors: selectors(trail),
            insights: insights.map(|kind| json!({"InsightType": kind})).collect(),
            aggregations: if trail.aggregations.is_empty() {
                Vec::new()
            } else {
                vec![sums()]
            },
            logging: Logging {
                switch: Switch::On { until },
                started: Some(since),
                stopped: None,
            },
            delivery_error: trail.delivery_error.clone(),
            generation: 1,
        }
    }
}

fn settings(trail: &scenario::Trail) -> Settings {
    let role = || format!("arn:aws:iam::{}:role/CloudTrailToLogs", trail.account);
    Settings {
        bucket: trail.bucket.clone(),
        prefix: trail.prefix.clone(),
        topic_arn: trail.topic_arn.clone(),
        global_service_events: trail.global_service_events.unwrap_or(trail.multi_region),
        multi_region: trail.multi_region,
        log_file_validation: trail.log_file_validation,
        logs: trail.log_group_arn.as_ref().map(|group| Logs {
            group_arn: group.clone(),
            role_arn: trail.log_role_arn.clone().unwrap_or_else(role),
        }),
        kms_key_arn: trail.kms_key_id.clone(),
        organization: trail.organization,
        recursive_logging: trail.recursive_logging,
    }
}

fn selectors(trail: &scenario::Trail) -> Option<Selectors> {
    if !trail.advanced_event_selectors.is_empty() {
        return Some(Selectors::Advanced(trail.advanced_event_selectors.clone()));
    }
    let whole = |selector: &Value| {
        let mut value = default_selector();
        if let (Value::Object(all), Value::Object(said)) = (&mut value, selector) {
            all.extend(said.clone());
        }
        value
    };
    let basic: Vec<Value> = trail.event_selectors.iter().map(whole).collect();
    (!basic.is_empty()).then_some(Selectors::Basic(basic))
}

impl Logging {
    /// How a new trail begins.
    pub fn never() -> Self {
        Self {
            switch: Switch::Off,
            started: None,
            stopped: None,
        }
    }

    /// The same as it shows at this time: what was to stop by then has stopped.
    pub fn at(self, now: i64) -> Self {
        match self.switch {
            Switch::On { until: Some(end) } if end <= now => Self {
                switch: Switch::Off,
                stopped: Some(end),
                ..self
            },
            _ => self,
        }
    }

    /// Whether it logs at this time.
    pub fn is_on(self, now: i64) -> bool {
        matches!(self.at(now).switch, Switch::On { .. })
    }

    /// Started at this time. One that logs already goes on as it was, but nobody stops it any more.
    pub fn start(self, now: i64) -> Self {
        let then = self.at(now);
        let started = if self.is_on(now) {
            then.started
        } else {
            Some(now)
        };
        Self {
            switch: Switch::On { until: None },
            started,
            ..then
        }
    }

    /// Stopped at this time.
    pub fn stop(self, now: i64) -> Self {
        let then = self.at(now);
        let stopped = if self.is_on(now) {
            Some(now)
        } else {
            then.stopped
        };
        Self {
            switch: Switch::Off,
            stopped,
            ..then
        }
    }
}

/// The ARN of the trail of this name that this account has there.
pub fn arn(owner: AccountId, home: &Region, name: &str) -> String {
    format!(
        "arn:{}:cloudtrail:{home}:{owner}:trail/{name}",
        home.partition()
    )
}
