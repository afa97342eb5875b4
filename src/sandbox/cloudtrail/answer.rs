//! Trails as CloudTrail's answers have them.

use serde_json::{Map, Value, json};

use super::trail::{Selectors, Trail, default_selector};
use crate::sandbox::wire::put;

/// What CreateTrail and UpdateTrail answer.
pub fn settings(trail: &Trail) -> Value {
    let settings = &trail.settings;
    let mut members = Map::new();
    let mut put = |name: &str, of: Option<Value>| {
        if let Some(of) = of {
            members.insert(name.to_owned(), of);
        }
    };
    let text = |text: &Option<String>| text.clone().map(Value::from);
    put("Name", Some(trail.name.clone().into()));
    put("TrailARN", Some(trail.arn.clone().into()));
    put("S3BucketName", Some(settings.bucket.clone().into()));
    put("S3KeyPrefix", text(&settings.prefix));
    let topic_name = settings
        .topic_arn
        .as_deref()
        .and_then(|a| a.rsplit(':').next());
    put("SnsTopicName", topic_name.map(Value::from));
    put("SnsTopicARN", text(&settings.topic_arn));
    put(
        "IncludeGlobalServiceEvents",
        Some(settings.global_service_events.into()),
    );
    put("IsMultiRegionTrail", Some(settings.multi_region.into()));
    put(
        "LogFileValidationEnabled",
        Some(settings.log_file_validation.into()),
    );
    let logs = settings.logs.as_ref();
    put(
        "CloudWatchLogsLogGroupArn",
        logs.map(|l| l.group_arn.clone().into()),
    );
    put(
        "CloudWatchLogsRoleArn",
        logs.map(|l| l.role_arn.clone().into()),
    );
    put("KmsKeyId", text(&settings.kms_key_arn));
    put("IsOrganizationTrail", Some(settings.organization.into()));
    put(
        "RecursiveLogging",
        settings.recursive_logging.map(Value::from),
    );
    Value::Object(members)
}

/// What DescribeTrails and GetTrail answer.
pub fn trail(trail: &Trail) -> Value {
    let mut value = settings(trail);
    put(&mut value, "HomeRegion", trail.home.as_str());
    put(
        &mut value,
        "HasCustomEventSelectors",
        trail.has_custom_selectors(),
    );
    put(
        &mut value,
        "HasInsightSelectors",
        !trail.insights.is_empty(),
    );
    value
}

/// What GetEventSelectors and PutEventSelectors answer.
pub fn selectors(trail: &Trail) -> Value {
    match &trail.selectors {
        None => json!({"TrailARN": trail.arn, "EventSelectors": [default_selector()]}),
        Some(Selectors::Basic(list)) => json!({"TrailARN": trail.arn, "EventSelectors": list}),
        Some(Selectors::Advanced(list)) => {
            json!({"TrailARN": trail.arn, "AdvancedEventSelectors": list})
        }
    }
}

/// What GetInsightSelectors and PutInsightSelectors answer.
pub fn insights(trail: &Trail) -> Value {
    json!({"TrailARN": trail.arn, "InsightSelectors": trail.insights})
}

/// What GetEventConfiguration and PutEventConfiguration answer: of a trail there are aggregations only; sizes and keys
/// are for event data stores.
pub fn configuration(trail: &Trail) -> Value {
    let mut body = json!({"TrailARN": trail.arn});
    if !trail.aggregations.is_empty() {
        put(
            &mut body,
            "AggregationConfigurations",
            trail.aggregations.clone(),
        );
    }
    body
}
