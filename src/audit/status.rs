//! What there is to say of the audit, and what the writer and those who wait for it share.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Semaphore;

use super::{chain::Link, handle::Unavailable, queue::Queue};

/// Changes under way at a time: each holds a place until its outcome is written, which bounds what waits while nothing
/// can be. A hundred targets in each of forty requests.
const MOST_OPEN: usize = 4096;

/// What there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Why records cannot be written, if they cannot: changes are refused.
    pub failing: Option<String>,
    /// Why they cannot be written to standard output beside the file.
    pub copy_failing: Option<String>,
    /// The number of the last record.
    pub seq: u64,
    /// Its hash: kept elsewhere, it shows that nothing was cut off.
    pub hash: String,
    /// Records written since the start.
    pub written: u64,
    /// Times that writing failed since the start.
    pub failures: u64,
    /// Outcomes that wait to be written.
    pub waiting: usize,
    /// Records of requests that were dropped since the start.
    pub lost: u64,
}

/// What the writer and those who wait for it share.
#[derive(Debug)]
pub struct Shared {
    pub queue: Queue,
    pub places: Arc<Semaphore>,
    /// The process's own name in the records.
    pub chain: String,
    ids: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    failing: Option<Unavailable>,
    copy_failing: Option<String>,
    last: Link,
    written: u64,
    failures: u64,
}

impl Shared {
    pub fn new(chain: String, last: Link) -> Self {
        Self {
            queue: Queue::default(),
            places: Arc::new(Semaphore::new(MOST_OPEN)),
            chain,
            ids: AtomicU64::new(0),
            state: Mutex::new(State {
                failing: None,
                copy_failing: None,
                last,
                written: 0,
                failures: 0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for an intent, unlike all others.
    pub fn id(&self) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", self.chain)
    }

    /// Why nothing can be written now.
    pub fn failing(&self) -> Option<Unavailable> {
        self.state().failing.clone()
    }

    /// It cannot be written: logged when that begins and changes, and all who wait are refused.
    pub fn fails(&self, why: &str) {
        let why = Unavailable::new(why);
        let mut state = self.state();
        state.failures += 1;
        let known = state.failing.replace(why.clone());
        drop(state);
        if known.as_ref() != Some(&why) {
            tracing::error!(
                error = why.reason(),
                "the audit cannot be written: changes are refused"
            );
        }
        self.queue.refuse(&why);
    }

    /// So much was written.
    pub fn well(&self, last: &Link, records: usize) {
        let mut state = self.state();
        state.written += u64::try_from(records).unwrap_or(u64::MAX);
        state.last = last.clone();
        let known = state.failing.take();
        drop(state);
        if known.is_some() {
            tracing::info!("the audit can be written again");
        }
    }

    /// How it stands with standard output beside the file.
    pub fn copied(&self, failing: Option<String>) {
        let mut state = self.state();
        if state.copy_failing == failing {
            return;
        }
        match &failing {
            Some(error) => tracing::error!(
                error,
                "the audit cannot be written to standard output; the file has it"
            ),
            None => tracing::info!("the audit can be written to standard output again"),
        }
        state.copy_failing = failing;
    }

    /// What there is to say now.
    pub fn status(&self) -> Status {
        let state = self.state();
        Status {
            failing: state.failing.as_ref().map(|why| why.reason().to_owned()),
            copy_failing: state.copy_failing.clone(),
            seq: state.last.seq,
            hash: state.last.hash.clone(),
            written: state.written,
            failures: state.failures,
            waiting: self.queue.outcomes(),
            lost: self.queue.lost(),
        }
    }
}
