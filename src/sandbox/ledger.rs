//! Every attempt that reached the sandbox: when, whose, what, and what became of it. The proof of who called how often.

mod names;
mod pace;
mod told;

pub use told::{Attempt, BucketSummary, LedgerFilter, Summary};

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::AccountId;
use names::Names;
use pace::Pace;

/// The ledger. Bounded: when it is full the oldest attempts go, and the counts stay right.
#[derive(Debug)]
pub struct Ledger {
    max_entries: usize,
    regions: Vec<Arc<str>>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    /// The number of the first entry that is still there.
    first: u64,
    names: Names,
    paces: HashMap<(u64, u16, &'static str), Pace>,
}

/// One attempt, in 48 bytes.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at_micros: u64,
    account: u64,
    api: &'static str,
    principal: u32,
    source_identity: u32,
    user_agent: u32,
    outcome: u32,
    region: u16,
}

/// What is known of an attempt when it arrives.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The account of the credentials; `None` if they are none that the sandbox knows.
    pub account: Option<AccountId>,
    /// The Region's place; `None` if there is no such Region.
    pub region: Option<u16>,
    /// The operation.
    pub api: &'static str,
    /// The session's or user's name.
    pub principal: &'a str,
    /// The session's source identity.
    pub source_identity: &'a str,
    /// Who the client says that it is.
    pub user_agent: &'a str,
}

/// An attempt whose outcome is still to come. If it is dropped without one, the caller has gone.
#[derive(Debug)]
pub struct Pending<'a> {
    ledger: &'a Ledger,
    number: u64,
    key: (u64, u16, &'static str),
    ordinal: u64,
    at_nanos: u64,
    told: bool,
}

impl Pending<'_> {
    /// How many attempts came before it in its bucket.
    pub fn ordinal(&self) -> u64 {
        self.ordinal
    }

    /// When it arrived, in nanoseconds since the sandbox started.
    pub fn at_nanos(&self) -> u64 {
        self.at_nanos
    }

    /// Notes what became of it: `OK` or an error code.
    pub fn finish(mut self, outcome: &str) {
        self.told = true;
        self.ledger.finish(self.number, self.key, outcome);
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.ledger.finish(self.number, self.key, "CallerGone");
        }
    }
}

impl Ledger {
    /// An empty ledger that keeps so many attempts; the Regions are named by their place.
    pub(super) fn new(max_entries: usize, regions: Vec<Arc<str>>) -> Self {
        Self {
            max_entries,
            regions,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt. The clock (nanoseconds since the sandbox started) is read when it is this attempt's turn, so
    /// that times in the ledger never run backwards.
    pub(super) fn begin(&self, arrival: Arrival<'_>, clock: impl FnOnce() -> u64) -> Pending<'_> {
        let mut inner = self.lock();
        let at_nanos = clock();
        let entry = Entry {
            at_micros: at_nanos / 1_000,
            account: arrival.account.map_or(0, AccountId::as_u64),
            api: arrival.api,
            principal: inner.names.number(arrival.principal),
            source_identity: inner.names.number(arrival.source_identity),
            user_agent: inner.names.number(arrival.user_agent),
            outcome: inner.names.number("InFlight"),
            region: arrival.region.unwrap_or(u16::MAX),
        };
        let key = (entry.account, entry.region, entry.api);
        let pace = inner.paces.entry(key).or_default();
        let ordinal = pace.attempts();
        pace.note(at_nanos);
        inner.entries.push_back(entry);
        if inner.entries.len() > self.max_entries {
            inner.entries.pop_front();
            inner.first += 1;
        }
        let after = inner.first + u64::try_from(inner.entries.len()).unwrap_or(0);
        Pending {
            ledger: self,
            number: after.saturating_sub(1),
            key,
            ordinal,
            at_nanos,
            told: false,
        }
    }

    fn finish(&self, number: u64, key: (u64, u16, &'static str), outcome: &str) {
        let mut inner = self.lock();
        let name = inner.names.number(outcome);
        // A reset in between may have taken the counts away; then this attempt is of the past.
        if let Some(pace) = inner.paces.get_mut(&key) {
            pace.outcome(outcome);
        }
        let index = number
            .checked_sub(inner.first)
            .and_then(|i| usize::try_from(i).ok());
        if let Some(entry) = index.and_then(|i| inner.entries.get_mut(i)) {
            entry.outcome = name;
        }
    }

    /// The attempts that are still kept, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.select(&LedgerFilter::default(), usize::MAX)
    }

    /// At most `limit` of the attempts that fit, oldest first.
    pub(super) fn select(&self, filter: &LedgerFilter, limit: usize) -> Vec<Attempt> {
        let inner = self.lock();
        let fits = |attempt: &Attempt| {
            let is =
                |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|w| w == text);
            attempt.number >= filter.since
                && is(&filter.account, &attempt.account)
                && is(&filter.region, &attempt.region)
                && is(&filter.api, attempt.api)
        };
        (inner.first..)
            .zip(&inner.entries)
            .map(|(number, entry)| self.tell(&inner.names, number, entry))
            .filter(fits)
            .take(limit)
            .collect()
    }

    fn tell(&self, names: &Names, number: u64, entry: &Entry) -> Attempt {
        Attempt {
            number,
            at_micros: entry.at_micros,
            account: format!("{:012}", entry.account),
            region: self.region(entry.region),
            api: entry.api,
            principal: names.text(entry.principal),
            source_identity: names.text(entry.source_identity),
            user_agent: names.text(entry.user_agent),
            outcome: names.text(entry.outcome),
        }
    }

    fn region(&self, place: u16) -> Arc<str> {
        self.regions
            .get(usize::from(place))
            .cloned()
            .unwrap_or_default()
    }

    /// How many attempts there were of this operation, over all accounts and Regions.
    pub fn calls(&self, api: &str) -> u64 {
        let inner = self.lock();
        inner
            .paces
            .iter()
            .filter(|(key, _)| key.2 == api)
            .map(|(_, pace)| pace.attempts())
            .sum()
    }

    /// How many attempts were throttled.
    pub fn throttles(&self) -> u64 {
        self.lock().paces.values().map(Pace::throttles).sum()
    }

    /// The counts.
    pub(super) fn summary(&self) -> Summary {
        let inner = self.lock();
        let mut summary = Summary::default();
        for ((account, region, api), pace) in &inner.paces {
            summary.attempts += pace.attempts();
            summary.throttles += pace.throttles();
            *summary.by_api.entry((*api).to_owned()).or_default() += pace.attempts();
            let outcomes = summary.outcomes.entry((*api).to_owned()).or_default();
            for (outcome, count) in pace.outcomes() {
                *outcomes.entry(outcome.clone()).or_default() += count;
            }
            summary
                .buckets
                .push(pace.summary(format!("{account:012}"), self.region(*region), api));
        }
        summary
            .buckets
            .sort_by(|a, b| (&a.account, &a.region, a.api).cmp(&(&b.account, &b.region, b.api)));
        summary
    }

    /// Forgets everything. Numbers begin at 0 again.
    pub fn reset(&self) {
        *self.lock() = Inner::default();
    }
}
