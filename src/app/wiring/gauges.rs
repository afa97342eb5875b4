//! What `/metrics` says of what the parts stand at: looked at whenever somebody asks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    app::admin::Gauges,
    audit::Audit,
    aws::Door,
    budget::{Budgets, Lane, Totals, store::STORE_WORDS},
    domain::{AccountState, Api},
    events::{Events, warm_up::View},
    fleet::Fleet,
    telemetry::{Metrics, OfBuckets, OfCache, Traces},
};

use super::{
    audit, clock,
    grpc::Edge,
    observers::{Answers, error_type},
};

/// The parts that are looked at.
pub(in crate::app) struct Parts {
    pub(in crate::app) door: Door,
    pub(in crate::app) fleet: Fleet,
    pub(in crate::app) budgets: Budgets,
    pub(in crate::app) events: Events,
    pub(in crate::app) answers: Answers,
    pub(in crate::app) edge: Edge,
    pub(in crate::app) audit: Audit,
    pub(in crate::app) warm_up: Option<View>,
    pub(in crate::app) traces: Option<Traces>,
}

/// Looks at all parts each time.
pub(in crate::app) fn gauges(metrics: Metrics, parts: Parts) -> Gauges {
    let now = clock::system();
    let (operations, reasons) = (Seen::default(), Seen::default());
    Arc::new(move || {
        parts.edge.record(&metrics);
        audit::record(&parts.audit, &metrics);
        let age = parts.fleet.directory().listed_at();
        let age = age.map(|at| now().since(at));
        fleet(&metrics, &parts.fleet, age);
        metrics.access(parts.fleet.usable_sessions(), parts.door.clock_skewed());
        sessions(&metrics, &parts.fleet, &reasons);
        budgets(&metrics, &parts.budgets, &operations);
        cache(&metrics, &parts.events);
        answers(&metrics, &parts.answers);
        if let Some(traces) = &parts.traces {
            metrics.spans_lost(traces.lost());
        }
        if let Some(view) = &parts.warm_up {
            warm_up(&metrics, view);
        }
    })
}

/// What has been told once: a gauge keeps what it was last told, and must be told when that is over.
struct Seen<T>(Mutex<BTreeSet<T>>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Ord + Copy> Seen<T> {
    /// These, and all that were there before.
    fn with(&self, now: impl Iterator<Item = T>) -> Vec<T> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.extend(now);
        seen.iter().copied().collect()
    }
}

fn fleet(metrics: &Metrics, fleet: &Fleet, age: Option<std::time::Duration>) {
    let directory = fleet.directory();
    metrics.fleet_freshness(age, directory.stale().is_some());
    for (state, name) in STATES {
        let accounts = directory.accounts().iter();
        let count = accounts.filter(|account| account.state == state).count();
        metrics.fleet_accounts(name, u64::try_from(count).unwrap_or(u64::MAX));
    }
}

fn sessions(metrics: &Metrics, fleet: &Fleet, reasons: &Seen<&'static str>) {
    let mut refused: BTreeMap<&'static str, u64> = BTreeMap::new();
    for kind in fleet.refused_sessions() {
        *refused.entry(error_type(kind)).or_default() += 1;
    }
    for why in reasons.with(refused.keys().copied()) {
        metrics.sessions_refused(why, refused.get(why).copied().unwrap_or(0));
    }
}

fn budgets(metrics: &Metrics, budgets: &Budgets, operations: &Seen<Api>) {
    let store = budgets.store();
    metrics.budget_store(&STORE_WORDS, store.word(), [store.alive, store.expected]);
    metrics.in_flight(budgets.in_flight());
    let totals = budgets.totals();
    for api in operations.with(totals.keys().copied()) {
        let of = totals.get(&api).copied().unwrap_or_default();
        metrics.buckets(api, &of_buckets(&of));
    }
}

fn of_buckets(totals: &Totals) -> OfBuckets {
    let mut waiting = Lane::ALL.map(|lane| (lane.as_str(), 0));
    for ((_, told), count) in waiting.iter_mut().zip(totals.waiting) {
        *told = count;
    }
    OfBuckets {
        slowed: totals.slowed,
        lowest_factor: totals.lowest_factor,
        foreign: totals.foreign,
        waiting,
    }
}

fn cache(metrics: &Metrics, events: &Events) {
    let (stats, capacity) = events.cache_stats();
    metrics.cache(&OfCache {
        bytes: stats.bytes,
        capacity,
        hits: stats.hits,
        misses: stats.misses,
        evicted: stats.evicted,
        dropped: stats.dropped,
        failed: stats.failed,
    });
}

fn answers(metrics: &Metrics, answers: &Answers) {
    let told = answers.told();
    for (kind, count) in told.underway {
        metrics.underway(kind.as_str(), count);
    }
    metrics.tails(told.behind.as_secs());
}

fn warm_up(metrics: &Metrics, view: &View) {
    let told = view.progress();
    let failing = told.failing.values().sum::<usize>();
    let cells = [
        ("done", told.done),
        ("left", told.left()),
        ("failing", failing),
        ("without_room", told.full),
    ];
    metrics.warm_up(&cells, (told.wanted_seconds, told.known_seconds));
}

const STATES: [(AccountState, &str); 6] = [
    (AccountState::PendingActivation, "pending_activation"),
    (AccountState::Active, "active"),
    (AccountState::Suspended, "suspended"),
    (AccountState::PendingClosure, "pending_closure"),
    (AccountState::Closed, "closed"),
    (AccountState::Unknown, "unknown"),
];
