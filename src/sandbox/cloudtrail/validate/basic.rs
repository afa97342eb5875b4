//! Basic event selectors.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::sandbox::wire::ApiError;

/// Selectors of one trail at most.
const MOST_SELECTORS: usize = 5;
/// Data resources of one trail at most; those that mean all of a service do not count.
const MOST_RESOURCES: usize = 250;
/// What data events there are for basic selectors, and how the ARNs of each begin: which is also how "all" is said.
const RESOURCES: [(&str, &str); 3] = [
    ("AWS::S3::Object", "arn:aws:s3"),
    ("AWS::Lambda::Function", "arn:aws:lambda"),
    ("AWS::DynamoDB::Table", "arn:aws:dynamodb"),
];
/// The services whose management events can be left out.
pub const CAN_BE_LEFT_OUT: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Selector {
    read_write_type: Option<String>,
    include_management_events: Option<bool>,
    #[serde(default)]
    data_resources: Vec<DataResource>,
    #[serde(default)]
    exclude_management_event_sources: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataResource {
    r#type: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

/// An event selector that cannot be.
pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidEventSelectorsException", message)
}

/// Basic selectors as they are kept, with every default written out.
pub fn selectors(list: &[Value]) -> Result<Vec<Value>, ApiError> {
    if !(1..=MOST_SELECTORS).contains(&list.len()) {
        return Err(invalid("A trail has 1 to 5 event selectors."));
    }
    let mut counted = 0;
    let mut kept = Vec::new();
    for value in list {
        let selector =
            Selector::deserialize(value).map_err(|e| invalid(format!("Event selector: {e}")))?;
        kept.push(selector.keep()?);
        let resources = selector.data_resources.iter();
        counted += resources.map(DataResource::counts).sum::<usize>();
    }
    if counted > MOST_RESOURCES {
        return Err(invalid(format!(
            "A trail has at most {MOST_RESOURCES} data resources, not {counted}."
        )));
    }
    Ok(kept)
}

impl Selector {
    fn keep(&self) -> Result<Value, ApiError> {
        let kind = self.read_write_type.as_deref().unwrap_or("All");
        if !["ReadOnly", "WriteOnly", "All"].contains(&kind) {
            return Err(invalid(format!("There is no ReadWriteType {kind:?}.")));
        }
        let sources = &self.exclude_management_event_sources;
        let strange = |source: &&String| !CAN_BE_LEFT_OUT.contains(&source.as_str());
        if let Some(source) = sources.iter().find(strange) {
            return Err(invalid(format!(
                "The management events of {source} cannot be excluded."
            )));
        }
        let resources = self.data_resources.iter().map(DataResource::keep);
        Ok(json!({
            "ReadWriteType": kind,
            "IncludeManagementEvents": self.include_management_events.unwrap_or(true),
            "DataResources": resources.collect::<Result<Vec<_>, _>>()?,
            "ExcludeManagementEventSources": sources,
        }))
    }
}

impl DataResource {
    fn keep(&self) -> Result<Value, ApiError> {
        let kind = self.r#type.as_deref().unwrap_or_default();
        let Some((_, begin)) = RESOURCES.iter().find(|(name, _)| *name == kind) else {
            return Err(invalid(format!("There is no data resource type {kind:?}.")));
        };
        let foreign = |value: &&String| {
            !value
                .strip_prefix(begin)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        if let Some(value) = self.values.iter().find(foreign) {
            return Err(invalid(format!("{value:?} is no ARN of {kind}.")));
        }
        Ok(json!({"Type": kind, "Values": self.values}))
    }

    /// How many of the trail's data resources it takes.
    fn counts(&self) -> usize {
        let all = |value: &str| {
            let bare = value.trim_end_matches(':');
            RESOURCES.iter().any(|(_, begin)| bare == *begin)
        };
        self.values.iter().filter(|value| !all(value)).count()
    }
}
