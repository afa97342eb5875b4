//! What the trail delivers to and with: the bucket, the key, the topic, the log group and its role.

use super::Need;
use crate::{
    domain::{AccountId, Arn, Region},
    organization::{
        evidence::{Evidence, LogDelivery, Logs, OrganizationTrail, Seen, Target},
        prerequisite::{Prerequisite, PrerequisiteKind},
    },
    policies::Verdict,
};

pub(super) fn bucket(trail: &OrganizationTrail, seen: &Evidence) -> Prerequisite {
    let name = &trail.bucket;
    let partition = trail.home.partition();
    let need = Need::new(
        PrerequisiteKind::BucketPolicy,
        format!("arn:{partition}:s3:::{name}"),
    );
    match &seen.bucket {
        Seen::Unread(unread) => need.unread(
            unread,
            "; a bucket's policy is read by the account that owns it: name that account in s3_bucket_account_id",
        ),
        Seen::Known(Target::Missing) => need.not_met(
            format!("there is no bucket {name}"),
            "create it, with the policy in policies.s3_bucket_policy",
        ),
        Seen::Known(Target::Present { verdict, .. }) => judged(
            need,
            verdict,
            format!(
                "the policy of bucket {name} lets CloudTrail write below the paths of account {} and of organization {}",
                seen.organization.management, seen.organization.id
            ),
            &Words {
                what: &format!("the policy of bucket {name}"),
                fix: "add the statements of policies.s3_bucket_policy to it",
            },
        ),
    }
}

pub(super) fn key(trail: &OrganizationTrail, seen: &Evidence) -> Prerequisite {
    let id = trail.kms_key.as_deref().unwrap_or_default();
    let need = Need::new(PrerequisiteKind::KmsKeyPolicy, id);
    match &seen.key {
        None => need.not_applicable("the trail names no KMS key"),
        Some(Seen::Unread(unread)) => need.unread(unread, ""),
        Some(Seen::Known(Target::Missing)) => need.not_met(
            format!("there is no key {id} where the bucket is"),
            "create one in the bucket's Region, with the statements of policies.kms_key_policy, and name it by its ARN",
        ),
        Some(Seen::Known(Target::Present { region, verdict, .. })) => {
            match elsewhere(region.as_ref(), seen) {
                Some((key, bucket)) => need.not_met(
                    format!("the key is in {key} and the bucket in {bucket}"),
                    format!("use a key in {bucket}"),
                ),
                None => judged(
                    need,
                    verdict,
                    format!("the policy of key {id} lets CloudTrail encrypt with it"),
                    &Words {
                        what: &format!("key {id}"),
                        fix: "add the statements of policies.kms_key_policy to its policy, and see that it is enabled",
                    },
                ),
            }
        }
    }
}

/// The Regions of key and bucket, if they are known and not the same.
fn elsewhere<'a>(key: Option<&'a Region>, seen: &'a Evidence) -> Option<(&'a Region, &'a Region)> {
    let Seen::Known(Target::Present { region, .. }) = &seen.bucket else {
        return None;
    };
    let both = key.zip(region.as_ref());
    both.filter(|(key, bucket)| key != bucket)
}

pub(super) fn topic(trail: &OrganizationTrail, seen: &Evidence) -> Prerequisite {
    let name = trail.topic.as_deref().unwrap_or_default();
    let need = Need::new(PrerequisiteKind::TopicPolicy, name);
    match &seen.topic {
        None => need.not_applicable("the trail names no SNS topic"),
        Some(Seen::Unread(unread)) => need.unread(unread, ""),
        Some(Seen::Known(Target::Missing)) => need.not_met(
            format!("there is no topic {name}"),
            "create it, with the policy in policies.sns_topic_policy",
        ),
        Some(Seen::Known(Target::Present { verdict, .. })) => judged(
            need,
            verdict,
            format!("the policy of topic {name} lets CloudTrail publish"),
            &Words {
                what: &format!("the policy of topic {name}"),
                fix: "add the statement of policies.sns_topic_policy to it",
            },
        ),
    }
}

