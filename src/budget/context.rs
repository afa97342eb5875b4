//! What every request carries down to every wait: who asks, how urgent it is, until when, and whether they
//! are still there.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::domain::{Authority, Cell};

/// Who asks: the fair share of a queue is counted by this.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallerId {
    name: Arc<str>,
    proved: bool,
}

impl CallerId {
    /// The caller with this name, which nothing proves.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            proved: false,
        }
    }

    /// The caller who has proved that this is its name.
    pub fn proved(name: &str) -> Self {
        Self {
            name: name.into(),
            proved: true,
        }
    }

    /// The service itself: discovery and other background work.
    pub fn internal() -> Self {
        Self::new("trailplane")
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The name, if it was proved: it is the same caller wherever and whenever it comes.
    pub fn proved_name(&self) -> Option<&str> {
        self.proved.then_some(&*self.name)
    }
}

impl fmt::Debug for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// How urgent the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A person waits for one page.
    Interactive,
    /// A program waits.
    Standard,
    /// A long answer is being streamed.
    Batch,
    /// Nobody waits: discovery, following, warming.
    Background,
}

impl Lane {
    /// All lanes, the most urgent first.
    pub const ALL: [Self; 4] = [
        Self::Interactive,
        Self::Standard,
        Self::Batch,
        Self::Background,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Background => "background",
        }
    }
}

/// The context of one request. Cloning shares the cancellation; the deadline is absolute and is never restarted.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Who asks.
    pub caller: CallerId,
    /// How urgent it is.
    pub lane: Lane,
    /// When the answer is worth nothing any more.
    pub deadline: Instant,
    /// Fires when the caller has gone or the process drains.
    pub cancel: CancellationToken,
    /// What the caller may do.
    pub authority: Authority,
    /// Under what its work is traced; none while nothing is.
    pub span: Span,
}

impl RequestContext {
    /// Waits for `work`, the deadline or the cancellation, whichever comes first.
    pub async fn race<F: Future>(&self, work: F) -> Result<F::Output, Interrupted> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Interrupted::Cancelled),
            out = work => Ok(out),
            () = tokio::time::sleep_until(self.deadline) => Err(Interrupted::DeadlineExceeded),
        }
    }

    /// The same request, with time kept for making and sending the answer: a tenth of what is left, 100 ms at least and
    /// a second at most, but never more than half.
    pub fn answering(&self) -> Self {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let (least, most) = (Duration::from_millis(100), Duration::from_secs(1));
        self.by(self.deadline - (left / 10).clamp(least, most).min(left / 2))
    }

    /// The same request with a nearer deadline.
    pub fn by(&self, deadline: Instant) -> Self {
        Self {
            deadline: self.deadline.min(deadline),
            ..self.clone()
        }
    }

    /// The same, traced as the work in this account and Region.
    pub fn in_cell(&self, cell: &Cell) -> Self {
        let span = tracing::debug_span!(
            target: "trailplane::trace",
            parent: &self.span,
            "cell",
            cloud.provider = "aws",
            cloud.account.id = %cell.account,
            cloud.region = %cell.region,
        );
        Self {
            span,
            ..self.clone()
        }
    }
}

/// Why a wait ended before its work did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Interrupted {
    /// The deadline came.
    #[error("the deadline came first")]
    DeadlineExceeded,
    /// The caller left, or the process drains.
    #[error("the request was cancelled")]
    Cancelled,
}

/// What one cell has spent, counted by the door as it spends.
#[derive(Debug, Default)]
pub struct Tally {
    calls: AtomicU32,
    throttles: AtomicU32,
}

impl Tally {
    /// Counts one attempt.
    pub fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one throttled attempt.
    pub fn count_throttle(&self) {
        self.throttles.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes over what `other` has counted so far, so that each attempt is counted by one of those who share it.
    pub fn absorb(&self, other: &Self) {
        let (calls, throttles) = (&other.calls, &other.throttles);
        self.calls
            .fetch_add(calls.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        self.throttles
            .fetch_add(throttles.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Attempts so far, retries included.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Throttled attempts so far.
    pub fn throttles(&self) -> u32 {
        self.throttles.load(Ordering::Relaxed)
    }
}
