//! Reading trails: which there are, what they record, whether they log.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    domain::{AccountId, Region},
    sandbox::{
        hash,
        scenario::Trail,
        wire::{Answer, ApiError, Call, put},
        world::World,
    },
};

/// The parameters of all these operations together; each uses its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Request {
    #[serde(rename = "trailNameList")]
    names: Vec<String>,
    #[serde(rename = "includeShadowTrails")]
    shadows: Option<bool>,
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "TrailName")]
    trail_name: Option<String>,
    #[serde(rename = "ResourceIdList")]
    resources: Vec<String>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

/// Trails on one page of ListTrails, and resources on one of ListTags.
const PAGE: usize = 20;

fn arn(trail: &Trail) -> String {
    format!(
        "arn:aws:cloudtrail:{}:{}:trail/{}",
        trail.home_region, trail.account, trail.name
    )
}

/// Whether the account has the trail: its own, or the organization's.
fn has(trail: &Trail, account: AccountId) -> bool {
    trail.organization || trail.account == account
}

/// Whether the trail shows in this Region.
fn shows(trail: &Trail, region: &Region) -> bool {
    trail.multi_region || trail.home_region == *region
}

/// `DescribeTrails`: with shadows all that show here, without them those whose home is here and that are the account's own.
pub fn describe_trails(world: &World, account: AccountId, region: &Region, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let shadows = request.shadows.unwrap_or(true);
    let named = |trail: &Trail| {
        let here = trail.name_fits(region, &request.names);
        request.names.is_empty() || here
    };
    let trails: Vec<Value> = world
        .scenario
        .trails
        .iter()
        .filter(|trail| has(trail, account) && named(trail))
        .filter(|trail| shows(trail, region) || request.names.contains(&arn(trail)))
        .filter(|trail| shadows || (trail.home_region == *region && trail.account == account))
        .map(describe)
        .collect();
    Ok(json!({"trailList": trails}).to_string())
}

impl Trail {
    /// Whether one of the names is this trail's, in this Region: names only count there, ARNs everywhere.
    fn name_fits(&self, region: &Region, names: &[String]) -> bool {
        let arn = arn(self);
        names
            .iter()
            .any(|name| *name == arn || (*name == self.name && shows(self, region)))
    }
}

fn describe(trail: &Trail) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, of: Value| value.insert(name.to_owned(), of);
    put("Name", trail.name.clone().into());
    put("S3BucketName", trail.bucket.clone().into());
    put("IncludeGlobalServiceEvents", trail.multi_region.into());
    put("IsMultiRegionTrail", trail.multi_region.into());
    put("HomeRegion", trail.home_region.as_str().into());
    put("TrailARN", arn(trail).into());
    put("LogFileValidationEnabled", trail.log_file_validation.into());
    put("HasCustomEventSelectors", false.into());
    put("HasInsightSelectors", (!trail.insights.is_empty()).into());
    put("IsOrganizationTrail", trail.organization.into());
    if let Some(group) = &trail.log_group_arn {
        put("CloudWatchLogsLogGroupArn", group.clone().into());
        put(
            "CloudWatchLogsRoleArn",
            format!("arn:aws:iam::{}:role/CloudTrailToLogs", trail.account).into(),
        );
    }
    if let Some(key) = &trail.kms_key_id {
        put("KmsKeyId", key.clone().into());
    }
    Value::Object(value)
}

/// `ListTrails`: every trail of the account, whatever the Region.
pub fn list_trails(world: &World, account: AccountId, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let trails: Vec<&Trail> = world
        .scenario
        .trails
        .iter()
        .filter(|trail| has(trail, account))
        .collect();
    let key = hash::with_text(
        hash::with(world.scenario.seed, account.as_u64()),
        "ListTrails",
    );
    let token = |offset: usize| {
        format!(
            "{offset}-{:016x}",
            hash::with_text(key, &offset.to_string())
        )
    };
    let offset = match &request.next_token {
        None => 0,
        Some(text) => (0..trails.len())
            .find(|offset| token(*offset) == *text)
            .ok_or_else(|| ApiError::new("InvalidTokenException", "The token is not valid."))?,
    };
    let end = (offset + PAGE).min(trails.len());
    let shown: Vec<Value> = trails
        .get(offset..end)
        .unwrap_or_default()
        .iter()
        .map(|trail| json!({"TrailARN": arn(trail), "Name": trail.name, "HomeRegion": trail.home_region.as_str()}))
        .collect();
    let mut body = json!({"Trails": shown});
    if end < trails.len() {
        put(&mut body, "NextToken", token(end));
    }
    Ok(body.to_string())
}

