//! The policies of resources that the scenario says nothing about: right ones, as AWS's user guide has them, for the
//! trails of whoever asks and for the organization's; and ones that are not enough, where the scenario wants that.

use serde_json::{Value, json};

use super::Resources;
use crate::{
    domain::AccountId,
    sandbox::{hash, id, scenario::Standing},
};

/// An account that no scenario has: what a policy that is not enough is for.
const STRANGER: &str = "999999999990";

/// Whose trails a policy is for.
fn accounts(all: &Resources, asker: AccountId, standing: Standing) -> Vec<String> {
    if standing == Standing::PolicyInsufficient {
        return vec![STRANGER.to_owned()];
    }
    let mut accounts = vec![all.management.to_string()];
    if asker != all.management {
        accounts.push(asker.to_string());
    }
    accounts
}

/// The ARNs of these accounts' trails.
fn trails(accounts: &[String]) -> Vec<String> {
    accounts
        .iter()
        .map(|account| format!("arn:aws:cloudtrail:*:{account}:trail/*"))
        .collect()
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn for_cloudtrail(sid: &str, action: &str, resource: &Value, condition: &Value) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    })
}

/// A bucket's: the ACL, the accounts' own paths, and the organization's.
pub fn bucket(all: &Resources, name: &str, asker: AccountId, standing: Standing) -> Option<Value> {
    if matches!(standing, Standing::NoPolicy | Standing::Missing) {
        return None;
    }
    let accounts = accounts(all, asker, standing);
    let trails = trails(&accounts);
    let arn = format!("arn:aws:s3:::{name}");
    // Whether the trail has a prefix is not known here: the path is right with any and without.
    let paths = |folders: &[String]| -> Value {
        let of = |folder: &String| {
            [
                format!("{arn}/AWSLogs/{folder}/*"),
                format!("{arn}/*/AWSLogs/{folder}/*"),
            ]
        };
        folders.iter().flat_map(of).collect::<Vec<_>>().into()
    };
    let from = json!({"ArnLike": {"aws:SourceArn": trails}});
    let writing = json!({
        "ArnLike": {"aws:SourceArn": trails},
        "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"},
    });
    let mut statements = vec![
        for_cloudtrail(
            "AWSCloudTrailAclCheck20150319",
            "s3:GetBucketAcl",
            &json!(arn),
            &from,
        ),
        for_cloudtrail(
            "AWSCloudTrailWrite20150319",
            "s3:PutObject",
            &paths(&accounts),
            &writing,
        ),
    ];
    if standing == Standing::Fine {
        statements.push(for_cloudtrail(
            "AWSCloudTrailOrganizationWrite20150319",
            "s3:PutObject",
            &paths(std::slice::from_ref(&all.organization)),
            &writing,
        ));
    }
    Some(document(statements))
}

/// A topic's: its owner may do everything, and CloudTrail publish.
pub fn topic(all: &Resources, arn: &str, asker: AccountId, standing: Standing) -> Value {
    let owner = arn.split(':').nth(4).unwrap_or_default();
    let mut statements = vec![json!({
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{owner}:root")},
        "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:Publish", "SNS:Subscribe"],
        "Resource": arn,
    })];
    if standing != Standing::NoPolicy {
        let trails = trails(&accounts(all, asker, standing));
        statements.push(for_cloudtrail(
            "AWSCloudTrailSNSPolicy20150319",
            "SNS:Publish",
            &json!(arn),
            &json!({"ArnLike": {"aws:SourceArn": trails}}),
        ));
    }
    document(statements)
}

/// A key's: its owner may do everything, and CloudTrail describe it and make data keys.
pub fn key(all: &Resources, asker: AccountId, standing: Standing) -> Value {
    let mut statements = vec![json!({
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{asker}:root")},
        "Action": "kms:*",
        "Resource": "*",
    })];
    if standing != Standing::NoPolicy {
        let trails = trails(&accounts(all, asker, standing));
        statements.push(for_cloudtrail(
            "Allow CloudTrail to encrypt logs",
            "kms:GenerateDataKey*",
            &json!("*"),
            &json!({
                "ArnLike": {"aws:SourceArn": trails},
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails},
            }),
        ));
        statements.push(for_cloudtrail(
            "Allow CloudTrail to describe key",
            "kms:DescribeKey",
            &json!("*"),
            &json!({"ArnLike": {"aws:SourceArn": trails}}),
        ));
    }
    document(statements)
}

/// A role's trust policy: CloudTrail may assume it.
pub fn trust() -> Value {
    document(vec![json!({
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "sts:AssumeRole",
    })])
}

/// A role's inline policy: the streams of the accounts, and those of the organization.
pub fn role(all: &Resources, asker: AccountId, standing: Standing) -> Option<Value> {
    if matches!(standing, Standing::NoPolicy | Standing::Missing) {
        return None;
    }
    let accounts = accounts(all, asker, standing);
    let mut streams: Vec<String> = accounts
        .iter()
        .map(|id| format!("arn:aws:logs:*:{id}:log-group:*:log-stream:{id}_CloudTrail_*"))
        .collect();
    if standing == Standing::Fine {
        let organization = &all.organization;
        streams.extend(
            accounts
                .iter()
                .map(|id| format!("arn:aws:logs:*:{id}:log-group:*:log-stream:{organization}_*")),
        );
    }
    Some(document(vec![json!({
        "Sid": "AWSCloudTrailCreateLogStream",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": streams,
    })]))
}

/// The id of the key behind an alias.
pub fn key_id(account: &str, region: &str, alias: &str) -> String {
    let place = hash::with_text(hash::mix(1), &format!("{account}/{region}/{alias}"));
    id::uuid_text((u128::from(place) << 64) | u128::from(hash::mix(place)))
}
