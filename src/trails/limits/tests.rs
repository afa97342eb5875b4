//! Each limit at its edge: the last that is allowed, and the first that is not.

mod advanced;
mod basic;
mod parts;
mod state;

use proptest::prelude::*;

use super::*;
use crate::domain::trail::{DesiredSettings, Wish};

fn region(name: &str) -> Region {
    name.parse().unwrap()
}

fn none() -> Vec<String> {
    Vec::new()
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

proptest! {
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
