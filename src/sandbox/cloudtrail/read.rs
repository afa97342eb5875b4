//! Reading trails: which there are, how they are set, whether they log.

pub mod parts;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asking, answer, store::Trails, trail::Trail, validate::name::Named};
use crate::sandbox::{
    hash,
    wire::{Answer, ApiError, put},
};

/// Trails on one page of ListTrails, and resources of one ListTags.
const PAGE: usize = 20;

/// The parameters of all reads together; each uses its own.
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
    #[serde(rename = "EventDataStore")]
    event_data_store: Option<String>,
    #[serde(rename = "ResourceIdList")]
    resources: Vec<String>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

impl Asking<'_> {
    /// What reads show now.
    fn shown(&self) -> std::sync::Arc<Trails> {
        self.world.trails.shown(self.world.elapsed_nanos())
    }

    /// Answers about the trail that the request names.
    fn about(&self, name: Option<&str>, answer: impl FnOnce(&Trail) -> Value) -> Answer {
        let trails = self.shown();
        Ok(answer(self.viewer.find(&trails, name)?).to_string())
    }
}

/// `DescribeTrails`: with shadows all that show here, without them those whose home is here and that are the account's
/// own. Names count where the trail shows, ARNs everywhere.
pub fn describe_trails(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    let viewer = asking.viewer;
    let names = request.names.iter().map(|name| Named::read(name));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let wanted = |trail: &Trail| {
        let here = viewer.shows_here(trail);
        (names.is_empty() && here)
            || names.iter().any(|named| match named {
                Named::Arn(arn) => trail.arn == *arn,
                Named::Name(name) => trail.name == *name && here,
            })
    };
    let shadows = request.shadows.unwrap_or(true);
    let trails: Vec<Value> = asking
        .shown()
        .iter()
        .filter(|trail| viewer.has(trail) && wanted(trail))
        .filter(|trail| shadows || viewer.is_home(trail))
        .map(answer::trail)
        .collect();
    Ok(json!({"trailList": trails}).to_string())
}

/// `ListTrails`: every trail of the account, whatever the Region.
pub fn list_trails(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    let (world, account) = (asking.world, asking.viewer.account);
    let all = asking.shown();
    let trails: Vec<&Trail> = all.iter().filter(|t| asking.viewer.has(t)).collect();
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
        // A token of a list that has become shorter since is still one, of an empty page.
        Some(text) => text
            .split_once('-')
            .and_then(|(offset, _)| offset.parse().ok())
            .filter(|offset| token(*offset) == *text)
            .ok_or_else(|| ApiError::new("InvalidTokenException", "The token is not valid."))?,
    };
    let end = offset.saturating_add(PAGE).min(trails.len());
    let shown: Vec<Value> = trails
        .get(offset..end)
        .unwrap_or_default()
        .iter()
        .map(|trail| json!({"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.home.as_str()}))
        .collect();
    let mut body = json!({"Trails": shown});
    if end < trails.len() {
        put(&mut body, "NextToken", token(end));
    }
    Ok(body.to_string())
}

/// `GetTrail`.
pub fn get_trail(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    asking.about(
        request.name.as_deref(),
        |trail| json!({"Trail": answer::trail(trail)}),
    )
}

/// `GetTrailStatus`. Logs are delivered every five minutes while the trail logs, digests every hour.
pub fn get_trail_status(asking: Asking<'_>) -> Answer {
    let request: Request = asking.call.json()?;
    let now = asking.world.now();
    asking.about(request.name.as_deref(), |trail| status(trail, now))
}

fn status(trail: &Trail, now: i64) -> Value {
    let logging = trail.logging.at(now);
    let on = logging.is_on(now);
    let mut body = json!({"IsLogging": on});
    if let Some(at) = logging.started {
        put(&mut body, "StartLoggingTime", at);
    }
    if let Some(at) = logging.stopped {
        put(&mut body, "StopLoggingTime", at);
    }
    if let Some(error) = &trail.delivery_error {
        put(&mut body, "LatestDeliveryError", error.clone());
    }
    let until = if on { Some(now) } else { logging.stopped };
    let Some((started, until)) = logging.started.zip(until) else {
        return body;
    };
    let mut delivered = |name: &str, every: i64| {
        let last = until / every * every;
        if last >= started {
            put(&mut body, name, last);
        }
    };
    delivered("LatestDeliveryTime", 300);
    if trail.settings.topic_arn.is_some() {
        delivered("LatestNotificationTime", 300);
    }
    if trail.settings.logs.is_some() {
        delivered("LatestCloudWatchLogsDeliveryTime", 300);
    }
    if trail.settings.log_file_validation {
        delivered("LatestDigestDeliveryTime", 3_600);
    }
    body
}
