//! A change over many accounts: canaries, bounds, and an end that can be told.

use std::{collections::BTreeSet, num::NonZeroUsize, time::Duration};

use tokio::time::{sleep, timeout};
use trailplane::{
    domain::{CellReason, trail::Presence},
    sandbox::{Effect, Fault, Latency, Member, Scenario},
    trails::change::{ChangeItem, ChangeRequest, Outcome, StopReason},
};

use super::{logging, plain, wish};
use crate::{support::rig::request, trails::world::World};

const HOME: &str = "us-east-1";

/// The management account and so many members, in one Region.
fn many(members: u32) -> Scenario {
    Scenario::uniform(members + 1, 1, 0.0, Duration::ZERO)
}

fn create(canary: usize, parallel: usize, max_failures: Option<usize>) -> ChangeRequest {
    let mut request = wish(&[], &[HOME], Presence::New, plain());
    request.rollout.canary = canary;
    request.rollout.max_parallel = NonZeroUsize::new(parallel).unwrap();
    request.rollout.max_failures = max_failures;
    request
}

#[tokio::test]
async fn each_of_many_accounts_exactly_once_and_the_canaries_first() {
    let world = World::unlimited(many(149)).await;
    let ended = world.change(create(3, 40, Some(0))).await;
    assert_eq!(ended.outcomes(), [Outcome::Applied; 150]);
    let accounts: BTreeSet<_> = ended.results.iter().map(|result| result.account).collect();
    assert_eq!(accounts.len(), 150);
    assert!(ended.results[..3].iter().all(|result| result.canary));
    assert!(ended.results[3..].iter().all(|result| !result.canary));
    assert_eq!(ended.summary.counts, [(Outcome::Applied, 150)]);
    assert_eq!(ended.summary.stopped, None);
    let trails = world.sandbox.trails();
    assert_eq!(trails.len(), 150);
    assert!(
        trails
            .iter()
            .all(|trail| trail.logging && trail.generation == 1)
    );
    let again = world.change(create(3, 40, Some(0))).await;
    assert_eq!(again.outcomes(), [Outcome::Unchanged; 150]);
}

#[tokio::test]
async fn a_failing_canary_ends_it_and_the_rest_is_named() {
    let denied = Fault::new(Effect::Denied)
        .on("CreateTrail")
        .for_account("300000000001");
    let world = World::unlimited(many(19).with_fault(denied)).await;
    let ended = world.change(create(2, 10, None)).await;
    assert_eq!(ended.summary.stopped, Some(StopReason::CanaryFailed));
    assert_eq!(ended.results.len(), 20);
    let not_started = ended
        .results
        .iter()
        .filter(|r| r.outcome == Outcome::NotStarted);
    assert_eq!(not_started.count(), 18);
    assert_eq!(world.sandbox.trails().len(), 1);
}

#[tokio::test]
async fn too_many_failures_start_nothing_new() {
    let denied = Fault::new(Effect::Denied)
        .on("CreateTrail")
        .for_account("3000000000*");
    let world = World::unlimited(many(29).with_fault(denied)).await;
    let ended = world.change(create(0, 2, Some(3))).await;
    assert_eq!(ended.summary.stopped, Some(StopReason::TooManyFailures));
    let failed = ended
        .results
        .iter()
        .filter(|r| r.outcome == Outcome::NotApplied)
        .count();
    assert!(
        (4..=5).contains(&failed),
        "one more than may, and what was under way: {failed}"
    );
    assert_eq!(ended.results.len(), 30);
    let left = ended
        .results
        .iter()
        .find(|r| r.outcome == Outcome::NotStarted)
        .unwrap();
    let why = left.failure.as_ref().unwrap();
    assert_eq!(why.reason, CellReason::NotAttempted);
    assert_eq!(why.error.message, "too many other targets failed");
}

