//! What a bucket stands at, for people.

use std::time::Duration;

use super::{Around, Bucket, Joining, Lane, Micros};
use crate::budget::{CallerId, queue::LaneStats};

/// What a bucket stands at. Moments are microseconds of the budgets' clock.
#[derive(Debug, Clone, PartialEq)]
pub struct BucketStats {
    /// The pace now, of all replicas together, in calls a second.
    pub pace: f64,
    /// What throttles have made of the pace: 1 is all that is ours.
    pub factor: f64,
    /// How high the factor may go: below 1 if AWS turned out to be strict.
    pub ceiling: f64,
    /// Slots spent by this replica since the bucket was made.
    pub spent: u64,
    /// Throttles seen by this replica since the bucket was made.
    pub throttles: u64,
    /// When the last one was seen by any replica.
    pub last_throttle: Option<Micros>,
    /// What others seem to spend of the quota, in calls a second.
    pub foreign: f64,
    /// Who waits, in this replica.
    pub lanes: Vec<LaneStats>,
    /// How long a new caller in the standard lane would wait for its turn.
    pub wait: Micros,
}

/// What a request that came now could expect of a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prospect {
    /// How long until its turn.
    pub wait: Duration,
    /// The time from one call to the next after it.
    pub interval: Duration,
    /// How long a call usually takes; zero if that is not known.
    pub latency: Duration,
    /// What throttles have made of the pace: 1 is all that is ours.
    pub factor: f64,
    /// What others seem to spend of the quota, in calls a second.
    pub foreign: f64,
    /// Slots spent by this replica since the bucket was made; an idle bucket may be made anew.
    pub spent: u64,
}

/// What a bucket has to tell of itself to those who look at all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::budget) struct Telling {
    pub(in crate::budget) factor: f64,
    pub(in crate::budget) foreign: f64,
    pub(in crate::budget) waiting: [u64; 4],
}

impl Bucket {
    /// What there is to tell: nothing while nobody waits and nothing is slowed down, as almost always.
    pub(in crate::budget) fn telling(&self, now: Micros) -> Option<Telling> {
        let (slowed, line) = (self.slowed.as_deref(), self.line.as_deref());
        if slowed.is_none() && line.is_none() {
            return None;
        }
        let full = per_second(self.turn);
        Some(Telling {
            factor: slowed.map_or(1.0, |slowed| slowed.pace.factor(now)),
            foreign: slowed.map_or(0.0, |slowed| slowed.pace.foreign(now) * full),
            waiting: line.map_or([0; 4], |line| line.queue.waiting()),
        })
    }

    /// What a request that came now could expect.
    pub(in crate::budget) fn prospect(&self, around: &Around<'_>, joining: &Joining) -> Prospect {
        let slowed = self.slowed.as_deref();
        let now = around.now;
        Prospect {
            wait: Duration::from_micros(self.eta(around, joining)),
            interval: Duration::from_micros(self.interval(now)),
            latency: Duration::from_micros(around.usual_latency()),
            factor: slowed.map_or(1.0, |slowed| slowed.pace.factor(now)),
            foreign: slowed.map_or(0.0, |slowed| {
                slowed.pace.foreign(now) * per_second(self.turn)
            }),
            spent: self.spent,
        }
    }

    /// What it stands at.
    pub(in crate::budget) fn stats(&self, around: &Around<'_>) -> BucketStats {
        let slowed = self.slowed.as_deref();
        let now = around.now;
        let full = per_second(self.turn);
        let newcomer = Joining {
            caller: CallerId::new(""),
            lane: Lane::Standard,
            deadline: Micros::MAX,
        };
        BucketStats {
            pace: per_second(self.interval(now)),
            factor: slowed.map_or(1.0, |slowed| slowed.pace.factor(now)),
            ceiling: slowed.map_or(1.0, |slowed| slowed.pace.ceiling(now)),
            spent: self.spent,
            throttles: slowed.map_or(0, |slowed| slowed.throttles),
            last_throttle: slowed.map(|slowed| slowed.last),
            foreign: slowed.map_or(0.0, |slowed| slowed.pace.foreign(now) * full),
            lanes: self
                .line
                .as_ref()
                .map_or_else(Vec::new, |line| line.queue.stats()),
            wait: self.eta(around, &newcomer),
        }
    }

    /// How many wait.
    pub(in crate::budget) fn waiting(&self) -> usize {
        self.line.as_ref().map_or(0, |line| line.queue.len())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "intervals of minutes in microseconds"
)]
fn per_second(interval: Micros) -> f64 {
    1e6 / interval.max(1) as f64
}
