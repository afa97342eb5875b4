//! A trail's parts: selectors, configuration, tags, logging. Each is changed by a call of its own.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    domain::trail::{
        Aggregation, Desired, DesiredTags, EventConfiguration, EventSelectors, InsightCategory,
        InsightSelector, MaxEventSize, TagRemoval,
    },
    trails::{Parts, change::request::FieldChange},
};

use super::{
    Found, Keys, Step, StepCall,
    covers::{default_selectors, normal, selectors_cover},
    json::{self, changed},
};

/// The steps of all parts that differ: what is recorded first, whether anything is last, so that a trail starts with
/// what it is to record.
pub fn steps(found: &Found, desired: &Desired) -> Vec<Step> {
    let parts = &found.parts;
    let selectors = desired.event_selectors.as_ref();
    let insights = desired.insight_selectors.as_ref();
    let configuration = desired.event_configuration.as_ref();
    let steps = [
        selectors.and_then(|wanted| event_selectors(parts, wanted)),
        insights.and_then(|wanted| insight_selectors(parts, wanted)),
        configuration.and_then(|wanted| event_configuration(parts, wanted)),
    ];
    let steps = steps.into_iter().flatten();
    let steps = steps.chain(tags(parts, &desired.tags));
    steps
        .chain(desired.logging.and_then(|on| logging(parts, on)))
        .collect()
}

fn event_selectors(parts: &Parts, wanted: &EventSelectors) -> Option<Step> {
    let is = parts.event_selectors.as_ref();
    if is.is_some_and(|is| normal(is) == normal(wanted)) {
        return None;
    }
    let before = is.map(json::event_selectors);
    let after = json::event_selectors(wanted);
    Some(Step {
        call: StepCall::PutEventSelectors(wanted.clone()),
        changes: vec![changed("trail.event_selectors", before, Some(after))],
        // A trail that never logged recorded nothing that could be lost.
        reduces_logging: !never_logged(parts) && is.is_some_and(|is| !selectors_cover(wanted, is)),
    })
}

fn insight_selectors(parts: &Parts, wanted: &[InsightSelector]) -> Option<Step> {
    let is = parts.insight_selectors.as_deref();
    let (before, after) = (insights(is.unwrap_or_default()), insights(wanted));
    if is.is_some() && before == after {
        return None;
    }
    let lost = before.iter().any(|(kind, categories)| {
        let kept = after.get(kind);
        categories
            .iter()
            .any(|category| kept.is_none_or(|kept| !kept.contains(category)))
    });
    Some(Step {
        call: StepCall::PutInsightSelectors(wanted.to_vec()),
        changes: vec![changed(
            "trail.insight_selectors",
            is.map(json::insight_selectors),
            Some(json::insight_selectors(wanted)),
        )],
        reduces_logging: lost,
    })
}

/// Which categories are looked at by which kind. None said is management events.
fn insights(selectors: &[InsightSelector]) -> BTreeMap<String, Keys> {
    let mut all: BTreeMap<String, Keys> = BTreeMap::new();
    for selector in selectors {
        let said = all.entry(format!("{:?}", selector.kind)).or_default();
        if selector.categories.is_empty() {
            said.insert(format!("{:?}", InsightCategory::Management));
        }
        said.extend(selector.categories.iter().map(|c| format!("{c:?}")));
    }
    all
}

fn event_configuration(parts: &Parts, wanted: &EventConfiguration) -> Option<Step> {
    let is = parts.event_configuration.as_ref();
    if is.is_some_and(|is| same_configuration(is, wanted)) {
        return None;
    }
    Some(Step {
        call: StepCall::PutEventConfiguration(wanted.clone()),
        changes: vec![changed(
            "trail.event_configuration",
            is.map(json::event_configuration),
            Some(json::event_configuration(wanted)),
        )],
        reduces_logging: is.is_some_and(|is| {
            let (before, after) = (sums(is), sums(wanted));
            !before.is_subset(&after)
                || is.max_event_size == Some(MaxEventSize::Large)
                    && wanted.max_event_size != Some(MaxEventSize::Large)
        }),
    })
}

