//! The simulated AWS: what neither emulator has.

use tokio::net::TcpListener;
use trailplane::{
    aws::{CreateTrail, FailureKind, FeatureSet, HandshakeState},
    domain::{
        AccountId,
        trail::{Aggregation, DesiredSettings, EventConfiguration},
    },
    sandbox::{self, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Sandbox, Scenario},
};

use super::{World, op};

const MEMBER: &str = "222222222222";

/// An organization of two accounts; our own credentials are the management account's.
fn organization() -> Scenario {
    Scenario::blank().with_account(MEMBER, "member")
}

async fn world(scenario: Scenario) -> (World<Sandbox>, AccountId) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sandbox = Sandbox::start(scenario, listener).unwrap();
    let endpoint = sandbox.endpoint_url();
    let (key, secret) = (HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY);
    let mut world = World::at(sandbox, &endpoint, key, secret).await;
    world.region = "us-east-1".parse().unwrap();
    (world, MEMBER.parse().unwrap())
}

#[tokio::test]
async fn cloudtrail_is_delegated_and_taken_back() {
    let (world, member) = world(organization()).await;
    let administrators = async || {
        let page = op!(world.list_delegated_administrators("cloudtrail.amazonaws.com", None));
        let listed = page.unwrap().items.into_iter();
        listed.map(|one| one.id).collect::<Vec<_>>()
    };
    let region = &world.region;
    assert_eq!(administrators().await, []);
    op!(world.register_organization_delegated_admin(region, member)).unwrap();
    assert_eq!(administrators().await, [member]);
    let again = op!(world.register_organization_delegated_admin(region, member));
    assert_eq!(again.unwrap_err().kind, FailureKind::AlreadyExists);
    op!(world.deregister_organization_delegated_admin(region, member)).unwrap();
    assert_eq!(administrators().await, []);
    let again = op!(world.deregister_organization_delegated_admin(region, member));
    assert_eq!(again.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn all_features_are_asked_of_whoever_was_invited() {
    let mut scenario = organization();
    scenario.organization.features = sandbox::FeatureSet::ConsolidatedBilling;
    scenario.organization.invited_accounts = vec![MEMBER.parse().unwrap()];
    let (world, _) = world(scenario).await;
    let before = op!(world.describe_organization()).unwrap();
    assert_eq!(before.features, FeatureSet::ConsolidatedBilling);
    let refused = op!(world.enable_aws_service_access("cloudtrail.amazonaws.com"));
    assert_eq!(refused.unwrap_err().kind, FailureKind::Precondition);
    let begun = op!(world.enable_all_features()).unwrap().out;
    assert_eq!(begun.state, HandshakeState::Requested);
    assert!(begun.id.starts_with("h-") && begun.expires.is_some());
}

#[tokio::test]
async fn an_organization_that_has_all_features_says_so() {
    let (world, _) = world(organization()).await;
    let has = op!(world.enable_all_features()).unwrap_err();
    assert_eq!(has.kind, FailureKind::AlreadyExists, "{has:?}");
    assert!(
        has.message
            .starts_with("ORGANIZATION_ALREADY_HAS_ALL_FEATURES: ")
    );
}

#[tokio::test]
async fn events_are_summed_up_and_no_longer() {
    let (world, _) = world(organization()).await;
    let region = &world.region;
    let trail = CreateTrail {
        name: "main".parse().unwrap(),
        settings: DesiredSettings {
            bucket: Some("logs-of-trails".to_owned()),
            ..DesiredSettings::default()
        },
        tags: [].into(),
    };
    let arn = op!(world.create_trail(region, &trail)).unwrap().out;
    let summed = EventConfiguration {
        aggregations: vec![Aggregation {
            templates: vec!["API_ACTIVITY".to_owned(), "USER_ACTIONS".to_owned()],
            category: "Data".to_owned(),
        }],
        ..EventConfiguration::default()
    };
    for wanted in [&summed, &EventConfiguration::default()] {
        op!(world.put_event_configuration(region, &arn, wanted)).unwrap();
        let found = op!(world.get_event_configuration(region, &arn)).unwrap();
        assert_eq!(found.aggregations, wanted.aggregations);
    }
}

/// Path-style addresses, signatures for IAM's one Region, XML and JSON as AWS has them.
#[tokio::test]
async fn policies_are_read_there_too() {
    let (world, _) = world(organization()).await;
    let region = &world.region;
    assert_eq!(op!(world.head_bucket(region, "logs")).unwrap(), *region);
    let policy = op!(world.get_bucket_policy(region, "logs")).unwrap();
    assert!(policy.unwrap().contains("s3:GetBucketAcl"));
    let missing = op!(world.get_role_policy("AWSServiceRoleForCloudTrail", "none")).unwrap_err();
    assert_eq!(missing.kind, FailureKind::NotFound, "{missing:?}");
    let linked = op!(world.get_role("AWSServiceRoleForCloudTrail")).unwrap();
    assert!(linked.trust.unwrap().contains("cloudtrail.amazonaws.com"));
}
