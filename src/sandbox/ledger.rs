//! Every attempt that reached the sandbox: when, whose, what, and what became of it. The proof of who called how often.

mod pace;

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

use crate::domain::AccountId;
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

/// One attempt, in 40 bytes.
#[derive(Debug, Clone, Copy)]
struct Entry {
    at_micros: u64,
    account: u64,
    api: &'static str,
    principal: u32,
    source_identity: u32,
    outcome: u32,
    region: u16,
}

/// Texts that recur, by number; number 0 is the empty text.
#[derive(Debug)]
struct Names {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Default for Names {
    fn default() -> Self {
        let empty: Arc<str> = Arc::from("");
        Self {
            numbers: HashMap::from([(Arc::clone(&empty), 0)]),
            texts: vec![empty],
        }
    }
}

impl Names {
    /// Callers choose session names: beyond this many different ones the rest are one.
    const MAX: usize = 200_000;

    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        if self.texts.len() >= Self::MAX {
            return 0;
        }
        let text: Arc<str> = Arc::from(text);
        let number = u32::try_from(self.texts.len()).unwrap_or(0);
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    fn text(&self, number: u32) -> Arc<str> {
        let index = usize::try_from(number).unwrap_or(0);
        self.texts.get(index).cloned().unwrap_or_default()
    }
}

/// What is known of an attempt when it arrives.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Nanoseconds since the sandbox started.
    pub at_nanos: u64,
    /// The account of the credentials.
    pub account: AccountId,
    /// The Region's place.
    pub region: u16,
    /// The operation.
    pub api: &'static str,
    /// The session's or user's name.
    pub principal: &'a str,
    /// The session's source identity.
    pub source_identity: &'a str,
}

/// An attempt whose outcome is still to come. If it is dropped without one, the caller has gone.
#[derive(Debug)]
pub struct Pending<'a> {
    ledger: &'a Ledger,
    number: u64,
    key: (u64, u16, &'static str),
    told: bool,
}

impl Pending<'_> {
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

/// One attempt, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Its number; the first is 0.
    pub number: u64,
    /// When it arrived, in microseconds since the sandbox started.
    pub at_micros: u64,
    /// The account of the credentials.
    pub account: String,
    /// The Region that was called.
    pub region: Arc<str>,
    /// The operation.
    pub api: &'static str,
    /// The session's or user's name.
    pub principal: Arc<str>,
    /// The session's source identity; empty if it has none.
    pub source_identity: Arc<str>,
    /// `OK`, an error code, `InFlight`, `ConnectionReset`, or `CallerGone`.
    pub outcome: Arc<str>,
}

/// All attempts in numbers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Attempts.
    pub attempts: u64,
    /// Those that were throttled.
    pub throttles: u64,
    /// Attempts by operation.
    pub by_api: BTreeMap<String, u64>,
    /// Outcomes by operation: `LookupEvents` to `OK` to how many.
    pub outcomes: BTreeMap<String, BTreeMap<String, u64>>,
    /// Calls of simulated neighbours.
    pub neighbour_attempts: u64,
    /// Those of them that were throttled.
    pub neighbour_throttles: u64,
    /// Every bucket that was touched.
    pub buckets: Vec<BucketSummary>,
}

/// The attempts on one (account, Region, operation).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BucketSummary {
    /// The account of the credentials.
    pub account: String,
    /// The Region.
    pub region: Arc<str>,
    /// The operation.
    pub api: &'static str,
    /// Attempts, throttled ones included.
    pub attempts: u64,
    /// Those that were throttled.
    pub throttles: u64,
    /// The most attempts that ever began within one second, wherever that second starts.
    pub max_in_any_second: usize,
    /// The shortest time between two attempts, in microseconds.
    pub min_gap_micros: Option<u64>,
    /// When the first arrived, in microseconds since the sandbox started.
    pub first_micros: u64,
    /// When the last arrived.
    pub last_micros: u64,
}

/// Which attempts are wanted; `None` means all.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    /// Of this account.
    pub account: Option<String>,
    /// In this Region.
    pub region: Option<String>,
    /// Of this operation.
    pub api: Option<String>,
    /// From this number on.
    pub since: u64,
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

    /// Notes an attempt.
    pub(super) fn begin(&self, arrival: Arrival<'_>) -> Pending<'_> {
        let mut inner = self.lock();
        let entry = Entry {
            at_micros: arrival.at_nanos / 1_000,
            account: arrival.account.as_u64(),
            api: arrival.api,
            principal: inner.names.number(arrival.principal),
            source_identity: inner.names.number(arrival.source_identity),
            outcome: inner.names.number("InFlight"),
            region: arrival.region,
        };
        let key = (entry.account, entry.region, entry.api);
        inner.paces.entry(key).or_default().note(arrival.at_nanos);
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
