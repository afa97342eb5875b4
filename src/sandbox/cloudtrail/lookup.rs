//! LookupEvents, as strict as AWS documents it.

use serde::Deserialize;

use super::token::Token;
use crate::{
    domain::{AccountId, LookupAttribute, LookupAttributeKind, Region, Service},
    sandbox::{
        hash,
        history::Selection,
        wire::{Answer, ApiError, Call},
        world::World,
    },
};

/// How far back the event history reaches.
const HISTORY_SECONDS: i64 = 90 * 86_400;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    lookup_attributes: Option<Vec<Attribute>>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<i64>,
    event_category: Option<String>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

/// A request that has been found good.
struct Lookup {
    filter: Option<LookupAttribute>,
    size: usize,
    insight: bool,
    token: Token,
    key: u64,
}

/// `LookupEvents`.
pub fn lookup_events(world: &World, account: AccountId, region: &Region, call: &Call) -> Answer {
    let lookup = Lookup::check(world, account, region, call.json()?)?;
    if lookup.insight {
        // The sandbox has no unusual activity to report.
        return Ok("{\"Events\":[]}".to_owned());
    }
    let cell = world
        .cell(account, region)
        .ok_or_else(|| ApiError::unknown_token(Service::CloudTrail))?;
    let now = world.now();
    let token = lookup.token;
    let selection = Selection::new(cell, lookup.filter.as_ref(), token.from, token.to.min(now));
    let limit = lookup.page_limit(world);
    let mut walk = selection.walk(token.after);
    let mut body = String::with_capacity(64 + limit * 3_000);
    let mut scratch = String::with_capacity(3_000);
    body.push_str("{\"Events\":[");
    let (mut given, mut last) = (0, token.after);
    let mut more = false;
    while let Some(event) = walk.next() {
        if !event.visible(now) {
            continue;
        }
        if given == limit {
            more = true;
            break;
        }
        if given > 0 {
            body.push(',');
        }
        event.write(&mut body, &mut scratch);
        given += 1;
        last = walk.position();
    }
    body.push(']');
    if more {
        let next = Token {
            page: token.page.wrapping_add(1),
            after: last,
            ..token
        };
        body.push_str(",\"NextToken\":\"");
        body.push_str(&next.write(lookup.key));
        body.push('"');
    }
    body.push('}');
    Ok(body)
}

impl Lookup {
    fn check(
        world: &World,
        account: AccountId,
        region: &Region,
        request: Request,
    ) -> Result<Self, ApiError> {
        let size = request.max_results.unwrap_or(50);
        let size = usize::try_from(size).ok().filter(|s| (1..=50).contains(s)).ok_or_else(|| {
            ApiError::new("InvalidMaxResultsException", "The specified value for MaxResults is not valid. Specify a value between 1 and 50.")
        })?;
        let insight = match request.event_category.as_deref() {
            None => false,
            Some("insight") => true,
            Some(_) => {
                return Err(ApiError::new(
                    "InvalidEventCategoryException",
                    "Event category is not valid.",
                ));
            }
        };
        let filter = filter(
            request.lookup_attributes.as_deref().unwrap_or_default(),
            insight,
        )?;
        let key = key(world, account, region, &request);
        let token = match &request.next_token {
            Some(text) => Token::read(text, key).ok_or_else(|| {
                ApiError::new(
                    "InvalidNextTokenException",
                    "Invalid token: it was used with other parameters, or is none.",
                )
            })?,
            None => window(&request, world.now())?,
        };
        Ok(Self {
            filter,
            size,
            insight,
            token,
            key,
        })
    }

    /// How many events this page may hold, where the scenario cuts pages short.
    fn page_limit(&self, world: &World) -> usize {
        let pages = &world.scenario.events.pages;
        let chance = hash::with(self.key, u64::from(self.token.page));
        if hash::unit(chance) < pages.empty_share {
            0
        } else if hash::unit(hash::mix(chance)) < pages.short_share {
            hash::below(hash::with(chance, 1), self.size)
        } else {
            self.size
        }
    }
}

fn filter(attributes: &[Attribute], insight: bool) -> Result<Option<LookupAttribute>, ApiError> {
    let refuse = |message: String| Err(ApiError::new("InvalidLookupAttributesException", message));
    let one = match attributes {
        [] => return Ok(None),
        [one] => one,
        _ => return refuse("You can specify only one lookup attribute.".to_owned()),
    };
    let Ok(kind) = one.attribute_key.parse::<LookupAttributeKind>() else {
        return refuse(format!(
            "{} is not a valid lookup attribute key.",
            one.attribute_key
        ));
    };
    let for_insights = [
        LookupAttributeKind::EventId,
        LookupAttributeKind::EventName,
        LookupAttributeKind::EventSource,
    ];
    if insight && !for_insights.contains(&kind) {
        return refuse(format!(
            "{} cannot be used with Insights events.",
            one.attribute_key
        ));
    }
    // Some characters count double.
    let cost = |c: char| {
        if matches!(c, '_' | ' ' | ',' | '\n') {
            2
        } else {
            1
        }
    };
    let length: usize = one.attribute_value.chars().map(cost).sum();
    if !(1..=2_000).contains(&length) {
        return refuse("A lookup attribute value has 1 to 2000 characters; _, space, comma and line feed count as two.".to_owned());
    }
    Ok(Some(LookupAttribute {
        kind,
        value: one.attribute_value.clone(),
    }))
}

/// The window of a first page: whole seconds within the history, both ends inclusive.
fn window(request: &Request, now: i64) -> Result<Token, ApiError> {
    let invalid = || {
        ApiError::new(
            "InvalidTimeRangeException",
            "The start time is after the end time, or the range is outside of what can be looked up.",
        )
    };
    let earliest = now - HISTORY_SECONDS;
    let start = request.start_time.map_or(earliest, |t| whole(t.ceil()));
    let end = request.end_time.map_or(now, |t| whole(t.floor()));
    let backwards = matches!((request.start_time, request.end_time), (Some(s), Some(e)) if s > e);
    if backwards || end < earliest || request.end_time.is_none() && start > now {
        return Err(invalid());
    }
    Ok(Token {
        from: start.max(earliest),
        to: end.min(now),
        page: 0,
        after: None,
    })
}

#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn whole(seconds: f64) -> i64 {
    seconds as i64
}

/// A hash of everything that a token is bound to.
fn key(world: &World, account: AccountId, region: &Region, request: &Request) -> u64 {
    let attributes: Vec<_> = request
        .lookup_attributes
        .iter()
        .flatten()
        .map(|a| (&a.attribute_key, &a.attribute_value))
        .collect();
    let all = format!(
        "{account} {region} {:?} {:?} {:?} {:?} {attributes:?}",
        request.start_time, request.end_time, request.max_results, request.event_category
    );
    hash::with_text(world.scenario.seed, &all)
}
