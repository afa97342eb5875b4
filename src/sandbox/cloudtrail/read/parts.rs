//! Reading what belongs to a trail: selectors, event configuration, tags.

use serde_json::{Value, json};

use super::{PAGE, Request};
use crate::sandbox::{
    cloudtrail::{Asking, answer, validate},
    org_state::CLOUDTRAIL,
    wire::{Answer, ApiError},
};

/// `GetEventSelectors`.
pub fn get_event_selectors(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    asking.about(request.trail_name.as_deref(), answer::selectors)
}

/// `GetInsightSelectors`: of a trail that has none it is an error.
pub fn get_insight_selectors(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    of_a_trail(&request)?;
    let trails = asking.shown();
    let trail = asking.viewer.find(&trails, request.trail_name.as_deref())?;
    if trail.insights.is_empty() {
        let message = format!("Insights is not enabled for the trail {}", trail.arn);
        return Err(ApiError::new("InsightNotEnabledException", message));
    }
    Ok(answer::insights(trail).to_string())
}

/// `GetEventConfiguration`.
pub fn get_event_configuration(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    of_a_trail(&request)?;
    asking.about(request.trail_name.as_deref(), answer::configuration)
}

fn of_a_trail(request: &Request) -> Result<(), ApiError> {
    let trail = request.trail_name.as_deref();
    validate::insights::one_subject(trail, request.event_data_store.as_deref())
}

/// `ListTags`: of at most 20 trails, by ARN. An organization's trail has no tags for its members.
pub fn list_tags(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    if request.resources.len() > PAGE {
        return Err(ApiError::new(
            "InvalidParameterException",
            "At most 20 resources.",
        ));
    }
    let (trails, account) = (asking.shown(), asking.viewer.account);
    let administers = asking
        .world
        .org_state
        .facts()
        .administers(account, CLOUDTRAIL);
    let mut list = Vec::new();
    for id in &request.resources {
        validate::name::trail_arn(id)?;
        let trail = trails
            .get(id)
            .filter(|trail| trail.owner == account || (trail.settings.organization && administers));
        let trail = trail.ok_or_else(|| {
            ApiError::new("ResourceNotFoundException", format!("{id} does not exist."))
        })?;
        let tags: Vec<Value> = trail
            .tags
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}))
            .collect();
        list.push(json!({"ResourceId": id, "TagsList": tags}));
    }
    Ok(json!({"ResourceTagList": list}).to_string())
}
