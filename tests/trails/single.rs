//! One trail: named by ARN, by home Region and name, or by name alone.

use std::time::Duration;

use trailplane::{
    domain::{
        TrailArn,
        trail::{EventSelectors, InsightKind, ReadWrite, TrailReference},
    },
    sandbox::{Effect, Fault, Member, MemberState, Moment, Scenario, Trail},
    trails::{TrailError, View},
};

use super::world::{
    MANAGEMENT, MEMBERS, World, account, arn, members, multi_region, organization_trail, region,
    trail,
};
use crate::support::rig::request;

fn scenario() -> Scenario {
    members(3)
        .with_trail(organization_trail("us-east-1"))
        .with_trail(Trail {
            aggregations: vec!["API_ACTIVITY".to_owned()],
            stopped: Some(Moment::SecondsAgo(60)),
            delivery_error: Some("AccessDenied".to_owned()),
            tags: [("a".to_owned(), "b".to_owned())].into(),
            ..multi_region("main", MEMBERS[0], "eu-west-1")
        })
        .with_trail(trail("twin", MEMBERS[0], "eu-west-1"))
        .with_trail(trail("twin", MEMBERS[0], "us-east-1"))
        .with_member(Member {
            state: MemberState::Suspended,
            ..Member::new(account("555555555555"), "closed")
        })
}

fn by_arn(owner: &str, home: &str, name: &str) -> TrailReference {
    TrailReference::Arn(arn(owner, home, name).parse::<TrailArn>().unwrap())
}

fn by_name(owner: &str, name: &str) -> TrailReference {
    TrailReference::Named {
        account: account(owner),
        name: name.parse().unwrap(),
    }
}

#[tokio::test]
async fn a_trail_is_read_whole_in_its_home_region() {
    let world = World::of(scenario()).await;
    let context = request(Duration::from_secs(30));
    let main = by_arn(MEMBERS[0], "eu-west-1", "main");
    let found = world.trails.get(&context, &main, View::Full).await.unwrap();
    let status = found.parts.status.unwrap();
    assert!(!status.logging && status.stopped.is_some());
    assert_eq!(status.delivery.error.as_deref(), Some("AccessDenied"));
    assert_eq!(found.parts.tags.unwrap()["a"], "b");
    assert_eq!(found.parts.insight_selectors, Some(Vec::new()));
    let sums = found.parts.event_configuration.unwrap().aggregations;
    assert_eq!(sums[0].templates, ["API_ACTIVITY"]);
    assert!(found.unread.is_empty());
    let elsewhere = world.sandbox.ledger().attempts();
    let mut elsewhere = elsewhere
        .iter()
        .filter(|a| a.account == MEMBERS[0] && a.api.contains("Trail"));
    assert!(elsewhere.all(|attempt| &*attempt.region == "eu-west-1"));
}

#[tokio::test]
async fn each_part_is_read_by_itself() {
    let world = World::of(scenario()).await;
    let context = request(Duration::from_secs(30));
    let trails = &world.trails;
    let shared = by_arn(MANAGEMENT, "us-east-1", "organization-trail");
    let main = by_arn(MEMBERS[0], "eu-west-1", "main");
    let (found, insights) = trails.insight_selectors(&context, &shared).await.unwrap();
    assert_eq!(
        found.as_str(),
        arn(MANAGEMENT, "us-east-1", "organization-trail")
    );
    assert_eq!(insights[0].kind, InsightKind::ApiCallRate);
    // AWS makes an error of it.
    let (_, none) = trails.insight_selectors(&context, &main).await.unwrap();
    assert!(none.is_empty());
    let (_, selectors) = trails.event_selectors(&context, &main).await.unwrap();
    let EventSelectors::Basic(basic) = selectors else {
        panic!("{selectors:?}");
    };
    assert_eq!(basic.len(), 1);
    assert!(basic[0].read_write == ReadWrite::All && basic[0].management_events);
    let (_, configuration) = trails.event_configuration(&context, &shared).await.unwrap();
    assert!(configuration.aggregations.is_empty());
    let other = region("us-west-2");
    let (_, asked) = trails.status(&context, &main, Some(&other)).await.unwrap();
    assert_eq!(asked, other);
    let (_, asked) = trails.status(&context, &main, None).await.unwrap();
    assert_eq!(asked, region("eu-west-1"));
}

#[tokio::test]
async fn a_name_alone_does_if_it_is_the_only_one() {
    let world = World::of(scenario()).await;
    let context = request(Duration::from_secs(30));
    let get = |reference: TrailReference| {
        let (trails, context) = (world.trails.clone(), context.clone());
        async move { trails.get(&context, &reference, View::Basic).await }
    };
    let main = get(by_name(MEMBERS[0], "main")).await.unwrap();
    assert_eq!(main.arn.as_str(), arn(MEMBERS[0], "eu-west-1", "main"));
    // The organization's trail, as a member shows it.
    let shared = get(by_name(MEMBERS[1], "organization-trail"))
        .await
        .unwrap();
    assert_eq!(shared.arn.owner(), account(MANAGEMENT));
    let at_home = TrailReference::Home {
        account: account(MEMBERS[0]),
        region: region("us-east-1"),
        name: "twin".parse().unwrap(),
    };
    let twin = get(at_home).await.unwrap();
    assert_eq!(twin.arn.as_str(), arn(MEMBERS[0], "us-east-1", "twin"));

    let error = get(by_name(MEMBERS[0], "twin")).await.unwrap_err();
    assert!(matches!(&error, TrailError::Ambiguous { candidates, .. } if candidates.len() == 2));
    assert!(
        error.to_string().contains("eu-west-1, us-east-1"),
        "{error}"
    );
    let error = get(by_name(MEMBERS[0], "none")).await.unwrap_err();
    assert!(matches!(error, TrailError::NoSuchName { .. }));
    let error = get(by_arn(MEMBERS[0], "us-west-2", "main"))
        .await
        .unwrap_err();
    assert!(matches!(error, TrailError::NotFound(_)), "{error}");
    let error = get(by_name("999999999999", "main")).await.unwrap_err();
    assert!(matches!(error, TrailError::UnknownOwners(_)), "{error}");
    let error = get(by_arn("555555555555", "us-east-1", "main"))
        .await
        .unwrap_err();
    assert!(matches!(error, TrailError::NotActive(_)), "{error}");
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_here() {
    let denied = Fault::new(Effect::Denied).on("GetEventSelectors");
    let world = World::of(scenario().with_fault(denied)).await;
    let context = request(Duration::from_secs(30));
    let main = by_arn(MEMBERS[0], "eu-west-1", "main");
    let error = world
        .trails
        .get(&context, &main, View::Full)
        .await
        .unwrap_err();
    assert!(matches!(error, TrailError::Aws(_)), "{error}");
    assert!(world.trails.get(&context, &main, View::Basic).await.is_ok());
}
