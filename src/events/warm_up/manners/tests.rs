//! What is taken of an idle budget, and what is left to others.

use proptest::prelude::*;

use super::*;
use crate::{
    budget::{
        self, BucketKey, Budgets, CallerId, Lane, Places, QuotaTable, RequestContext,
        store::StoreKind,
    },
    domain::{Api, Authority},
};

const HALF: Duration = Duration::from_millis(500);

fn prospect(spent: u64) -> Prospect {
    Prospect {
        wait: Duration::ZERO,
        interval: HALF,
        latency: Duration::ZERO,
        factor: 1.0,
        foreign: 0.0,
        spent,
    }
}

fn store(state: StoreState, expected: u32) -> StoreStatus {
    StoreStatus {
        kind: StoreKind::Embedded,
        state,
        alive: expected,
        expected,
        since: 0,
    }
}

fn well() -> StoreStatus {
    store(StoreState::Healthy, 1)
}

fn why(manners: &mut Manners, prospect: &Prospect, now: Instant) -> Option<(Why, Duration)> {
    let may = manners.may_call(&Settings::default(), prospect, &well(), now);
    may.err().map(|pause| (pause.why, pause.until - now))
}

#[test]
fn of_an_idle_budget_half_is_taken_and_less_by_each_of_several_replicas() {
    let (settings, now) = (Settings::default(), Instant::now());
    for (replicas, pays) in [(1, 2), (3, 6)] {
        let store = store(StoreState::Healthy, replicas);
        let mut manners = Manners::default();
        let may = |manners: &mut Manners, spent, at| {
            manners.may_call(&settings, &prospect(spent), &store, at)
        };
        assert_eq!(may(&mut manners, 0, now), Ok(()));
        manners.called(&settings, 1, &prospect(1), &store, now);
        let until = now + HALF * pays;
        let why = Why::Ours;
        assert_eq!(may(&mut manners, 1, now), Err(Pause { until, why }));
        assert_eq!(may(&mut manners, 1, until), Ok(()));
    }
}

#[test]
fn whoever_has_just_used_the_budget_has_it_to_himself() {
    let (settings, now) = (Settings::default(), Instant::now());
    let mut manners = Manners::default();
    let quiet = Some((Why::Callers, settings.quiet));
    assert_eq!(why(&mut manners, &prospect(7), now), quiet, "before us");
    let later = now + settings.quiet;
    assert_eq!(why(&mut manners, &prospect(7), later), None);
    manners.called(&settings, 2, &prospect(9), &well(), later);
    let later = later + HALF * 4;
    assert_eq!(why(&mut manners, &prospect(9), later), None, "all ours");
    manners.called(&settings, 1, &prospect(11), &well(), later);
    assert_eq!(why(&mut manners, &prospect(11), later), quiet, "beside us");
    let forgotten = prospect(0);
    assert_eq!(
        why(&mut manners, &forgotten, later + settings.quiet),
        None,
        "a bucket made anew is nobody's"
    );
}

#[test]
fn where_somebody_waits_or_aws_throttles_or_the_store_ails_nothing_is_taken() {
    let now = Instant::now();
    let ask = |prospect: &Prospect| why(&mut Manners::default(), prospect, now);
    let idle = prospect(0);
    let waits = Prospect {
        wait: Duration::from_secs(3),
        ..idle
    };
    assert_eq!(ask(&waits), Some((Why::Callers, Duration::from_secs(3))));
    let foreign = Prospect {
        foreign: 0.1,
        ..idle
    };
    assert_eq!(ask(&foreign), Some((Why::Throttled, AWAY)));
    let cut = Prospect {
        factor: 0.3,
        ..idle
    };
    assert_eq!(ask(&cut), Some((Why::Throttled, AWAY)));
    let strict = Prospect {
        factor: 0.9,
        ..idle
    };
    assert_eq!(ask(&strict), None, "a strict server, not a neighbour");
    for state in [StoreState::Unreachable, StoreState::ScaledDown] {
        let may = Manners::default().may_call(&Settings::default(), &idle, &store(state, 3), now);
        assert_eq!(may.map_err(|pause| pause.why), Err(Why::Store));
    }
}

