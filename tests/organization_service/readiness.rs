//! The check of an organization's trail, against what the simulated CloudTrail then says to the trail itself.

use std::time::Duration;

use trailplane::{
    aws::CreateTrail,
    budget::Tally,
    domain::{
        Api, Permissions,
        trail::{DesiredSettings, RecordedAccounts, RecordedRegions, Wish},
    },
    organization::{
        Finding, OrganizationError, OrganizationTrail, PrerequisiteKind,
        PrerequisiteKind::{
            AllFeatures, BucketPolicy, Caller, HomeRegion, KmsKeyPolicy, LogGroup,
            ServiceLinkedRole, TopicPolicy, TrustedAccess,
        },
        Readiness,
    },
    sandbox::Scenario,
};

use super::world::{MANAGEMENT, MEMBERS, World, context, id, scenario, writing};

/// A trail of everything, with a log group and a role of this account.
fn settings(account: &str, home: &str) -> DesiredSettings {
    DesiredSettings {
        bucket: Some("logs-of-all".to_owned()),
        prefix: Wish::Set("org".to_owned()),
        sns_topic: Wish::Set("told-of-logs".to_owned()),
        kms_key_id: Wish::Set("alias/logs".to_owned()),
        log_group_arn: Wish::Set(format!("arn:aws:logs:{home}:{account}:log-group:all:*")),
        log_role_arn: Wish::Set(format!("arn:aws:iam::{account}:role/service/writes-logs")),
        regions: Some(RecordedRegions::All),
        accounts: Some(RecordedAccounts::Organization),
        ..DesiredSettings::default()
    }
}

fn trail(settings: &DesiredSettings, home: &str) -> OrganizationTrail {
    let (name, home) = ("all".parse().unwrap(), home.parse().unwrap());
    OrganizationTrail::wanted(name, home, settings).unwrap()
}

async fn check(world: &World, trail: &OrganizationTrail) -> Readiness {
    world
        .organization
        .ready_for(&context(), trail)
        .await
        .unwrap()
}

/// What is neither met nor without meaning for the trail.
fn open(found: &Readiness) -> Vec<(PrerequisiteKind, bool)> {
    let open = found.prerequisites.iter().filter(|one| !one.holds());
    open.map(|one| (one.kind, one.blocks())).collect()
}

/// What CreateTrail itself says: its error's code.
async fn create(world: &World, settings: &DesiredSettings, home: &str) -> Result<(), String> {
    let permissions = Permissions::calls([Api::CreateTrail]).and(&[
        "iam:GetRole",
        "iam:PassRole",
        "organizations:DescribeOrganization",
        "organizations:ListAWSServiceAccessForOrganization",
    ]);
    let writer = world.fleet.organization_writer(&writing(permissions));
    let who = writer.unwrap().who;
    let new = CreateTrail {
        name: "all".parse().unwrap(),
        settings: settings.clone(),
        tags: Default::default(),
    };
    let (ctx, tally, home) = (context(), Tally::default(), home.parse().unwrap());
    let made = world
        .rig
        .door
        .create_trail(&ctx, &tally, &*who, &home, &new);
    made.await
        .map(|_| ())
        .map_err(|error| error.code.unwrap_or_default().into())
}

#[tokio::test]
async fn where_everything_is_in_place_the_trail_is_ready_and_can_be_created() {
    let world = World::of(scenario("", "")).await;
    let settings = settings(MANAGEMENT, "eu-west-1");
    let found = check(&world, &trail(&settings, "eu-west-1")).await;
    assert_eq!(open(&found), [], "{:#?}", found.prerequisites);
    assert!(found.ready() && found.missing().next().is_none());
    assert_eq!(found.prerequisites.len(), 9);
    let policies = &found.policies;
    for (policy, contains) in [
        (&policies.bucket, "logs-of-all/org/AWSLogs/o-trailplane1/"),
        (&policies.bucket, "logs-of-all/org/AWSLogs/100000000001/"),
        (&policies.kms_key, "kms:GenerateDataKey"),
        (
            &policies.topic,
            "arn:aws:sns:eu-west-1:100000000001:told-of-logs",
        ),
        (&policies.log_role, "o-trailplane1_"),
        (&policies.log_role_trust, "cloudtrail.amazonaws.com"),
    ] {
        assert!(policy.as_deref().unwrap().contains(contains), "{policy:?}");
    }
    assert_eq!(create(&world, &settings, "eu-west-1").await, Ok(()));
    assert_eq!(
        world.calls("CreateTrail"),
        1,
        "the check itself creates nothing"
    );
}

