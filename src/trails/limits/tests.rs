//! Each limit at its edge: the last that is allowed, and the first that is not.

mod parts;
mod selectors;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{state::tags_of, *};
use crate::domain::{
    AccountId, TrailArn,
    trail::{DesiredSettings, DesiredTags, TagRemoval, Wish},
};

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

/// The paths that are found wrong in a trail of one home.
fn paths(desired: &Desired) -> Vec<String> {
    let found = check("", &[region("eu-west-1")], desired, Presence::Existing);
    for limit in &found {
        assert!(limit.message.len() <= 200, "{limit:?}");
    }
    found.into_iter().map(|limit| limit.path).collect()
}

fn settings(change: impl FnOnce(&mut DesiredSettings)) -> Desired {
    let mut desired = Desired::default();
    change(&mut desired.settings);
    desired
}

/// What is found wrong with one field, which must be the only one.
fn of_field(field: &str, desired: &Desired) -> bool {
    let paths = paths(desired);
    assert!(paths.iter().all(|path| path == field), "{paths:?}");
    paths.is_empty()
}

fn bucket(name: &str) -> bool {
    let desired = settings(|s| s.bucket = Some(name.to_owned()));
    of_field("s3_bucket_name", &desired)
}

fn prefix(text: &str) -> bool {
    let desired = settings(|s| s.prefix = Wish::Set(text.to_owned()));
    of_field("s3_key_prefix", &desired)
}

fn topic(text: &str) -> bool {
    let desired = settings(|s| s.sns_topic = Wish::Set(text.to_owned()));
    of_field("sns_topic_name", &desired)
}

fn key(text: &str) -> bool {
    let desired = settings(|s| s.kms_key_id = Wish::Set(text.to_owned()));
    of_field("kms_key_id", &desired)
}

#[test]
fn nothing_wanted_is_nothing_wrong() {
    assert_eq!(paths(&Desired::default()), Vec::<String>::new());
}

#[test]
fn the_prefix_of_the_rpc_stands_before_each_path() {
    let desired = settings(|s| s.bucket = Some("X".to_owned()));
    let found = check("trail.", &[], &desired, Presence::New);
    assert!(found.len() > 1);
    assert!(found.iter().all(|l| l.path == "trail.s3_bucket_name"));
}

#[test]
fn buckets() {
    let long = "a".repeat(63);
    for right in ["abc", "my-logs", "logs.2026", "1.2.3.4.5", &long] {
        assert!(bucket(right), "{right}");
    }
    let longer = "a".repeat(64);
    for wrong in [
        "",
        "ab",
        &longer,
        "Logs",
        "my_logs",
        "-logs",
        "logs-",
        "a..b",
        "192.168.5.4",
        "xn--logs",
        "sthree-logs",
        "logs-s3alias",
        "logs--ol-s3",
        "logs--x-s3",
        "logs.mrap",
    ] {
        assert!(!bucket(wrong), "{wrong}");
    }
}

#[test]
fn a_new_trail_needs_a_bucket() {
    let found = |presence| check("", &[], &Desired::default(), presence);
    assert_eq!(found(Presence::New)[0].path, "s3_bucket_name");
    for presence in [Presence::Ensured, Presence::Existing, Presence::Absent] {
        assert_eq!(found(presence), vec![]);
    }
}

#[test]
fn prefixes() {
    for right in [
        "x",
        "a/b",
        "é",
        &"x".repeat(200),
        &"é".repeat(200),
        "MyAWSLogs2/x",
    ] {
        assert!(prefix(right), "{right}");
    }
    for wrong in [
        "",
        &"x".repeat(201),
        "AWSLogs",
        "AWSLogs/",
        "a/AWSLogs/b",
        "a/AWSLogs",
    ] {
        assert!(!prefix(wrong), "{wrong}");
    }
}

