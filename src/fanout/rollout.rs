//! A change spread over many targets: canaries first, a bound on how many at once, and an end when too many fail.
//!
//! Pure: it says which target to start next, and is told how each ended.

use std::num::NonZeroUsize;

/// The most targets that are worked on at once, whatever is asked for: each holds a few calls in flight, and the door
/// has some hundred places.
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

impl Rollout {
    /// Every target, as many at once as may be, whatever fails.
    pub fn everything() -> Self {
        Self {
            max_parallel: NonZeroUsize::MIN.saturating_add(MOST_PARALLEL - 1),
            canary: 0,
            max_failures: None,
        }
    }
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
    /// What was about to be done could not be recorded.
    AuditUnavailable,
}

/// Where a rollout stands. Targets are numbered from 0, and started in that order.
#[derive(Debug, Clone)]
pub struct Schedule {
    rollout: Rollout,
    targets: usize,
    started: usize,
    ended: usize,
    failed: usize,
    stopped: Option<StopReason>,
}

impl Schedule {
    /// A rollout over so many targets, nothing started.
    pub fn new(targets: usize, rollout: Rollout) -> Self {
        Self {
            rollout,
            targets,
            started: 0,
            ended: 0,
            failed: 0,
            stopped: None,
        }
    }

    /// The target to start now, if one may start. It counts as started.
    pub fn start(&mut self) -> Option<usize> {
        let free = self.started - self.ended < self.rollout.max_parallel.get();
        let through = self.ended >= self.rollout.canary;
        let open = self.is_canary(self.started) || through;
        let more = self.started < self.targets;
        (self.stopped.is_none() && free && open && more).then(|| {
            self.started += 1;
            self.started - 1
        })
    }

    /// Whether this target is one of the canaries.
    pub fn is_canary(&self, target: usize) -> bool {
        target < self.rollout.canary
    }

    /// One that was started has ended.
    pub fn end(&mut self, target: usize, failed: bool) {
        self.ended += 1;
        if !failed {
            return;
        }
        self.failed += 1;
        if self.is_canary(target) {
            self.stop(StopReason::CanaryFailed);
        } else if self
            .rollout
            .max_failures
            .is_some_and(|most| self.failed > most)
        {
            self.stop(StopReason::TooManyFailures);
        }
    }

    /// Starts nothing more. The first reason stays, and none is kept if nothing was left to start.
    pub fn stop(&mut self, reason: StopReason) {
        if self.started < self.targets {
            self.stopped.get_or_insert(reason);
        }
    }

    /// Why targets were left out, if some were.
    pub fn stopped(&self) -> Option<StopReason> {
        self.stopped
    }

    /// The targets that were not started, and never will be once this is stopped.
    pub fn not_started(&self) -> std::ops::Range<usize> {
        self.started..self.targets
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    fn rollout(parallel: usize, canary: usize, max_failures: Option<usize>) -> Rollout {
        Rollout {
            max_parallel: NonZeroUsize::new(parallel).unwrap(),
            canary,
            max_failures,
        }
    }

    #[test]
    fn the_others_wait_for_all_canaries() {
        let mut schedule = Schedule::new(10, rollout(5, 2, Some(0)));
        assert_eq!((schedule.start(), schedule.start()), (Some(0), Some(1)));
        assert_eq!(schedule.start(), None);
        schedule.end(1, false);
        assert_eq!(schedule.start(), None);
        schedule.end(0, false);
        assert_eq!(schedule.start(), Some(2));
    }

    #[test]
    fn a_canary_decides_whatever_may_fail_later() {
        let mut schedule = Schedule::new(3, rollout(5, 1, None));
        assert_eq!(schedule.start(), Some(0));
        schedule.end(0, true);
        assert_eq!(schedule.start(), None);
        assert_eq!(schedule.stopped(), Some(StopReason::CanaryFailed));
        assert_eq!(schedule.not_started(), 1..3);
    }

    #[test]
    fn a_last_target_that_fails_stops_nothing() {
        let mut schedule = Schedule::new(1, rollout(1, 0, Some(0)));
        assert_eq!(schedule.start(), Some(0));
        schedule.end(0, true);
        assert_eq!(schedule.stopped(), None);
    }

    proptest! {
        /// However the targets end and in whatever order: never too many at once, no target twice, none beside the
        /// canaries before these are through, and none after too many have failed; otherwise all.
        #[test]
        fn each_rule_holds_at_each_step(
            targets in 0usize..40,
            parallel in 1usize..8,
            canary in 0usize..6,
            max_failures in proptest::option::of(0usize..4),
            fates in prop::collection::vec((any::<bool>(), 0usize..8), 40),
        ) {
            let mut schedule = Schedule::new(targets, rollout(parallel, canary, max_failures));
            let mut running = VecDeque::new();
            let (mut started, mut failed, mut ended_well) = (Vec::new(), 0, 0);
            for (fails, which) in fates {
                while let Some(target) = schedule.start() {
                    prop_assert!(target < canary || ended_well >= canary.min(targets));
                    prop_assert!(max_failures.is_none_or(|most| failed <= most));
                    started.push(target);
                    running.push_back(target);
                    prop_assert!(running.len() <= parallel);
                }
                let Some(target) = running.remove(which % running.len().max(1)) else { break };
                schedule.end(target, fails);
                if fails { failed += 1 } else { ended_well += 1 }
            }
            let in_order: Vec<usize> = (0..started.len()).collect();
            prop_assert_eq!(&started, &in_order);
            prop_assert_eq!(schedule.not_started(), started.len()..targets);
            if failed == 0 {
                prop_assert_eq!(started.len(), targets);
            }
        }
    }
}
