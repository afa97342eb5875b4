//! Replicas come, leave and die; and what they leave behind.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use trailplane::{
    budget::{
        pace::{Pace, QUIET},
        slots::{Ask, micros},
        store::{Store, StoreState},
    },
    domain::Api,
};

use crate::support::redis::{Clock, Server};

use super::{
    replica::{Ledger, Replica, key, settings},
    within,
};

const START: Duration = Duration::from_secs(8);
const INTERVAL: Duration = Duration::from_millis(100);

fn ask(count: u32, interval: Duration) -> Ask {
    Ask {
        count,
        interval: micros(interval),
        turn: micros(interval),
        not_before: 0,
    }
}

#[tokio::test]
async fn one_is_killed_and_another_takes_its_place() {
    let server = Server::start().await;
    let ledger = Ledger::new(INTERVAL);
    let start = |who| Replica::start(settings(&server.url(), 3), &ledger, who);
    let (a, b, c) = (start(0), start(1), start(2));
    for replica in [&a, &b, &c] {
        replica.reaches(StoreState::Healthy, START).await;
    }
    c.kill();
    a.reaches(StoreState::ScaledDown, Duration::from_secs(4))
        .await;
    // What was reserved before is spent first: 200 ms for each of three.
    sleep(Duration::from_millis(700)).await;
    let from = ledger.now();
    sleep(Duration::from_secs(2)).await;
    let spent = ledger.spent(from, ledger.now());
    assert!((0.6..0.78).contains(&spent), "two of three: {spent}");
    let d = start(3);
    for replica in [&a, &b, &d] {
        replica
            .reaches(StoreState::Healthy, Duration::from_secs(5))
            .await;
    }
    let from = ledger.now();
    sleep(Duration::from_secs(2)).await;
    let spent = ledger.spent(from, ledger.now() - 20_000);
    assert!(spent >= 0.94, "{spent}");
    ledger.never_bunched();
}

#[tokio::test]
async fn one_leaves_and_nothing_is_lost() {
    let server = Server::start().await;
    let ledger = Ledger::new(INTERVAL);
    let start = |who| Replica::start(settings(&server.url(), 2), &ledger, who);
    let (a, b) = (start(0), start(1));
    for replica in [&a, &b] {
        replica.reaches(StoreState::Healthy, START).await;
    }
    let from = ledger.now();
    b.leave().await;
    let c = start(2);
    within(Duration::from_secs(3), "two are there", || {
        c.store.status().alive == 2
    })
    .await;
    sleep(Duration::from_secs(2)).await;
    let spent = ledger.spent(from, ledger.now() - 20_000);
    assert!(spent >= 0.94, "{spent}");
    assert_eq!(a.state(), StoreState::Healthy);
    ledger.never_bunched();
}

/// More replicas than there are ranks: they ask, and that is all.
#[tokio::test]
async fn one_too_many_asks_like_the_others() {
    let server = Server::start().await;
    let ledger = Ledger::new(INTERVAL);
    let a = Replica::start(settings(&server.url(), 1), &ledger, 0);
    a.reaches(StoreState::Healthy, START).await;
    let b = Replica::start(settings(&server.url(), 1), &ledger, 1);
    b.reaches(StoreState::Healthy, Duration::from_secs(2)).await;
    let from = ledger.now();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(ledger.spenders(from, ledger.now()), [0, 1]);
    ledger.never_bunched();
}

/// Reserves one slot, as soon as there is one.
async fn next(replica: &Replica, api: Api, interval: Duration) -> Instant {
    loop {
        let reserved = replica.store.reserve(key(api), ask(1, interval));
        let reserved = reserved.await.unwrap();
        match reserved.slots.first() {
            Some(delay) => return Instant::now() + Duration::from_micros(*delay),
            None => sleep(reserved.retry_after).await,
        }
    }
}

/// With slow calls, what is reserved reaches further than it takes to be heard again.
#[tokio::test]
async fn what_was_reserved_keeps_its_distance_when_the_clock_jumps_or_all_is_lost() {
    let clock = Clock::new();
    let server = clock.server().await;
    let replica = Replica::idle(settings(&server.url(), 1), Instant::now());
    replica.reaches(StoreState::Healthy, START).await;
    let slow = Duration::from_secs(2);
    for (api, lost) in [(Api::LookupEvents, false), (Api::ListTrails, true)] {
        next(&replica, api, slow).await;
        let last = next(&replica, api, slow).await;
        match lost {
            true => drop(server.ask::<redis::Value>(&["FLUSHALL"]).await),
            // Less than what the fleet's key lasts: it is not simply lost.
            false => clock.set(600),
        }
        let changed = || replica.state() == StoreState::ScaledDown;
        within(Duration::from_secs(2), "it joins anew", changed).await;
        replica.reaches(StoreState::Healthy, START).await;
        let after = next(&replica, api, slow).await;
        let apart = after.saturating_duration_since(last);
        assert!(
            apart >= slow - Duration::from_millis(20),
            "{apart:?}, {lost}"
        );
    }
}

