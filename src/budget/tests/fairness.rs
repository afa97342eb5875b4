//! Who gets the slots of one bucket, over paused time.

use std::collections::HashMap;

use tokio::task::JoinSet;

use super::*;

const HOUR: Duration = Duration::from_secs(36_000);

/// Keeps `depth` requests of a caller waiting for so long, and counts those served.
async fn keep_asking(budgets: Budgets, ctx: RequestContext, depth: usize, until: Instant) -> u64 {
    let mut tasks = JoinSet::new();
    let mut served = 0;
    while Instant::now() < until {
        while tasks.len() < depth {
            let (budgets, ctx) = (budgets.clone(), ctx.clone());
            tasks.spawn(async move { budgets.acquire(&ctx, &key()).await.map(Grant::leave) });
        }
        tokio::select! {
            Some(done) = tasks.join_next() => served += u64::from(done.unwrap().is_ok()),
            () = tokio::time::sleep_until(until) => {}
        }
    }
    served
}

#[tokio::test(start_paused = true)]
async fn a_hundred_equal_callers_get_equal_parts() {
    let budgets = budgets();
    let until = Instant::now() + Duration::from_secs(1_000);
    let mut callers = JoinSet::new();
    for number in 0..100 {
        let ctx = by(&format!("caller-{number}"), Lane::Standard, HOUR);
        // Some have much more to do than others.
        callers.spawn(keep_asking(budgets.clone(), ctx, 1 + number % 7, until));
    }
    let got: Vec<f64> = callers
        .join_all()
        .await
        .into_iter()
        .map(|served| f64::from(u32::try_from(served).unwrap()))
        .collect();
    let sum: f64 = got.iter().sum();
    let jain = sum * sum / (100.0 * got.iter().map(|x| x * x).sum::<f64>());
    assert!(jain >= 0.95, "Jain's index is {jain}: {got:?}");
    assert!(sum >= 1_990.0, "{sum} of 2,000 slots were spent");
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_a_long_queue_delays_another_by_one_slot() {
    let budgets = budgets();
    let until = Instant::now() + Duration::from_secs(400);
    let batch = by("batch", Lane::Standard, HOUR);
    tokio::spawn(keep_asking(budgets.clone(), batch, 4_000, until));
    tokio::time::sleep(Duration::from_secs(10)).await;
    for wait in 0..50 {
        // At moments that are not the pace's.
        tokio::time::sleep(Duration::from_millis(1_237 + wait)).await;
        let start = Instant::now();
        take(&budgets, &by("page", Lane::Standard, HOUR))
            .await
            .unwrap();
        assert!(
            start.elapsed() <= Duration::from_millis(1_002),
            "the next slot may be the other's, the one after is ours: {:?}",
            start.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn interactive_pages_hardly_wait_under_full_batch_load() {
    let budgets = budgets();
    let until = Instant::now() + Duration::from_secs(2_000);
    for lane in [Lane::Standard, Lane::Batch, Lane::Background] {
        for number in 0..5 {
            let ctx = by(&format!("{lane:?}-{number}"), lane, HOUR);
            tokio::spawn(keep_asking(budgets.clone(), ctx, 100, until));
        }
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut waits = Vec::new();
    for number in 0..400 {
        tokio::time::sleep(Duration::from_millis(2_000 + number * 7)).await;
        let start = Instant::now();
        take(&budgets, &by("page", Lane::Interactive, HOUR))
            .await
            .unwrap();
        waits.push(start.elapsed());
    }
    waits.sort();
    let p95 = waits[waits.len() * 95 / 100];
    assert!(p95 <= Duration::from_millis(1_000), "p95 is {p95:?}");
}

#[tokio::test(start_paused = true)]
async fn no_lane_starves() {
    let budgets = budgets();
    let until = Instant::now() + Duration::from_secs(1_000);
    let mut lanes = HashMap::new();
    for lane in Lane::ALL {
        let asking = keep_asking(budgets.clone(), by("one", lane, HOUR), 50, until);
        lanes.insert(lane, tokio::spawn(asking));
    }
    for (lane, least) in [
        (Lane::Interactive, 1_600),
        (Lane::Standard, 160),
        (Lane::Batch, 80),
        (Lane::Background, 30),
    ] {
        let served = lanes.remove(&lane).unwrap().await.unwrap();
        assert!(served >= least, "{lane:?}: {served}");
    }
}