proptest! {
    /// Whatever others do: never two calls of ours closer than our part allows, and none within the quiet time after
    /// somebody else's.
    #[test]
    fn callers_are_left_alone(steps in proptest::collection::vec((1_u64..3_000, 0_u64..3, any::<bool>()), 1..200)) {
        let settings = Settings::default();
        let mut now = Instant::now();
        let (mut spent, mut manners) = (0, Manners::default());
        let (mut last_ours, mut last_theirs) = (None::<Instant>, None::<Instant>);
        for (millis, others, waits) in steps {
            now += Duration::from_millis(millis);
            if others > 0 {
                spent += others;
                last_theirs = Some(now);
            }
            let seen = Prospect {
                wait: if waits { HALF } else { Duration::ZERO },
                ..prospect(spent)
            };
            if manners.may_call(&settings, &seen, &well(), now).is_ok() {
                prop_assert!(!waits);
                prop_assert!(last_ours.is_none_or(|at| now - at >= HALF * 2));
                prop_assert!(last_theirs.is_none_or(|at| now - at >= settings.quiet));
                spent += 1;
                manners.called(&settings, 1, &seen, &well(), now);
                last_ours = Some(now);
            }
        }
    }
}

fn key() -> BucketKey {
    BucketKey {
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        api: Api::LookupEvents,
    }
}

fn context(lane: Lane) -> RequestContext {
    RequestContext {
        caller: CallerId::new(&format!("{lane:?}")),
        lane,
        deadline: Instant::now() + Duration::from_secs(600),
        cancel: tokio_util::sync::CancellationToken::new(),
        authority: Authority::unlimited(),
        span: tracing::Span::none(),
    }
}

/// Takes slots by the rule, for ever; counts them.
async fn warms(budgets: Budgets, calls: std::sync::Arc<std::sync::atomic::AtomicU64>) {
    let (settings, mut manners) = (Settings::default(), Manners::default());
    loop {
        let ctx = context(Lane::Background);
        let (prospect, store) = (budgets.prospect(&ctx, &key()), budgets.store());
        match manners.may_call(&settings, &prospect, &store, Instant::now()) {
            Ok(()) => {
                budgets.acquire(&ctx, &key()).await.unwrap().leave();
                calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let prospect = budgets.prospect(&ctx, &key());
                manners.called(&settings, 1, &prospect, &store, Instant::now());
            }
            Err(pause) => tokio::time::sleep_until(pause.until).await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_one_slot_at_most_and_then_for_none() {
    let places = Places::new(100);
    let settings = budget::Settings::alone(QuotaTable::default(), places, Instant::now());
    let budgets = Budgets::new(settings);
    let calls = std::sync::Arc::default();
    let warming = tokio::spawn(warms(budgets.clone(), std::sync::Arc::clone(&calls)));
    let so_far = || calls.load(std::sync::atomic::Ordering::Relaxed);
    let mut met = 0;
    for visit in 0..40_u64 {
        // At moments that are not the warm-up's.
        tokio::time::sleep(Duration::from_millis(60_000 + 137 * visit)).await;
        let before = so_far();
        for page in 0..10 {
            let began = Instant::now();
            let ctx = context(Lane::Interactive);
            budgets.acquire(&ctx, &key()).await.unwrap().leave();
            let waited = began.elapsed();
            let most = if page == 0 { HALF } else { Duration::ZERO };
            assert!(waited <= most, "page {page} of visit {visit}: {waited:?}");
            met += u64::from(!waited.is_zero());
            tokio::time::sleep(Duration::from_millis(700 + 31 * page)).await;
        }
        assert_eq!(so_far(), before, "nothing beside a caller");
    }
    assert!(met > 5, "it was not met at work: {met}");
    // Half of what callers left: 55 s of each minute, less a little for moments that do not fit.
    assert!((40 * 50..=40 * 58).contains(&so_far()), "{}", so_far());
    warming.abort();
}
