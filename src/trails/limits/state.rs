//! Limits that depend on the target, or on what it has already: known once that is read, and still before a write.

use std::collections::BTreeMap;

use super::{Found, Limit, tags::TAGS};
use crate::domain::{
    AccountId, Arn, Region, TrailArn,
    trail::{DesiredSettings, DesiredTags, RecordedRegions, TagRemoval},
};

/// The most trails that show in a Region.
pub const TRAILS: usize = 5;

/// Whether a trail can be in its home Region, or in all Regions, beside those that its owner has: 5 a Region, of which
/// one that records all Regions takes a place in each.
///
/// `there` is what the owner's Regions show. An organization's trail does not count in its members (it comes to them
/// whatever they have), which its ARN tells: it names the management account. A trail with the ARN of the new one
/// does not count either, so that this also answers for a trail that is to record all Regions from now on.
pub fn in_region<'a>(
    at: &str,
    there: impl IntoIterator<Item = (&'a TrailArn, RecordedRegions)>,
    wanted: &TrailArn,
    regions: RecordedRegions,
) -> Result<(), Limit> {
    let mut everywhere = 0;
    let mut homes: BTreeMap<&Region, usize> = BTreeMap::new();
    for (arn, regions) in there {
        if arn.owner() != wanted.owner() || arn == wanted {
            continue;
        }
        match regions {
            RecordedRegions::All => everywhere += 1,
            RecordedRegions::Home => *homes.entry(arn.home_region()).or_default() += 1,
        }
    }
    let own = match regions {
        RecordedRegions::Home => homes.get_key_value(wanted.home_region()),
        RecordedRegions::All => homes.iter().max_by_key(|(_, count)| **count),
    };
    let (region, own) = own.map_or((wanted.home_region(), 0), |(region, count)| {
        (*region, *count)
    });
    let count = everywhere + own;
    if count < TRAILS {
        return Ok(());
    }
    let field = match regions {
        RecordedRegions::Home => "home_region",
        RecordedRegions::All => "is_multi_region_trail",
    };
    Err(Limit {
        path: format!("{at}{field}"),
        message: format!(
            "account {} has {count} trails in {region}, {everywhere} of them multi-Region; {TRAILS} are allowed",
            wanted.owner()
        ),
    })
}

/// What is wrong with the settings for a trail that this account is to create or change: CloudTrail takes a log group
/// only from the account that asks.
pub fn in_account(at: &str, caller: AccountId, settings: &DesiredSettings) -> Vec<Limit> {
    let mut found = Found {
        at: at.to_owned(),
        limits: Vec::new(),
    };
    let places = [
        ("cloud_watch_logs_log_group_arn", &settings.log_group_arn),
        ("cloud_watch_logs_role_arn", &settings.log_role_arn),
    ];
    for (field, wish) in places {
        let arn = wish.wanted().and_then(|text| Arn::parse(text));
        let account: Option<AccountId> = arn.and_then(|arn| arn.account.parse().ok());
        if let Some(account) = account.filter(|account| *account != caller) {
            found.add(
                field,
                format_args!(
                    "is of account {account}; it must be of the account that asks, {caller}"
                ),
            );
        }
    }
    found.limits
}

/// Whether the tags of a trail stay few enough.
pub fn tags_of(
    at: &str,
    there: &BTreeMap<String, String>,
    desired: &DesiredTags,
) -> Result<(), Limit> {
    let stays = |key: &&String| match &desired.remove {
        TagRemoval::Nothing => true,
        TagRemoval::Keys(keys) => !keys.contains(*key),
        TagRemoval::Others => false,
    };
    let others = there.keys().filter(|key| !desired.set.contains_key(*key));
    let count = desired.set.len() + others.filter(stays).count();
    if desired.set.is_empty() || count <= TAGS {
        return Ok(());
    }
    Err(Limit {
        path: format!("{at}tags"),
        message: format!("the trail would have {count} tags; at most {TAGS} are allowed"),
    })
}
