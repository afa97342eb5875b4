//! The fields that UpdateTrail's mask names (AIP-161).

use std::{collections::BTreeSet, mem};

use super::{parts, spec};
use crate::{
    api::{proto, violations::Violations},
    domain::trail::{Desired, Wish},
};

/// Paths in one mask; a trail has 14 fields that can be changed.
const MAX_PATHS: usize = 50;

/// What is wanted of the fields that the mask names.
pub fn desired(
    found: &mut Violations,
    mask: &prost_types::FieldMask,
    mut spec: proto::TrailSpec,
) -> Desired {
    let mut desired = Desired::default();
    if mask.paths.is_empty() {
        let what = "names no field of the trail; only what it names is changed";
        found.add("update_mask", what);
    }
    if !found.at_most("update_mask.paths", mask.paths.len(), MAX_PATHS) {
        return desired;
    }
    // A field that is named twice is taken once: its value is moved out.
    let mut seen = BTreeSet::new();
    for (at, path) in mask.paths.iter().enumerate() {
        if seen.insert(path) && !take(found, &mut desired, &mut spec, path) {
            let field = format!("update_mask.paths[{at}]");
            found.add(field, format_args!("{path:?} {}", refusal(path)));
        }
    }
    desired
}

/// Takes one field over; false if it is none that can be changed here.
fn take(
    found: &mut Violations,
    desired: &mut Desired,
    spec: &mut proto::TrailSpec,
    path: &str,
) -> bool {
    let own = &mut desired.settings;
    let mut flag = |value: Option<bool>| set(found, path, value);
    match path {
        "s3_key_prefix" => own.prefix = text(spec.s3_key_prefix.take()),
        "sns_topic_name" => own.sns_topic = text(spec.sns_topic_name.take()),
        "cloud_watch_logs_log_group_arn" => {
            own.log_group_arn = text(spec.cloud_watch_logs_log_group_arn.take());
        }
        "cloud_watch_logs_role_arn" => {
            own.log_role_arn = text(spec.cloud_watch_logs_role_arn.take());
        }
        "kms_key_id" => own.kms_key_id = text(spec.kms_key_id.take()),
        "is_multi_region_trail" => {
            own.regions = flag(spec.is_multi_region_trail).map(spec::regions);
        }
        "is_organization_trail" => {
            own.accounts = flag(spec.is_organization_trail).map(spec::accounts);
        }
        "include_global_service_events" => {
            own.global_service_events = flag(spec.include_global_service_events);
        }
        "enable_log_file_validation" => {
            own.log_file_validation = flag(spec.enable_log_file_validation);
        }
        "recursive_logging" => own.recursive_logging = flag(spec.recursive_logging),
        "s3_bucket_name" => {
            own.bucket = spec::bucket(found, mem::take(&mut spec.s3_bucket_name));
        }
        _ => return take_part(found, desired, spec, path),
    }
    true
}

fn take_part(
    found: &mut Violations,
    desired: &mut Desired,
    spec: &mut proto::TrailSpec,
    path: &str,
) -> bool {
    let field = format!("trail.{path}");
    match path {
        "event_selectors" => {
            let wire = set(found, path, spec.event_selectors.take());
            desired.event_selectors =
                wire.and_then(|wire| parts::event_selectors(found, &field, wire));
        }
        "insight_selectors" => {
            let wire = spec.insight_selectors.take().unwrap_or_default();
            desired.insight_selectors = Some(parts::insight_selectors(wire));
        }
        "event_configuration" => {
            let wire = spec.event_configuration.take().unwrap_or_default();
            let read = parts::event_configuration(found, &field, wire);
            desired.event_configuration = Some(read);
        }
        _ => return false,
    }
    true
}

/// A text that can be taken away.
fn text(value: Option<String>) -> Wish<String> {
    value
        .filter(|value| !value.is_empty())
        .map_or(Wish::Clear, Wish::Set)
}

/// A value that every trail has: it cannot be taken away, and what AWS would put in its place is not for us to guess.
fn set<T>(found: &mut Violations, path: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        let what = "is unset, and the mask names it; a trail is never without: set it";
        found.add(format!("trail.{path}"), what);
    }
    value
}

fn refusal(path: &str) -> &'static str {
    match path {
        "*" => "would replace everything; name the fields",
        "name" | "home_region" => "cannot be changed",
        "tags" => "is changed by AddTags and RemoveTags",
        "logging" => "is changed by StartLogging and StopLogging",
        _ => "is not a field of TrailSpec; name whole fields, such as s3_key_prefix",
    }
}
