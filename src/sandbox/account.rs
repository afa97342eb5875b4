//! AWS Account Management: which Regions an account has enabled.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    hash,
    scenario::Member,
    sessions::Principal,
    wire::{Answer, ApiError, Call, put},
    world::World,
};
use crate::domain::{Region, Service};

/// The Regions of the commercial partition that are on without anybody's doing.
const BY_DEFAULT: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    account_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    region_opt_status_contains: Option<Vec<String>>,
    region_name: Option<String>,
}

/// Answers the operation.
pub fn handle(world: &World, caller: &Principal, call: &Call, operation: &'static str) -> Answer {
    let request: Request = call.json()?;
    let member = subject(world, caller, request.account_id.as_deref())?;
    match operation {
        "ListRegions" => list_regions(world, member, &request),
        "GetRegionOptStatus" => {
            let name = request.region_name.as_deref().unwrap_or_default();
            let region = world
                .directory
                .listed_regions()
                .find(|r| r.as_str() == name);
            let region =
                region.ok_or_else(|| invalid("The Region is not one of this partition."))?;
            Ok(json!({"RegionName": name, "RegionOptStatus": status(member, region)}).to_string())
        }
        other => Err(ApiError::unknown_operation(Service::Account, other)),
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("ValidationException", message)
}

/// The account that is asked about: the caller's own, or another one if the caller may.
fn subject<'a>(
    world: &'a World,
    caller: &Principal,
    asked: Option<&str>,
) -> Result<&'a Member, ApiError> {
    let denied = || {
        ApiError::new(
            "AccessDeniedException",
            format!(
                "User: {} is not authorized to perform: account:ListRegions",
                caller.arn
            ),
        )
        .status(StatusCode::FORBIDDEN)
    };
    let id = match asked {
        None => caller.account,
        Some(text) => {
            let id = text
                .parse()
                .map_err(|_| invalid("AccountId must be 12 digits."))?;
            if id == world.directory.management() {
                return Err(invalid(
                    "The management account cannot be named; leave AccountId out.",
                ));
            }
            if !world.may_read_organization(caller.account) && id != caller.account {
                return Err(denied());
            }
            id
        }
    };
    world.directory.member(id).ok_or_else(denied)
}

fn status(member: &Member, region: &Region) -> &'static str {
    if member.disabled_regions.contains(region) {
        "DISABLED"
    } else if BY_DEFAULT.contains(&region.as_str()) {
        "ENABLED_BY_DEFAULT"
    } else {
        "ENABLED"
    }
}

fn list_regions(world: &World, member: &Member, request: &Request) -> Answer {
    let wanted = |status: &str| {
        request
            .region_opt_status_contains
            .as_ref()
            .is_none_or(|list| list.is_empty() || list.iter().any(|s| s == status))
    };
    let regions: Vec<(&str, &str)> = world
        .directory
        .listed_regions()
        .map(|region| (region.as_str(), status(member, region)))
        .filter(|(_, status)| wanted(status))
        .collect();
    let size = request.max_results.unwrap_or(50);
    let size = usize::try_from(size)
        .ok()
        .filter(|size| (1..=50).contains(size))
        .ok_or_else(|| invalid("MaxResults must be from 1 to 50."))?;
    let key = hash::with(world.scenario.seed, member.id.as_u64());
    let token = |offset: usize| {
        format!(
            "{offset}-{:016x}",
            hash::with_text(key, &offset.to_string())
        )
    };
    let offset = match &request.next_token {
        None => 0,
        Some(text) => (0..regions.len())
            .find(|offset| token(*offset) == *text)
            .ok_or_else(|| invalid("NextToken is not valid."))?,
    };
    let end = (offset + size).min(regions.len());
    let shown: Vec<Value> = regions
        .get(offset..end)
        .unwrap_or_default()
        .iter()
        .map(|(name, status)| json!({"RegionName": name, "RegionOptStatus": status}))
        .collect();
    let mut body = json!({"Regions": shown});
    if end < regions.len() {
        put(&mut body, "NextToken", token(end));
    }
    Ok(body.to_string())
}