/// The trail of this name or ARN, as this account and Region see it.
fn find<'a>(
    world: &'a World,
    account: AccountId,
    region: &Region,
    name: Option<&str>,
) -> Result<&'a Trail, ApiError> {
    let name = name.unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.starts_with("arn:") {
        if !name.contains(":trail/") {
            return Err(ApiError::new(
                "CloudTrailARNInvalidException",
                format!("{name} is not the ARN of a trail."),
            ));
        }
    } else if !(3..=128).contains(&name.len()) || !name.chars().all(legal) {
        return Err(ApiError::new(
            "InvalidTrailNameException",
            "A trail name has 3 to 128 letters, digits, periods, underscores or hyphens.",
        ));
    }
    // By name alone a trail is found in its home Region and its own account only.
    let fits = |trail: &&Trail| {
        arn(trail) == name
            || (trail.name == name && trail.home_region == *region && trail.account == account)
    };
    world
        .scenario
        .trails
        .iter()
        .filter(|trail| has(trail, account))
        .find(fits)
        .ok_or_else(|| {
            ApiError::new(
                "TrailNotFoundException",
                format!("Unknown trail: {name} for the user: {account}"),
            )
        })
}

/// `GetTrail`.
pub fn get_trail(world: &World, account: AccountId, region: &Region, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let trail = find(world, account, region, request.name.as_deref())?;
    Ok(json!({"Trail": describe(trail)}).to_string())
}

/// `GetTrailStatus`.
pub fn get_trail_status(world: &World, account: AccountId, region: &Region, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let trail = find(world, account, region, request.name.as_deref())?;
    let stopped = trail
        .stopped
        .map(|moment| moment.second(world.start))
        .filter(|at| *at <= world.now());
    let started = world.start.seconds() - 200 * 86_400;
    let delivered = stopped.unwrap_or_else(|| world.now()) / 300 * 300;
    let mut body = json!({
        "IsLogging": stopped.is_none(),
        "StartLoggingTime": started,
        "LatestDeliveryTime": delivered,
    });
    if let Some(at) = stopped {
        put(&mut body, "StopLoggingTime", at);
    }
    if let Some(error) = &trail.delivery_error {
        put(&mut body, "LatestDeliveryError", error.clone());
    }
    if trail.log_group_arn.is_some() {
        put(&mut body, "LatestCloudWatchLogsDeliveryTime", delivered);
    }
    if trail.log_file_validation {
        put(
            &mut body,
            "LatestDigestDeliveryTime",
            delivered / 3_600 * 3_600,
        );
    }
    Ok(body.to_string())
}

/// `GetEventSelectors`: what every trail has that nobody changed.
pub fn get_event_selectors(
    world: &World,
    account: AccountId,
    region: &Region,
    call: &Call,
) -> Answer {
    let request: Request = call.json()?;
    let trail = find(world, account, region, request.trail_name.as_deref())?;
    let all = json!({"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []});
    Ok(json!({"TrailARN": arn(trail), "EventSelectors": [all]}).to_string())
}

/// `GetInsightSelectors`.
pub fn get_insight_selectors(
    world: &World,
    account: AccountId,
    region: &Region,
    call: &Call,
) -> Answer {
    let request: Request = call.json()?;
    let trail = find(world, account, region, request.trail_name.as_deref())?;
    if trail.insights.is_empty() {
        let message = format!("Insights is not enabled for the trail {}", arn(trail));
        return Err(ApiError::new("InsightNotEnabledException", message));
    }
    let selectors: Vec<Value> = trail
        .insights
        .iter()
        .map(|kind| json!({"InsightType": kind}))
        .collect();
    Ok(json!({"TrailARN": arn(trail), "InsightSelectors": selectors}).to_string())
}

/// `GetEventConfiguration`: of a trail CloudTrail has aggregations only; sizes and keys are for event data stores.
pub fn get_event_configuration(
    world: &World,
    account: AccountId,
    region: &Region,
    call: &Call,
) -> Answer {
    let request: Request = call.json()?;
    let trail = find(world, account, region, request.trail_name.as_deref())?;
    let mut body = json!({"TrailARN": arn(trail)});
    if !trail.aggregations.is_empty() {
        let sums = json!([{"EventCategory": "Data", "Templates": trail.aggregations}]);
        put(&mut body, "AggregationConfigurations", sums);
    }
    Ok(body.to_string())
}

/// `ListTags`: of at most 20 trails, by ARN.
pub fn list_tags(world: &World, account: AccountId, call: &Call) -> Answer {
    let request: Request = call.json()?;
    if request.resources.len() > PAGE {
        return Err(ApiError::new(
            "InvalidParameterException",
            "At most 20 resources.",
        ));
    }
    let mut list = Vec::new();
    for id in &request.resources {
        if !id.starts_with("arn:") {
            return Err(ApiError::new(
                "CloudTrailARNInvalidException",
                format!("{id} is not an ARN."),
            ));
        }
        let trail = world
            .scenario
            .trails
            .iter()
            .find(|trail| trail.account == account && arn(trail) == *id);
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
