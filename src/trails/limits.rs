//! What AWS is known to refuse of a write, found before a call is spent on it: pure, and all of it at once.
//!
//! Only rules that AWS documents, or that its own errors show, are here: what is merely unusual is left to AWS, so that
//! nothing is refused that would work. What depends on a target or on what is there is in [`state`].

mod advanced;
mod basic;
mod configuration;
mod fields;
mod settings;
pub mod state;
mod tags;

use std::fmt::Display;

use crate::domain::{
    Partition, Region,
    trail::{Desired, EventSelectors, Presence, RecordedAccounts, RecordedRegions},
};

pub use state::{in_account, in_region};

/// A value that AWS would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Where it stands in the request.
    pub path: String,
    /// What it is, and what is allowed.
    pub message: String,
}

/// What is found, each with its whole path.
#[derive(Debug, Default)]
struct Found {
    at: String,
    limits: Vec<Limit>,
}

impl Found {
    fn add(&mut self, field: impl Display, message: impl Display) {
        self.limits.push(Limit {
            path: format!("{}{field}", self.at),
            message: message.to_string(),
        });
    }

    /// Adds `message` unless `right`.
    fn check(&mut self, right: bool, field: impl Display, message: impl Display) {
        if !right {
            self.add(field, message);
        }
    }

    /// Whether the length, in characters, is allowed.
    fn length(
        &mut self,
        field: impl Display,
        text: &str,
        allowed: std::ops::RangeInclusive<usize>,
    ) -> bool {
        let length = text.chars().count();
        let right = allowed.contains(&length);
        self.check(
            right,
            field,
            format_args!(
                "has {length} characters; {} to {} are allowed",
                allowed.start(),
                allowed.end()
            ),
        );
        right
    }
}

/// A value as a message shows it: short enough to leave room for the rest.
fn shown(text: &str) -> String {
    const LONGEST: usize = 64;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// Whether what a field names is of the partition that the trails are in.
fn partition(found: &mut Found, field: &str, of: Partition, homes: &[Region]) {
    if let Some(home) = homes.iter().find(|home| home.partition() != of) {
        let theirs = home.partition();
        let why = format!("is of partition {of}, and the home Region {home} of {theirs}");
        found.add(field, why);
    }
}

/// Everything in `desired` that AWS would refuse, whatever is there already.
///
/// `at` is what precedes the fields' paths in the RPC's request: `trail.` where it carries a `TrailSpec`, otherwise
/// nothing. `homes` are the home Regions of the trails, as far as the request names them.
pub fn check(at: &str, homes: &[Region], desired: &Desired, presence: Presence) -> Vec<Limit> {
    let mut found = Found {
        at: at.to_owned(),
        limits: Vec::new(),
    };
    settings::check(&mut found, homes, &desired.settings, presence);
    whole(&mut found, homes, desired, presence);
    match &desired.event_selectors {
        Some(EventSelectors::Basic(selectors)) => basic::check(&mut found, homes, selectors),
        Some(EventSelectors::Advanced(selectors)) => advanced::check(&mut found, selectors),
        None => {}
    }
    if let Some(selectors) = &desired.insight_selectors {
        configuration::insights(&mut found, selectors);
    }
    if let Some(wanted) = &desired.event_configuration {
        configuration::events(&mut found, wanted);
    }
    tags::check(&mut found, &desired.tags);
    found.limits
}

/// The rules between a trail's reach and the rest.
fn whole(found: &mut Found, homes: &[Region], desired: &Desired, presence: Presence) {
    let settings = &desired.settings;
    let all_regions = settings.regions == Some(RecordedRegions::All);
    // A trail that is created records the events of global services unless told otherwise, so that only a `false` is
    // wrong. "Multi-Region trail must include global service events" is AWS's InvalidParameterCombinationException.
    found.check(
        !(all_regions && settings.global_service_events == Some(false)),
        "include_global_service_events",
        "is false; a multi-Region trail must include the events of global services",
    );
    // Trails that are there may be many of either kind; one that is created is meant to be one.
    let created = matches!(presence, Presence::New | Presence::Ensured);
    if created && homes.len() > 1 {
        let several = |what| {
            format!(
                "{what} has one home Region; the request has {}",
                homes.len()
            )
        };
        found.check(
            !all_regions,
            "is_multi_region_trail",
            several("a multi-Region trail"),
        );
        found.check(
            settings.accounts != Some(RecordedAccounts::Organization),
            "is_organization_trail",
            several("the organization's trail"),
        );
    }
}

#[cfg(test)]
mod tests;
