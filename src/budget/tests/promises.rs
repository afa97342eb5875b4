//! What is promised when a request is let into the queue, and what is told to one that is not.

use rand::{Rng, SeedableRng, rngs::SmallRng};
use tokio::task::JoinSet;

use super::*;

#[derive(Debug, Default)]
struct Told {
    kept: u32,
    broken: u32,
    refused: u32,
}

/// Random callers, lanes and deadlines, three times as many as can be served.
async fn overload(seed: u64, lanes: &'static [Lane]) -> Told {
    let budgets = budgets();
    let mut random = SmallRng::seed_from_u64(seed);
    let mut tasks = JoinSet::new();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..6_000 {
        let lane = lanes[random.random_range(0..lanes.len())];
        let caller = format!("caller-{}", random.random_range(0..20));
        let ctx = by(
            &caller,
            lane,
            Duration::from_millis(random.random_range(300..30_000)),
        );
        let budgets = budgets.clone();
        tasks.spawn(async move {
            let start = Instant::now();
            match budgets.acquire(&ctx, &key()).await {
                Ok(grant) => {
                    grant.leave();
                    Ok(())
                }
                // Refused at once: that is what admission is for.
                Err(Refused::TooLate { .. }) if start == Instant::now() => Err(true),
                Err(_) => Err(false),
            }
        });
        tokio::time::sleep(Duration::from_millis(random.random_range(0..333))).await;
    }
    let mut told = Told::default();
    for outcome in tasks.join_all().await {
        match outcome {
            Ok(()) => told.kept += 1,
            Err(true) => told.refused += 1,
            Err(false) => told.broken += 1,
        }
    }
    told
}

#[tokio::test(start_paused = true)]
async fn who_is_let_in_is_served_in_time() {
    for seed in 1..=5 {
        for lanes in [&[Lane::Standard][..], &Lane::ALL[..]] {
            let told = overload(seed, lanes).await;
            let admitted = told.kept + told.broken;
            assert!(
                told.broken * 100 <= admitted,
                "seed {seed}, {lanes:?}: {told:?}"
            );
            assert!(
                told.kept > 1_900 && told.refused > 2_000,
                "seed {seed}, {lanes:?}: {told:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_is_told_is_the_wait_that_comes() {
    let budgets = budgets();
    let hour = Duration::from_secs(3_600);
    for caller in 0..10 {
        for _ in 0..caller {
            let (budgets, ctx) = (
                budgets.clone(),
                by(&format!("caller-{caller}"), Lane::Standard, hour),
            );
            tokio::spawn(async move { budgets.acquire(&ctx, &key()).await.map(Grant::leave) });
        }
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    for caller in ["caller-0", "caller-3", "caller-9", "new"] {
        let ctx = by(caller, Lane::Standard, Duration::from_secs(3_601));
        let short = by(caller, Lane::Standard, Duration::from_millis(1));
        let refused = budgets.acquire(&short, &key()).await.unwrap_err();
        assert!(matches!(refused, Refused::TooLate { .. }));
        let told = budgets.eta(&ctx, &key());
        let start = Instant::now();
        budgets.acquire(&ctx, &key()).await.unwrap().leave();
        let waited = start.elapsed();
        let ratio = told.as_secs_f64() / waited.as_secs_f64();
        assert!(
            (0.8..1.2).contains(&ratio),
            "{caller}: told {told:?}, waited {waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_hardly_ever_made_for_a_caller_who_has_gone() {
    let budgets = budgets();
    let mut random = SmallRng::seed_from_u64(7);
    let (mut gone, mut tasks) = (0u32, JoinSet::new());
    for _ in 0..4_000 {
        let ctx = by("caller", Lane::Standard, Duration::from_secs(600));
        let (budgets, leaves) = (budgets.clone(), random.random_range(0..20_000));
        let cancel = ctx.cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(leaves)).await;
            cancel.cancel();
        });
        tasks.spawn(async move {
            let granted = budgets.acquire(&ctx, &key()).await;
            granted.is_ok_and(|grant| {
                let gone = ctx.cancel.is_cancelled();
                grant.leave();
                gone
            })
        });
        tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
    }
    for late in tasks.join_all().await {
        gone += u32::from(late);
    }
    assert!(gone <= 4, "{gone} of 4,000");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_with_the_time_to_come_back() {
    let budgets = Budgets::new(Settings {
        most_waiting: 10,
        ..Settings::alone(QuotaTable::default(), Places::new(9), Instant::now())
    });
    let hour = Duration::from_secs(3_600);
    for _ in 0..10 {
        let (budgets, ctx) = (budgets.clone(), by("heavy", Lane::Standard, hour));
        tokio::spawn(async move { budgets.acquire(&ctx, &key()).await.map(Grant::leave) });
    }
    tokio::task::yield_now().await;
    let refused = budgets
        .acquire(&by("heavy", Lane::Standard, hour), &key())
        .await
        .unwrap_err();
    let Refused::TooLate { eta } = refused else {
        panic!("{refused:?}");
    };
    assert!(eta >= Duration::from_secs(5), "{eta:?}");
    take(&budgets, &by("other", Lane::Standard, hour))
        .await
        .unwrap();
    assert!(budgets.load().1 <= 10);
}
