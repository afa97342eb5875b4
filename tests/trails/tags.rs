//! Tags, in batches of 20, read by the trails' owners.

use std::time::Duration;

use trailplane::{
    domain::{CellState, TrailArn},
    sandbox::{Member, MemberState, Scenario, Trail},
    trails::TrailError,
};

use super::world::{MEMBERS, World, account, arn, members, trail};
use crate::support::rig::request;

const MANY: usize = 45;

fn many() -> Scenario {
    let mut scenario = members(2);
    for number in 0..MANY {
        scenario = scenario.with_trail(Trail {
            tags: [("number".to_owned(), number.to_string())].into(),
            ..trail(&format!("trail-{number:02}"), MEMBERS[0], "us-west-2")
        });
    }
    scenario.with_trail(trail("other", MEMBERS[1], "us-east-1"))
}

fn all() -> Vec<TrailArn> {
    let own = (0..MANY).map(|n| arn(MEMBERS[0], "us-west-2", &format!("trail-{n:02}")));
    let own = own.chain([arn(MEMBERS[1], "us-east-1", "other")]);
    own.map(|arn| arn.parse().unwrap()).collect()
}

#[tokio::test]
async fn twenty_trails_are_one_call() {
    let world = World::of(many()).await;
    let context = request(Duration::from_secs(30));
    let answer = world.trails.list_tags(&context, &all()).await.unwrap();
    assert_eq!(answer.tags.len(), MANY + 1);
    for (at, arn) in all().iter().take(MANY).enumerate() {
        assert_eq!(answer.tags[arn]["number"], at.to_string());
    }
    assert!(answer.coverage.complete());
    assert_eq!(world.calls(MEMBERS[0])["ListTags"], 3);
    assert_eq!(world.calls(MEMBERS[1])["ListTags"], 1);
}

#[tokio::test]
async fn trails_that_do_not_exist_do_not_hide_the_others_of_their_batch() {
    let world = World::of(many()).await;
    let mut asked = all();
    let missing: Vec<TrailArn> = ["gone-1", "gone-2"]
        .map(|name| arn(MEMBERS[0], "us-west-2", name).parse().unwrap())
        .to_vec();
    asked.extend(missing.clone());
    asked.push(arn(MEMBERS[2], "us-east-1", "never").parse().unwrap());
    let context = request(Duration::from_secs(30));
    let answer = world.trails.list_tags(&context, &asked).await.unwrap();
    assert_eq!(answer.tags.len(), MANY + 1);
    assert!(missing.iter().all(|arn| !answer.tags.contains_key(arn)));
    let states: Vec<CellState> = answer.coverage.cells.iter().map(|c| c.state).collect();
    let expected = [CellState::Partial, CellState::Complete, CellState::Failed];
    assert_eq!(states, expected);
    assert_eq!(world.sandbox.ledger().throttles(), 0);
}

#[tokio::test]
async fn owners_that_are_not_known_are_all_named_and_closed_ones_are_in_the_coverage() {
    let closed = Member {
        state: MemberState::Suspended,
        ..Member::new(account("555555555555"), "closed")
    };
    let world = World::of(many().with_member(closed)).await;
    let context = request(Duration::from_secs(30));
    let arn_of = |owner: &str| -> TrailArn { arn(owner, "us-east-1", "main").parse().unwrap() };
    let asked = [
        arn_of("999999999999"),
        arn_of(MEMBERS[0]),
        arn_of("888888888888"),
    ];
    let error = world.trails.list_tags(&context, &asked).await.unwrap_err();
    let TrailError::UnknownOwners(places) = error else {
        panic!("{error}");
    };
    let expected = [(0, account("999999999999")), (2, account("888888888888"))];
    assert_eq!(places, expected);
    let answer = world
        .trails
        .list_tags(&context, &[arn_of("555555555555")])
        .await
        .unwrap();
    assert!(!answer.coverage.complete());
    assert_eq!(answer.coverage.cells[0].state, CellState::Skipped);
}
