//! A trail as it should be: `TrailSpec`, as CreateTrail and ApplyTrail read it.

use crate::{
    api::{proto, violations::Violations},
    domain::trail::{
        Desired, DesiredSettings, DesiredTags, RecordedAccounts, RecordedRegions, TagRemoval, Wish,
    },
};

use super::parts;

/// What an optional text that is set and empty means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// The setting is taken away.
    Clears,
    /// A mistake: of what is being created there is nothing to take away.
    Refused,
}

/// What is wanted of a trail. `remove`: which of the tags that it has it is to lose.
pub fn desired(
    found: &mut Violations,
    spec: proto::TrailSpec,
    empty: Empty,
    remove: TagRemoval,
) -> Desired {
    let mut text = |field: &str, value: Option<String>| match value {
        None => Wish::Keep,
        Some(value) if !value.is_empty() => Wish::Set(value),
        Some(_) => {
            if empty == Empty::Refused {
                found.add(format!("trail.{field}"), "is empty; leave it out");
            }
            Wish::Clear
        }
    };
    let settings = DesiredSettings {
        prefix: text("s3_key_prefix", spec.s3_key_prefix),
        sns_topic: text("sns_topic_name", spec.sns_topic_name),
        log_group_arn: text(
            "cloud_watch_logs_log_group_arn",
            spec.cloud_watch_logs_log_group_arn,
        ),
        log_role_arn: text("cloud_watch_logs_role_arn", spec.cloud_watch_logs_role_arn),
        kms_key_id: text("kms_key_id", spec.kms_key_id),
        bucket: bucket(found, spec.s3_bucket_name),
        regions: spec.is_multi_region_trail.map(regions),
        accounts: spec.is_organization_trail.map(accounts),
        global_service_events: spec.include_global_service_events,
        log_file_validation: spec.enable_log_file_validation,
        recursive_logging: spec.recursive_logging,
    };
    let selectors = spec.event_selectors;
    let configuration = spec.event_configuration;
    Desired {
        settings,
        event_selectors: selectors
            .and_then(|wire| parts::event_selectors(found, "trail.event_selectors", wire)),
        insight_selectors: spec.insight_selectors.map(parts::insight_selectors),
        event_configuration: configuration
            .map(|wire| parts::event_configuration(found, "trail.event_configuration", wire)),
        tags: DesiredTags {
            set: spec.tags.into_iter().collect(),
            remove,
        },
        logging: spec.logging,
    }
}

/// A bucket, which no trail is without.
pub fn bucket(found: &mut Violations, name: String) -> Option<String> {
    if name.is_empty() {
        found.add("trail.s3_bucket_name", "is empty; every trail has a bucket");
        return None;
    }
    Some(name)
}

/// Which Regions are recorded.
pub fn regions(all: bool) -> RecordedRegions {
    if all {
        RecordedRegions::All
    } else {
        RecordedRegions::Home
    }
}

/// Whose events are recorded.
pub fn accounts(organization: bool) -> RecordedAccounts {
    if organization {
        RecordedAccounts::Organization
    } else {
        RecordedAccounts::Owner
    }
}
