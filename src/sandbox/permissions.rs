//! Which permissions AWS asks for with a call: the call's own, and those for what it does besides with the caller's
//! rights. Only sessions with a policy of their own are asked; what roles may do is not simulated.

use http::StatusCode;
use serde::Deserialize;

use super::{
    sessions::Principal,
    wire::{ApiError, Call},
};
use crate::domain::Service;

/// What CloudTrail does in Organizations and IAM where a trail is, or becomes, the organization's.
const OF_ORGANIZATION: [&str; 3] = [
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "iam:GetRole",
];

/// Whether the caller's session policy lets it make this call.
pub fn check(caller: &Principal, call: &Call, operation: &str) -> Result<(), ApiError> {
    let Some(policy) = &caller.policy else {
        return Ok(());
    };
    let asked = asked_for(call, operation);
    let Some(missing) = asked.iter().find(|action| !policy.allows(action)) else {
        return Ok(());
    };
    let message = format!(
        "User: {} is not authorized to perform: {missing} because no session policy allows the {missing} action",
        caller.arn
    );
    let code = match call.service {
        Service::Sts | Service::Iam | Service::S3 => "AccessDenied",
        Service::Sns => "AuthorizationError",
        _ => "AccessDeniedException",
    };
    let status = match call.service {
        Service::Sts | Service::Iam | Service::S3 | Service::Sns => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    Err(ApiError::new(code, message).status(status))
}

fn asked_for(call: &Call, operation: &str) -> Vec<String> {
    let own = match operation {
        // Anybody may ask who he is.
        "GetCallerIdentity" => return Vec::new(),
        "HeadBucket" | "ListObjectsV2" => "ListBucket",
        other => other,
    };
    let mut asked = vec![format!("{}:{own}", call.service.prefix())];
    asked.extend(besides(call, operation).iter().map(|&a| a.to_owned()));
    asked
}

/// What of a trail's settings asks for more than the call.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Settings {
    tags_list: Vec<serde_json::Value>,
    cloud_watch_logs_role_arn: Option<String>,
    is_organization_trail: Option<bool>,
}

fn besides(call: &Call, operation: &str) -> Vec<&'static str> {
    match operation {
        "CreateTrail" | "UpdateTrail" => of_settings(&call.json().unwrap_or_default()),
        "RegisterOrganizationDelegatedAdmin" => vec![
            "organizations:RegisterDelegatedAdministrator",
            "organizations:ListAWSServiceAccessForOrganization",
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
        ],
        "DeregisterOrganizationDelegatedAdmin" => vec![
            "organizations:DeregisterDelegatedAdministrator",
            "organizations:ListAWSServiceAccessForOrganization",
        ],
        _ => Vec::new(),
    }
}

fn of_settings(settings: &Settings) -> Vec<&'static str> {
    let mut asked = Vec::new();
    if !settings.tags_list.is_empty() {
        asked.push("cloudtrail:AddTags");
    }
    if settings
        .cloud_watch_logs_role_arn
        .as_deref()
        .is_some_and(|arn| !arn.is_empty())
    {
        asked.push("iam:PassRole");
    }
    if settings.is_organization_trail == Some(true) {
        asked.extend(OF_ORGANIZATION);
    }
    asked
}
