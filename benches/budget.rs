//! What a token costs while nobody waits for it, and what a bucket costs in memory, beside plain `governor`.
//!
//! `cargo bench --bench budget`. Ratios within one run are what counts; see `bench/README.md`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench: it may panic")]

use std::{hint::black_box, num::NonZeroU32, time::Duration};

use divan::{AllocProfiler, Bencher};
use futures_util::FutureExt;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use trailplane::{
    budget::{
        BucketKey, Budgets, CallerId, Lane, Override, Places, QuotaTable, RequestContext, Settings,
    },
    domain::{AccountId, Api},
};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const MILLION: u64 = 1_000_000;

fn main() {
    divan::main();
}

/// Budgets whose slots are always due, and a process that began long ago.
fn budgets() -> Budgets {
    let quotas = QuotaTable::new(
        1.0,
        vec![Override {
            api: Api::LookupEvents,
            account: None,
            region: None,
            per_second: Some(1e9),
            share: None,
        }],
    );
    let born = Instant::now() - Duration::from_secs(3_600);
    Budgets::new(Settings::alone(quotas, Places::new(64), born))
}

fn context() -> RequestContext {
    RequestContext {
        caller: CallerId::new("bench"),
        lane: Lane::Interactive,
        // Long enough to be let in behind 4,000 others at two calls a second.
        deadline: Instant::now() + Duration::from_secs(86_400),
        cancel: CancellationToken::new(),
        authority: trailplane::domain::Authority::unlimited(),
        span: tracing::Span::none(),
    }
}

fn keys(count: u64) -> Vec<BucketKey> {
    let region: trailplane::domain::Region = "eu-west-1".parse().unwrap();
    (1..=count)
        .map(|account| BucketKey {
            account: AccountId::from_u64(account).unwrap(),
            region: region.clone(),
            api: Api::LookupEvents,
        })
        .collect()
}

fn governor() -> DefaultKeyedRateLimiter<BucketKey> {
    RateLimiter::keyed(Quota::per_second(NonZeroU32::MAX))
}

/// A token with its place in flight, taken and given back, without waiting.
#[divan::bench(args = [1, 10_000])]
fn token(bencher: Bencher<'_, '_>, buckets: u64) {
    let (budgets, ctx, keys) = (budgets(), context(), keys(buckets));
    let mut next = keys.iter().cycle();
    bencher.bench_local(|| {
        let key = next.next().unwrap();
        let grant = budgets.acquire(&ctx, key).now_or_never().unwrap();
        drop(grant.unwrap().leave());
    });
}

/// The same question to governor, which has no places, lanes, deadlines or refunds.
#[divan::bench(args = [1, 10_000])]
fn token_governor(bencher: Bencher<'_, '_>, buckets: u64) {
    let (limiter, keys) = (governor(), keys(buckets));
    let mut next = keys.iter().cycle();
    bencher.bench_local(|| black_box(limiter.check_key(next.next().unwrap())).unwrap());
}

/// Refusing what cannot be served in time, while 4,000 requests of 1,000 callers wait.
#[divan::bench]
fn refusal(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let places = Places::new(64);
    let budgets = Budgets::new(Settings::alone(
        QuotaTable::default(),
        places,
        Instant::now(),
    ));
    let key = keys(1).remove(0);
    for number in 0..4_000 {
        let (budgets, key) = (budgets.clone(), key.clone());
        let ctx = RequestContext {
            caller: CallerId::new(&format!("caller-{}", number % 1_000)),
            ..context()
        };
        runtime.spawn(async move { budgets.acquire(&ctx, &key).await.is_ok() });
    }
    runtime.block_on(async {
        while budgets.load().1 < 4_000 {
            tokio::task::yield_now().await;
        }
    });
    let short = RequestContext {
        deadline: Instant::now() + Duration::from_secs(60),
        ..context()
    };
    bencher.bench_local(|| {
        let refused = budgets.acquire(&short, &key).now_or_never().unwrap();
        assert!(black_box(refused).is_err());
    });
}

/// A million buckets that were each used once: `max alloc` is what they take.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn million_buckets(bencher: Bencher<'_, '_>) {
    let (ctx, keys) = (context(), keys(MILLION));
    bencher.bench_local(|| {
        let budgets = budgets();
        for key in &keys {
            let grant = budgets.acquire(&ctx, key).now_or_never().unwrap();
            drop(grant.unwrap().leave());
        }
        budgets
    });
}

/// What a scrape of metrics looks at: all of a million buckets, of which nobody waits for any.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn totals_of_a_million_buckets(bencher: Bencher<'_, '_>) {
    let (ctx, budgets) = (context(), budgets());
    for key in &keys(MILLION) {
        let grant = budgets.acquire(&ctx, key).now_or_never().unwrap();
        drop(grant.unwrap().leave());
    }
    bencher.bench_local(|| budgets.totals());
}

/// The same of governor.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn million_buckets_governor(bencher: Bencher<'_, '_>) {
    let keys = keys(MILLION);
    bencher.bench_local(|| {
        let limiter = governor();
        for key in &keys {
            limiter.check_key(key).unwrap();
        }
        limiter
    });
}
