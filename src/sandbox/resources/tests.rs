use serde_json::json;

use super::*;
use crate::{
    domain::Region,
    sandbox::scenario::{BucketRule, Scenario},
};

const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:100000000001:trail/all";
const GROUP: &str = "arn:aws:logs:us-east-1:100000000001:log-group:trails:*";

fn resources(yaml: &str) -> Resources {
    Resources::new(&Scenario::from_yaml(yaml).unwrap())
}

fn delivery(prefix: Option<&str>) -> Delivery<'_> {
    Delivery {
        trail_arn: TRAIL,
        owner: "100000000001".parse().unwrap(),
        organization: true,
        prefix,
    }
}

fn home() -> Region {
    "us-east-1".parse().unwrap()
}

/// How everything that a trail can use stands for it.
fn all(resources: &Resources, prefix: Option<&str>) -> [Standing; 4] {
    let trail = delivery(prefix);
    [
        resources.bucket("logs").takes(&trail),
        resources.topic("news").takes(&trail, &home()),
        resources.kms_key("alias/trails").takes(&trail),
        resources
            .role("arn:aws:iam::100000000001:role/service/CloudTrailToLogs")
            .takes(&trail, GROUP, &home()),
    ]
}

#[test]
fn what_nobody_names_is_fine_for_whoever_asks() {
    let resources = resources("");
    assert_eq!(all(&resources, None), [Standing::Fine; 4]);
    assert_eq!(all(&resources, Some("a/b")), [Standing::Fine; 4]);
    let member = Delivery {
        trail_arn: "arn:aws:cloudtrail:eu-west-1:200000000001:trail/own",
        owner: "200000000001".parse().unwrap(),
        organization: false,
        prefix: None,
    };
    assert_eq!(resources.bucket("logs").takes(&member), Standing::Fine);
    assert!(resources.log_group(GROUP).exists());
}

#[test]
fn a_standing_is_what_the_generated_policy_says() {
    for (word, standing) in [
        ("policy_insufficient", Standing::PolicyInsufficient),
        ("missing", Standing::Missing),
        ("no_policy", Standing::NoPolicy),
    ] {
        let resources = resources(&format!(
            "resources:
  buckets: [{{name: 'lo*', standing: {word}}}]
  topics: [{{name: news, standing: {word}}}]
  kms_keys: [{{id: alias/trails, standing: {word}}}]
  log_groups: [{{name: trails, missing: true}}]
  roles: [{{name: CloudTrailToLogs, standing: {word}}}]
"
        ));
        assert_eq!(all(&resources, None), [standing; 4]);
        assert!(!resources.log_group(GROUP).exists());
        // The rule's word and the text that others read agree.
        let asker = "100000000001".parse().unwrap();
        let policy = resources.bucket("logs").policy(asker);
        assert_eq!(policy.is_some(), standing == Standing::PolicyInsufficient);
        assert!(!policy.unwrap_or_default().contains("AWSLogs/100000000001"));
    }
}

#[test]
fn a_policy_of_the_scenario_is_taken_at_its_word() {
    let mut scenario = Scenario::blank();
    let statement = |action: &str, resource: &str| {
        json!({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": action,
            "Resource": resource, "Condition": {"StringEquals": {"aws:SourceArn": TRAIL}}})
    };
    let acl = statement("s3:GetBucketAcl", "arn:aws:s3:::logs");
    let own = statement("s3:PutObject", "arn:aws:s3:::logs/AWSLogs/100000000001/*");
    let whole = statement("s3:PutObject", "arn:aws:s3:::logs/AWSLogs/o-trailplane1/*");
    for (statements, prefix, standing) in [
        (json!([acl, own, whole]), None, Standing::Fine),
        (json!([acl, own]), None, Standing::PolicyInsufficient),
        (json!([own, whole]), None, Standing::PolicyInsufficient),
        (
            json!([acl, own, whole]),
            Some("p"),
            Standing::PolicyInsufficient,
        ),
    ] {
        scenario.resources.buckets = vec![BucketRule {
            name: "logs".to_owned(),
            standing: Standing::Fine,
            account: None,
            region: None,
            policy: Some(json!({"Version": "2012-10-17", "Statement": statements})),
        }];
        let resources = Resources::new(&scenario);
        assert_eq!(
            resources.bucket("logs").takes(&delivery(prefix)),
            standing,
            "{statements}"
        );
    }
}

#[test]
fn a_key_is_one_key_by_each_of_its_names() {
    let resources = resources(
        "resources: {kms_keys: [{id: 'arn:aws:kms:eu-west-1:200000000001:alias/x', disabled: true}]}",
    );
    let asker = "100000000001".parse().unwrap();
    let alias = resources.kms_key("arn:aws:kms:eu-west-1:200000000001:alias/x");
    assert!(alias.disabled());
    let arn = alias.arn(asker, &home());
    assert!(
        arn.starts_with("arn:aws:kms:eu-west-1:200000000001:key/"),
        "{arn}"
    );
    assert_eq!(resources.kms_key(&arn).arn(asker, &home()), arn);
    assert!(resources.kms_key(&arn).disabled());
    assert!(!resources.kms_key("alias/x").disabled());
    assert_eq!(
        resources.kms_key("1234").arn(asker, &home()),
        "arn:aws:kms:us-east-1:100000000001:key/1234"
    );
}

/// What the service writes for a trail, read by the sandbox, which knows nothing of how it is written.
#[test]
fn the_policies_that_the_service_writes_are_enough() {
    use crate::policies::{Deliveries, Scope, required};

    let text = |policy: Option<String>| policy.unwrap().replace('\n', " ");
    for (scope, organization) in [
        (Scope::Owners(None), false),
        (Scope::Organization("o-trailplane1".parse().unwrap()), true),
    ] {
        let made = required(&Deliveries {
            trails: [TRAIL.parse().unwrap()].into(),
            scope,
            bucket: Some("logs".to_owned()),
            prefix: Some("a/b".to_owned()),
            kms_key: Some("alias/trails".to_owned()),
            sns_topic: Some("news".to_owned()),
            log_group_arn: Some(GROUP.to_owned()),
        });
        let mut resources = resources(&format!(
            "resources:
  buckets: [{{name: logs, policy: {}}}]
  topics: [{{name: news, policy: {}}}]
  kms_keys: [{{id: alias/trails, policy: {}}}]
  roles: [{{name: CloudTrailToLogs, policy: {}, trust: {}}}]
",
            text(made.bucket),
            text(made.topic),
            text(made.kms_key),
            text(made.log_role),
            text(made.log_role_trust),
        ));
        resources.organization = "o-trailplane1".to_owned();
        let trail = Delivery {
            organization,
            ..delivery(Some("a/b"))
        };
        let role = resources.role("arn:aws:iam::100000000001:role/service/CloudTrailToLogs");
        assert_eq!(resources.bucket("logs").takes(&trail), Standing::Fine);
        assert_eq!(
            resources.topic("news").takes(&trail, &home()),
            Standing::Fine
        );
        assert_eq!(
            resources.kms_key("alias/trails").takes(&trail),
            Standing::Fine
        );
        assert_eq!(role.takes(&trail, GROUP, &home()), Standing::Fine);
    }
}
