//! Metrics that are looked at now and then: what budgets, cache, sessions and lookups stand at.

use opentelemetry::KeyValue;

use crate::domain::Api;

use super::Metrics;

/// The buckets of one operation together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfBuckets {
    /// How many throttles have slowed down.
    pub slowed: u64,
    /// The least that throttles have left of a pace.
    pub lowest_factor: f64,
    /// What others seem to spend, in calls a second.
    pub foreign: f64,
    /// Who waits, by lane.
    pub waiting: [(&'static str, u64); 4],
}

/// What the cache holds, and what has happened since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfCache {
    /// What it holds, in bytes.
    pub bytes: u64,
    /// What it may hold, in bytes.
    pub capacity: u64,
    /// Questions that it could answer.
    pub hits: u64,
    /// Questions that it could not.
    pub misses: u64,
    /// Blocks that had to go.
    pub evicted: u64,
    /// What was not kept.
    pub dropped: u64,
    /// Whether it stopped working.
    pub failed: bool,
}

impl Metrics {
    /// The state that the store of the budgets is in, of all that there are; replicas that are there, and that should be.
    pub fn budget_store(&self, states: &[&'static str], now: &'static str, replicas: [u32; 2]) {
        let instruments = &self.inner.instruments;
        for state in states {
            let attribute = KeyValue::new("trailplane.store.state", *state);
            let is = u64::from(*state == now);
            instruments.budget_store.record(is, &[attribute]);
        }
        for (kind, count) in ["alive", "expected"].into_iter().zip(replicas) {
            let kind = KeyValue::new("trailplane.replica.kind", kind);
            instruments.budget_replicas.record(count.into(), &[kind]);
        }
    }

    /// What the buckets of this operation stand at together.
    pub fn buckets(&self, api: Api, of: &OfBuckets) {
        let instruments = &self.inner.instruments;
        let operation = [
            KeyValue::new("rpc.service", api.service().as_str()),
            KeyValue::new("rpc.method", api.as_str()),
        ];
        instruments.budget_slowed.record(of.slowed, &operation);
        instruments
            .budget_factor
            .record(of.lowest_factor, &operation);
        instruments.budget_foreign.record(of.foreign, &operation);
        for (lane, waiting) in of.waiting {
            let [service, method] = operation.clone();
            let lane = KeyValue::new("trailplane.lane", lane);
            let attributes = [service, method, lane];
            instruments.budget_waiting.record(waiting, &attributes);
        }
    }

    /// Calls under way that people and programs wait for, and of other work.
    pub fn in_flight(&self, [people, work]: [usize; 2]) {
        for (place, calls) in [("people", people), ("work", work)] {
            let place = KeyValue::new("trailplane.place", place);
            let calls = u64::try_from(calls).unwrap_or(u64::MAX);
            let instrument = &self.inner.instruments.calls_in_flight;
            instrument.record(calls, &[place]);
        }
    }

    /// How many answers of this kind are being made.
    pub fn underway(&self, kind: &'static str, answers: usize) {
        let kind = KeyValue::new("trailplane.answer.kind", kind);
        let answers = u64::try_from(answers).unwrap_or(u64::MAX);
        let instrument = &self.inner.instruments.lookup_underway;
        instrument.record(answers, &[kind]);
    }

    /// How many seconds the hindmost cell of any tail is behind.
    pub fn tails(&self, behind: u64) {
        self.inner.instruments.tail_behind.record(behind, &[]);
    }

    /// What the cache stands at.
    pub fn cache(&self, of: &OfCache) {
        let instruments = &self.inner.instruments;
        instruments.cache_bytes.record(of.bytes, &[]);
        instruments.cache_capacity.record(of.capacity, &[]);
        for (result, reads) in [("hit", of.hits), ("miss", of.misses)] {
            let result = KeyValue::new("trailplane.cache.result", result);
            instruments.cache_reads.record(reads, &[result]);
        }
        instruments.cache_evicted.record(of.evicted, &[]);
        instruments.cache_dropped.record(of.dropped, &[]);
        instruments.cache_failed.record(of.failed.into(), &[]);
    }

    /// How many spans the collector did not take since the start.
    pub fn spans_lost(&self, spans: u64) {
        self.inner.instruments.spans_lost.record(spans, &[]);
    }

    /// How many accounts cannot be entered for this reason.
    pub fn sessions_refused(&self, why: &'static str, accounts: u64) {
        let why = KeyValue::new("error.type", why);
        let instrument = &self.inner.instruments.sessions_refused;
        instrument.record(accounts, &[why]);
    }
}
