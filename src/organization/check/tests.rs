//! From evidence to findings, case by case.

use super::{
    super::evidence::{LogDelivery, Logs, Target},
    *,
};
use crate::{
    aws::{FeatureSet, Organization},
    domain::{AccountId, trail::RecordedRegions},
    policies::Verdict,
};

const MANAGEMENT: &str = "100000000001";
const MEMBER: &str = "200000000002";
const GROUP: &str = "arn:aws:logs:eu-west-1:100000000001:log-group:trails:*";
const ROLE: &str = "arn:aws:iam::100000000001:role/writes-logs";

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn trail() -> OrganizationTrail {
    OrganizationTrail {
        name: "all".parse().unwrap(),
        home: "eu-west-1".parse().unwrap(),
        regions: RecordedRegions::All,
        bucket: "logs".to_owned(),
        prefix: None,
        topic: Some("told".to_owned()),
        logs: Some(LogDelivery {
            group: GROUP.to_owned(),
            role: ROLE.to_owned(),
        }),
        kms_key: Some("alias/logs".to_owned()),
        creator: None,
        bucket_owner: None,
    }
}

fn present(region: &str, lacks: &[&str]) -> Target {
    Target::Present {
        arn: "arn:aws:s3:::logs".to_owned(),
        region: region.parse().ok(),
        verdict: match lacks {
            [] => Verdict::Allowed,
            lacks => Verdict::Denied(lacks.iter().map(ToString::to_string).collect()),
        },
    }
}

fn denied<T>(action: &str) -> Seen<T> {
    Seen::Unread(Unread {
        action: action.to_owned(),
        account: account(MANAGEMENT),
        why: "the role lacks the permission (AccessDenied)".to_owned(),
        denied: true,
    })
}

fn evidence() -> Evidence {
    Evidence {
        organization: Organization {
            id: "o-abcdefghij".to_owned(),
            arn: None,
            features: FeatureSet::All,
            management: account(MANAGEMENT),
        },
        trusted_access: Seen::Known(true),
        service_linked_role: Seen::Known(true),
        creator: account(MANAGEMENT),
        creator_role: Seen::Known(Role::Management),
        bucket: Seen::Known(present("eu-west-1", &[])),
        key: Some(Seen::Known(present("eu-west-1", &[]))),
        topic: Some(Seen::Known(present("eu-west-1", &[]))),
        logs: Some(Logs {
            group: Seen::Known(true),
            role: Seen::Known(present("", &[])),
        }),
        without_home: Some(Vec::new()),
    }
}

/// What is found of one kind when the trail and the evidence are changed so.
fn found(
    kind: PrerequisiteKind,
    change: impl FnOnce(&mut OrganizationTrail, &mut Evidence),
) -> Prerequisite {
    let (mut trail, mut seen) = (trail(), evidence());
    change(&mut trail, &mut seen);
    let all = check(&trail, &seen);
    let others = all.iter().filter(|p| p.kind != kind && !p.holds());
    assert_eq!(others.count(), 0, "only {kind:?} was changed");
    all.into_iter().find(|p| p.kind == kind).unwrap()
}

#[test]
fn with_everything_in_place_all_is_met_and_each_kind_stands_once_in_order() {
    let all = check(&trail(), &evidence());
    assert!(all.iter().all(|p| p.finding == Finding::Met), "{all:#?}");
    let kinds: Vec<_> = all.iter().map(|p| p.kind).collect();
    let mut sorted = kinds.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((kinds.len(), kinds), (9, sorted));
    assert!(
        all.iter()
            .all(|p| !p.evidence.is_empty() && p.fix().is_empty())
    );
}

#[test]
fn what_the_trail_does_not_name_does_not_apply() {
    let mut trail = trail();
    (trail.kms_key, trail.topic, trail.logs) = (None, None, None);
    let seen = Evidence {
        key: None,
        topic: None,
        logs: None,
        ..evidence()
    };
    let all = check(&trail, &seen);
    let idle = all.iter().filter(|p| p.finding == Finding::NotApplicable);
    let idle: Vec<_> = idle.map(|p| p.kind).collect();
    use PrerequisiteKind::{KmsKeyPolicy, LogGroup, TopicPolicy};
    assert_eq!(idle, [KmsKeyPolicy, TopicPolicy, LogGroup]);
    assert!(all.iter().all(Prerequisite::holds));
}

type Change = fn(&mut OrganizationTrail, &mut Evidence);

