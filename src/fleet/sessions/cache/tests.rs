use std::sync::atomic::AtomicUsize;

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Refused,
    Passing,
    TimedOut,
    Abandoned,
}

impl LoadError<u32> for Fault {
    fn timed_out(_: &u32) -> Self {
        Self::TimedOut
    }

    fn abandoned(_: &u32) -> Self {
        Self::Abandoned
    }

    fn memory(&self) -> Memory {
        match self {
            Self::Refused => Memory::Refused,
            Self::Passing | Self::TimedOut => Memory::Transient,
            Self::Abandoned => Memory::Nothing,
        }
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// A cache of generation numbers, and a count of the loads it made.
struct Bench {
    cache: Arc<Cache<u32, u64, Fault>>,
    loads: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Bench {
    fn new(jitter: fn() -> f64) -> Self {
        Self::of(jitter, usize::MAX)
    }

    fn bounded(most: usize) -> Self {
        Self::of(|| 0.5, most)
    }

    fn of(jitter: fn() -> f64, most: usize) -> Self {
        let timing = Timing {
            jitter,
            ..Timing::default()
        };
        let stop = CancellationToken::new();
        Self {
            cache: Cache::bounded(timing, most, stop.clone()),
            loads: Arc::default(),
            stop,
        }
    }

    /// Finds `key`; a load takes `latency` and ends in `fault` or in its generation, alive for an hour.
    fn find(&self, key: u32, latency: Duration, fault: Option<Fault>) -> Found<u64, Fault> {
        let loads = self.loads.clone();
        self.cache.find(&key, move |generation| async move {
            loads.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(latency).await;
            match fault {
                Some(fault) => Err(fault),
                None => Ok(Lease {
                    value: generation,
                    lifetime: HOUR,
                }),
            }
        })
    }

    async fn get(&self, key: u32, fault: Option<Fault>) -> Result<u64, Fault> {
        match self.find(key, Duration::from_millis(100), fault) {
            Found::Ready(value) => Ok(value),
            Found::Failed(fault, _) => Err(fault),
            Found::Wait(waiter) => waiter.outcome().await.unwrap(),
        }
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::Relaxed)
    }
}

async fn pass(time: Duration) {
    tokio::time::advance(time).await;
    // Lets background flights run to their next wait.
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_callers_of_five_thousand_keys_cause_one_load_each() {
    let bench = Bench::new(|| 0.5);
    let mut waiters = Vec::new();
    for _ in 0..3 {
        for key in 0..5_000 {
            waiters.push((key, bench.find(key, Duration::from_millis(100), None)));
        }
    }
    let mut seen: HashMap<u32, u64> = HashMap::new();
    for (key, found) in waiters {
        let Found::Wait(waiter) = found else {
            panic!("{key} did not wait")
        };
        let value = waiter.outcome().await.unwrap().unwrap();
        assert_eq!(*seen.entry(key).or_insert(value), value);
    }
    assert_eq!(bench.loads(), 5_000);
    assert_eq!(bench.cache.usable(), 5_000);
    bench.cache.retain(|key| *key < 10);
    assert_eq!(bench.cache.usable(), 10);
}

#[tokio::test(start_paused = true)]
async fn the_first_caller_may_leave() {
    let bench = Bench::new(|| 0.5);
    let first = bench.find(1, Duration::from_secs(1), None);
    let second = bench.find(1, Duration::from_secs(1), None);
    drop(first);
    let Found::Wait(waiter) = second else {
        panic!("not waiting")
    };
    assert!(waiter.outcome().await.unwrap().is_ok());
    assert_eq!(bench.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_flight_ends_by_its_own_timeout() {
    let bench = Bench::new(|| 0.5);
    let start = Instant::now();
    let Found::Wait(waiter) = bench.find(1, HOUR, None) else {
        panic!("not waiting")
    };
    assert_eq!(waiter.outcome().await, Some(Err(Fault::TimedOut)));
    assert_eq!(start.elapsed(), Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn refresh_ahead_starts_between_75_and_80_percent_and_serves_the_old_one() {
    for (jitter, share) in [((|| 0.0) as fn() -> f64, 0.75), (|| 1.0, 0.80)] {
        let bench = Bench::new(jitter);
        let old = bench.get(1, None).await.unwrap();
        let due = HOUR.mul_f64(share) - Duration::from_millis(100);
        pass(due - Duration::from_secs(1)).await;
        assert_eq!(bench.get(1, None).await, Ok(old));
        assert_eq!(bench.loads(), 1, "too early");
        pass(Duration::from_secs(1)).await;
        for _ in 0..5 {
            assert_eq!(
                bench.get(1, None).await,
                Ok(old),
                "the old one is served meanwhile"
            );
        }
        pass(Duration::ZERO).await;
        pass(Duration::from_millis(100)).await;
        assert_eq!(bench.loads(), 2);
        assert_ne!(bench.get(1, None).await, Ok(old));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_leaves_the_old_one_until_its_end() {
    let bench = Bench::new(|| 0.0);
    let old = bench.get(1, None).await.unwrap();
    pass(HOUR.mul_f64(0.76)).await;
    assert_eq!(bench.get(1, Some(Fault::Refused)).await, Ok(old));
    pass(Duration::from_secs(1)).await;
    assert_eq!(bench.get(1, Some(Fault::Refused)).await, Ok(old));
    assert_eq!(bench.loads(), 2, "the refusal is believed for a minute");
    pass(HOUR.mul_f64(0.23)).await;
    assert_eq!(
        bench.get(1, Some(Fault::Refused)).await,
        Err(Fault::Refused)
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_near_its_end_is_not_handed_out() {
    let bench = Bench::new(|| 0.0);
    let old = bench.get(1, None).await.unwrap();
    pass(HOUR - Duration::from_secs(59)).await;
    assert_ne!(bench.get(1, None).await, Ok(old));
}

#[tokio::test(start_paused = true)]
async fn refusals_are_believed_longer_and_longer() {
    let bench = Bench::new(|| 0.0);
    for seconds in [60, 120, 240, 300, 300] {
        let before = bench.loads();
        assert_eq!(
            bench.get(1, Some(Fault::Refused)).await,
            Err(Fault::Refused)
        );
        assert_eq!(bench.loads(), before + 1);
        pass(Duration::from_secs(seconds) - Duration::from_millis(1)).await;
        let Found::Failed(Fault::Refused, age) = bench.find(1, Duration::ZERO, None) else {
            panic!("not remembered")
        };
        assert_eq!(age, Duration::from_secs(seconds) - Duration::from_millis(1));
        assert_eq!(bench.loads(), before + 1, "asked again within {seconds} s");
        pass(Duration::from_millis(1)).await;
    }
    assert!(bench.get(1, None).await.is_ok());
    assert_eq!(bench.get(1, Some(Fault::Refused)).await.map(|_| ()), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_believed_for_seconds_and_can_be_forgotten() {
    let bench = Bench::new(|| 0.0);
    assert_eq!(
        bench.get(1, Some(Fault::Passing)).await,
        Err(Fault::Passing)
    );
    pass(Duration::from_secs(2)).await;
    assert_eq!(
        bench.get(1, Some(Fault::Passing)).await,
        Err(Fault::Passing)
    );
    assert_eq!(bench.loads(), 2);
    assert_eq!(bench.get(1, None).await, Err(Fault::Passing));
    bench.cache.forget_failure(&1);
    assert!(bench.get(1, None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_rejected_generation_is_loaded_once_whoever_says_so() {
    let bench = Bench::new(|| 0.0);
    let old = bench.get(1, None).await.unwrap();
    for _ in 0..10 {
        bench.cache.reject(&1, old);
    }
    let new = bench.get(1, None).await.unwrap();
    assert_ne!(new, old);
    bench.cache.reject(&1, old);
    assert_eq!(bench.get(1, None).await, Ok(new));
    assert_eq!(bench.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_panics_frees_its_key() {
    let bench = Bench::new(|| 0.0);
    let found = bench
        .cache
        .find(&1, |_| async { panic!("a defect in the load") });
    let Found::Wait(waiter) = found else {
        panic!("not waiting")
    };
    assert_eq!(waiter.outcome().await, Some(Err(Fault::Abandoned)));
    assert!(bench.get(1, None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn draining_ends_what_is_in_the_air() {
    let bench = Bench::new(|| 0.0);
    let Found::Wait(waiter) = bench.find(1, HOUR, None) else {
        panic!("not waiting")
    };
    bench.stop.cancel();
    bench.cache.drained().await;
    assert_eq!(waiter.outcome().await, Some(Err(Fault::Abandoned)));
}

#[tokio::test(start_paused = true)]
async fn a_fresh_value_is_asked_for_without_taking_the_old_one_away() {
    let bench = Bench::new(|| 0.0);
    let age = Duration::from_secs(30);
    let fresh = |fault: Option<Fault>| {
        let loads = bench.loads.clone();
        bench
            .cache
            .find_fresh(&1, age, move |generation| async move {
                loads.fetch_add(1, Ordering::Relaxed);
                let lease = Lease {
                    value: generation,
                    lifetime: HOUR,
                };
                fault.map_or(Ok(lease), Err)
            })
    };
    let old = bench.get(1, None).await.unwrap();
    assert!(
        matches!(fresh(None), Found::Ready(value) if value == old),
        "young enough"
    );
    pass(Duration::from_secs(31)).await;
    let (Found::Wait(one), Found::Wait(two)) =
        (fresh(Some(Fault::Refused)), fresh(Some(Fault::Refused)))
    else {
        panic!("not waiting")
    };
    assert_eq!(one.outcome().await, Some(Err(Fault::Refused)));
    assert_eq!(two.outcome().await, Some(Err(Fault::Refused)));
    assert_eq!(bench.loads(), 2, "two who ask share one load");
    assert!(matches!(fresh(None), Found::Failed(Fault::Refused, _)));
    assert_eq!(bench.get(1, None).await, Ok(old), "others keep the old one");
    bench.cache.forget_failure(&1);
    let Found::Wait(waiter) = fresh(None) else {
        panic!("not waiting")
    };
    let new = waiter.outcome().await.unwrap().unwrap();
    assert_ne!(new, old);
    assert_eq!(bench.get(1, None).await, Ok(new));
}

#[tokio::test(start_paused = true)]
async fn a_bounded_cache_lets_the_oldest_go_and_nobody_who_waits() {
    let bench = Bench::bounded(3);
    for key in 1..=3 {
        bench.get(key, None).await.unwrap();
        pass(Duration::from_secs(1)).await;
    }
    bench.get(4, None).await.unwrap();
    assert_eq!((bench.cache.lock().len(), bench.loads()), (3, 4));
    // The second is still there, the first is loaded anew.
    bench.get(2, None).await.unwrap();
    assert_eq!(bench.loads(), 4);
    bench.get(1, None).await.unwrap();
    assert_eq!((bench.cache.lock().len(), bench.loads()), (3, 5));

    // More in the air than there is room for: each gets what it asked for.
    let found: Vec<_> = (10..20)
        .map(|key| bench.find(key, Duration::from_secs(1), None))
        .collect();
    assert_eq!(bench.cache.lock().len(), 3);
    for found in found {
        let Found::Wait(waiter) = found else {
            panic!("not waiting")
        };
        waiter.outcome().await.unwrap().unwrap();
    }
    assert!(bench.cache.lock().len() <= 3);
}
