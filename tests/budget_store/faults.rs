//! What is granted while the store, or the way to it, fails: never more than the quota, and all of it again within
//! five seconds of the fault's end.

use std::time::Duration;

use tokio::time::sleep;
use trailplane::{
    budget::store::{Store, StoreState, Terms},
    domain::Effect,
};

use crate::support::{
    cable::{Cable, Wire},
    redis::{Clock, Server},
};

use super::{
    replica::{Ledger, Replica, settings},
    within,
};

const INTERVAL: Duration = Duration::from_millis(100);
/// Joining: two beats in which only those who had a rank get it, and then until it is open.
const START: Duration = Duration::from_secs(8);
const BACK: Duration = Duration::from_secs(5);
/// Silence, and what was reserved before.
const ALONE: Duration = Duration::from_millis(3_600);

/// How often a replica says that it is there.
const BEAT: Duration = Duration::from_millis(500);

/// A span that is measured: long enough that one call more or less is not two in a hundred.
const SPAN: Duration = Duration::from_millis(2_500);

async fn fleet(urls: &[String]) -> (Ledger, Vec<Replica>) {
    let ledger = Ledger::new(INTERVAL);
    let count = u32::try_from(urls.len()).unwrap();
    let start = |(who, url): (usize, &String)| Replica::start(settings(url, count), &ledger, who);
    let replicas: Vec<Replica> = urls.iter().enumerate().map(start).collect();
    for replica in &replicas {
        replica.reaches(StoreState::Healthy, START).await;
    }
    (ledger, replicas)
}

/// Measures how much is spent from now on.
async fn spending(ledger: &Ledger) -> f64 {
    let from = ledger.now();
    sleep(SPAN).await;
    // What was reserved for then is noted by now.
    ledger.spent(from, ledger.now() - 20_000)
}

/// Within five seconds all of the quota is spent again.
async fn comes_back(ledger: &Ledger, replicas: &[Replica]) {
    for replica in replicas {
        replica.reaches(StoreState::Healthy, BACK).await;
    }
    // The state is known by the beat, and what was held may be a moment longer.
    sleep(Duration::from_millis(500)).await;
    all_is_spent(ledger).await;
    ledger.never_bunched();
}

async fn all_is_spent(ledger: &Ledger) {
    let spent = spending(ledger).await;
    assert!(spent >= 0.95, "{spent} of the quota is spent: {ledger:?}");
}

#[tokio::test]
async fn the_store_is_killed_and_comes_back_empty() {
    let mut server = Server::start().await;
    let (ledger, replicas) = fleet(&vec![server.url(); 3]).await;
    all_is_spent(&ledger).await;
    server.kill();
    for replica in &replicas {
        replica
            .reaches(StoreState::Unreachable, Duration::from_secs(2))
            .await;
        let now = ledger.now();
        let write = replica.store.terms(Effect::Write, now);
        assert!(matches!(write, Terms::Refuse { .. }), "{write:?}");
    }
    sleep(ALONE).await;
    let from = ledger.now();
    all_is_spent(&ledger).await;
    assert_eq!(
        ledger.spenders(from, ledger.now()),
        [0, 1, 2],
        "each in its turns"
    );
    server.start_again().await;
    comes_back(&ledger, &replicas).await;
}

#[tokio::test]
async fn half_of_the_replicas_are_cut_off() {
    let server = Server::start().await;
    let mut cables = Vec::new();
    for _ in 0..4 {
        cables.push(Cable::to(server.port).await);
    }
    let urls: Vec<String> = cables.iter().map(Cable::url).collect();
    let (ledger, replicas) = fleet(&urls).await;
    cables[1].set(Wire::Cut);
    cables[2].set(Wire::Dead);
    for gone in [1, 2] {
        replicas[gone]
            .reaches(StoreState::Unreachable, Duration::from_secs(2))
            .await;
    }
    for there in [0, 3] {
        replicas[there]
            .reaches(StoreState::ScaledDown, Duration::from_secs(4))
            .await;
    }
    sleep(ALONE).await;
    let from = ledger.now();
    all_is_spent(&ledger).await;
    assert!(
        [1, 2]
            .iter()
            .all(|who| ledger.spenders(from, ledger.now()).contains(who)),
        "who is cut off spends its own turns"
    );
    cables[1].set(Wire::Whole);
    cables[2].set(Wire::Whole);
    comes_back(&ledger, &replicas).await;
}