#[tokio::test]
async fn an_idle_bucket_costs_nothing() {
    let server = Server::start().await;
    let replica = Replica::idle(settings(&server.url(), 1), Instant::now());
    replica.reaches(StoreState::Healthy, START).await;
    for api in Api::ALL {
        let reserved = replica
            .store
            .reserve(key(*api), ask(4, Duration::from_millis(50)));
        assert!(!reserved.await.unwrap().slots.is_empty());
    }
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    assert!(keys.len() > 1, "{keys:?}");
    server
        .until(&["KEYS", "*"], |keys| !keys.contains("b:"))
        .await;
    let keys: Vec<String> = server.ask(&["KEYS", "*"]).await;
    assert_eq!(keys, ["{test}fleet"]);
    let lasts: i64 = server.ask(&["PTTL", "{test}fleet"]).await;
    assert!(lasts > 0);
}

#[tokio::test]
async fn what_is_not_used_comes_back_also_if_nobody_waits_for_the_answer() {
    let server = Server::start().await;
    let replica = Replica::idle(settings(&server.url(), 1), Instant::now());
    replica.reaches(StoreState::Healthy, START).await;
    let store = &replica.store;
    let bucket = || key(Api::LookupEvents);
    let slow = Duration::from_millis(900);
    let first = store.reserve(bucket(), ask(1, slow)).await.unwrap();
    assert_eq!(first.slots.len(), 1);
    // The asker leaves while the store is asked.
    server.pause();
    let left = timeout(
        Duration::from_millis(5),
        store.reserve(bucket(), ask(1, slow)),
    )
    .await;
    assert!(left.is_err());
    server.go_on();
    sleep(Duration::from_millis(60)).await;
    let second = store.reserve(bucket(), ask(1, slow)).await.unwrap();
    assert!(second.slots[0] <= micros(slow), "{second:?}");
    // And what is given back in words.
    let origin = second.due - micros(slow);
    store.give_back(bucket(), second.due, origin);
    let third = store.reserve(bucket(), ask(1, slow)).await.unwrap();
    assert_eq!(third.due, second.due, "the same slot again");
}

#[tokio::test]
async fn a_throttle_is_known_to_all() {
    let server = Server::start().await;
    let origin = Instant::now();
    let a = Replica::idle(settings(&server.url(), 2), origin);
    let b = Replica::idle(settings(&server.url(), 2), origin);
    for replica in [&a, &b] {
        replica.reaches(StoreState::Healthy, START).await;
    }
    let bucket = || key(Api::LookupEvents);
    let now = micros(origin.elapsed());
    let pace = Pace::cut(now);
    a.store.slowed(bucket(), None, pace, QUIET);
    let told = a.store.reserve(bucket(), ask(1, INTERVAL)).await.unwrap();
    assert!(told.pace.is_some());
    let known = b.store.reserve(bucket(), ask(1, INTERVAL)).await.unwrap();
    let shared = known.pace.expect("the pace");
    let later = now + 3_000_000;
    assert!((shared.factor(later) - pace.factor(later)).abs() < 0.01);
    let quiet = known.slots.first().copied().unwrap_or_default();
    assert!(
        quiet > QUIET - 200_000 || known.slots.is_empty(),
        "{known:?}"
    );
    // Who knows of no cut undoes none; who knows the newest goes on from it.
    b.store.slowed(bucket(), None, Pace::cut(now + 500_000), 0);
    let same = b
        .store
        .reserve(bucket(), ask(1, INTERVAL))
        .await
        .unwrap()
        .pace;
    assert!(same.unwrap().cut_at().abs_diff(now) < 100_000);
    let later = now + 1_500_000;
    b.store.slowed(bucket(), None, Pace::cut(later), 0);
    let told = b.store.reserve(bucket(), ask(1, INTERVAL)).await.unwrap();
    assert!(
        told.pace.unwrap().cut_at().abs_diff(now) < 100_000,
        "what was throttled had left before the cut that it did not know of"
    );
    let mut next = pace;
    assert!(next.throttled(later));
    b.store.slowed(bucket(), Some(now), next, 0);
    let told = b.store.reserve(bucket(), ask(1, INTERVAL)).await.unwrap();
    let (shared, at) = (told.pace.unwrap(), later + 2_000_000);
    assert!(shared.cut_at().abs_diff(later) < 100_000, "{shared:?}");
    assert!((shared.factor(at) - next.factor(at)).abs() < 0.01);
}
