use tokio_util::sync::CancellationToken;

use super::*;

fn key() -> BucketKey {
    BucketKey {
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        api: Api::LookupEvents,
    }
}

fn context(deadline: Duration) -> RequestContext {
    RequestContext {
        caller: CallerId::new("test"),
        lane: Lane::Interactive,
        deadline: Instant::now() + deadline,
        cancel: CancellationToken::new(),
    }
}

fn budgets() -> Budgets {
    Budgets::new(QuotaTable::default(), Instant::now())
}

fn places(n: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(n))
}

#[tokio::test(start_paused = true)]
async fn attempts_leave_at_the_quota_and_the_first_waits_out_a_restart() {
    let (budgets, start, ctx) = (budgets(), Instant::now(), context(Duration::from_secs(60)));
    let places = places(10);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (budgets, ctx, places) = (budgets.clone(), ctx.clone(), Arc::clone(&places));
        tasks.spawn(async move {
            budgets.acquire(&ctx, &key(), &places).await.unwrap();
            start.elapsed()
        });
    }
    let mut times = tasks.join_all().await;
    times.sort();
    for (index, at) in times.iter().enumerate() {
        let ideal = Duration::from_millis(500) * u32::try_from(index + 1).unwrap();
        assert!(
            *at >= ideal && *at <= ideal + Duration::from_millis(2),
            "attempt {index} left at {at:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_served_in_time_is_refused_at_once_and_costs_nothing() {
    let (budgets, places) = (budgets(), places(10));
    let long = context(Duration::from_secs(60));
    let held: Vec<_> = (0..10)
        .map(|_| {
            let (budgets, long, places) = (budgets.clone(), long.clone(), Arc::clone(&places));
            tokio::spawn(async move { budgets.acquire(&long, &key(), &places).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let before = Instant::now();
    let refused = budgets
        .acquire(&context(Duration::from_secs(2)), &key(), &places)
        .await
        .unwrap_err();
    assert_eq!(before, Instant::now(), "the refusal took no time");
    let Refused::TooLate { eta } = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(eta, Duration::from_millis(5_500));
    for task in held {
        task.await.unwrap().unwrap();
    }
    assert_eq!(budgets.snapshot()[0].1.spent, 10);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_gives_its_turn_to_the_next() {
    let (budgets, places, start) = (budgets(), places(10), Instant::now());
    let leaver = context(Duration::from_secs(60));
    let stayer = context(Duration::from_secs(60));
    let leaving = tokio::spawn({
        let (budgets, leaver, places) = (budgets.clone(), leaver.clone(), Arc::clone(&places));
        async move { budgets.acquire(&leaver, &key(), &places).await }
    });
    tokio::task::yield_now().await;
    let staying = tokio::spawn({
        let (budgets, places) = (budgets.clone(), Arc::clone(&places));
        async move {
            budgets.acquire(&stayer, &key(), &places).await.unwrap();
            start.elapsed()
        }
    });
    tokio::task::yield_now().await;
    leaver.cancel.cancel();
    assert_eq!(
        leaving.await.unwrap().unwrap_err(),
        Refused::Interrupted(Interrupted::Cancelled)
    );
    assert!(
        staying.await.unwrap() <= Duration::from_millis(502),
        "the second got the first slot"
    );
    assert_eq!(budgets.snapshot()[0].1.spent, 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_holds_no_place() {
    let (budgets, places) = (budgets(), places(1));
    let ctx = context(Duration::from_secs(60));
    let waiting = tokio::spawn({
        let (budgets, ctx, places) = (budgets.clone(), ctx.clone(), Arc::clone(&places));
        async move { budgets.acquire(&ctx, &key(), &places).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(places.available_permits(), 1);
    let grant = waiting.await.unwrap().unwrap();
    assert_eq!(places.available_permits(), 0);
    drop(grant);
    assert_eq!(places.available_permits(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_is_followed_by_a_second_of_quiet_and_a_slower_pace() {
    let (budgets, places, ctx) = (budgets(), places(9), context(Duration::from_secs(60)));
    let _first = budgets.acquire(&ctx, &key(), &places).await.unwrap();
    let start = Instant::now();
    budgets.report_throttle(&key());
    let _second = budgets.acquire(&ctx, &key(), &places).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    let after_second = Instant::now();
    let _third = budgets.acquire(&ctx, &key(), &places).await.unwrap();
    assert!(
        after_second.elapsed() > Duration::from_millis(600),
        "{:?}",
        after_second.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn idle_buckets_are_forgotten() {
    let budgets = budgets();
    let (places, ctx) = (places(4), context(Duration::from_secs(3600)));
    for number in 0..100_000 {
        let key = BucketKey {
            account: AccountId::from_u64(number).unwrap(),
            ..key()
        };
        if number % 10_000 == 0 {
            tokio::time::advance(Duration::from_secs(20)).await;
        }
        budgets.acquire(&ctx, &key, &places).await.unwrap();
    }
    assert!(
        budgets.snapshot().len() < 80_000,
        "{}",
        budgets.snapshot().len()
    );
}