#[tokio::test]
async fn a_caller_who_leaves_stops_new_targets_and_nothing_in_flight() {
    let slow = Effect::Latency(Latency::constant(Duration::from_millis(200)));
    let world = World::unlimited(many(49).with_fault(Fault::new(slow).on("CreateTrail"))).await;
    let ctx = request(Duration::from_secs(60));
    let mut changes = world.begin(&ctx, create(0, 5, None)).await;
    let first = changes.next().await;
    assert!(matches!(first, Some(ChangeItem::Result(_))), "{first:?}");
    ctx.cancel.cancel();
    drop(changes);
    world.changing.finish().await;
    let trails = world.sandbox.trails();
    assert!((1..=11).contains(&trails.len()), "{}", trails.len());
    assert!(trails.iter().all(|trail| trail.logging), "each to its end");
    // Run again, it is completed without a second of anything.
    let again = world.change(create(0, 50, None)).await;
    assert!(again.results.iter().all(|r| !r.outcome.failed()));
    let trails = world.sandbox.trails();
    assert_eq!(trails.len(), 50);
    assert!(
        trails
            .iter()
            .all(|trail| trail.logging && trail.generation == 1)
    );
}

#[tokio::test]
async fn a_process_that_is_to_end_starts_nothing_new_and_says_so() {
    let slow = Effect::Latency(Latency::constant(Duration::from_millis(200)));
    let world = World::unlimited(many(29).with_fault(Fault::new(slow).on("CreateTrail"))).await;
    let ctx = request(Duration::from_secs(60));
    let changes = world.begin(&ctx, create(0, 4, None)).await;
    let leave = async {
        while world.sandbox.trails().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
        world.leaving.cancel();
    };
    let (ended, left) = tokio::join!(
        super::to_the_end(changes),
        timeout(Duration::from_secs(20), leave)
    );
    left.unwrap();
    assert_eq!(ended.summary.stopped, Some(StopReason::Draining));
    let applied = ended
        .results
        .iter()
        .filter(|r| r.outcome == Outcome::Applied)
        .count();
    assert_eq!(applied, world.sandbox.trails().len());
    assert!((1..30).contains(&applied));
    assert_eq!(ended.results.len(), 30);
}

#[tokio::test]
async fn no_more_at_once_than_asked() {
    let slow = Effect::Latency(Latency::constant(Duration::from_millis(50)));
    let world = World::unlimited(many(19).with_fault(Fault::new(slow).on("StartLogging"))).await;
    let mut request = create(0, 3, None);
    request.validate_only = false;
    world.change(request).await;
    let attempts = world.sandbox.ledger().attempts();
    let mut starts: Vec<u64> = attempts
        .iter()
        .filter(|attempt| attempt.api == "StartLogging")
        .map(|attempt| attempt.at_micros)
        .collect();
    starts.sort_unstable();
    assert_eq!(starts.len(), 20);
    for four in starts.windows(4) {
        assert!(four[3] - four[0] >= 50_000, "four within one call's time");
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_entered_is_its_own_failure() {
    let closed = Member {
        has_role: false,
        ..Member::new("400000000001".parse().unwrap(), "closed")
    };
    let scenario = many(8).with_member(closed);
    let world = World::unlimited(scenario).await;
    let ended = world.change(create(0, 10, None)).await;
    let failed: Vec<_> = ended
        .results
        .iter()
        .filter(|r| r.outcome.failed())
        .collect();
    assert_eq!(failed.len(), 1);
    let reason = failed[0].failure.as_ref().unwrap().reason;
    assert_eq!(reason, CellReason::RoleNotAssumable);
    assert_eq!(world.sandbox.trails().len(), 9);
    let stop = world
        .change(wish(&[], &[], Presence::Existing, logging(false)))
        .await;
    assert_eq!(
        stop.results
            .iter()
            .filter(|r| r.outcome == Outcome::Applied)
            .count(),
        9
    );
    assert!(!stop.summary.coverage.complete());
}