#[tokio::test]
async fn what_the_check_calls_missing_is_what_cloudtrail_refuses() {
    let table: [(&str, &str, PrerequisiteKind, &str); 14] = [
        (
            "features: CONSOLIDATED_BILLING",
            "",
            AllFeatures,
            "OrganizationNotInAllFeaturesModeException",
        ),
        (
            "trusted_access: false",
            "",
            TrustedAccess,
            "CloudTrailAccessNotEnabledException",
        ),
        (
            "service_linked_role: false",
            "",
            ServiceLinkedRole,
            "NoManagementAccountSLRExistsException",
        ),
        (
            "",
            "buckets: [{name: logs-of-all, standing: missing}]",
            BucketPolicy,
            "S3BucketDoesNotExistException",
        ),
        (
            "",
            "buckets: [{name: logs-of-all, standing: no_policy}]",
            BucketPolicy,
            "InsufficientS3BucketPolicyException",
        ),
        (
            "",
            "buckets: [{name: logs-of-all, standing: policy_insufficient}]",
            BucketPolicy,
            "InsufficientS3BucketPolicyException",
        ),
        (
            "",
            "topics: [{name: told-of-logs, standing: missing}]",
            TopicPolicy,
            "InsufficientSnsTopicPolicyException",
        ),
        (
            "",
            "topics: [{name: told-of-logs, standing: policy_insufficient}]",
            TopicPolicy,
            "InsufficientSnsTopicPolicyException",
        ),
        (
            "",
            "kms_keys: [{id: alias/logs, standing: missing}]",
            KmsKeyPolicy,
            "KmsKeyNotFoundException",
        ),
        (
            "",
            "kms_keys: [{id: alias/logs, standing: no_policy}]",
            KmsKeyPolicy,
            "InsufficientEncryptionPolicyException",
        ),
        (
            "",
            "kms_keys: [{id: alias/logs, disabled: true}]",
            KmsKeyPolicy,
            "KmsException",
        ),
        (
            "",
            "log_groups: [{name: all, missing: true}]",
            LogGroup,
            "InvalidCloudWatchLogsLogGroupArnException",
        ),
        (
            "",
            "roles: [{name: writes-logs, standing: missing}]",
            LogGroup,
            "InvalidCloudWatchLogsRoleArnException",
        ),
        (
            "",
            "roles: [{name: writes-logs, standing: policy_insufficient}]",
            LogGroup,
            "InvalidCloudWatchLogsRoleArnException",
        ),
    ];
    for (organization, resources, kind, code) in table {
        let more = match resources {
            "" => String::new(),
            resources => format!("resources: {{{resources}}}"),
        };
        let world = World::of(scenario(organization, &more)).await;
        let settings = settings(MANAGEMENT, "eu-west-1");
        let found = check(&world, &trail(&settings, "eu-west-1")).await;
        let case = format!("{organization}{resources}: {:#?}", found.prerequisites);
        assert_eq!(open(&found), [(kind, true)], "{case}");
        let told = found.missing().next().unwrap();
        assert!(
            !told.evidence.is_empty() && !told.fix().is_empty(),
            "{case}"
        );
        let refused = create(&world, &settings, "eu-west-1").await;
        let both = ["KmsException", "KmsKeyDisabledException"];
        let as_expected = match &refused {
            Err(found) if both.contains(&code) => both.contains(&found.as_str()),
            other => *other == Err(code.to_owned()),
        };
        assert!(as_expected, "{refused:?}: {case}");
    }
}

#[tokio::test]
async fn a_member_cannot_create_the_trail_and_a_delegated_administrator_can() {
    let settings = settings(MEMBERS[0], "eu-west-1");
    let world = World::from_member(scenario("", ""), MEMBERS[0]).await;
    let found = check(&world, &trail(&settings, "eu-west-1")).await;
    assert!(
        open(&found).contains(&(Caller, true)),
        "{:#?}",
        found.prerequisites
    );
    let refused = create(&world, &settings, "eu-west-1").await;
    assert_eq!(
        refused,
        Err("NotOrganizationMasterAccountException".to_owned())
    );

    let admins = format!("delegated_administrators: ['{}']", MEMBERS[0]);
    let world = World::from_member(scenario(&admins, ""), MEMBERS[0]).await;
    let found = check(&world, &trail(&settings, "eu-west-1")).await;
    // The built-in scenario gives no way into the management account but its own keys.
    let unsure: Vec<_> = open(&found)
        .into_iter()
        .filter(|(_, blocks)| *blocks)
        .collect();
    assert_eq!(unsure, [], "{:#?}", found.prerequisites);
    assert_eq!(create(&world, &settings, "eu-west-1").await, Ok(()));

    // The same asked from the management account, of that member.
    let world = World::of(scenario(&admins, "")).await;
    let asked = OrganizationTrail {
        creator: Some(id(MEMBERS[0])),
        ..trail(&settings, "eu-west-1")
    };
    let found = check(&world, &asked).await;
    assert_eq!(open(&found), [], "{:#?}", found.prerequisites);
}

#[tokio::test]
async fn a_home_that_not_every_account_has_is_no_home() {
    let world = World::of(scenario("", "")).await;
    let found = check(
        &world,
        &trail(&settings(MANAGEMENT, "af-south-1"), "af-south-1"),
    )
    .await;
    assert_eq!(
        open(&found),
        [(HomeRegion, true)],
        "{:#?}",
        found.prerequisites
    );
}

