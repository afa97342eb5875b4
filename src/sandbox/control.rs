//! The sandbox's own endpoints, under `/_sandbox/`: the ledger, its counts, and what the answers should have been.

use bytes::Bytes;
use http::{Method, Response, StatusCode, Uri};
use http_body_util::Full;
use serde_json::json;

use super::{
    ledger::LedgerFilter,
    wire,
    world::{World, seconds},
};
use crate::domain::{AccountId, LookupAttribute, Region, TimeWindow, Timestamp};

/// Attempts in one answer at most; ask again with `since` for more.
const MAX_LINES: usize = 100_000;

type Outcome = Result<(&'static str, String), String>;

/// Answers a request to one of them.
pub fn answer(world: &World, method: &Method, uri: &Uri) -> Response<Full<Bytes>> {
    let query = Query::read(uri.query().unwrap_or_default());
    let outcome = match (method.as_str(), uri.path()) {
        ("GET", "/_sandbox/health") => {
            Ok(("application/json", json!({"status": "SERVING"}).to_string()))
        }
        ("GET", "/_sandbox/ledger") => ledger(world, &query),
        ("GET", "/_sandbox/sts") => assumed(world, &query),
        ("GET", "/_sandbox/summary") => serde_json::to_string(&world.summary())
            .map(|text| ("application/json", text))
            .map_err(|e| e.to_string()),
        ("POST", "/_sandbox/reset") => {
            world.ledger.reset();
            world.assumed.reset();
            world.quotas.reset();
            world.faults.reset();
            Ok(("application/json", json!({}).to_string()))
        }
        ("GET", "/_sandbox/expect") => expect(world, &query),
        ("GET", "/_sandbox/trails") => trails(world, &query),
        _ => {
            let known = "GET health, ledger, sts, summary, expect, trails; POST reset";
            return wire::response(
                StatusCode::NOT_FOUND,
                "text/plain",
                "",
                format!("there are: {known}\n"),
            );
        }
    };
    match outcome {
        Ok((content_type, body)) => wire::response(StatusCode::OK, content_type, "", body),
        Err(message) => wire::response(StatusCode::BAD_REQUEST, "text/plain", "", message + "\n"),
    }
}

/// The parameters of a query string.
struct Query(Vec<(String, String)>);

impl Query {
    fn read(text: &str) -> Self {
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (wire::decode(key), wire::decode(value))
        };
        Self(
            text.split('&')
                .filter(|p| !p.is_empty())
                .map(pair)
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|v| !v.is_empty())
    }

    fn only(&self, names: &[&str]) -> Result<(), String> {
        let strange: Vec<&str> = self
            .0
            .iter()
            .map(|(key, _)| key.as_str())
            .filter(|key| !names.contains(key))
            .collect();
        if strange.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "unknown parameters {strange:?}; there are {names:?}"
            ))
        }
    }
}

fn ledger(world: &World, query: &Query) -> Outcome {
    query.only(&["account", "region", "api", "since"])?;
    let text = |name: &str| query.get(name).map(str::to_owned);
    let since = query.get("since").map_or(Ok(0), str::parse);
    let filter = LedgerFilter {
        account: text("account"),
        region: text("region"),
        api: text("api"),
        since: since.map_err(|_| "since: the number of an attempt".to_owned())?,
    };
    let mut lines = String::new();
    for attempt in world.ledger.select(&filter, MAX_LINES) {
        lines.push_str(&serde_json::to_string(&attempt).map_err(|e| e.to_string())?);
        lines.push('\n');
    }
    Ok(("application/x-ndjson", lines))
}

/// Every AssumeRole, or those for roles of one account.
fn assumed(world: &World, query: &Query) -> Outcome {
    query.only(&["account", "since"])?;
    let since = query.get("since").map_or(Ok(0), str::parse);
    let since = since.map_err(|_| "since: the number of an AssumeRole".to_owned())?;
    let mut lines = String::new();
    for one in world.assumed.since(since) {
        if query
            .get("account")
            .is_none_or(|account| account == one.account)
        {
            lines.push_str(&serde_json::to_string(&one).map_err(|e| e.to_string())?);
            lines.push('\n');
        }
    }
    Ok(("application/x-ndjson", lines))
}

/// Every trail as the last write left it, or those of one account or one ARN.
fn trails(world: &World, query: &Query) -> Outcome {
    query.only(&["account", "arn"])?;
    let fits = |wanted: &str, is: &str| query.get(wanted).is_none_or(|w| w == is);
    let trails: Vec<_> = world
        .trails()
        .into_iter()
        .filter(|trail| fits("account", &trail.account) && fits("arn", &trail.arn))
        .collect();
    serde_json::to_string(&trails)
        .map(|text| ("application/json", text))
        .map_err(|e| e.to_string())
}

/// How many events a lookup must find, over all cells that are meant. Suspended accounts and disabled Regions have
/// none that anybody could look up.
fn expect(world: &World, query: &Query) -> Outcome {
    query.only(&["account", "region", "start", "end", "attribute", "value"])?;
    let account = parse::<AccountId>(query, "account")?;
    let region = parse::<Region>(query, "region")?;
    let now = world.clock.now();
    let start = time(query, "start")?
        .unwrap_or_else(|| now.minus(std::time::Duration::from_secs(90 * 86_400)));
    let end = time(query, "end")?.unwrap_or(now);
    let window = TimeWindow::new(start, end).ok_or("start: not after end")?;
    let filter = match (query.get("attribute"), query.get("value")) {
        (None, None) => None,
        (Some(kind), Some(value)) => Some(LookupAttribute {
            kind: kind.parse().map_err(|e| format!("attribute: {e}"))?,
            value: value.to_owned(),
        }),
        _ => return Err("attribute and value: both or none".to_owned()),
    };
    let (from, to) = seconds(window);
    let (mut count, mut cells) = (0, 0);
    for member in world
        .directory
        .members()
        .filter(|m| account.is_none_or(|a| a == m.id))
    {
        for here in world
            .directory
            .listed_regions()
            .filter(|r| region.as_ref().is_none_or(|w| w == *r))
        {
            if world.directory.region_enabled(member.id, here) {
                cells += 1;
                count += world.history.cell(member, here).count(
                    from,
                    to,
                    filter.as_ref(),
                    now.seconds(),
                );
            }
        }
    }
    Ok((
        "application/json",
        json!({"count": count, "cells": cells}).to_string(),
    ))
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    query: &Query,
    name: &str,
) -> Result<Option<T>, String> {
    query
        .get(name)
        .map(str::parse)
        .transpose()
        .map_err(|e| format!("{name}: {e}"))
}

/// RFC 3339, or seconds since 1970.
fn time(query: &Query, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    if let Ok(seconds) = text.parse() {
        return Ok(Some(Timestamp::from_seconds(seconds)));
    }
    text.parse()
        .map(Some)
        .map_err(|_| format!("{name}: RFC 3339, or seconds since 1970"))
}
