//! From what each account shows to the trails there are. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{AccountId, Region, Trail, TrailArn, TrailName};

/// The trails that accounts show, each once.
#[derive(Debug, Default)]
pub struct Sightings {
    by_arn: BTreeMap<TrailArn, BTreeSet<AccountId>>,
}

impl Sightings {
    /// The account shows these trails: its own, and shadow copies of the organization's.
    pub fn add(&mut self, account: AccountId, arns: impl IntoIterator<Item = TrailArn>) {
        for arn in arns {
            self.by_arn.entry(arn).or_default().insert(account);
        }
    }

    /// The trails after this one, with this name if one is asked for, in order of ARN.
    pub fn after(&self, after: Option<&str>, name: Option<&TrailName>) -> Vec<TrailArn> {
        let wanted = |arn: &&TrailArn| {
            after.is_none_or(|after| arn.as_str() > after) && name.is_none_or(|n| arn.name() == n)
        };
        self.by_arn.keys().filter(wanted).cloned().collect()
    }

    /// The accounts by which the trail can be read: its owner first if that is among those that show it, since a
    /// member may read less of it than the owner.
    pub fn readers(&self, arn: &TrailArn) -> Vec<AccountId> {
        let shown_by = self.by_arn.get(arn).into_iter().flatten().copied();
        let mut readers: Vec<AccountId> = shown_by.collect();
        readers.sort_by_key(|account| (*account != arn.owner(), *account));
        readers
    }
}

/// Whether the trail shows in one of the Regions that are asked of the accounts that show it. `None` if that
/// depends on settings that are not known.
pub fn in_scope<'a>(
    arn: &TrailArn,
    settings: Option<&Trail>,
    mut asked: impl Iterator<Item = &'a Region>,
) -> Option<bool> {
    if asked.any(|region| region == arn.home_region()) {
        return Some(true);
    }
    // Elsewhere only a multi-Region trail shows, and it shows everywhere.
    settings.map(|trail| trail.regions == crate::domain::trail::RecordedRegions::All)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account(number: u64) -> AccountId {
        AccountId::from_u64(number).unwrap()
    }

    fn arn(owner: u64, region: &str, name: &str) -> TrailArn {
        let name = name.parse().unwrap();
        TrailArn::of(account(owner), region.parse().unwrap(), name)
    }

    proptest! {
        /// Whatever shadow copies accounts and pages of a listing repeat, and in whatever order: each trail once, in
        /// order, and pages of any size make up the whole.
        #[test]
        fn each_trail_stands_once_on_exactly_one_page(
            seen in prop::collection::vec((1u64..6, 1u64..6, 0usize..3, 0usize..3), 0..60),
            size in 1usize..7,
        ) {
            let regions = ["us-east-1", "eu-west-1", "ap-south-1"];
            let names = ["main", "audit", "extra"];
            let mut sightings = Sightings::default();
            let mut expected = BTreeSet::new();
            for (by, owner, region, name) in seen {
                let arn = arn(owner, regions[region], names[name]);
                expected.insert(arn.clone());
                sightings.add(account(by), [arn.clone(), arn]);
            }
            let mut pages = Vec::new();
            let mut after: Option<String> = None;
            loop {
                let page: Vec<_> = sightings.after(after.as_deref(), None).into_iter().take(size).collect();
                let Some(last) = page.last() else { break };
                after = Some(last.to_string());
                pages.extend(page);
            }
            prop_assert_eq!(pages, expected.into_iter().collect::<Vec<_>>());
        }

        #[test]
        fn the_owner_reads_first_if_it_shows_the_trail(by in prop::collection::btree_set(1u64..9, 1..6), owner in 1u64..9) {
            let mut sightings = Sightings::default();
            let arn = arn(owner, "us-east-1", "main");
            for account_number in &by {
                sightings.add(account(*account_number), [arn.clone()]);
            }
            let readers = sightings.readers(&arn);
            prop_assert_eq!(readers.len(), by.len());
            prop_assert_eq!(readers[0] == account(owner), by.contains(&owner));
        }
    }

    #[test]
    fn a_trail_that_lives_elsewhere_is_in_scope_only_if_it_records_everywhere() {
        let arn = arn(1, "us-east-1", "main");
        let region = |name: &str| name.parse::<Region>().unwrap();
        let (home, other) = ([region("us-east-1")], [region("eu-west-1")]);
        assert_eq!(in_scope(&arn, None, home.iter()), Some(true));
        assert_eq!(in_scope(&arn, None, other.iter()), None);
    }
}
