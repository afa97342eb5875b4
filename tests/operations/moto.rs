//! moto: the organization, trusted access, Insights.

use trailplane::{
    aws::{CreateTrail, FailureKind, FeatureSet},
    domain::{
        AccountState,
        trail::{DesiredSettings, InsightKind, InsightSelector},
    },
};

use super::{World, op, policies};

const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

#[tokio::test]
async fn trusted_access_is_given_and_listed() {
    let world = World::moto().await;
    let none = op!(world.describe_organization()).unwrap_err();
    assert_eq!(none.kind, FailureKind::Precondition);
    let own = aws_sdk_organizations::Client::new(&world.sdk);
    own.create_organization().send().await.unwrap();

    let organization = op!(world.describe_organization()).unwrap();
    assert_eq!(organization.features, FeatureSet::All);
    assert!(organization.arn.unwrap().ends_with(&organization.id));
    let trusted = async || {
        let page = op!(world.list_aws_service_access_for_organization(None));
        page.unwrap().items
    };
    assert_eq!(trusted().await, [""; 0]);
    for _ in 0..2 {
        op!(world.enable_aws_service_access(CLOUDTRAIL)).unwrap();
        assert_eq!(trusted().await, [CLOUDTRAIL]);
    }
}

/// moto knows of six older services only, so CloudTrail's administrators are those of the simulated AWS.
#[tokio::test]
async fn delegated_administrators_are_listed() {
    let world = World::moto().await;
    let own = aws_sdk_organizations::Client::new(&world.sdk);
    own.create_organization().send().await.unwrap();
    let made = own
        .create_account()
        .account_name("Audit")
        .email("a@example.com");
    let made = made.send().await.unwrap().create_account_status.unwrap();
    let (principal, member) = ("guardduty.amazonaws.com", made.account_id.unwrap());
    let register = own.register_delegated_administrator();
    let register = register.account_id(&member).service_principal(principal);
    register.send().await.unwrap();
    let page = op!(world.list_delegated_administrators(principal, None)).unwrap();
    assert_eq!(page.items.len(), 1);
    let found = &page.items[0];
    assert_eq!((found.id.to_string(), &*found.name), (member, "Audit"));
    assert_eq!(found.state, AccountState::Active);
    assert!(found.since.is_some());
}

/// What moto does otherwise than AWS: a put adds to what is there, and an empty one is none that Insights are off by.
#[tokio::test]
async fn insight_selectors_are_put_as_they_are_read() {
    let world = World::moto().await;
    let trail = CreateTrail {
        name: "main".parse().unwrap(),
        settings: DesiredSettings {
            bucket: Some("logs-of-trails".to_owned()),
            ..DesiredSettings::default()
        },
        tags: [("team".to_owned(), "audit".to_owned())].into(),
    };
    let missing = op!(world.create_trail(&world.region, &trail)).unwrap_err();
    assert_eq!(missing.kind, FailureKind::Precondition, "{missing:?}");
    policies::bucket(&world, "logs-of-trails").await;
    let made = op!(world.create_trail(&world.region, &trail)).unwrap();
    let arn = made.out;
    let tags = op!(world.list_trail_tags(&world.region, std::slice::from_ref(&arn)));
    assert_eq!(tags.unwrap()[&arn], trail.tags);
    let wanted =
        [InsightKind::ApiCallRate, InsightKind::ApiErrorRate].map(|kind| InsightSelector {
            kind,
            categories: Vec::new(),
        });
    op!(world.put_insight_selectors(&world.region, &arn, &wanted)).unwrap();
    let found = op!(world.get_insight_selectors(&world.region, &arn)).unwrap();
    assert_eq!(found, wanted);
}
