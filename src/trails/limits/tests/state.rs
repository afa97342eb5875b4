//! Tags, and limits that depend on what is there.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{paths, region};
use crate::{
    domain::{
        AccountId, TrailArn,
        trail::{Desired, DesiredTags, RecordedRegions, TagRemoval},
    },
    trails::limits::{in_region, state::tags_of},
};

fn tags(count: usize) -> DesiredTags {
    DesiredTags {
        set: (0..count)
            .map(|n| (format!("k{n}"), String::new()))
            .collect(),
        remove: TagRemoval::Nothing,
    }
}

fn tag(key: &str, value: &str) -> bool {
    let set = BTreeMap::from([(key.to_owned(), value.to_owned())]);
    let mut desired = Desired::default();
    desired.tags.set = set;
    let wrong = paths(&desired);
    assert!(
        wrong.iter().all(|path| path.starts_with("tags[\"")),
        "{wrong:?}"
    );
    wrong.is_empty()
}

#[test]
fn tags_one_by_one_and_together() {
    let wrong = |count| {
        let tags = tags(count);
        paths(&Desired {
            tags,
            ..Desired::default()
        })
    };
    assert_eq!(wrong(50), Vec::<String>::new());
    assert_eq!(wrong(51), ["tags"]);
    let (key, value) = ("k".repeat(128), "v".repeat(256));
    assert!(tag(&key, &value) && tag("Größe 1_.:/=+-@", ""));
    assert!(!tag("", "v") && !tag(&format!("{key}k"), "v") && !tag("k", &format!("{value}v")));
    for wrong in ["aws:x", "AWS:x", "a?b", "a\tb", "a\nb"] {
        assert!(!tag(wrong, "v"), "{wrong}");
    }
    assert!(!tag("k", "a?b"));
    assert!(tag("awsome", "aws:x"));
    let remove = TagRemoval::Keys(BTreeSet::from(["Aws:x".to_owned()]));
    let tags = DesiredTags {
        remove,
        ..DesiredTags::default()
    };
    let removed = paths(&Desired {
        tags,
        ..Desired::default()
    });
    assert_eq!(removed, ["tag_keys[\"Aws:x\"]"]);
}

#[test]
fn tags_are_counted_with_those_that_are_there() {
    let there: BTreeMap<String, String> = (0..50)
        .map(|n| (format!("k{n}"), "old".to_owned()))
        .collect();
    let mut wanted = tags(1);
    assert_eq!(tags_of("", &there, &wanted), Ok(()));
    wanted.set.insert("new".to_owned(), String::new());
    let refused = tags_of("trail.", &there, &wanted).unwrap_err();
    assert_eq!(refused.path, "trail.tags");
    assert!(refused.message.contains("51"), "{refused:?}");
    wanted.remove = TagRemoval::Keys(BTreeSet::from(["k7".to_owned()]));
    assert_eq!(tags_of("", &there, &wanted), Ok(()));
    wanted.remove = TagRemoval::Others;
    assert_eq!(tags_of("", &there, &wanted), Ok(()));
}

fn arn(account: &str, home: &str, name: usize) -> TrailArn {
    let name = format!("trail{name}").parse().unwrap();
    TrailArn::of(account.parse().unwrap(), region(home), name)
}

const OWN: &str = "111111111111";

#[test]
fn five_trails_a_region() {
    let single = |home: &str, n| (arn(OWN, home, n), RecordedRegions::Home);
    let multi = |n| (arn(OWN, "us-east-1", n), RecordedRegions::All);
    let refused = |there: &[(TrailArn, RecordedRegions)], home: &str, regions| {
        let there = there.iter().map(|(arn, regions)| (arn, *regions));
        in_region("trail.", there, &arn(OWN, home, 99), regions).map_err(|l| l.path)
    };
    let four = [
        single("eu-west-1", 1),
        single("eu-west-1", 2),
        multi(3),
        multi(4),
    ];
    let five = [&four[..], &[single("eu-west-1", 5)]].concat();
    let (home, all) = (RecordedRegions::Home, RecordedRegions::All);
    for regions in [home, all] {
        assert_eq!(refused(&four, "eu-west-1", regions), Ok(()));
    }
    let path = |field: &str| Err(format!("trail.{field}"));
    assert_eq!(refused(&five, "eu-west-1", home), path("home_region"));
    assert_eq!(refused(&five, "eu-north-1", home), Ok(()));
    assert_eq!(
        refused(&five, "eu-north-1", all),
        path("is_multi_region_trail")
    );
    let multis: Vec<_> = (0..5).map(multi).collect();
    assert_eq!(refused(&multis, "eu-north-1", home), path("home_region"));
    assert_eq!(
        refused(&multis, "eu-north-1", all),
        path("is_multi_region_trail")
    );
}

#[test]
fn the_organizations_trails_do_not_block_a_member_nor_a_trail_itself() {
    let all = RecordedRegions::All;
    let organizations: Vec<_> = (0..5)
        .map(|n| arn("999999999999", "us-east-1", n))
        .collect();
    let there = organizations.iter().map(|arn| (arn, all));
    assert_eq!(in_region("", there, &arn(OWN, "us-east-1", 9), all), Ok(()));
    let own: Vec<_> = (0..5).map(|n| arn(OWN, "us-east-1", n)).collect();
    let there = || own.iter().map(|arn| (arn, RecordedRegions::Home));
    assert_eq!(in_region("", there(), &own[0], all), Ok(()));
    assert!(in_region("", there(), &arn(OWN, "us-east-1", 5), all).is_err());
}

proptest! {
    /// The rule once more, counted Region by Region.
    #[test]
    fn no_region_ever_gets_a_sixth_trail(
        there in proptest::collection::vec((0..3usize, any::<bool>(), 0..2usize), 0..12),
        home in 0..3usize,
        everywhere in any::<bool>(),
    ) {
        const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "sa-east-1"];
        let accounts = [OWN, "222222222222"];
        let kind = |all| if all { RecordedRegions::All } else { RecordedRegions::Home };
        let trails: Vec<_> = there.iter().enumerate()
            .map(|(n, (home, all, owner))| (arn(accounts[*owner], REGIONS[*home], n), kind(*all)))
            .collect();
        let wanted = arn(OWN, REGIONS[home], 99);
        let owner: AccountId = OWN.parse().unwrap();
        let fits = REGIONS.iter().enumerate()
            .filter(|(at, _)| everywhere || *at == home)
            .all(|(_, name)| {
                let here = trails.iter().filter(|(arn, kind)| {
                    arn.owner() == owner
                        && (*kind == RecordedRegions::All || arn.home_region().as_str() == *name)
                });
                here.count() < 5
            });
        let list = trails.iter().map(|(arn, kind)| (arn, *kind));
        prop_assert_eq!(in_region("", list, &wanted, kind(everywhere)).is_ok(), fits);
    }
}
