//! A change spread over many targets: canaries first, a bound on how many at once, and an end when too many fail.

use std::num::NonZeroUsize;

/// The most targets that are worked on at once, whatever is asked for.
pub const MOST_PARALLEL: usize = 100;

/// How a change is spread over its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollout {
    /// How many targets are worked on at once.
    pub max_parallel: NonZeroUsize,
    /// How many targets go first; the others start only if all of these succeed.
    pub canary: usize,
    /// How many targets may fail before no new one is started; `None` for any number.
    pub max_failures: Option<usize>,
}

/// Why a rollout started no new targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// A canary failed.
    CanaryFailed,
    /// More targets failed than may.
    TooManyFailures,
    /// The deadline came.
    DeadlineExceeded,
    /// The caller left.
    Cancelled,
    /// The process is shutting down.
    Draining,
}
