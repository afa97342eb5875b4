//! The home Region: one that every account has. A trail of all Regions whose home is an opt-in Region records only the
//! members that have enabled that Region, and says so nowhere.

use super::Need;
use crate::{
    domain::{AccountId, Partition, Region, trail::RecordedRegions},
    organization::{
        evidence::{Evidence, OrganizationTrail},
        prerequisite::{Prerequisite, PrerequisiteKind},
    },
};

/// Regions of the commercial partition that every account has without asking. Those that came after March 2019 must be
/// opted into, so this list does not grow. All Regions of the other partitions that we know are of this kind.
const BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Accounts that are named in the evidence; the rest is counted.
const NAMED: usize = 5;

/// Whether every account has this Region without asking.
pub fn enabled_by_default(region: &Region) -> bool {
    match region.partition() {
        Partition::Commercial => BY_DEFAULT.contains(&region.as_str()),
        Partition::China | Partition::UsGov => true,
    }
}

pub(super) fn region(trail: &OrganizationTrail, seen: &Evidence) -> Prerequisite {
    let home = &trail.home;
    let need = Need::new(PrerequisiteKind::HomeRegion, home.as_str());
    let without = seen.without_home.as_deref().unwrap_or_default();
    if without.contains(&seen.creator) {
        return need.not_met(
            format!("account {} has not enabled {home}", seen.creator),
            format!("enable {home} in it, or choose a Region that every account has"),
        );
    }
    if enabled_by_default(home) {
        return need.met(format!("every account has {home} without asking for it"));
    }
    if trail.regions == RecordedRegions::Home {
        return need.not_applicable(format!(
            "{home} is an opt-in Region, and the trail records no other: accounts without it have no events there"
        ));
    }
    let members = match &seen.without_home {
        None => "which accounts have enabled it is not known".to_owned(),
        Some(none) if none.is_empty() => "no account is known to be without it now".to_owned(),
        Some(some) => format!("{} accounts are without it: {}", some.len(), list(some)),
    };
    need.not_met(
        format!("{home} is an opt-in Region, and the trail would record only accounts that have it; {members}"),
        "choose a home Region that every account has, such as the partition's global Region; all Regions are \
         recorded all the same",
    )
}

fn list(accounts: &[AccountId]) -> String {
    let named: Vec<String> = accounts
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    let more = if accounts.len() > NAMED { " …" } else { "" };
    format!("{}{more}", named.join(", "))
}
