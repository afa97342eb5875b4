//! Service Quotas: what the scenario lets an account do with CloudTrail in a Region, as AWS lists it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    hash,
    quota::{self, Asking},
    scenario::Member,
    wire::{Answer, ApiError, Call, put},
    world::World,
};
use crate::domain::{Region, Service};

/// The most that may be asked for on one page.
const MOST: usize = 100;
/// What comes on one page at most. AWS may send fewer than asked for while there are more; here it always does.
const PAGE: usize = 20;

/// CloudTrail's quotas that are no rates, in front of those that are: (name, code, value).
const RESOURCES: [(&str, &str, f64); 2] = [
    ("Trails per region", "L-AAAA0001", 5.0),
    ("Concurrent queries", "L-AAAA0002", 10.0),
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    service_code: Option<String>,
    quota_code: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `ListServiceQuotas` of CloudTrail, which has these `operations`: the rates that calls of this account are held to in
/// this Region.
pub fn handle(
    world: &World,
    member: &Member,
    region: (u16, &Region),
    call: &Call,
    operations: impl Iterator<Item = &'static str>,
) -> Answer {
    let request: Request = call.json()?;
    if request.service_code.as_deref() != Some("cloudtrail") {
        let message = "The request failed because the specified service does not exist.";
        return Err(ApiError::new("NoSuchResourceException", message));
    }
    let place = (member, region);
    let rates = operations.map(|operation| rate(world, place, operation));
    let resources = RESOURCES.map(|(name, code, value)| described(place, name, code, value));
    let quotas = resources.into_iter().chain(rates);
    let wanted = |quota: &Value| {
        let code = request.quota_code.as_deref();
        code.is_none_or(|code| quota["QuotaCode"] == code)
    };
    let quotas: Vec<Value> = quotas.filter(wanted).collect();
    page(&quotas, &request)
}

fn page(quotas: &[Value], request: &Request) -> Answer {
    let size = match request.max_results {
        None => PAGE,
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|size| (1..=MOST).contains(size))
            .ok_or_else(|| {
                ApiError::new(
                    "IllegalArgumentException",
                    "MaxResults must be from 1 to 100.",
                )
            })?
            .min(PAGE),
    };
    // The token is the place of the first quota of its page.
    let start = match &request.next_token {
        None => 0,
        Some(token) => token
            .strip_prefix("place/")
            .and_then(|place| place.parse().ok())
            .filter(|place| *place < quotas.len())
            .ok_or_else(|| {
                ApiError::new("InvalidPaginationTokenException", "NextToken is not valid.")
            })?,
    };
    let shown = quotas.iter().skip(start).take(size);
    let mut body = json!({"Quotas": shown.collect::<Vec<_>>()});
    if start + size < quotas.len() {
        put(&mut body, "NextToken", format!("place/{}", start + size));
    }
    Ok(body.to_string())
}

/// The quota of one operation, as the calls themselves are held to it.
fn rate(world: &World, place: (&Member, (u16, &Region)), operation: &'static str) -> Value {
    let (member, region) = place;
    let asking = Asking {
        member,
        region,
        service: Service::CloudTrail,
        operation,
    };
    let (per_second, _) = quota::quota(&world.scenario, asking);
    let name = format!("Transactions per second (TPS) for the {operation} API");
    let mut quota = described(place, &name, &code(operation), per_second);
    put(
        &mut quota,
        "Period",
        json!({"PeriodValue": 1, "PeriodUnit": "SECOND"}),
    );
    let metric = json!({
        "MetricNamespace": "AWS/Usage",
        "MetricName": "CallCount",
        "MetricDimensions": {
            "Class": "None", "Resource": operation, "Service": "CloudTrail", "Type": "API",
        },
        "MetricStatisticRecommendation": "Sum",
    });
    put(&mut quota, "UsageMetric", metric);
    quota
}

fn described(place: (&Member, (u16, &Region)), name: &str, code: &str, value: f64) -> Value {
    let (member, (_, region)) = place;
    json!({
        "ServiceCode": "cloudtrail",
        "ServiceName": "AWS CloudTrail",
        "QuotaArn": format!("arn:aws:servicequotas:{region}:{}:cloudtrail/{code}", member.id),
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": false,
        "GlobalQuota": false,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}

/// AWS's own code for the quota of LookupEvents; for others one of the same shape, since callers go by the name as well.
fn code(operation: &str) -> String {
    match operation {
        "LookupEvents" => "L-6826A2E9".to_owned(),
        other => format!("L-{:08X}", hash::with_text(0, other) >> 32),
    }
}
