//! What a token says once its signature is known to be right: for whom it is, when, and who brings it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::Timestamp;

use super::Refusal;

/// Groups of one token.
const MOST_GROUPS: usize = 256;

/// How the times of a token are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) leeway: Duration,
    pub(super) max_age: Option<Duration>,
}

/// The claims. If one of the first five is there twice, or is not what the standard says, the token cannot be read.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    aud: Option<Audience>,
    exp: Option<Seconds>,
    nbf: Option<Seconds>,
    iat: Option<Seconds>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Seconds since 1970, whole or not (RFC 7519 allows both).
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Seconds {
    Whole(i64),
    Broken(f64),
}

impl Seconds {
    fn at(self) -> Timestamp {
        match self {
            Self::Whole(seconds) => Timestamp::from_seconds(seconds),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it saturates, as the time does"
            )]
            Self::Broken(seconds) => Timestamp::from_seconds(seconds.floor() as i64),
        }
    }
}

impl Claims {
    /// Whether it is valid now.
    pub(super) fn check_time(&self, now: Timestamp, bounds: Bounds) -> Result<(), Refusal> {
        let Bounds { leeway, max_age } = bounds;
        let until = self.exp.ok_or(Refusal::Expired)?.at();
        if now >= until.plus(leeway) {
            return Err(Refusal::Expired);
        }
        let starts = [self.nbf, self.iat].into_iter().flatten();
        if starts
            .map(Seconds::at)
            .any(|start| now.plus(leeway) < start)
        {
            return Err(Refusal::NotYet);
        }
        let Some(max_age) = max_age else {
            return Ok(());
        };
        let issued = self.iat.ok_or(Refusal::Age)?.at();
        let young = now < issued.plus(max_age).plus(leeway);
        young.then_some(()).ok_or(Refusal::Age)
    }

    /// Whether it is for one of these.
    pub(super) fn check_audience(&self, ours: &[String]) -> Result<(), Refusal> {
        let meant = match &self.aud {
            Some(Audience::One(one)) => ours.contains(one),
            Some(Audience::Several(several)) => several.iter().any(|one| ours.contains(one)),
            None => false,
        };
        meant.then_some(()).ok_or(Refusal::Audience)
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.rest.get(claim)?.as_str()
    }

    /// A claim that is a list of texts, or one text; without it none. `None` if it is something else, or too long.
    pub(super) fn texts(&self, claim: &str) -> Option<Vec<&str>> {
        match self.rest.get(claim) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::String(one)) => Some(vec![one]),
            Some(Value::Array(several)) if several.len() <= MOST_GROUPS => {
                several.iter().map(Value::as_str).collect()
            }
            Some(_) => None,
        }
    }
}
