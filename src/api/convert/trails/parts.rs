//! The parts of a trail, for the wire.

use crate::{
    api::{convert::time, proto},
    domain::{
        Timestamp,
        trail::{
            AdvancedEventSelector, BasicEventSelector, ContextKeyKind, EventConfiguration,
            EventSelectors, FieldSelector, InsightCategory, InsightKind, InsightSelector,
            MaxEventSize, ReadWrite, TrailStatus,
        },
    },
};

/// A status.
pub fn status(status: TrailStatus) -> proto::TrailStatus {
    let at = |at: Option<Timestamp>| at.map(time::to_wire);
    proto::TrailStatus {
        is_logging: status.logging,
        start_logging_time: at(status.started),
        stop_logging_time: at(status.stopped),
        latest_delivery_time: at(status.delivery.latest),
        latest_delivery_error: status.delivery.error.unwrap_or_default(),
        latest_notification_time: at(status.notification.latest),
        latest_notification_error: status.notification.error.unwrap_or_default(),
        latest_cloud_watch_logs_delivery_time: at(status.log_group.latest),
        latest_cloud_watch_logs_delivery_error: status.log_group.error.unwrap_or_default(),
        latest_digest_delivery_time: at(status.digest.latest),
        latest_digest_delivery_error: status.digest.error.unwrap_or_default(),
    }
}

/// Event selectors.
pub fn event_selectors(selectors: EventSelectors) -> proto::EventSelectors {
    let mut wire = proto::EventSelectors::default();
    match selectors {
        EventSelectors::Basic(basic) => wire.basic = basic.into_iter().map(self::basic).collect(),
        EventSelectors::Advanced(advanced) => {
            wire.advanced = advanced.into_iter().map(self::advanced).collect();
        }
    }
    wire
}

fn basic(selector: BasicEventSelector) -> proto::BasicEventSelector {
    let read_write = match selector.read_write {
        ReadWrite::ReadOnly => proto::ReadWriteType::ReadOnly,
        ReadWrite::WriteOnly => proto::ReadWriteType::WriteOnly,
        ReadWrite::All => proto::ReadWriteType::All,
    };
    let resources = selector.data_resources.into_iter();
    proto::BasicEventSelector {
        read_write_type: read_write.into(),
        include_management_events: Some(selector.management_events),
        data_resources: resources
            .map(|resource| proto::DataResource {
                r#type: resource.resource_type,
                values: resource.values,
            })
            .collect(),
        exclude_management_event_sources: selector.excluded_sources,
    }
}

fn advanced(selector: AdvancedEventSelector) -> proto::AdvancedEventSelector {
    proto::AdvancedEventSelector {
        name: selector.name.unwrap_or_default(),
        field_selectors: selector.fields.into_iter().map(field).collect(),
    }
}

fn field(field: FieldSelector) -> proto::AdvancedFieldSelector {
    proto::AdvancedFieldSelector {
        field: field.field,
        equals: field.equals,
        starts_with: field.starts_with,
        ends_with: field.ends_with,
        not_equals: field.not_equals,
        not_starts_with: field.not_starts_with,
        not_ends_with: field.not_ends_with,
    }
}

/// Insight selectors.
pub fn insight_selectors(selectors: Vec<InsightSelector>) -> proto::InsightSelectors {
    let category = |category: &InsightCategory| -> i32 {
        match category {
            InsightCategory::Management => proto::InsightEventCategory::Management,
            InsightCategory::Data => proto::InsightEventCategory::Data,
            InsightCategory::Unknown => proto::InsightEventCategory::Unspecified,
        }
        .into()
    };
    let selectors = selectors
        .into_iter()
        .map(|selector| proto::InsightSelector {
            insight_type: match selector.kind {
                InsightKind::ApiCallRate => proto::InsightType::ApiCallRate,
                InsightKind::ApiErrorRate => proto::InsightType::ApiErrorRate,
                InsightKind::Unknown => proto::InsightType::Unspecified,
            }
            .into(),
            event_categories: selector.categories.iter().map(category).collect(),
        });
    proto::InsightSelectors {
        selectors: selectors.collect(),
    }
}

/// An event configuration.
pub fn event_configuration(configuration: EventConfiguration) -> proto::EventConfiguration {
    let size = match configuration.max_event_size {
        None => proto::MaxEventSize::Unspecified,
        Some(MaxEventSize::Standard) => proto::MaxEventSize::Standard,
        Some(MaxEventSize::Large) => proto::MaxEventSize::Large,
    };
    let keys = configuration.context_keys.into_iter();
    let sums = configuration.aggregations.into_iter();
    proto::EventConfiguration {
        max_event_size: size.into(),
        context_key_selectors: keys
            .map(|key| proto::ContextKeySelector {
                r#type: match key.kind {
                    ContextKeyKind::TagContext => proto::ContextKeyType::TagContext,
                    ContextKeyKind::RequestContext => proto::ContextKeyType::RequestContext,
                    ContextKeyKind::Unknown => proto::ContextKeyType::Unspecified,
                }
                .into(),
                equals: key.equals,
            })
            .collect(),
        aggregation_configurations: sums
            .map(|sum| proto::AggregationConfiguration {
                templates: sum.templates,
                event_category: sum.category,
            })
            .collect(),
    }
}