#[test]
fn topics() {
    let arn = "arn:aws:sns:eu-west-1:111111111111:";
    let longest = format!("{arn}{}", "t".repeat(256 - arn.len()));
    for right in ["t", "A_b-9", &"t".repeat(256), &format!("{arn}t"), &longest] {
        assert!(topic(right), "{right}");
    }
    for wrong in [
        "",
        "a b",
        "a/b",
        &"t".repeat(257),
        &format!("{longest}t"),
        arn,
        &format!("{arn}a:b"),
        "arn:aws:sns:eu-west-1:1:t",
        "arn:aws:sns:cn-north-1:111111111111:t",
        "arn:aws:sqs:eu-west-1:111111111111:t",
        "arn:aws-cn:sns:cn-north-1:111111111111:t",
    ] {
        assert!(!topic(wrong), "{wrong}");
    }
}

#[test]
fn keys() {
    let id = "12345678-1234-1234-1234-1234567890ab";
    let multi = format!("mrk-{}", "0".repeat(32));
    let arn = "arn:aws:kms:eu-west-1:111111111111:";
    for right in [
        id,
        &multi,
        "alias/logs",
        "alias/aws/s3",
        &format!("{arn}key/{id}"),
        &format!("{arn}key/{multi}"),
        &format!("{arn}alias/logs"),
        // The key is in the bucket's Region, which need not be the trail's.
        &format!("arn:aws:kms:us-east-1:111111111111:key/{id}"),
    ] {
        assert!(key(right), "{right}");
    }
    for wrong in [
        "",
        "logs",
        "alias/",
        "alias/a b",
        "12345678-1234-1234-1234-1234567890a",
        "mrk-1",
        arn,
        &format!("{arn}key/logs"),
        &format!("{arn}{id}"),
        &format!("arn:aws:kms:eu-west-1::key/{id}"),
        &format!("arn:aws:s3:eu-west-1:111111111111:key/{id}"),
        &format!("arn:aws-us-gov:kms:us-gov-west-1:111111111111:key/{id}"),
    ] {
        assert!(!key(wrong), "{wrong}");
    }
}

const GROUP: &str = "arn:aws:logs:eu-west-1:111111111111:log-group:trail:*";
const ROLE: &str = "arn:aws:iam::111111111111:role/trail";

fn logs(group: Wish<&str>, role: Wish<&str>) -> Vec<String> {
    let owned = |wish| match wish {
        Wish::Keep => Wish::Keep,
        Wish::Clear => Wish::Clear,
        Wish::Set(text) => Wish::Set(str::to_owned(text)),
    };
    paths(&settings(|s| {
        s.log_group_arn = owned(group);
        s.log_role_arn = owned(role);
    }))
}

#[test]
fn log_group_and_role_are_set_or_cleared_together() {
    let (g, r) = (
        "cloud_watch_logs_log_group_arn",
        "cloud_watch_logs_role_arn",
    );
    let none: Vec<&str> = Vec::new();
    assert_eq!(logs(Wish::Set(GROUP), Wish::Set(ROLE)), none);
    assert_eq!(logs(Wish::Clear, Wish::Clear), none);
    assert_eq!(logs(Wish::Set(GROUP), Wish::Keep), [r]);
    assert_eq!(logs(Wish::Set(GROUP), Wish::Clear), [r]);
    assert_eq!(logs(Wish::Keep, Wish::Set(ROLE)), [g]);
    assert_eq!(logs(Wish::Clear, Wish::Set(ROLE)), [g]);
    assert_eq!(logs(Wish::Clear, Wish::Keep), [r]);
    assert_eq!(logs(Wish::Keep, Wish::Clear), [g]);
}

