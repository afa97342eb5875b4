//! Amazon CloudWatch Logs: which log groups there are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    sessions::Principal,
    wire::{Answer, ApiError, Call, put},
    world::World,
};
use crate::domain::Region;

/// Groups on one page at most, and without a word.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    log_group_name_prefix: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

/// `DescribeLogGroups`: by name. Those that the scenario names, and the one that is asked for.
pub fn handle(world: &World, caller: &Principal, region: &Region, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let invalid = |message: &str| ApiError::new("InvalidParameterException", message);
    let limit = match request.limit {
        None => PAGE,
        Some(limit) => usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=PAGE).contains(limit))
            .ok_or_else(|| invalid("limit must be from 1 to 50"))?,
    };
    let prefix = request.log_group_name_prefix.as_deref().unwrap_or_default();
    let names = world.resources.log_groups(prefix);
    // The token is the last name of the page before.
    let after = request.next_token.as_deref().unwrap_or_default();
    let mut rest = names.iter().filter(|name| name.as_str() > after);
    let shown: Vec<&String> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    let groups: Vec<Value> = shown
        .iter()
        .map(|name| {
            let arn = format!("arn:aws:logs:{region}:{}:log-group:{name}", caller.account);
            json!({
                "logGroupName": name,
                "creationTime": 1_600_000_000_000_i64,
                "metricFilterCount": 0,
                "arn": format!("{arn}:*"),
                "logGroupArn": arn,
                "storedBytes": 0,
                "logGroupClass": "STANDARD",
            })
        })
        .collect();
    let mut body = json!({"logGroups": groups});
    if let (true, Some(last)) = (more, shown.last()) {
        put(&mut body, "nextToken", last.as_str());
    }
    Ok(body.to_string())
}
