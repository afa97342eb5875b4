//! What happens in the accounts, as a scenario says it.

use serde::{Deserialize, Serialize};

use super::{Incident, PlantedEvent, Scope, text};
use crate::domain::Timestamp;

/// What happens in the accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Events {
    /// Events an hour in each (account, Region), at most 3,600,000,000.
    pub per_hour: f64,
    /// Other rates for some. The last that matches wins.
    pub rates: Vec<Rate>,
    /// Many events in one second.
    pub bursts: Vec<Burst>,
    /// Events that can be looked up only some time after they happened.
    pub late: Vec<Late>,
    /// How LookupEvents cuts its pages.
    pub pages: Pages,
    /// The incident that somebody should find.
    pub incident: Option<Incident>,
    /// Single events, written out.
    pub planted: Vec<PlantedEvent>,
}

/// A rate of events for some accounts and Regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Where.
    #[serde(default)]
    pub scope: Scope,
    /// Events an hour.
    pub per_hour: f64,
}

/// Many events in one second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Where; in each cell that matches.
    #[serde(default)]
    pub scope: Scope,
    /// When.
    pub at: Moment,
    /// How many.
    pub count: u64,
}

/// A share of the events is late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Where. The last that matches wins.
    #[serde(default)]
    pub scope: Scope,
    /// How many of the events, from 0 to 1.
    pub share: f64,
    /// How long after its time such an event can first be looked up, in seconds (at most a day).
    pub lag_seconds: u32,
}

/// How LookupEvents cuts its pages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// The share of pages that hold fewer events than were asked for, though more follow.
    pub short_share: f64,
    /// The share of pages that hold none, though more follow. Below 1.
    pub empty_share: f64,
}

/// A point in time: an RFC 3339 text, or seconds before the sandbox's start.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Moment {
    /// So many seconds before the start.
    SecondsAgo(u32),
    /// Then.
    At(#[serde(with = "text")] Timestamp),
}

impl Moment {
    /// The second that is meant, by the sandbox's start.
    pub fn second(self, start: Timestamp) -> i64 {
        match self {
            Self::SecondsAgo(ago) => start.seconds() - i64::from(ago),
            Self::At(at) => at.seconds(),
        }
    }
}
