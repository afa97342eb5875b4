//! A trail's own settings: bucket, prefix, topic, key, log group and role.

use std::net::Ipv4Addr;

use super::{Found, partition, shown};
use crate::domain::{
    AccountId, Arn, Region, RoleArn,
    trail::{DesiredSettings, Presence, Wish},
};

/// The longest prefix.
const PREFIX: usize = 200;
/// The longest name or ARN of a topic.
const TOPIC: usize = 256;
/// The longest name of a log group.
const LOG_GROUP: usize = 512;

pub(super) fn check(
    found: &mut Found,
    homes: &[Region],
    settings: &DesiredSettings,
    presence: Presence,
) {
    match &settings.bucket {
        Some(name) => bucket(found, name),
        None => found.check(
            presence != Presence::New,
            "s3_bucket_name",
            "is empty; a new trail needs a bucket",
        ),
    }
    if let Some(prefix) = settings.prefix.wanted() {
        self::prefix(found, prefix);
    }
    if let Some(name) = settings.sns_topic.wanted() {
        topic(found, homes, name);
    }
    if let Some(key) = settings.kms_key_id.wanted() {
        kms_key(found, homes, key);
    }
    logs(found, homes, settings);
}

/// "Bucket naming rules" of the S3 user guide, for general purpose buckets.
fn bucket(found: &mut Found, name: &str) {
    const FIELD: &str = "s3_bucket_name";
    const BEGINNINGS: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
    const ENDS: &[&str] = &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    found.length(FIELD, name, 3..=63);
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    found.check(
        name.chars().all(|c| end(c) || c == '.' || c == '-'),
        FIELD,
        "has characters other than lower-case letters, digits, '.' and '-'",
    );
    found.check(
        name.starts_with(end) && name.ends_with(end),
        FIELD,
        "must begin and end with a letter or digit",
    );
    found.check(!name.contains(".."), FIELD, "has two periods side by side");
    found.check(
        name.parse::<Ipv4Addr>().is_err(),
        FIELD,
        "has the form of an IP address",
    );
    for word in BEGINNINGS.iter().filter(|word| name.starts_with(**word)) {
        found.add(FIELD, format_args!("begins with {word}, which S3 reserves"));
    }
    for word in ENDS.iter().filter(|word| name.ends_with(**word)) {
        found.add(FIELD, format_args!("ends with {word}, which S3 reserves"));
    }
}

/// Slashes at its ends are allowed: AWS documents nothing against them, and trails with such prefixes exist.
fn prefix(found: &mut Found, prefix: &str) {
    found.length("s3_key_prefix", prefix, 1..=PREFIX);
    // "unauthorized users cannot create a trail that includes AWSLogs/ as the S3KeyPrefix parameter": it could write
    // among the logs of other accounts.
    found.check(
        !format!("{prefix}/").contains("AWSLogs/"),
        "s3_key_prefix",
        "has AWSLogs/ in it, which CloudTrail refuses",
    );
}