#[test]
fn what_is_missing_is_told_with_its_fix() {
    use PrerequisiteKind::*;
    let table: [(PrerequisiteKind, Change, &str, &str); 19] = [
        (
            AllFeatures,
            |_, seen| seen.organization.features = FeatureSet::ConsolidatedBilling,
            "consolidated billing only",
            "EnableAllFeatures",
        ),
        (
            TrustedAccess,
            |_, seen| seen.trusted_access = Seen::Known(false),
            "is not among the services",
            "EnableTrustedAccess",
        ),
        (
            ServiceLinkedRole,
            |_, seen| seen.service_linked_role = Seen::Known(false),
            "has no role AWSServiceRoleForCloudTrail",
            "create-service-linked-role",
        ),
        (
            Caller,
            |_, seen| seen.creator_role = Seen::Known(Role::Member),
            "does not administer CloudTrail",
            "RegisterDelegatedAdministrator",
        ),
        (
            BucketPolicy,
            |_, seen| seen.bucket = Seen::Known(Target::Missing),
            "there is no bucket logs",
            "create it",
        ),
        (
            BucketPolicy,
            |_, seen| {
                seen.bucket = Seen::Known(present("eu-west-1", &["it lacks x", "it lacks y"]))
            },
            "it lacks x; it lacks y",
            "policies.s3_bucket_policy",
        ),
        (
            KmsKeyPolicy,
            |_, seen| seen.key = Some(Seen::Known(Target::Missing)),
            "there is no key alias/logs",
            "policies.kms_key_policy",
        ),
        (
            KmsKeyPolicy,
            |_, seen| seen.key = Some(Seen::Known(present("eu-west-1", &["it is disabled"]))),
            "it is disabled",
            "policies.kms_key_policy",
        ),
        (
            KmsKeyPolicy,
            |_, seen| seen.key = Some(Seen::Known(present("us-east-1", &[]))),
            "the key is in us-east-1 and the bucket in eu-west-1",
            "use a key in eu-west-1",
        ),
        (
            TopicPolicy,
            |_, seen| seen.topic = Some(Seen::Known(Target::Missing)),
            "there is no topic told",
            "policies.sns_topic_policy",
        ),
        (
            TopicPolicy,
            |_, seen| seen.topic = Some(Seen::Known(present("", &["it lacks x"]))),
            "it lacks x",
            "policies.sns_topic_policy",
        ),
        (
            LogGroup,
            |_, seen| seen.logs.as_mut().unwrap().group = Seen::Known(false),
            "there is no log group",
            "create it",
        ),
        (
            LogGroup,
            |_, seen| seen.logs.as_mut().unwrap().role = Seen::Known(Target::Missing),
            "there is no role",
            "policies.cloud_watch_logs_role_policy",
        ),
        (
            LogGroup,
            |_, seen| seen.logs.as_mut().unwrap().role = Seen::Known(present("", &["it lacks x"])),
            "it lacks x",
            "policies.cloud_watch_logs_role_policy",
        ),
        (
            LogGroup,
            |trail, _| {
                trail.logs.as_mut().unwrap().group = GROUP.replace(MANAGEMENT, MEMBER);
            },
            "the log group is in account 200000000002",
            "both in account 100000000001",
        ),
        (
            LogGroup,
            |trail, _| {
                trail.logs.as_mut().unwrap().group = GROUP.replace("eu-west-1", "eu-west-2");
            },
            "not the home Region eu-west-1",
            "a log group in eu-west-1",
        ),
        (
            LogGroup,
            |trail, _| trail.logs.as_mut().unwrap().role = ROLE.replace(MANAGEMENT, MEMBER),
            "the role is in account 200000000002",
            "both in account 100000000001",
        ),
        (
            HomeRegion,
            |trail, seen| {
                trail.home = "af-south-1".parse().unwrap();
                trail.logs = None;
                seen.logs = None;
                seen.without_home = Some(vec![account(MEMBER)]);
            },
            "1 accounts are without it: 200000000002",
            "a home Region that every account has",
        ),
        (
            HomeRegion,
            |_, seen| seen.without_home = Some(vec![account(MANAGEMENT)]),
            "account 100000000001 has not enabled eu-west-1",
            "enable eu-west-1",
        ),
    ];
    for (kind, change, evidence, fix) in table {
        let found = found(kind, change);
        assert!(found.blocks(), "{found:?}");
        assert!(found.evidence.contains(evidence), "{found:?}");
        assert!(found.fix().contains(fix), "{found:?}");
        assert!(found.sentence().starts_with(kind.as_str()), "{found:?}");
    }
}

