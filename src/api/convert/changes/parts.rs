//! The parts of a trail, from the wire. What CloudTrail allows in them is for `trails` to say; here is only what our
//! own messages can have wrong.

use crate::{
    api::{proto, violations::Violations},
    domain::trail::{
        AdvancedEventSelector, Aggregation, BasicEventSelector, ContextKeyKind, ContextKeySelector,
        DataResource, EventConfiguration, EventSelectors, FieldSelector, InsightCategory,
        InsightKind, InsightSelector, MaxEventSize, ReadWrite,
    },
};

/// Event selectors: of one kind, and some.
pub fn event_selectors(
    found: &mut Violations,
    field: &str,
    wire: proto::EventSelectors,
) -> Option<EventSelectors> {
    match (wire.basic.is_empty(), wire.advanced.is_empty()) {
        (true, true) => {
            found.add(field, "is empty; give basic or advanced selectors");
            None
        }
        (false, false) => {
            let what = "has basic and advanced selectors; a trail has one kind";
            found.add(field, what);
            None
        }
        (false, true) => {
            let all = wire.basic.into_iter().enumerate();
            let read = all.map(|(at, one)| basic(found, &format!("{field}.basic[{at}]"), one));
            Some(EventSelectors::Basic(read.collect()))
        }
        (true, false) => {
            let all = wire.advanced.into_iter().map(advanced);
            Some(EventSelectors::Advanced(all.collect()))
        }
    }
}

fn basic(
    found: &mut Violations,
    field: &str,
    wire: proto::BasicEventSelector,
) -> BasicEventSelector {
    let read_write = match proto::ReadWriteType::try_from(wire.read_write_type) {
        Ok(proto::ReadWriteType::ReadOnly) => ReadWrite::ReadOnly,
        Ok(proto::ReadWriteType::WriteOnly) => ReadWrite::WriteOnly,
        Ok(proto::ReadWriteType::Unspecified | proto::ReadWriteType::All) => ReadWrite::All,
        Err(_) => {
            let what = format_args!("{} is not a kind of call", wire.read_write_type);
            found.add(format!("{field}.read_write_type"), what);
            ReadWrite::All
        }
    };
    let resources = wire.data_resources.into_iter();
    BasicEventSelector {
        read_write,
        management_events: wire.include_management_events.unwrap_or(true),
        data_resources: resources
            .map(|resource| DataResource {
                resource_type: resource.r#type,
                values: resource.values,
            })
            .collect(),
        excluded_sources: wire.exclude_management_event_sources,
    }
}

fn advanced(wire: proto::AdvancedEventSelector) -> AdvancedEventSelector {
    let fields = wire.field_selectors.into_iter();
    AdvancedEventSelector {
        name: Some(wire.name).filter(|name| !name.is_empty()),
        fields: fields
            .map(|field| FieldSelector {
                field: field.field,
                equals: field.equals,
                starts_with: field.starts_with,
                ends_with: field.ends_with,
                not_equals: field.not_equals,
                not_starts_with: field.not_starts_with,
                not_ends_with: field.not_ends_with,
            })
            .collect(),
    }
}

/// Insight selectors; none is a value like any other.
pub fn insight_selectors(wire: proto::InsightSelectors) -> Vec<InsightSelector> {
    let all = wire.selectors.into_iter();
    all.map(|selector| InsightSelector {
        kind: match selector.insight_type() {
            proto::InsightType::ApiCallRate => InsightKind::ApiCallRate,
            proto::InsightType::ApiErrorRate => InsightKind::ApiErrorRate,
            proto::InsightType::Unspecified => InsightKind::Unknown,
        },
        categories: selector
            .event_categories()
            .map(|category| match category {
                proto::InsightEventCategory::Management => InsightCategory::Management,
                proto::InsightEventCategory::Data => InsightCategory::Data,
                proto::InsightEventCategory::Unspecified => InsightCategory::Unknown,
            })
            .collect(),
    })
    .collect()
}

/// An event configuration.
pub fn event_configuration(
    found: &mut Violations,
    field: &str,
    wire: proto::EventConfiguration,
) -> EventConfiguration {
    let max_event_size = match proto::MaxEventSize::try_from(wire.max_event_size) {
        Ok(proto::MaxEventSize::Unspecified) => None,
        Ok(proto::MaxEventSize::Standard) => Some(MaxEventSize::Standard),
        Ok(proto::MaxEventSize::Large) => Some(MaxEventSize::Large),
        Err(_) => {
            let what = format_args!("{} is not a size of events", wire.max_event_size);
            found.add(format!("{field}.max_event_size"), what);
            None
        }
    };
    let keys = wire.context_key_selectors.into_iter();
    let sums = wire.aggregation_configurations.into_iter();
    EventConfiguration {
        max_event_size,
        context_keys: keys.map(context_keys).collect(),
        aggregations: sums
            .map(|sum| Aggregation {
                templates: sum.templates,
                category: sum.event_category,
            })
            .collect(),
    }
}

fn context_keys(wire: proto::ContextKeySelector) -> ContextKeySelector {
    ContextKeySelector {
        kind: match wire.r#type() {
            proto::ContextKeyType::TagContext => ContextKeyKind::TagContext,
            proto::ContextKeyType::RequestContext => ContextKeyKind::RequestContext,
            proto::ContextKeyType::Unspecified => ContextKeyKind::Unknown,
        },
        equals: wire.equals,
    }
}