#[tokio::test]
async fn the_store_is_emptied() {
    let server = Server::start().await;
    let (ledger, replicas) = fleet(&vec![server.url(); 3]).await;
    for _ in 0..2 {
        let _: () = server.ask(&["FLUSHALL"]).await;
        let scaled = || {
            replicas
                .iter()
                .all(|replica| replica.state() == StoreState::ScaledDown)
        };
        within(Duration::from_secs(2), "all have joined anew", scaled).await;
        comes_back(&ledger, &replicas).await;
    }
}

#[tokio::test]
async fn the_script_cache_is_lost_and_nobody_notices() {
    let server = Server::start().await;
    let (ledger, replicas) = fleet(&vec![server.url(); 2]).await;
    let from = ledger.now();
    for _ in 0..20 {
        let _: () = server.ask(&["SCRIPT", "FLUSH"]).await;
        sleep(INTERVAL).await;
    }
    let spent = ledger.spent(from, ledger.now() - 20_000);
    assert!(spent > 0.94, "{spent} was spent");
    assert!(
        replicas
            .iter()
            .all(|replica| replica.state() == StoreState::Healthy)
    );
    ledger.never_bunched();
}

/// It answers nothing for a while, and then everything at once: what it did meanwhile nobody waits for any more.
#[tokio::test]
async fn the_store_hangs() {
    let server = Server::start().await;
    let (ledger, replicas) = fleet(&vec![server.url(); 3]).await;
    server.pause();
    for replica in &replicas {
        replica
            .reaches(StoreState::Unreachable, Duration::from_secs(2))
            .await;
    }
    sleep(ALONE + Duration::from_millis(500)).await;
    server.go_on();
    comes_back(&ledger, &replicas).await;
}

#[tokio::test]
async fn the_stores_clock_is_set_back_and_forth() {
    let clock = Clock::new();
    let server = clock.server().await;
    let (ledger, replicas) = fleet(&vec![server.url(); 2]).await;
    // Set back, it goes on where it was at the last beat, as if it had stood still since: what is reserved is later by
    // so much, and nobody waits for an hour.
    let from = ledger.now();
    clock.set(-3_600);
    sleep(SPAN).await;
    let spent = ledger.spent(from, ledger.now() - 20_000);
    assert!(
        spent * SPAN.as_secs_f64() >= (SPAN - BEAT - INTERVAL).as_secs_f64(),
        "{spent}: {ledger:?}"
    );
    all_is_spent(&ledger).await;
    clock.set(-3_000);
    let scaled = || {
        replicas
            .iter()
            .any(|replica| replica.state() == StoreState::ScaledDown)
    };
    within(Duration::from_secs(2), "a hold", scaled).await;
    comes_back(&ledger, &replicas).await;
}

/// Beats work and reservations do not: a replica is not half there.
#[tokio::test]
async fn reservations_fail_while_beats_work() {
    let server = Server::start().await;
    let (ledger, replicas) = fleet(&vec![server.url(); 2]).await;
    let _: () = server.ask(&["ACL", "SETUSER", "default", "-set"]).await;
    for replica in &replicas {
        replica
            .reaches(StoreState::Unreachable, Duration::from_secs(2))
            .await;
    }
    sleep(ALONE).await;
    for replica in &replicas {
        assert_eq!(replica.state(), StoreState::Unreachable);
    }
    all_is_spent(&ledger).await;
    let _: () = server.ask(&["ACL", "SETUSER", "default", "+set"]).await;
    comes_back(&ledger, &replicas).await;
}
