//! Streams of events, and the arithmetic that makes them countable.

use super::{ACTIVITIES, CellHistory};
use crate::sandbox::hash;
use crate::sandbox::id;

/// Ranks of bursts begin here, `BURST_RANKS` for each burst; ranks below are places in the catalog.
const FIRST_BURST: u32 = 10_000;
const BURST_RANKS: u32 = 1_000;
/// The rank of the planted events: after all bursts.
pub const PLANTED_RANK: u32 = u32::MAX;

/// A stream of events: numbered from 0, in order of time, never changing. The rank orders streams within a second
/// and tells them apart in event ids.
#[derive(Debug, Clone)]
pub struct Source {
    /// Which stream.
    pub rank: u32,
    /// What happens in it: the place in the catalog. Not used for planted events.
    pub activity: usize,
    times: Times,
}

#[derive(Debug, Clone)]
enum Times {
    /// Event n happens in second `floor((n + u(n)) / rate)`, where `u(n)`, in [0, 1), is its hash: one event in
    /// each `1 / rate` seconds, at a random moment of it. So the times never run backwards, and the number of
    /// events up to any second is known by one division.
    Steady {
        /// Events in `per_seconds` seconds.
        events: u128,
        per_seconds: u128,
        key: u64,
    },
    /// All in one second.
    Burst { second: i64, count: u64 },
    /// One event of another stream: when it happens, and its number there.
    One { second: i64, identity: u64 },
    /// Planted events: second and place in the cell's list.
    Planted(Vec<(i64, u64)>),
}

impl Source {
    /// How many of its events happen up to the end of this second.
    pub fn through(&self, second: i64) -> u64 {
        match &self.times {
            Times::Steady {
                events,
                per_seconds,
                key,
            } => {
                let Ok(seconds) = u128::try_from(second.saturating_add(1)) else {
                    return 0;
                };
                // Every event before the m-th has its whole slot in time; the m-th may or may not be in.
                let m = u64::try_from(seconds * events / per_seconds).unwrap_or(u64::MAX);
                m + u64::from(steady_second(m, *events, *per_seconds, *key) <= second)
            }
            Times::Burst { second: at, count } => {
                if *at <= second {
                    *count
                } else {
                    0
                }
            }
            Times::One { second: at, .. } => u64::from(*at <= second),
            Times::Planted(list) => {
                u64::try_from(list.partition_point(|(at, _)| *at <= second)).unwrap_or(0)
            }
        }
    }

    /// When the event with this number happens.
    pub fn second_of(&self, ordinal: u64) -> i64 {
        match &self.times {
            Times::Steady {
                events,
                per_seconds,
                key,
            } => steady_second(ordinal, *events, *per_seconds, *key),
            Times::Burst { second, .. } | Times::One { second, .. } => *second,
            Times::Planted(list) => planted(list, ordinal).map_or(i64::MAX, |(second, _)| *second),
        }
    }

    /// The number that its event id encodes: the same whatever filter the stream was made for.
    pub fn identity(&self, ordinal: u64) -> u64 {
        match &self.times {
            Times::Planted(list) => planted(list, ordinal).map_or(u64::MAX, |(_, place)| *place),
            Times::One { identity, .. } => *identity,
            Times::Steady { .. } | Times::Burst { .. } => ordinal,
        }
    }

    /// The stream that has this one event only, if there is such an event.
    pub fn only(self, ordinal: u64) -> Option<Self> {
        let second = self.second_of(ordinal);
        (self.through(second) > ordinal).then_some(Self {
            times: Times::One {
                second,
                identity: ordinal,
            },
            ..self
        })
    }
}

fn planted(list: &[(i64, u64)], ordinal: u64) -> Option<&(i64, u64)> {
    list.get(usize::try_from(ordinal).ok()?)
}

fn steady_second(n: u64, events: u128, per_seconds: u128, key: u64) -> i64 {
    let fraction = u128::from(hash::with(key, n) >> 32);
    let moment = (u128::from(n) << 32) + fraction;
    i64::try_from(moment * per_seconds / (events << 32)).unwrap_or(i64::MAX)
}

impl CellHistory<'_> {
    /// The streams of the activities that `wanted` accepts (by their place in the catalog).
    pub(super) fn sources(&self, wanted: impl Fn(usize) -> bool) -> Vec<Source> {
        let global = self.is_global();
        let here = |index: &usize| ACTIVITIES.get(*index).is_some_and(|a| global || !a.global);
        let places: Vec<usize> = (0..ACTIVITIES.len()).filter(here).collect();
        let mut sources = self.steady(&places, &wanted);
        self.bursts(&places, &wanted, &mut sources);
        sources
    }

    fn steady(&self, places: &[usize], wanted: &impl Fn(usize) -> bool) -> Vec<Source> {
        let weight = |index: &usize| ACTIVITIES.get(*index).map_or(0, |a| u128::from(a.weight));
        let total: u128 = places.iter().map(weight).sum();
        if self.milli_per_hour == 0 {
            return Vec::new();
        }
        let of = |index: usize| Source {
            rank: u32::try_from(index).unwrap_or(0),
            activity: index,
            times: Times::Steady {
                events: u128::from(self.milli_per_hour) * weight(&index),
                per_seconds: 3_600_000 * total,
                key: hash::with(self.key, u64::try_from(index).unwrap_or(0)),
            },
        };
        places
            .iter()
            .copied()
            .filter(|index| wanted(*index))
            .map(of)
            .collect()
    }

    fn bursts(&self, places: &[usize], wanted: &impl Fn(usize) -> bool, sources: &mut Vec<Source>) {
        let id = self.member.id.to_string();
        let lanes = u64::try_from(places.len()).unwrap_or(1).max(1);
        for (number, burst) in (0u32..).zip(&self.history.events.bursts) {
            if !burst
                .scope
                .covers(&id, &self.member.name, self.region.as_str())
            {
                continue;
            }
            let second = burst.at.second(self.history.start);
            for (lane, index) in (0u64..).zip(places) {
                // Every lanes-th event of the burst is of this activity.
                let count = (burst.count + lanes - 1 - lane) / lanes;
                if count > 0 && wanted(*index) {
                    sources.push(Source {
                        rank: FIRST_BURST
                            + number * BURST_RANKS
                            + u32::try_from(*index).unwrap_or(0),
                        activity: *index,
                        times: Times::Burst { second, count },
                    });
                }
            }
        }
    }

    /// The stream of the planted events in these places of the cell's list.
    pub(super) fn planted_source(&self, wanted: impl Fn(u64, &super::Planted) -> bool) -> Source {
        let list = (0u64..)
            .zip(self.planted())
            .filter(|(place, planted)| wanted(*place, planted))
            .map(|(place, planted)| (planted.second, place))
            .collect();
        Source {
            rank: PLANTED_RANK,
            activity: 0,
            times: Times::Planted(list),
        }
    }

    /// The event id of the event with this identity in the stream of this rank.
    pub(super) fn event_id(&self, rank: u32, identity: u64) -> u128 {
        id::event_id(self.key, rank, identity)
    }
}
