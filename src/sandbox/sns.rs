//! Amazon SNS: the attributes of topics, their policy among them.

use http::StatusCode;

use super::{
    sessions::Principal,
    wire::{Answer, ApiError, Call, envelope, xml},
    world::World,
};
use crate::domain::{Region, Service};

/// `GetTopicAttributes`.
pub fn handle(
    world: &World,
    caller: &Principal,
    region: &Region,
    call: &Call,
    request_id: &str,
) -> Answer {
    let form = call.form();
    let arn = form
        .iter()
        .find(|(key, _)| key == "TopicArn")
        .map_or("", |(_, value)| value.as_str());
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, "sns", place, account, _name] = parts.as_slice() else {
        return Err(invalid());
    };
    if *place != region.as_str() {
        return Err(invalid());
    }
    if *account != caller.account.to_string() {
        let message = format!(
            "User: {} is not authorized to perform: SNS:GetTopicAttributes on resource: {arn}",
            caller.arn
        );
        return Err(ApiError::denied(Service::Sns, message));
    }
    let topic = world.resources.topic(arn);
    if !topic.exists() {
        let error = ApiError::new("NotFound", "Topic does not exist");
        return Err(error.status(StatusCode::NOT_FOUND));
    }
    let policy = topic.policy(arn, caller.account);
    let entries: String = [
        ("Policy", policy.as_str()),
        ("Owner", account),
        ("TopicArn", arn),
        ("DisplayName", ""),
        ("SubscriptionsConfirmed", "1"),
        ("SubscriptionsPending", "0"),
        ("SubscriptionsDeleted", "0"),
    ]
    .iter()
    .map(|(key, value)| {
        format!(
            "<entry><key>{key}</key><value>{}</value></entry>",
            xml(value)
        )
    })
    .collect();
    let result = format!("<Attributes>{entries}</Attributes>");
    Ok(envelope(
        Service::Sns,
        "GetTopicAttributes",
        &result,
        request_id,
    ))
}

fn invalid() -> ApiError {
    ApiError::new("InvalidParameter", "Invalid parameter: TopicArn")
}
