//! Insight selectors, and how data events are summed up.

use serde_json::{Value, json};

use crate::sandbox::wire::ApiError;

const TYPES: [&str; 2] = ["ApiCallRateInsight", "ApiErrorRateInsight"];
const CATEGORIES: [&str; 2] = ["Management", "Data"];
const TEMPLATES: [&str; 3] = ["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"];

fn texts(value: Option<&Value>) -> Vec<&str> {
    let list = value.and_then(Value::as_array);
    let all = list.into_iter().flatten();
    all.map(|text| text.as_str().unwrap_or_default()).collect()
}

/// Insight selectors as they are kept.
pub fn insights(selectors: &[Value]) -> Result<Vec<Value>, ApiError> {
    let wrong = |message: String| Err(ApiError::new("InvalidInsightSelectorsException", message));
    let mut kept: Vec<Value> = Vec::new();
    for selector in selectors {
        let kind = selector.get("InsightType").and_then(Value::as_str);
        let Some(kind) = kind.filter(|kind| TYPES.contains(kind)) else {
            return wrong(format!("InsightType must be one of {TYPES:?}."));
        };
        if kept.iter().any(|other| other["InsightType"] == kind) {
            return wrong(format!("InsightType {kind} is there twice."));
        }
        let categories = texts(selector.get("EventCategories"));
        if categories.iter().any(|one| !CATEGORIES.contains(one)) {
            return wrong(format!("EventCategories must be of {CATEGORIES:?}."));
        }
        kept.push(if categories.is_empty() {
            json!({"InsightType": kind})
        } else {
            json!({"InsightType": kind, "EventCategories": categories})
        });
    }
    Ok(kept)
}

/// Aggregations as they are kept: at most one, of data events.
pub fn aggregations(list: &[Value]) -> Result<Vec<Value>, ApiError> {
    let wrong = |message: String| Err(ApiError::new("InvalidParameterException", message));
    if list.len() > 1 {
        return wrong("There can be one aggregation configuration.".to_owned());
    }
    let mut kept = Vec::new();
    for one in list {
        if one.get("EventCategory").and_then(Value::as_str) != Some("Data") {
            return wrong("EventCategory must be Data.".to_owned());
        }
        let templates = texts(one.get("Templates"));
        if !(1..=50).contains(&templates.len())
            || templates.iter().any(|name| !TEMPLATES.contains(name))
        {
            return wrong(format!("Templates must be 1 to 50 of {TEMPLATES:?}."));
        }
        kept.push(json!({"EventCategory": "Data", "Templates": templates}));
    }
    Ok(kept)
}

/// Whether exactly one subject is named, and a trail: the sandbox has no event data stores.
pub fn one_subject(trail: Option<&str>, event_data_store: Option<&str>) -> Result<(), ApiError> {
    match (trail, event_data_store) {
        (Some(_), None) => Ok(()),
        (Some(_), Some(_)) => Err(ApiError::new(
            "InvalidParameterCombinationException",
            "Name a trail or an event data store, not both.",
        )),
        (None, Some(store)) => Err(ApiError::new(
            "EventDataStoreNotFoundException",
            format!("There is no event data store {store}."),
        )),
        (None, None) => Err(ApiError::new(
            "InvalidParameterException",
            "Name a trail or an event data store.",
        )),
    }
}
