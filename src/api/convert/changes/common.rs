//! What every request for a change has: which accounts and trails, its id, and how it is spread.

use std::{collections::BTreeMap, fmt::Display, num::NonZeroUsize, sync::Arc};

use super::MAX_TRAILS;
use crate::{
    api::{convert::selector, proto, violations::Violations},
    domain::{Region, TargetSelector, TrailArn, TrailName},
    trails::change::{MOST_PARALLEL, Rollout, Where},
};

/// The longest request id.
pub const MAX_REQUEST_ID: usize = 64;

/// The fields that every request for a change has.
pub struct Head {
    pub targets: Option<proto::TargetSelector>,
    pub validate_only: bool,
    pub request_id: String,
    pub rollout: Option<proto::Rollout>,
    pub allow_reduced_logging: bool,
}

/// The targets, read.
pub struct Scope {
    targets: TargetSelector,
    /// Whether Regions were named, rightly or not.
    regions_named: bool,
}

impl Scope {
    pub fn parse(found: &mut Violations, wire: Option<proto::TargetSelector>) -> Self {
        let named = wire.as_ref().is_some_and(|wire| !wire.regions.is_empty());
        Self {
            targets: selector::parse(found, wire),
            regions_named: named,
        }
    }

    /// The trails that the request names: all of one name, or some by their ARNs.
    pub fn named(self, found: &mut Violations, name: String, arns: &[String]) -> Option<Where> {
        match (name.is_empty(), arns.is_empty()) {
            (true, true) => {
                found.add("trail_name", "names no trail: give it, or trail_arns");
                None
            }
            (false, false) => {
                found.add("trail_arns", "must be empty beside trail_name");
                None
            }
            (false, true) => Some(Where::Named {
                targets: self.targets,
                name: found.keep("trail_name", name.parse::<TrailName>())?,
            }),
            (true, false) => Some(Where::Arns {
                targets: self.targets,
                arns: self::arns(found, arns)?,
            }),
        }
    }

    /// The trails that the request describes: of this name, in these home Regions.
    pub fn at(self, found: &mut Violations, name: &str, home: &str) -> Option<Where> {
        let name = found.keep("trail.name", name.parse::<TrailName>());
        let homes = self.homes(found, home);
        let (name, homes) = name.zip(homes)?;
        Some(Where::At {
            targets: self.targets,
            homes,
            name,
        })
    }

    /// `trail.home_region`, or in its place the Regions of the targets.
    fn homes(&self, found: &mut Violations, home: &str) -> Option<Vec<Region>> {
        if !home.is_empty() {
            if self.regions_named {
                found.add("targets.regions", "must be empty beside trail.home_region");
            }
            let home = found.keep("trail.home_region", home.parse());
            return home.map(|home| vec![home]);
        }
        if !self.regions_named {
            let what = "is empty: name it, or the home Regions in targets.regions";
            found.add("trail.home_region", what);
        }
        let mut homes = self.targets.regions.clone();
        homes.sort();
        homes.dedup();
        (!homes.is_empty()).then_some(homes)
    }
}

fn arns(found: &mut Violations, wire: &[String]) -> Option<Vec<TrailArn>> {
    if !found.at_most("trail_arns", wire.len(), MAX_TRAILS) {
        return None;
    }
    once(found, "trail_arns", wire);
    let texts = wire.iter().enumerate();
    let read = texts.map(|(at, text)| found.keep(format!("trail_arns[{at}]"), text.parse()));
    read.collect::<Vec<_>>().into_iter().collect()
}

/// Tells of every value that stands twice.
pub fn once<T: Ord + Display>(found: &mut Violations, field: &str, values: &[T]) {
    let mut seen = BTreeMap::new();
    for (at, value) in values.iter().enumerate() {
        if let Some(first) = seen.insert(value, at) {
            let what = format_args!("is the same as {field}[{first}]");
            found.add(format!("{field}[{at}]"), what);
        }
    }
}

/// The id of the request. It stands in logs, in the audit and in AWS's own records.
pub fn request_id(
    found: &mut Violations,
    wire: String,
    make: impl FnOnce() -> Arc<str>,
) -> Option<Arc<str>> {
    if wire.is_empty() {
        return Some(make());
    }
    if wire.len() <= MAX_REQUEST_ID && wire.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(wire.into());
    }
    let what =
        format_args!("must be at most {MAX_REQUEST_ID} printable ASCII characters, no spaces");
    found.add("request_id", what);
    None
}

/// How the change is spread.
pub fn rollout(found: &mut Violations, wire: proto::Rollout) -> Option<Rollout> {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let parallel = match count(wire.max_parallel) {
        0 => MOST_PARALLEL,
        number => number,
    };
    if parallel > MOST_PARALLEL {
        let what =
            format_args!("is {parallel}; must be 0 (for {MOST_PARALLEL}) to {MOST_PARALLEL}");
        found.add("rollout.max_parallel", what);
    }
    if wire.ignore_failures && wire.max_failures > 0 {
        let what = "must be 0 beside ignore_failures, which allows any number";
        found.add("rollout.max_failures", what);
    }
    Some(Rollout {
        max_parallel: NonZeroUsize::new(parallel)?,
        canary: count(wire.canary),
        max_failures: (!wire.ignore_failures).then_some(count(wire.max_failures)),
    })
}