#[tokio::test]
async fn what_may_not_be_read_is_unknown_and_everything_else_is_told() {
    let table = [
        ("ListAWSServiceAccessForOrganization", TrustedAccess),
        ("GetBucketPolicy", BucketPolicy),
        ("GetKeyPolicy", KmsKeyPolicy),
        ("DescribeKey", KmsKeyPolicy),
        ("GetTopicAttributes", TopicPolicy),
        ("DescribeLogGroups", LogGroup),
        ("GetRolePolicy", LogGroup),
    ];
    for (api, kind) in table {
        let denied = format!("faults: [{{scope: {{apis: [{api}]}}, effect: denied}}]");
        let world = World::of(scenario("", &denied)).await;
        let found = check(
            &world,
            &trail(&settings(MANAGEMENT, "eu-west-1"), "eu-west-1"),
        )
        .await;
        assert_eq!(
            open(&found),
            [(kind, false)],
            "{api}: {:#?}",
            found.prerequisites
        );
        let told = found
            .prerequisites
            .iter()
            .find(|one| one.kind == kind)
            .unwrap();
        let Finding::Unknown { fix } = &told.finding else {
            panic!("{told:?}");
        };
        assert!(fix.contains(&format!(":{api} ")), "{api}: {fix}");
        assert!(!found.ready() && found.missing().next().is_none());
    }
}

fn with_a_bucket_of(owner: &str) -> Scenario {
    let bucket = format!("resources: {{buckets: [{{name: logs-of-all, account: '{owner}'}}]}}");
    scenario("", &bucket)
}

#[tokio::test]
async fn a_bucket_of_another_account_is_read_there_once_it_is_named() {
    let settings = settings(MANAGEMENT, "eu-west-1");
    let world = World::of(with_a_bucket_of(MEMBERS[4])).await;
    let asked = trail(&settings, "eu-west-1");
    let found = check(&world, &asked).await;
    assert_eq!(
        open(&found),
        [(BucketPolicy, false)],
        "{:#?}",
        found.prerequisites
    );
    let told = found
        .prerequisites
        .iter()
        .find(|one| one.kind == BucketPolicy);
    assert!(told.unwrap().fix().contains("s3_bucket_account_id"));

    let named = OrganizationTrail {
        bucket_owner: Some(id(MEMBERS[4])),
        ..asked.clone()
    };
    let found = check(&world, &named).await;
    assert_eq!(open(&found), [], "{:#?}", found.prerequisites);

    // An account that the trail names is tried without being told.
    let key = format!(
        "arn:aws:kms:eu-west-1:{}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        MEMBERS[4]
    );
    let by_key = OrganizationTrail {
        kms_key: Some(key),
        ..asked
    };
    let found = check(&world, &by_key).await;
    let bucket = found
        .prerequisites
        .iter()
        .find(|one| one.kind == BucketPolicy);
    assert!(bucket.unwrap().holds(), "{:#?}", found.prerequisites);
}

#[tokio::test]
async fn a_key_in_another_region_than_the_bucket_is_no_key_for_it() {
    let more = "resources: {buckets: [{name: logs-of-all, region: us-east-1}]}";
    let world = World::of(scenario("", more)).await;
    let key =
        format!("arn:aws:kms:eu-west-1:{MANAGEMENT}:key/1234abcd-12ab-34cd-56ef-1234567890ab");
    let settings = DesiredSettings {
        kms_key_id: Wish::Set(key),
        ..settings(MANAGEMENT, "eu-west-1")
    };
    let found = check(&world, &trail(&settings, "eu-west-1")).await;
    assert_eq!(
        open(&found),
        [(KmsKeyPolicy, true)],
        "{:#?}",
        found.prerequisites
    );
    // An alias means the key in the bucket's Region.
    let settings = DesiredSettings {
        kms_key_id: Wish::Set("alias/logs".to_owned()),
        ..settings
    };
    let found = check(&world, &trail(&settings, "eu-west-1")).await;
    assert_eq!(open(&found), [], "{:#?}", found.prerequisites);
}

#[tokio::test]
async fn a_hanging_service_leaves_its_part_unknown_by_the_deadline() {
    let hang = "faults: [{scope: {apis: [GetTopicAttributes]}, effect: hang}]";
    let world = World::of(scenario("", hang)).await;
    let ctx = crate::support::rig::request(Duration::from_secs(3));
    let asked = trail(&settings(MANAGEMENT, "eu-west-1"), "eu-west-1");
    let found = world.organization.ready_for(&ctx, &asked).await.unwrap();
    assert_eq!(
        open(&found),
        [(TopicPolicy, false)],
        "{:#?}",
        found.prerequisites
    );
}

#[tokio::test]
async fn without_an_organization_nothing_is_ready() {
    let world = World::of(scenario("in_use: false", "")).await;
    let asked = trail(&settings(MANAGEMENT, "eu-west-1"), "eu-west-1");
    let refused = world.organization.ready_for(&context(), &asked).await;
    assert!(
        matches!(refused, Err(OrganizationError::NotInUse(_))),
        "{refused:?}"
    );
}