#[test]
fn what_could_not_be_read_is_unknown_and_blocks_nothing() {
    use PrerequisiteKind::*;
    let table: [(PrerequisiteKind, Change, &str); 8] = [
        (
            TrustedAccess,
            |_, seen| seen.trusted_access = denied("organizations:List"),
            "organizations:List",
        ),
        (
            ServiceLinkedRole,
            |_, seen| seen.service_linked_role = denied("iam:GetRole"),
            "iam:GetRole",
        ),
        (
            Caller,
            |_, seen| seen.creator_role = denied("organizations:List"),
            "organizations:List",
        ),
        (
            BucketPolicy,
            |_, seen| seen.bucket = denied("s3:GetBucketPolicy"),
            "s3:GetBucketPolicy",
        ),
        (
            KmsKeyPolicy,
            |_, seen| seen.key = Some(denied("kms:GetKeyPolicy")),
            "kms:GetKeyPolicy",
        ),
        (
            TopicPolicy,
            |_, seen| seen.topic = Some(denied("sns:GetTopicAttributes")),
            "sns:GetTopicAttributes",
        ),
        (
            LogGroup,
            |_, seen| seen.logs.as_mut().unwrap().group = denied("logs:DescribeLogGroups"),
            "logs:DescribeLogGroups",
        ),
        (
            LogGroup,
            |_, seen| seen.logs.as_mut().unwrap().role = denied("iam:GetRolePolicy"),
            "iam:GetRolePolicy",
        ),
    ];
    for (kind, change, action) in table {
        let found = found(kind, change);
        assert!(!found.blocks() && !found.holds(), "{found:?}");
        assert!(found.evidence.contains(action), "{found:?}");
        assert!(found.evidence.contains("AccessDenied"), "{found:?}");
        assert!(
            found.fix().starts_with(&format!("allow {action}")),
            "{found:?}"
        );
    }
}

#[test]
fn what_is_known_to_be_wrong_is_told_before_what_is_not_known() {
    let found = found(PrerequisiteKind::LogGroup, |_, seen| {
        let logs = seen.logs.as_mut().unwrap();
        logs.group = denied("logs:DescribeLogGroups");
        logs.role = Seen::Known(present("", &["it lacks x"]));
    });
    assert!(found.blocks(), "{found:?}");
}

#[test]
fn a_policy_that_cannot_be_judged_is_unknown() {
    fn unsure() -> Seen<Target> {
        Seen::Known(Target::Present {
            arn: String::new(),
            region: None,
            verdict: Verdict::Unknown(vec!["it depends on aws:SourceIp".to_owned()]),
        })
    }
    let table: [(PrerequisiteKind, Change); 4] = [
        (PrerequisiteKind::BucketPolicy, |_, seen| {
            seen.bucket = unsure()
        }),
        (PrerequisiteKind::KmsKeyPolicy, |_, seen| {
            seen.key = Some(unsure())
        }),
        (PrerequisiteKind::TopicPolicy, |_, seen| {
            seen.topic = Some(unsure())
        }),
        (PrerequisiteKind::LogGroup, |_, seen| {
            seen.logs.as_mut().unwrap().role = unsure();
        }),
    ];
    for (kind, change) in table {
        let found = found(kind, change);
        assert!(!found.blocks() && !found.holds(), "{found:?}");
        assert!(found.evidence.contains("aws:SourceIp"), "{found:?}");
        assert!(found.fix().contains("policies."), "{found:?}");
    }
}

#[test]
fn a_delegated_administrator_may_create_the_trail() {
    let found = found(PrerequisiteKind::Caller, |trail, seen| {
        seen.creator = account(MEMBER);
        seen.creator_role = Seen::Known(Role::DelegatedAdministrator);
        let logs = trail.logs.as_mut().unwrap();
        logs.group = GROUP.replace(MANAGEMENT, MEMBER);
        logs.role = ROLE.replace(MANAGEMENT, MEMBER);
    });
    assert!(found.holds(), "{found:?}");
    assert!(
        found
            .evidence
            .contains("will belong to management account 100000000001")
    );
}

#[test]
fn an_opt_in_region_is_no_matter_to_a_trail_of_that_region_alone() {
    let found = found(PrerequisiteKind::HomeRegion, |trail, seen| {
        trail.home = "af-south-1".parse().unwrap();
        trail.regions = RecordedRegions::Home;
        (trail.logs, seen.logs) = (None, None);
    });
    assert_eq!(found.finding, Finding::NotApplicable);
}
