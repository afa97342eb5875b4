//! What happened in every account: a pure function of seed, account, Region and time. Nothing is stored; how many
//! events a window holds is computed, not counted, and any event is reached without those before it.

mod actor;
mod catalog;
mod json;
mod record;
mod select;
mod source;
#[cfg(test)]
mod tests;
mod walk;

pub use select::Selection;
pub use walk::{Position, Walk};

use std::collections::BTreeMap;

use crate::domain::{AccountId, LookupAttribute, Region, Timestamp};

use super::{
    hash,
    scenario::{Events, Member, MemberState, PlantedEvent, Scenario},
};
use actor::Actor;
use catalog::{ACTIVITIES, Activity};

/// The histories of all cells.
#[derive(Debug)]
pub struct History {
    seed: u64,
    start: Timestamp,
    events: Events,
    planted: BTreeMap<(AccountId, Region), Vec<Planted>>,
}

/// A planted event with its second.
#[derive(Debug)]
pub struct Planted {
    second: i64,
    event: PlantedEvent,
}

/// The history of one account in one Region.
#[derive(Debug, Clone, Copy)]
pub struct CellHistory<'a> {
    history: &'a History,
    member: &'a Member,
    region: &'a Region,
    key: u64,
    account_key: u64,
    milli_per_hour: u64,
    late: Late,
}

/// The share of events that come late, in 2^32nds, and by how many seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Late {
    share: u64,
    lag: i64,
}

/// What an event is, before its text is written.
#[derive(Debug, Clone, Copy)]
enum Kind<'a> {
    Ordinary(&'static Activity, Actor),
    Planted(&'a PlantedEvent),
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub struct EventView<'a> {
    cell: CellHistory<'a>,
    kind: Kind<'a>,
    second: i64,
    hash: u64,
    id: u128,
}

/// The facts of one event, as a test compares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFacts {
    /// CloudTrail's event id.
    pub event_id: String,
    /// When it happened, in seconds since 1970.
    pub second: i64,
    /// The action.
    pub name: String,
    /// The service.
    pub source: String,
    /// Who.
    pub username: Option<String>,
    /// The key that signed it.
    pub access_key_id: Option<String>,
    /// Whether it only read.
    pub read_only: bool,
    /// Where it came from.
    pub source_ip: String,
    /// Why it failed.
    pub error_code: Option<String>,
    /// The type of what it touched.
    pub resource_type: Option<String>,
    /// The name of what it touched.
    pub resource_name: Option<String>,
}

impl History {
    /// The histories that the scenario describes, for a sandbox started then.
    pub fn new(scenario: &Scenario, start: Timestamp) -> Self {
        let mut planted: BTreeMap<_, Vec<Planted>> = BTreeMap::new();
        let incident = scenario.events.incident.iter().flat_map(|incident| {
            let global = incident.region.partition().global_region();
            incident.events(&scenario.regions, &global)
        });
        for event in incident.chain(scenario.events.planted.iter().cloned()) {
            let second = event.at.second(start);
            planted
                .entry((event.account, event.region.clone()))
                .or_default()
                .push(Planted { second, event });
        }
        for events in planted.values_mut() {
            events.sort_by_key(|p| p.second);
        }
        Self {
            seed: scenario.seed,
            start,
            events: scenario.events.clone(),
            planted,
        }
    }

    /// The history of one cell.
    pub fn cell<'a>(&'a self, member: &'a Member, region: &'a Region) -> CellHistory<'a> {
        let account_key = hash::with(hash::mix(self.seed), member.id.as_u64());
        let id = member.id.to_string();
        let covers = |scope: &super::Scope| scope.covers(&id, &member.name, region.as_str());
        let events = &self.events;
        let rate = events.rates.iter().rev().find(|rate| covers(&rate.scope));
        let per_hour = rate.map_or(events.per_hour, |rate| rate.per_hour);
        let late = events.late.iter().rev().find(|late| covers(&late.scope));
        let active = member.state == MemberState::Active;
        CellHistory {
            history: self,
            member,
            region,
            key: hash::with_text(account_key, region.as_str()),
            account_key,
            milli_per_hour: if active { whole(per_hour * 1_000.0) } else { 0 },
            late: late.map_or(Late::default(), |late| Late {
                share: whole(late.share * 4_294_967_296.0),
                lag: i64::from(late.lag_seconds),
            }),
        }
    }
}

/// The whole number next to this one, for numbers that the scenario's check has bounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and the check bounds it"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

impl<'a> CellHistory<'a> {
    /// How many events of the window (whole seconds, both inclusive) can be looked up at `now`.
    pub fn count(&self, from: i64, to: i64, filter: Option<&LookupAttribute>, now: i64) -> u64 {
        let selection = Selection::new(*self, filter, from, to.min(now));
        let all = selection.count();
        let hidden = self.first_unsettled(now).map_or(0, |unsettled| {
            let recent = Selection::new(*self, filter, from.max(unsettled), to.min(now));
            let seen = recent.walk(None).filter(|event| event.visible(now)).count();
            recent.count() - u64::try_from(seen).unwrap_or(u64::MAX)
        });
        all - hidden
    }

    /// The events of the window that can be looked up at `now`, newest first.
    pub fn events(
        &self,
        from: i64,
        to: i64,
        filter: Option<&LookupAttribute>,
        now: i64,
    ) -> Vec<EventFacts> {
        let selection = Selection::new(*self, filter, from, to.min(now));
        selection
            .walk(None)
            .filter(|event| event.visible(now))
            .map(|event| event.facts())
            .collect()
    }

    /// The first second that may still hide late events.
    fn first_unsettled(&self, now: i64) -> Option<i64> {
        (self.late.share > 0).then(|| now - self.late.lag + 1)
    }

    fn planted(&self) -> &'a [Planted] {
        let key = (self.member.id, self.region.clone());
        self.history.planted.get(&key).map_or(&[], Vec::as_slice)
    }

    fn is_global(&self) -> bool {
        *self.region == self.region.partition().global_region()
    }
}

impl EventView<'_> {
    /// Whether it can be looked up yet.
    pub fn visible(&self, now: i64) -> bool {
        let late = (hash::with(self.hash, 77) >> 32) < self.cell.late.share;
        !late || self.second + self.cell.late.lag <= now
    }
}
