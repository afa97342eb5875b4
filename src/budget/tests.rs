mod fairness;
mod late_wakes;
mod promises;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::{AccountId, Api, Authority};

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
        authority: Authority::unlimited(),
        span: tracing::Span::none(),
    }
}

fn by(caller: &str, lane: Lane, deadline: Duration) -> RequestContext {
    RequestContext {
        caller: CallerId::new(caller),
        lane,
        ..context(deadline)
    }
}

fn budgets_with(places: usize) -> Budgets {
    let places = Places::new(places);
    Budgets::new(Settings::alone(
        QuotaTable::default(),
        places,
        Instant::now(),
    ))
}

fn budgets() -> Budgets {
    budgets_with(100)
}

/// A slot that is used at once; the place in flight comes back.
async fn take(budgets: &Budgets, ctx: &RequestContext) -> Result<HeldPlace, Refused> {
    budgets.acquire(ctx, &key()).await.map(Grant::leave)
}

fn spent(budgets: &Budgets) -> u64 {
    budgets
        .snapshot()
        .iter()
        .map(|(_, stats)| stats.spent)
        .sum()
}

#[tokio::test(start_paused = true)]
async fn attempts_leave_at_the_quota_and_the_first_waits_out_a_restart() {
    let (budgets, start, ctx) = (budgets(), Instant::now(), context(Duration::from_secs(60)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (budgets, ctx) = (budgets.clone(), ctx.clone());
        tasks.spawn(async move {
            budgets.acquire(&ctx, &key()).await.unwrap().leave();
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
    let budgets = budgets();
    let long = context(Duration::from_secs(60));
    let held: Vec<_> = (0..10)
        .map(|number| {
            let (budgets, mut long) = (budgets.clone(), long.clone());
            long.caller = CallerId::new(&format!("caller-{number}"));
            tokio::spawn(async move { budgets.acquire(&long, &key()).await.map(Grant::leave) })
        })
        .collect();
    while budgets.load().1 < 10 {
        tokio::task::yield_now().await;
    }
    let before = Instant::now();
    let refused = budgets
        .acquire(&context(Duration::from_secs(2)), &key())
        .await;
    assert_eq!(before, Instant::now(), "the refusal took no time");
    let Refused::TooLate { eta } = refused.unwrap_err() else {
        panic!("refused for another reason")
    };
    assert_eq!(eta, Duration::from_millis(5_500));
    for task in held {
        task.await.unwrap().unwrap();
    }
    assert_eq!(spent(&budgets), 10);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_leaves_gives_its_turn_to_the_next() {
    let (budgets, start) = (budgets(), Instant::now());
    let leaver = context(Duration::from_secs(60));
    let stayer = context(Duration::from_secs(60));
    let leaving = tokio::spawn({
        let (budgets, leaver) = (budgets.clone(), leaver.clone());
        async move { budgets.acquire(&leaver, &key()).await }
    });
    tokio::task::yield_now().await;
    let staying = tokio::spawn({
        let budgets = budgets.clone();
        async move {
            budgets.acquire(&stayer, &key()).await.unwrap().leave();
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
    assert_eq!(spent(&budgets), 1);
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_never_left_gives_its_slot_back() {
    let (budgets, ctx) = (budgets(), context(Duration::from_secs(60)));
    let first = budgets.acquire(&ctx, &key()).await.unwrap();
    let start = Instant::now();
    drop(first);
    assert_eq!(spent(&budgets), 0);
    budgets.acquire(&ctx, &key()).await.unwrap().leave();
    assert!(
        start.elapsed() <= Duration::from_millis(2),
        "the slot was still there"
    );
    budgets.acquire(&ctx, &key()).await.unwrap().leave();
    assert!(
        start.elapsed() >= Duration::from_millis(499),
        "and it was one slot, not two: {:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_holds_no_place() {
    let budgets = budgets_with(1);
    let free = |budgets: &Budgets| budgets.inner.places.free(Lane::Interactive);
    let ctx = context(Duration::from_secs(60));
    let waiting = tokio::spawn({
        let (budgets, ctx) = (budgets.clone(), ctx.clone());
        async move { budgets.acquire(&ctx, &key()).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(free(&budgets), 1);
    let place = waiting.await.unwrap().unwrap().leave();
    assert_eq!(free(&budgets), 0);
    drop(place);
    assert_eq!(free(&budgets), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_place_holds_nobody_up_that_has_one() {
    let budgets = budgets_with(1);
    let minute = Duration::from_secs(60);
    let held = take(&budgets, &by("a", Lane::Interactive, minute))
        .await
        .unwrap();
    let urgent = tokio::spawn({
        let budgets = budgets.clone();
        async move {
            budgets
                .acquire(&by("a", Lane::Interactive, minute), &key())
                .await
        }
    });
    tokio::task::yield_now().await;
    let start = Instant::now();
    take(&budgets, &by("b", Lane::Batch, minute)).await.unwrap();
    assert!(start.elapsed() <= Duration::from_millis(510));
    drop(held);
    urgent.await.unwrap().unwrap().leave();
    assert!(start.elapsed() <= Duration::from_millis(1_010));
}

#[tokio::test(start_paused = true)]
async fn a_throttle_is_followed_by_a_second_of_quiet_and_a_slower_pace() {
    let (budgets, ctx) = (budgets(), context(Duration::from_secs(60)));
    budgets.acquire(&ctx, &key()).await.unwrap().leave();
    let start = Instant::now();
    budgets.report_throttle(&key(), Under::default());
    budgets.acquire(&ctx, &key()).await.unwrap().leave();
    assert!(start.elapsed() >= Duration::from_secs(1));
    let after_second = Instant::now();
    budgets.acquire(&ctx, &key()).await.unwrap().leave();
    assert!(
        after_second.elapsed() > Duration::from_millis(1_200),
        "{:?}",
        after_second.elapsed()
    );
    let (_, stats) = &budgets.snapshot()[0];
    assert_eq!(stats.throttles, 1);
    assert!(stats.factor < 0.5 && stats.foreign > 1.0 && stats.ceiling == 1.0);
    assert!(stats.last_throttle.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_throttle_of_an_attempt_from_before_the_last_cut_teaches_nothing() {
    let (budgets, ctx) = (budgets(), context(Duration::from_secs(600)));
    let early = budgets.acquire(&ctx, &key()).await.unwrap();
    let (before, _) = (early.under, early.leave());
    budgets.report_throttle(&key(), before);
    tokio::time::advance(Duration::from_secs(5)).await;
    let factor = || budgets.snapshot()[0].1.factor;
    let climbing = factor();
    // It left before the cut, and its answer took its time.
    budgets.report_throttle(&key(), before);
    assert!(factor() >= climbing);
    let late = budgets.acquire(&ctx, &key()).await.unwrap();
    let (now, _) = (late.under, late.leave());
    assert!(now > before);
    budgets.report_throttle(&key(), now);
    assert!(factor() < climbing, "{}", factor());
    assert_eq!(budgets.snapshot()[0].1.throttles, 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_would_come_too_late_is_not_made() {
    let budgets = budgets();
    for _ in 0..50 {
        budgets.report_answer(&key(), Duration::from_secs(4));
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    let short = budgets
        .acquire(&context(Duration::from_secs(2)), &key())
        .await;
    assert!(matches!(short, Err(Refused::TooLate { .. })), "{short:?}");
    let long = budgets
        .acquire(&context(Duration::from_secs(6)), &key())
        .await;
    long.unwrap().leave();
    // What was slow long ago need not be slow now: somebody must find out.
    tokio::time::advance(Duration::from_secs(300)).await;
    let short = budgets
        .acquire(&context(Duration::from_secs(2)), &key())
        .await;
    short.unwrap().leave();
}

#[tokio::test(start_paused = true)]
async fn replicas_that_share_nothing_each_spend_a_part() {
    let budgets = Budgets::new(Settings {
        store: Arc::new(ByItself::static_share(4)),
        ..Settings::alone(QuotaTable::default(), Places::new(9), Instant::now())
    });
    let ctx = context(Duration::from_secs(600));
    budgets.acquire(&ctx, &key()).await.unwrap().leave();
    let start = Instant::now();
    for _ in 0..10 {
        budgets.acquire(&ctx, &key()).await.unwrap().leave();
    }
    assert!((19.9..20.1).contains(&start.elapsed().as_secs_f64()));
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_learnt_later_is_the_pace_from_then_on() {
    let quotas = QuotaTable::default();
    let settings = Settings::alone(quotas.clone(), Places::new(9), Instant::now());
    let (budgets, ctx) = (Budgets::new(settings), context(Duration::from_secs(600)));
    take(&budgets, &ctx).await.unwrap();
    let key = key();
    quotas.learn(key.account, &key.region, vec![(key.api, 10.0)]);
    take(&budgets, &ctx).await.unwrap();
    let start = Instant::now();
    for _ in 0..10 {
        take(&budgets, &ctx).await.unwrap();
    }
    assert!((0.99..1.01).contains(&start.elapsed().as_secs_f64()));
}

#[tokio::test(start_paused = true)]
async fn idle_buckets_are_forgotten() {
    let (budgets, ctx) = (budgets(), context(Duration::from_secs(36_000)));
    for number in 0..100_000 {
        let key = BucketKey {
            account: AccountId::from_u64(number).unwrap(),
            ..key()
        };
        if number % 10_000 == 0 {
            tokio::time::advance(Duration::from_secs(20)).await;
        }
        budgets.acquire(&ctx, &key).await.unwrap().leave();
    }
    assert!(budgets.load().0 < 80_000, "{}", budgets.load().0);
    tokio::time::advance(Duration::from_secs(700)).await;
    budgets.sweep();
    assert_eq!(budgets.load().0, 0);
}

/// All buckets of an operation together: who waits in which lane, and what throttles have made of their paces.
#[tokio::test(start_paused = true)]
async fn the_totals_of_an_operation_are_the_sums_of_its_buckets() {
    let budgets = budgets();
    let there = BucketKey {
        account: "222222222222".parse().unwrap(),
        ..key()
    };
    assert!(budgets.totals().is_empty(), "nobody has come");
    budgets.report_throttle(&there, Under::default());
    let waits = |lane, key: BucketKey| {
        let budgets = budgets.clone();
        async move {
            let ctx = by("somebody", lane, Duration::from_secs(60));
            budgets.acquire(&ctx, &key).await.map(drop)
        }
    };
    let mut waiting = [
        Box::pin(waits(Lane::Interactive, key())),
        Box::pin(waits(Lane::Batch, key())),
        Box::pin(waits(Lane::Batch, there.clone())),
    ];
    for one in &mut waiting {
        assert!(futures_util::poll!(one).is_pending());
    }
    let totals = budgets.totals();
    assert_eq!(totals.keys().collect::<Vec<_>>(), [&Api::LookupEvents]);
    let of = totals[&Api::LookupEvents];
    assert_eq!(of.waiting, [1, 0, 2, 0]);
    assert_eq!(of.slowed, 1);
    let slowed = budgets.snapshot_of(|key| *key == there).remove(0).1;
    assert!((of.lowest_factor - slowed.factor).abs() < 1e-9 && slowed.factor < 1.0);
    assert!((of.foreign - slowed.foreign).abs() < 1e-9);
}