fn same_configuration(is: &EventConfiguration, wanted: &EventConfiguration) -> bool {
    let size = |c: &EventConfiguration| c.max_event_size.unwrap_or(MaxEventSize::Standard);
    sums(is) == sums(wanted) && size(is) == size(wanted) && is.context_keys == wanted.context_keys
}

fn sums(configuration: &EventConfiguration) -> Keys {
    let each = |sum: &Aggregation| {
        let category = sum.category.clone();
        let templates = sum.templates.clone();
        templates
            .into_iter()
            .map(move |t| format!("{category}/{t}"))
    };
    configuration.aggregations.iter().flat_map(each).collect()
}

fn tags(parts: &Parts, wanted: &DesiredTags) -> Vec<Step> {
    let none = BTreeMap::new();
    let is = parts.tags.as_ref().unwrap_or(&none);
    let goes = |key: &String| match &wanted.remove {
        TagRemoval::Nothing => false,
        TagRemoval::Keys(keys) => keys.contains(key),
        // Tags that begin so are AWS's own, and cannot be removed.
        TagRemoval::Others => !wanted.set.contains_key(key) && !key.starts_with("aws:"),
    };
    let gone: BTreeMap<_, _> = is
        .iter()
        .filter(|(key, _)| goes(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let new: BTreeMap<_, _> = wanted
        .set
        .iter()
        .filter(|(key, value)| is.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut steps = Vec::new();
    // Removing first makes room: 50 tags are the most.
    if !gone.is_empty() {
        let changes = gone
            .iter()
            .map(|(key, value)| changed(&tag(key), Some(json!(value)), None));
        steps.push(Step {
            changes: changes.collect(),
            call: StepCall::RemoveTags(gone.clone()),
            reduces_logging: false,
        });
    }
    if !new.is_empty() {
        let changes = new.iter().map(|(key, value)| {
            let before = is.get(key).map(|old| json!(old));
            changed(&tag(key), before, Some(json!(value)))
        });
        steps.push(Step {
            changes: changes.collect(),
            call: StepCall::AddTags(new.clone()),
            reduces_logging: false,
        });
    }
    steps
}

/// Tags of a trail that is being made.
pub fn tags_set(tags: &BTreeMap<String, String>) -> Vec<FieldChange> {
    tags.iter()
        .map(|(key, value)| changed(&tag(key), None, Some(json!(value))))
        .collect()
}

fn tag(key: &str) -> String {
    format!("trail.tags[{}]", json!(key))
}

fn logging(parts: &Parts, on: bool) -> Option<Step> {
    let is = parts.status.as_ref().map(|status| status.logging);
    if is == Some(on) {
        return None;
    }
    Some(Step {
        call: if on {
            StepCall::StartLogging
        } else {
            StepCall::StopLogging
        },
        changes: vec![changed(
            "trail.logging",
            is.map(|is| json!(is)),
            Some(json!(on)),
        )],
        reduces_logging: !on,
    })
}

/// Whether the event selectors are those that every new trail has.
pub fn selectors_untouched(parts: &Parts) -> bool {
    parts
        .event_selectors
        .as_ref()
        .is_none_or(|is| normal(is) == normal(&default_selectors()))
}

/// Whether the trail has no insight selectors, as every new one.
pub fn insights_untouched(parts: &Parts) -> bool {
    parts.insight_selectors.as_ref().is_none_or(Vec::is_empty)
}

/// Whether the event configuration is the one that every new trail has.
pub fn configuration_untouched(parts: &Parts) -> bool {
    let configuration = parts.event_configuration.as_ref();
    configuration.is_none_or(|is| same_configuration(is, &EventConfiguration::default()))
}

/// Whether the trail was never started: it was made, and then left.
pub fn never_logged(parts: &Parts) -> bool {
    let status = parts.status.as_ref();
    status.is_some_and(|s| !s.logging && s.started.is_none() && s.stopped.is_none())
}
