//! What is told of lookups to whoever counts them, or looks at them. Knows neither metrics nor logs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{budget::CallerId, domain::Coverage};

/// What kind of answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// One page.
    Page,
    /// A stream that came to its end.
    Stream,
    /// A stream that goes on until its reader leaves.
    Tail,
}

impl AnswerKind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Stream => "stream",
            Self::Tail => "tail",
        }
    }
}

/// An answer that was made.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// What kind of answer it was.
    pub kind: AnswerKind,
    /// What it covers.
    pub coverage: &'a Coverage,
    /// Events in it.
    pub returned: u64,
    /// Records read for it.
    pub scanned: u64,
}

/// How far an answer is that is being made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// Cells that are done; of a tail none ever is.
    pub cells_done: usize,
    /// All of its cells.
    pub cells_total: usize,
    /// Events sent.
    pub events: u64,
    /// Calls spent.
    pub calls: u64,
    /// Calls of them that were throttled.
    pub throttles: u64,
    /// How long the rest takes, where that can be told.
    pub remaining: Option<Duration>,
    /// Of a tail: how far its hindmost cell is behind. Not told of cells in trouble, which are reported.
    pub behind: Option<Duration>,
}

/// An answer that is being made. `id` is its own as long as the process lives.
#[derive(Debug, Clone, Copy)]
pub struct Underway<'a> {
    /// Which.
    pub id: u64,
    /// What kind of answer it will be.
    pub kind: AnswerKind,
    /// Whose.
    pub caller: &'a CallerId,
    /// How far it is.
    pub reached: Reached,
}

/// Is told of every answer, before it is sent. An answer that fails as a whole, or whose reader goes, is none.
/// Must not block.
pub trait LookupObserver: Send + Sync {
    /// An answer was made.
    fn answered(&self, answer: Answered<'_>);

    /// An answer is so far: when it begins, and now and then.
    fn underway(&self, answer: Underway<'_>);

    /// An answer that was under way is not any more, in whatever way.
    fn over(&self, id: u64);
}

/// For those who do not count.
pub(super) struct Nobody;

impl LookupObserver for Nobody {
    fn answered(&self, _: Answered<'_>) {}

    fn underway(&self, _: Underway<'_>) {}

    fn over(&self, _: u64) {}
}

/// Tells of one answer as long as it is made. Dropped, it says that it is over.
pub(super) struct Telling {
    observer: Arc<dyn LookupObserver>,
    id: u64,
    kind: AnswerKind,
    caller: CallerId,
}

impl Telling {
    pub(super) fn begin(
        observer: &Arc<dyn LookupObserver>,
        kind: AnswerKind,
        caller: &CallerId,
        cells: usize,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let telling = Self {
            observer: Arc::clone(observer),
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            kind,
            caller: caller.clone(),
        };
        telling.is_at(Reached {
            cells_total: cells,
            ..Reached::default()
        });
        telling
    }

    pub(super) fn is_at(&self, reached: Reached) {
        self.observer.underway(Underway {
            id: self.id,
            kind: self.kind,
            caller: &self.caller,
            reached,
        });
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.observer.over(self.id);
    }
}
