//! Insight selectors and the event configuration.

use std::collections::HashSet;

use super::{Found, shown};
use crate::domain::trail::{
    Aggregation, EventConfiguration, InsightCategory, InsightKind, InsightSelector, MaxEventSize,
};

/// The most aggregations of a trail.
const AGGREGATIONS: usize = 1;
/// The most templates of an aggregation.
const TEMPLATES: usize = 50;
/// AWS's templates.
const KNOWN_TEMPLATES: &[&str] = &["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"];

pub(super) fn insights(found: &mut Found, selectors: &[InsightSelector]) {
    let mut kinds = HashSet::new();
    for (at, selector) in selectors.iter().enumerate() {
        let path = format!("insight_selectors.selectors[{at}]");
        found.check(
            selector.kind != InsightKind::Unknown,
            format_args!("{path}.insight_type"),
            "is not given; it is API_CALL_RATE or API_ERROR_RATE",
        );
        found.check(
            selector.kind == InsightKind::Unknown || kinds.insert(selector.kind),
            format_args!("{path}.insight_type"),
            "is there twice; give all its event categories in one selector",
        );
        let mut categories = HashSet::new();
        for (at, category) in selector.categories.iter().enumerate() {
            let path = format!("{path}.event_categories[{at}]");
            found.check(
                *category != InsightCategory::Unknown,
                &path,
                "is not given; it is MANAGEMENT or DATA",
            );
            found.check(
                *category == InsightCategory::Unknown || categories.insert(*category),
                &path,
                "is there twice",
            );
        }
    }
}

/// Of PutEventConfiguration a trail takes aggregations alone. The standard size is what trails have anyway.
pub(super) fn events(found: &mut Found, wanted: &EventConfiguration) {
    found.check(
        wanted.max_event_size != Some(MaxEventSize::Large),
        "event_configuration.max_event_size",
        "is LARGE, which only event data stores take; a trail's events have 256 KB at most",
    );
    found.check(
        wanted.context_keys.is_empty(),
        "event_configuration.context_key_selectors",
        "is not empty; only event data stores take context keys, trails do not",
    );
    const LIST: &str = "event_configuration.aggregation_configurations";
    found.check(
        wanted.aggregations.len() <= AGGREGATIONS,
        LIST,
        format_args!(
            "has {} configurations; at most {AGGREGATIONS} is allowed",
            wanted.aggregations.len()
        ),
    );
    for (at, each) in wanted.aggregations.iter().enumerate() {
        aggregation(found, &format!("{LIST}[{at}]"), each);
    }
}

fn aggregation(found: &mut Found, path: &str, wanted: &Aggregation) {
    found.check(
        wanted.category == "Data",
        format_args!("{path}.event_category"),
        format_args!("{} is not Data", shown(&wanted.category)),
    );
    let list = format!("{path}.templates");
    found.check(
        (1..=TEMPLATES).contains(&wanted.templates.len()),
        &list,
        format_args!(
            "has {} templates; 1 to {TEMPLATES} are allowed",
            wanted.templates.len()
        ),
    );
    let mut seen = HashSet::new();
    for (at, template) in wanted.templates.iter().enumerate() {
        let path = format!("{list}[{at}]");
        found.check(
            KNOWN_TEMPLATES.contains(&template.as_str()),
            &path,
            format_args!("{} is not {}", shown(template), KNOWN_TEMPLATES.join(", ")),
        );
        found.check(seen.insert(template), &path, "is there twice");
    }
}
