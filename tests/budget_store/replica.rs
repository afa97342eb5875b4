//! A replica that spends what the store lets it, as buckets do, and notes when.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use trailplane::{
    budget::{
        BucketKey,
        slots::{Ask, Micros, Slots, micros},
        store::{
            Store, StoreState, Terms,
            redis::{Login, Redis, RedisSettings, Topology},
        },
    },
    domain::{Api, Effect},
};

use super::within;

/// A call of the store may take this long. The default is less; these tests share their machine with others, and
/// what they show does not depend on it.
pub const TIMEOUT: Duration = Duration::from_millis(100);

/// What may lie between a slot and the moment that we note for it: an answer's way, and a slot that is caught up with.
const BLUR: Duration = Duration::from_millis(70);

pub fn settings(url: &str, replicas: u32) -> RedisSettings {
    RedisSettings {
        topology: Topology::Single,
        urls: vec![url.to_owned()],
        login: Login::default(),
        ca_pem: None,
        timeout: TIMEOUT,
        key_prefix: "test".to_owned(),
        replicas,
    }
}

pub fn key(api: Api) -> BucketKey {
    BucketKey {
        account: "111111111111".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        api,
    }
}

/// When each call left, whoever made it.
#[derive(Clone, Debug)]
pub struct Ledger {
    origin: Instant,
    interval: Micros,
    calls: Arc<Mutex<Vec<(Micros, usize)>>>,
}

impl Ledger {
    /// A bucket with this interval from call to call.
    pub fn new(interval: Duration) -> Self {
        Self {
            origin: Instant::now(),
            interval: micros(interval),
            calls: Arc::default(),
        }
    }

    pub fn now(&self) -> Micros {
        micros(self.origin.elapsed())
    }

    fn note(&self, at: Micros, who: usize) {
        self.calls.lock().unwrap().push((at, who));
    }

    fn sorted(&self) -> Vec<(Micros, usize)> {
        let mut calls = self.calls.lock().unwrap().clone();
        calls.sort_unstable();
        calls
    }

    /// No two calls were closer than the interval, less the blur; and no second held more than the quota.
    pub fn never_bunched(&self) {
        let calls = self.sorted();
        assert!(!calls.is_empty(), "nothing was spent at all");
        let blur = micros(BLUR);
        for pair in calls.windows(2) {
            let apart = pair[1].0 - pair[0].0;
            assert!(
                apart + blur >= self.interval,
                "{apart} µs apart: {pair:?} of {calls:?}"
            );
        }
        let quota = usize::try_from(1_000_000 / self.interval).unwrap();
        for window in calls.windows(quota + 1) {
            let (first, last) = (window[0].0, window[quota].0);
            let least = self.interval * u64::try_from(quota).unwrap();
            assert!(last - first + blur >= least, "{window:?}");
        }
    }

    /// The part of the quota that was spent from `from` to `to`: one call more or less is where the span begins and
    /// ends, and does not count.
    pub fn spent(&self, from: Micros, to: Micros) -> f64 {
        let calls = self.sorted();
        let of_span = calls.iter().filter(|(at, _)| (from..to).contains(at));
        (of_span.count() + 1) as f64 * self.interval as f64 / (to - from) as f64
    }

    /// Who spent anything between these moments.
    pub fn spenders(&self, from: Micros, to: Micros) -> Vec<usize> {
        let calls = self.sorted();
        let of_span = calls.iter().filter(|(at, _)| (from..to).contains(at));
        let mut who: Vec<usize> = of_span.map(|(_, who)| *who).collect();
        who.sort_unstable();
        who.dedup();
        who
    }
}

/// A replica at work: it has always something to do.
pub struct Replica {
    pub store: Arc<Redis>,
    pub stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Replica {
    /// One that only keeps in touch.
    pub fn idle(settings: RedisSettings, origin: Instant) -> Self {
        let (store, driver) = Redis::new(settings, origin);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run(stop.clone()));
        Self {
            store: Arc::new(store),
            stop,
            tasks,
        }
    }

    /// One that spends the bucket of this ledger.
    pub fn start(settings: RedisSettings, ledger: &Ledger, who: usize) -> Self {
        let mut replica = Self::idle(settings, ledger.origin);
        let spender = Spender {
            store: replica.store.clone(),
            ledger: ledger.clone(),
            who,
            alone: Slots::due_at(0),
            last: 0,
        };
        replica.tasks.spawn(spender.run(replica.stop.clone()));
        replica
    }

    pub fn state(&self) -> StoreState {
        self.store.status().state
    }

    pub async fn reaches(&self, state: StoreState, limit: Duration) {
        within(limit, &format!("{state:?}"), || self.state() == state).await;
    }

    /// kill -9: nothing more is spent, and nobody is told.
    pub fn kill(self) {
        drop(self);
    }

    /// A drain.
    pub async fn leave(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

struct Spender {
    store: Arc<Redis>,
    ledger: Ledger,
    who: usize,
    alone: Slots,
    last: Micros,
}

impl Spender {
    async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.ledger.now();
            match self.store.terms(Effect::Read, now) {
                Terms::Ask => self.ask().await,
                Terms::Refuse { .. } => tokio::time::sleep(Duration::from_millis(20)).await,
                Terms::Alone(alone) => {
                    let interval = self.ledger.interval;
                    let ahead = |at: Micros| at.saturating_add_signed(alone.ahead);
                    let from = alone.not_before + u64::from(alone.intervals) * interval;
                    let from = from.max(self.last + interval);
                    self.alone.hold(ahead(from));
                    let ask = Ask {
                        count: 1,
                        interval,
                        turn: interval,
                        not_before: 0,
                    };
                    let mut slots = self.alone;
                    let slot = slots.reserve(ahead(now), ask, alone.turns)[0];
                    let at = slot.saturating_add_signed(-alone.ahead);
                    if at > now + 20_000 {
                        // The terms may change in the meantime.
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        continue;
                    }
                    self.alone = slots;
                    self.spend(at).await;
                }
            }
        }
    }

    async fn ask(&mut self) {
        let now = self.ledger.now();
        let interval = self.ledger.interval;
        let ask = Ask {
            count: 4,
            interval,
            turn: interval,
            not_before: (self.last + interval).saturating_sub(now),
        };
        let reserved = self.store.reserve(key(Api::LookupEvents), ask).await;
        let Ok(reserved) = reserved else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            return;
        };
        let came = self.ledger.now();
        if reserved.slots.is_empty() {
            tokio::time::sleep(reserved.retry_after.max(Duration::from_millis(1))).await;
        }
        for delay in reserved.slots {
            self.spend(came + delay).await;
        }
    }

    async fn spend(&mut self, at: Micros) {
        self.last = at;
        let when = self.ledger.origin + Duration::from_micros(at);
        tokio::time::sleep_until(when).await;
        self.ledger.note(at, self.who);
    }
}