#[test]
fn log_groups_are_in_the_home_region_and_the_account_of_the_role() {
    let group = |text: &str| logs(Wish::Set(text), Wish::Set(ROLE));
    let none: Vec<&str> = Vec::new();
    let bare = GROUP.strip_suffix(":*").unwrap();
    let named = |length| GROUP.replace("group:trail", &format!("group:{}", "n".repeat(length)));
    assert_eq!(group(bare), none);
    assert_eq!(group(&named(512)), none);
    for wrong in [
        "",
        "trail",
        "arn:aws:logs:eu-west-1:111111111111:log-group:*:*",
        "arn:aws:logs:eu-west-1:111111111111:log-group::*",
        "arn:aws:logs:us-east-1:111111111111:log-group:trail:*",
        &named(513),
    ] {
        assert_eq!(group(wrong), ["cloud_watch_logs_log_group_arn"], "{wrong}");
    }
    for wrong in [
        "",
        "arn:aws:iam::222222222222:role/trail",
        "arn:aws-cn:iam::111111111111:role/trail",
        "arn:aws:iam::111111111111:user/trail",
    ] {
        let paths = logs(Wish::Set(GROUP), Wish::Set(wrong));
        assert_eq!(paths, ["cloud_watch_logs_role_arn"], "{wrong}");
    }
}

#[test]
fn a_log_group_is_of_the_account_that_asks() {
    let wanted = settings(|s| {
        s.log_group_arn = Wish::Set(GROUP.to_owned());
        s.log_role_arn = Wish::Set(ROLE.to_owned());
    });
    let found = |account: &str| in_account("trail.", account.parse().unwrap(), &wanted.settings);
    assert_eq!(found("111111111111"), vec![]);
    let paths: Vec<String> = found("222222222222").into_iter().map(|l| l.path).collect();
    assert_eq!(
        paths,
        [
            "trail.cloud_watch_logs_log_group_arn",
            "trail.cloud_watch_logs_role_arn"
        ]
    );
}

#[test]
fn a_trail_of_all_regions_records_global_services_and_has_one_home() {
    let homes = [region("eu-west-1"), region("us-east-1")];
    let found = |homes: &[Region], presence, change: fn(&mut DesiredSettings)| {
        let mut desired = settings(change);
        desired.settings.bucket = Some("logs".to_owned());
        let found = check("", homes, &desired, presence);
        found.into_iter().map(|l| l.path).collect::<Vec<_>>()
    };
    let all: fn(&mut DesiredSettings) = |s| s.regions = Some(RecordedRegions::All);
    let organization: fn(&mut DesiredSettings) =
        |s| s.accounts = Some(RecordedAccounts::Organization);
    let deaf: fn(&mut DesiredSettings) = |s| {
        s.regions = Some(RecordedRegions::All);
        s.global_service_events = Some(false);
    };
    let home_deaf: fn(&mut DesiredSettings) = |s| s.global_service_events = Some(false);
    let none: Vec<&str> = Vec::new();
    for presence in [Presence::New, Presence::Ensured] {
        assert_eq!(found(&homes[..1], presence, all), none);
        assert_eq!(found(&homes, presence, all), ["is_multi_region_trail"]);
        assert_eq!(found(&homes[..1], presence, organization), none);
        assert_eq!(
            found(&homes, presence, organization),
            ["is_organization_trail"]
        );
        assert_eq!(
            found(&homes[..1], presence, deaf),
            ["include_global_service_events"]
        );
        assert_eq!(found(&homes, presence, home_deaf), none);
    }
    assert_eq!(found(&homes, Presence::Existing, all), none);
    assert_eq!(
        found(&homes, Presence::Existing, deaf),
        ["include_global_service_events"]
    );
}

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

    /// Whatever is asked, the answer comes, with paths that name a field of the request.
    #[test]
    fn any_text_is_judged(text in any::<String>()) {
        let wish = || Wish::Set(text.clone());
        let desired = settings(|s| {
            s.bucket = Some(text.clone());
            (s.prefix, s.sns_topic, s.kms_key_id) = (wish(), wish(), wish());
            (s.log_group_arn, s.log_role_arn) = (wish(), wish());
        });
        prop_assert!(paths(&desired).len() >= 3);
    }
}
