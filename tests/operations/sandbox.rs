//! The simulated AWS: what neither emulator has.

use tokio::net::TcpListener;
use trailplane::{
    aws::{FailureKind, FeatureSet, HandshakeState},
    domain::AccountId,
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
