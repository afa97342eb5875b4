//! What a trail is once a step has been carried out, as AWS documents it: the planner's own picture of AWS, by which it
//! plans the steps behind a creation, and by which its plans are tested.

use std::collections::BTreeMap;

use crate::domain::{
    Trail, TrailArn,
    trail::{
        DesiredSettings, EventConfiguration, RecordedAccounts, RecordedRegions, TrailStatus, Wish,
    },
};
use crate::trails::Parts;

#[cfg(test)]
use crate::domain::Timestamp;

use super::{Found, covers::default_selectors};
#[cfg(test)]
use super::{Step, StepCall};

/// A trail that was just made.
pub fn created(arn: &TrailArn, wanted: &DesiredSettings, tags: &BTreeMap<String, String>) -> Found {
    let bare = Trail {
        arn: arn.clone(),
        regions: RecordedRegions::Home,
        accounts: RecordedAccounts::Owner,
        bucket: String::new(),
        prefix: None,
        sns_topic_arn: None,
        global_service_events: true,
        log_file_validation: false,
        log_group_arn: None,
        log_role_arn: None,
        kms_key_id: None,
        recursive_logging: false,
        custom_event_selectors: false,
        insight_selectors: Some(false),
    };
    let mut settings = bare;
    update(&mut settings, wanted);
    settings.global_service_events = wanted.global_service_events.unwrap_or(true);
    Found {
        settings,
        parts: Parts {
            status: Some(TrailStatus::default()),
            event_selectors: Some(default_selectors()),
            insight_selectors: Some(Vec::new()),
            tags: Some(tags.clone()),
            event_configuration: Some(EventConfiguration::default()),
        },
    }
}

/// The trail after the step; `None` if it is gone.
#[cfg(test)]
pub fn after(arn: &TrailArn, found: Option<Found>, step: &Step) -> Option<Found> {
    if let StepCall::Create(settings, tags) = &step.call {
        return Some(created(arn, settings, tags));
    }
    let mut found = found?;
    let parts = &mut found.parts;
    match &step.call {
        StepCall::Create(..) => {}
        StepCall::Delete => return None,
        StepCall::Update(wanted) => update(&mut found.settings, wanted),
        StepCall::PutEventSelectors(selectors) => parts.event_selectors = Some(selectors.clone()),
        StepCall::PutInsightSelectors(selectors) => {
            parts.insight_selectors = Some(selectors.clone());
        }
        StepCall::PutEventConfiguration(configuration) => {
            parts.event_configuration = Some(configuration.clone());
        }
        StepCall::AddTags(tags) => {
            let all = parts.tags.get_or_insert_default();
            all.extend(tags.clone());
        }
        StepCall::RemoveTags(tags) => {
            let all = parts.tags.get_or_insert_default();
            all.retain(|key, _| !tags.contains_key(key));
        }
        StepCall::StartLogging => {
            let status = parts.status.get_or_insert_default();
            (status.logging, status.started) = (true, Some(Timestamp::from_nanos(1)));
        }
        StepCall::StopLogging => {
            let status = parts.status.get_or_insert_default();
            (status.logging, status.stopped) = (false, Some(Timestamp::from_nanos(2)));
        }
    }
    Some(found)
}

fn update(trail: &mut Trail, wanted: &DesiredSettings) {
    if let Some(bucket) = &wanted.bucket {
        trail.bucket.clone_from(bucket);
    }
    let (region, owner) = (trail.arn.home_region(), trail.arn.owner());
    let partition = region.partition();
    let arn_of = |topic: &str| match topic.starts_with("arn:") {
        true => topic.to_owned(),
        false => format!("arn:{partition}:sns:{region}:{owner}:{topic}"),
    };
    set(&mut trail.prefix, &wanted.prefix, str::to_owned);
    set(&mut trail.sns_topic_arn, &wanted.sns_topic, arn_of);
    set(
        &mut trail.log_group_arn,
        &wanted.log_group_arn,
        str::to_owned,
    );
    set(&mut trail.log_role_arn, &wanted.log_role_arn, str::to_owned);
    set(&mut trail.kms_key_id, &wanted.kms_key_id, str::to_owned);
    if let Some(regions) = wanted.regions.filter(|regions| *regions != trail.regions) {
        trail.regions = regions;
        trail.global_service_events = regions == RecordedRegions::All;
    }
    trail.accounts = wanted.accounts.unwrap_or(trail.accounts);
    trail.global_service_events = wanted
        .global_service_events
        .unwrap_or(trail.global_service_events);
    trail.log_file_validation = wanted
        .log_file_validation
        .unwrap_or(trail.log_file_validation);
    trail.recursive_logging = wanted.recursive_logging.unwrap_or(trail.recursive_logging);
}

fn set(field: &mut Option<String>, wish: &Wish<String>, shown: impl Fn(&str) -> String) {
    match wish {
        Wish::Keep => {}
        Wish::Clear => *field = None,
        Wish::Set(value) => *field = Some(shown(value)),
    }
}
