//! Values as the diff shows them: JSON, with the names of the request's own fields.

use serde_json::{Map, Value, json};

use crate::{
    domain::trail::{
        AdvancedEventSelector, BasicEventSelector, EventConfiguration, EventSelectors,
        FieldSelector, InsightSelector, ReadWrite,
    },
    trails::change::request::FieldChange,
};

/// A field that goes from one value to another; `None` for no value.
pub fn changed(path: &str, before: Option<Value>, after: Option<Value>) -> FieldChange {
    let text = |value: Option<Value>| value.map_or_else(String::new, |value| value.to_string());
    FieldChange {
        path: path.to_owned(),
        before: text(before),
        after: text(after),
    }
}

/// Event selectors.
pub fn event_selectors(selectors: &EventSelectors) -> Value {
    match selectors {
        EventSelectors::Basic(all) => {
            json!({"basic": all.iter().map(basic).collect::<Vec<_>>()})
        }
        EventSelectors::Advanced(all) => {
            json!({"advanced": all.iter().map(advanced).collect::<Vec<_>>()})
        }
    }
}

fn basic(selector: &BasicEventSelector) -> Value {
    let calls = match selector.read_write {
        ReadWrite::ReadOnly => "READ_ONLY",
        ReadWrite::WriteOnly => "WRITE_ONLY",
        ReadWrite::All => "ALL",
    };
    let resources: Vec<Value> = selector
        .data_resources
        .iter()
        .map(|r| json!({"type": r.resource_type, "values": r.values}))
        .collect();
    json!({
        "read_write_type": calls,
        "include_management_events": selector.management_events,
        "data_resources": resources,
        "exclude_management_event_sources": selector.excluded_sources,
    })
}

fn advanced(selector: &AdvancedEventSelector) -> Value {
    json!({
        "name": selector.name.clone().unwrap_or_default(),
        "field_selectors": selector.fields.iter().map(field).collect::<Vec<_>>(),
    })
}

fn field(selector: &FieldSelector) -> Value {
    let mut shown = Map::new();
    shown.insert("field".to_owned(), selector.field.clone().into());
    let conditions = [
        ("equals", &selector.equals),
        ("starts_with", &selector.starts_with),
        ("ends_with", &selector.ends_with),
        ("not_equals", &selector.not_equals),
        ("not_starts_with", &selector.not_starts_with),
        ("not_ends_with", &selector.not_ends_with),
    ];
    for (name, values) in conditions.into_iter().filter(|(_, v)| !v.is_empty()) {
        shown.insert(name.to_owned(), json!(values));
    }
    Value::Object(shown)
}

/// Insight selectors.
pub fn insight_selectors(selectors: &[InsightSelector]) -> Value {
    let shown = selectors.iter().map(|selector| {
        let categories: Vec<String> = selector
            .categories
            .iter()
            .map(|category| format!("{category:?}"))
            .collect();
        json!({"insight_type": format!("{:?}", selector.kind), "event_categories": categories})
    });
    Value::Array(shown.collect())
}

/// An event configuration. Of a trail, AWS keeps aggregations only.
pub fn event_configuration(configuration: &EventConfiguration) -> Value {
    let sums = configuration.aggregations.iter();
    let sums: Vec<Value> = sums
        .map(|a| json!({"templates": a.templates, "event_category": a.category}))
        .collect();
    json!({"aggregation_configurations": sums})
}
