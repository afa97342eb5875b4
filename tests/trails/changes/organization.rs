//! The organization's trail: made by the management account or its delegate, and changed only where it lives.

use trailplane::{
    domain::{
        CellReason,
        trail::{Desired, Presence, RecordedAccounts, RecordedRegions},
    },
    trails::{
        TrailError,
        change::{ChangeRequest, Outcome, Where},
    },
};

use super::{accounts, audit, logging, plain, wish};
use crate::{
    support::rig::request,
    trails::world::{MANAGEMENT, MEMBERS, World, account, members, organization_trail},
};

const HOME: &str = "us-east-1";

fn of_organization() -> Desired {
    let mut desired = plain();
    desired.settings.accounts = Some(RecordedAccounts::Organization);
    desired.settings.regions = Some(RecordedRegions::All);
    desired
}

#[tokio::test]
async fn it_is_made_in_the_management_account_whatever_else_is_selected() {
    let world = World::of(members(2)).await;
    let made = world
        .change(wish(&[], &[HOME], Presence::New, of_organization()))
        .await;
    assert_eq!(made.only().outcome, Outcome::Applied, "{:?}", made.only());
    assert_eq!(made.only().account, account(MANAGEMENT));
    let there = world
        .sandbox
        .trail(audit(MANAGEMENT, HOME).as_str())
        .unwrap();
    assert!(there.organization && there.logging);
}

#[tokio::test]
async fn a_delegate_makes_and_changes_it_and_the_management_account_owns_it() {
    let mut scenario = members(2);
    scenario.organization.delegated_administrators = vec![account(MEMBERS[0])];
    let world = World::of(scenario).await;
    let made = world
        .change(wish(
            &[MEMBERS[0]],
            &[HOME],
            Presence::New,
            of_organization(),
        ))
        .await;
    assert_eq!(made.only().outcome, Outcome::Applied, "{:?}", made.only());
    assert_eq!(made.only().account, account(MANAGEMENT));
    assert!(!world.calls(MANAGEMENT).contains_key("CreateTrail"));
    assert_eq!(world.calls(MEMBERS[0])["CreateTrail"], 1);
}

#[tokio::test]
async fn two_members_are_no_place_for_it() {
    let world = World::of(members(2)).await;
    let create = wish(&MEMBERS[..2], &[HOME], Presence::New, of_organization());
    let ctx = request(std::time::Duration::from_secs(10));
    let refused = world.trails.change(&ctx, create).await.err().unwrap();
    assert!(
        matches!(refused, TrailError::OrganizationTrailElsewhere(_)),
        "{refused}"
    );
}

#[tokio::test]
async fn a_member_does_not_stop_the_trail_of_all() {
    let world = World::of(members(2).with_trail(organization_trail(HOME))).await;
    let named = |ids: &[&str]| ChangeRequest {
        trails: Where::Named {
            targets: accounts(ids),
            name: "organization-trail".parse().unwrap(),
        },
        ..wish(&[], &[], Presence::Existing, logging(false))
    };
    let member = world.change(named(&[MEMBERS[0]])).await;
    assert_eq!(member.only().outcome, Outcome::NotApplied);
    assert_eq!(member.reason(), Some(CellReason::Refused));
    assert!(world.sandbox.trails()[0].logging);
    // With its owner among the targets it is one target, however many show it.
    let all = world.change(named(&[])).await;
    assert_eq!(all.only().outcome, Outcome::Applied, "{:?}", all.only());
    assert_eq!(all.only().account, account(MANAGEMENT));
    assert!(!world.sandbox.trails()[0].logging);
}

#[tokio::test]
async fn by_arn_it_is_found_wherever_the_request_looks() {
    let world = World::of(members(2).with_trail(organization_trail(HOME))).await;
    let arn = world.sandbox.trails()[0].arn.parse().unwrap();
    let by_arn = |ids: &[&str]| ChangeRequest {
        trails: Where::Arns {
            targets: accounts(ids),
            arns: vec![arn],
        },
        ..wish(&[], &[], Presence::Existing, logging(false))
    };
    let stop = by_arn(&[]);
    assert_eq!(
        world.change(stop.clone()).await.only().outcome,
        Outcome::Applied
    );
    let outside = ChangeRequest {
        trails: match stop.trails {
            Where::Arns { arns, .. } => Where::Arns {
                targets: accounts(&[MEMBERS[0]]),
                arns,
            },
            other => other,
        },
        ..stop
    };
    let ctx = request(std::time::Duration::from_secs(10));
    let refused = world.trails.change(&ctx, outside).await.err().unwrap();
    assert!(
        matches!(refused, TrailError::OutsideTargets(_)),
        "{refused}"
    );
}

#[tokio::test]
async fn what_the_organization_lacks_is_named_and_nothing_is_made() {
    let world = World::of(members(2)).await;
    world
        .sandbox
        .change_organization(|organization| organization.trusted_services.clear());
    let refused = world
        .change(wish(&[], &[HOME], Presence::New, of_organization()))
        .await;
    assert_eq!(refused.only().outcome, Outcome::NotApplied);
    assert_eq!(refused.reason(), Some(CellReason::Precondition));
    let missing = &refused.only().failure.as_ref().unwrap().preconditions;
    assert!(
        missing
            .iter()
            .any(|line| line.starts_with("TRUSTED_ACCESS")),
        "{missing:?}"
    );
    assert!(!world.calls(MANAGEMENT).contains_key("CreateTrail"));
}

/// Nobody can get into the management account; the account that calls Organizations is its delegate.
#[tokio::test]
async fn where_the_owner_is_closed_its_delegate_changes_the_trail() {
    let mut scenario = members(2).with_trail(organization_trail(HOME));
    scenario.organization.delegated_administrators = vec![account(MEMBERS[0])];
    let world = World::delegated(scenario, MEMBERS[0]).await;
    let by_name = ChangeRequest {
        trails: Where::Named {
            targets: accounts(&[]),
            name: "organization-trail".parse().unwrap(),
        },
        ..wish(&[], &[], Presence::Existing, logging(false))
    };
    let stopped = world.change(by_name).await;
    assert_eq!(
        stopped.only().outcome,
        Outcome::Applied,
        "{:?}",
        stopped.only()
    );
    assert_eq!(stopped.only().account, account(MANAGEMENT));
    assert!(!world.sandbox.trails()[0].logging);
    assert_eq!(world.calls(MEMBERS[0])["StopLogging"], 1);
}