fn topic(found: &mut Found, homes: &[Region], name: &str) {
    const FIELD: &str = "sns_topic_name";
    found.length(FIELD, name, 1..=TOPIC);
    let legal = |text: &str| {
        let base = text.strip_suffix(".fifo").unwrap_or(text);
        !base.is_empty()
            && base
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    if !name.starts_with("arn:") {
        found.check(
            name.is_empty() || legal(name),
            FIELD,
            "has characters other than ASCII letters, digits, '_' and '-'",
        );
        return;
    }
    match Arn::parse(name) {
        Some(arn) if arn.service == "sns" && arn.place().is_some() && legal(arn.resource) => {
            partition(found, FIELD, arn.partition, homes);
        }
        _ => found.add(
            FIELD,
            format_args!(
                "{} is not a topic's name, or ARN: arn:<partition>:sns:<region>:<account id>:<name>",
                shown(name)
            ),
        ),
    }
}

fn kms_key(found: &mut Found, homes: &[Region], key: &str) {
    const FIELD: &str = "kms_key_id";
    if !key.starts_with("arn:") {
        found.check(
            is_key_id(key) || is_alias(key),
            FIELD,
            format_args!(
                "{} is not a key's id (a UUID, or mrk- and 32 digits), alias/<name>, or the ARN of either",
                shown(key)
            ),
        );
        return;
    }
    let resource = |text: &str| text.strip_prefix("key/").map_or(is_alias(text), is_key_id);
    match Arn::parse(key) {
        Some(arn) if arn.service == "kms" && arn.place().is_some() && resource(arn.resource) => {
            partition(found, FIELD, arn.partition, homes);
        }
        _ => found.add(
            FIELD,
            format_args!(
                "{} is not arn:<partition>:kms:<region>:<account id>:key/<id> or …:alias/<name>",
                shown(key)
            ),
        ),
    }
}

fn hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A UUID, or `mrk-` and 32 hexadecimal digits for a key of many Regions.
fn is_key_id(text: &str) -> bool {
    let uuid = || {
        let parts: Vec<&str> = text.split('-').collect();
        let lengths = [8, 4, 4, 4, 12];
        parts.len() == lengths.len() && parts.iter().zip(lengths).all(|(p, n)| hex(p, n))
    };
    text.strip_prefix("mrk-")
        .map_or_else(uuid, |id| hex(id, 32))
}

fn is_alias(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    text.len() <= 256
        && text
            .strip_prefix("alias/")
            .is_some_and(|name| !name.is_empty() && name.chars().all(legal))
}

/// CloudTrail takes group and role as one: it tries the role on the group when either is set. One without the other
/// could only be right together with what is there, which is not known before a call is spent.
fn logs(found: &mut Found, homes: &[Region], settings: &DesiredSettings) {
    const GROUP: &str = "cloud_watch_logs_log_group_arn";
    const ROLE: &str = "cloud_watch_logs_role_arn";
    let (group, role) = (&settings.log_group_arn, &settings.log_role_arn);
    match (group, role) {
        (Wish::Set(_), Wish::Set(_)) | (Wish::Clear, Wish::Clear) | (Wish::Keep, Wish::Keep) => {}
        (Wish::Set(_), _) => found.add(
            ROLE,
            "is not set; a log group needs its role in the same request",
        ),
        (_, Wish::Set(_)) => found.add(
            GROUP,
            "is not set; a role needs its log group in the same request",
        ),
        (Wish::Clear, _) => found.add(
            ROLE,
            "is kept; it must be cleared together with the log group",
        ),
        (_, Wish::Clear) => found.add(GROUP, "is kept; it must be cleared together with the role"),
    }
    let of_group = group
        .wanted()
        .and_then(|text| log_group(found, GROUP, homes, text));
    if let Some(role) = role.wanted() {
        log_role(found, ROLE, homes, role, of_group);
    }
}

fn log_role(
    found: &mut Found,
    field: &str,
    homes: &[Region],
    text: &str,
    of_group: Option<AccountId>,
) {
    let role = match text.parse::<RoleArn>() {
        Ok(role) => role,
        Err(wrong) => {
            let why = format!("{} is not {}", shown(text), wrong.expected);
            return found.add(field, why);
        }
    };
    partition(found, field, role.partition(), homes);
    if let Some(account) = of_group.filter(|account| *account != role.account()) {
        let why = format!(
            "is of account {}, and the log group of {account}",
            role.account()
        );
        found.add(field, why);
    }
}

/// The account of the log group, if the ARN is right. The `:*` at its end is how CloudWatch Logs itself writes it.
fn log_group(found: &mut Found, field: &str, homes: &[Region], text: &str) -> Option<AccountId> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
    let arn = Arn::parse(text).filter(|arn| arn.service == "logs");
    let name = arn
        .and_then(|arn| arn.resource.strip_prefix("log-group:"))
        .map(|name| name.strip_suffix(":*").unwrap_or(name))
        .filter(|name| (1..=LOG_GROUP).contains(&name.len()) && name.chars().all(legal));
    let place = name.and(arn).and_then(|arn| arn.place());
    let Some((region, account)) = place else {
        found.add(
            field,
            format_args!(
                "{} is not arn:<partition>:logs:<region>:<account id>:log-group:<name>:*",
                shown(text)
            ),
        );
        return None;
    };
    if let Some(home) = homes.iter().find(|home| **home != region) {
        found.add(
            field,
            format_args!("is in {region}; it must be in the trail's home Region, {home}"),
        );
    }
    Some(account)
}