pub(super) fn logs(trail: &OrganizationTrail, seen: &Evidence) -> Prerequisite {
    let Some(wanted) = &trail.logs else {
        return Need::new(PrerequisiteKind::LogGroup, "")
            .not_applicable("the trail names no CloudWatch Logs group");
    };
    let need = Need::new(PrerequisiteKind::LogGroup, &*wanted.group);
    let misplaced = misplaced(wanted, seen.creator, &trail.home);
    if !misplaced.is_empty() {
        return need.not_met(
            misplaced.join("; "),
            format!(
                "use a log group in {} and a role, both in account {}, which the trail is created from",
                trail.home, seen.creator
            ),
        );
    }
    match &seen.logs {
        None => need.unknown("they were not looked at", "check again"),
        Some(found) => reachable(need, wanted, found),
    }
}

/// How a verdict on something is put.
struct Words<'a> {
    what: &'a str,
    fix: &'a str,
}

fn judged(need: Need, verdict: &Verdict, met: String, words: &Words<'_>) -> Prerequisite {
    let Words { what, fix } = words;
    match verdict {
        Verdict::Allowed => need.met(met),
        Verdict::Denied(lacks) => {
            need.not_met(format!("{what} is not enough: {}", lacks.join("; ")), *fix)
        }
        Verdict::Unknown(why) => need.unknown(
            format!(
                "whether {what} is enough cannot be told: {}",
                why.join("; ")
            ),
            format!("compare it with what is required, and if in doubt {fix}"),
        ),
    }
}

/// What is wrong with the group and the role by their ARNs alone.
pub fn misplaced(wanted: &LogDelivery, creator: AccountId, home: &Region) -> Vec<String> {
    let mut wrong = Vec::new();
    let group = Arn::parse(&wanted.group).filter(|arn| arn.service == "logs");
    match group.and_then(|arn| arn.place()) {
        None => wrong.push(format!("{} is not the ARN of a log group", wanted.group)),
        Some((region, account)) => {
            if account != creator {
                wrong.push(format!(
                    "the log group is in account {account}, not {creator}"
                ));
            }
            if region != *home {
                wrong.push(format!(
                    "the log group is in {region}, not the home Region {home}"
                ));
            }
        }
    }
    let role = Arn::parse(&wanted.role).filter(|arn| arn.service == "iam");
    match role.and_then(|arn| arn.account.parse::<AccountId>().ok()) {
        None => wrong.push(format!("{} is not the ARN of a role", wanted.role)),
        Some(account) if account != creator => {
            wrong.push(format!("the role is in account {account}, not {creator}"));
        }
        Some(_) => {}
    }
    wrong
}

/// What was seen of the group and the role. What is known to be wrong is told before what is not known.
fn reachable(need: Need, wanted: &LogDelivery, found: &Logs) -> Prerequisite {
    let (group, role) = (&wanted.group, &wanted.role);
    match (&found.group, &found.role) {
        (Seen::Known(false), _) => need.not_met(
            format!("there is no log group {group}"),
            "create it, or name the one to use",
        ),
        (_, Seen::Known(Target::Missing)) => need.not_met(
            format!("there is no role {role}"),
            "create it, with policies.cloud_watch_logs_role_trust_policy and policies.cloud_watch_logs_role_policy",
        ),
        (_, Seen::Known(Target::Present { verdict, .. }))
            if matches!(verdict, Verdict::Denied(_)) =>
        {
            role_judged(need, wanted, verdict)
        }
        (Seen::Unread(unread), _) | (_, Seen::Unread(unread)) => need.unread(unread, ""),
        (Seen::Known(true), Seen::Known(Target::Present { verdict, .. })) => {
            role_judged(need, wanted, verdict)
        }
    }
}

fn role_judged(need: Need, wanted: &LogDelivery, verdict: &Verdict) -> Prerequisite {
    let LogDelivery { group, role } = wanted;
    judged(
        need,
        verdict,
        format!("log group {group} is there, and role {role} may write to it"),
        &Words {
            what: &format!("role {role}"),
            fix: "give it policies.cloud_watch_logs_role_trust_policy and policies.cloud_watch_logs_role_policy",
        },
    )
}
