//! The sandbox's idea of now: the system's clock, or one that a test holds.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::domain::Timestamp;

/// Tells the sandbox what time it is: which events exist, and which sessions have expired. Quotas and latencies
/// always run on the machine's own monotonic clock.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Arc::new(|| {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
        }))
    }

    /// A clock that stands still.
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(move || at))
    }

    /// A clock that moves only when its holder moves it.
    pub fn manual(hand: &ManualClock) -> Self {
        let hand = Arc::clone(&hand.0);
        Self(Arc::new(move || {
            Timestamp::from_nanos(hand.load(Ordering::SeqCst))
        }))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// The hand of a [`Clock::manual`].
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A hand that points at this time.
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_nanos())))
    }

    /// Moves the hand forward.
    pub fn advance(&self, span: Duration) {
        let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        self.0.fetch_add(nanos, Ordering::SeqCst);
    }
}
