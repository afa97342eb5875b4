//! What is told of lookups to whoever counts them. Knows neither metrics nor logs.

use crate::domain::Coverage;

/// What kind of answer it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// One page.
    Page,
    /// A stream that came to its end.
    Stream,
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

/// Is told of every answer, before it is sent. An answer that fails as a whole, or whose reader goes, is none.
/// Must not block.
pub trait LookupObserver: Send + Sync {
    /// An answer was made.
    fn answered(&self, answer: Answered<'_>);
}

/// For those who do not count.
pub(super) struct Nobody;

impl LookupObserver for Nobody {
    fn answered(&self, _: Answered<'_>) {}
}
