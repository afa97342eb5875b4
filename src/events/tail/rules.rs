//! How tails behave: what settings come down to, how long a cell rests between looks, and how long after a failure.
//! Pure.

use std::time::Duration;

use crate::{budget::Prospect, domain::doubling::Doubling};

/// A page that others asked for may lie here for 2 s and be shared, and clocks are rounded: so much longer a second has
/// to be over before what was read of it is final.
const MARGIN: i64 = 3;

/// How tails behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The part of each cell's LookupEvents quota that one tail spends, about.
    ///
    /// Less than the twentieth that a tail may take, because a look can cost a page more than expected.
    pub share: f64,
    /// The shortest time between two looks at a cell.
    pub shortest: Duration,
    /// How often a sign of life is sent.
    pub heartbeat: Duration,
    /// How often the sign of life tells of every cell, not only of what has changed.
    pub whole_heartbeat: Duration,
    /// How often the selector is resolved again.
    pub resolve: Duration,
    /// Cells that are read side by side.
    pub looks: usize,
    /// How far behind a slow reader may leave a cell before the tail goes on without what lies between.
    pub patience: Duration,
    /// Events of all cells that may be remembered as sent beyond their watermarks.
    pub remembered: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            share: 0.04,
            shortest: seconds(10),
            heartbeat: seconds(5),
            whole_heartbeat: seconds(60),
            resolve: seconds(120),
            looks: 64,
            patience: seconds(3600),
            remembered: 16_384,
        }
    }
}

/// What decides a look.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// After so many seconds nothing of a second can arrive any more.
    lag: i64,
    /// How far behind the settled seconds may be, and how long a cell rests at most: a quarter of `lag`.
    pub(super) deep: i64,
    /// Records in one look: 10 pages, which take 5 s of a usual quota.
    pub(super) most: u64,
    /// The same where it is a single second, which cannot be cut any more.
    pub(super) most_in_a_second: u64,
}

impl Rules {
    pub(super) fn new(settle_lag: Duration) -> Self {
        let lag = i64::try_from(settle_lag.as_secs()).unwrap_or(i64::MAX / 4);
        Self {
            lag,
            deep: (lag / 4).max(1),
            most: 500,
            most_in_a_second: 10_000,
        }
    }

    /// The last second of which nothing can arrive any more.
    pub(super) fn settled(&self, now: i64) -> i64 {
        now.saturating_sub(self.lag).saturating_sub(MARGIN)
    }

    /// The longest rest, which bounds how late an event is seen.
    fn longest(&self) -> Duration {
        Duration::from_secs(self.deep.unsigned_abs())
    }
}

/// How long to rest after looks that cost so many calls, so that they are `share` of what the budget gives; twice as
/// long while others wait for it or AWS throttles.
pub(super) fn rest(
    settings: &Settings,
    rules: &Rules,
    calls: u32,
    prospect: &Prospect,
) -> Duration {
    let pays = prospect.interval.div_f64(settings.share.clamp(0.001, 1.0)) * calls.max(1);
    let busy = prospect.wait > prospect.interval * 2 || prospect.factor < 1.0;
    let pays = if busy { pays * 2 } else { pays };
    let longest = rules.longest().max(settings.shortest);
    pays.clamp(settings.shortest, longest)
}

/// How long to rest after so many failures in a row, up to 5 minutes.
pub(super) fn rest_after_failure(settings: &Settings, failures: u32, chance: f64) -> Duration {
    let backoff = Doubling {
        first: settings.shortest,
        longest: Duration::from_secs(300).max(settings.shortest),
    };
    backoff.after(failures.saturating_sub(1), chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prospect(wait_ms: u64, factor: f64) -> Prospect {
        Prospect {
            wait: Duration::from_millis(wait_ms),
            interval: Duration::from_millis(500),
            latency: Duration::ZERO,
            factor,
            foreign: 0.0,
            spent: 0,
        }
    }

    #[test]
    fn a_cell_rests_as_long_as_its_calls_are_the_share() {
        let (settings, rules) = (Settings::default(), Rules::new(Duration::from_secs(900)));
        let rest = |calls, wait, factor| {
            super::rest(&settings, &rules, calls, &prospect(wait, factor)).as_millis()
        };
        assert_eq!(rest(1, 0, 1.0), 12_500);
        assert_eq!(rest(4, 0, 1.0), 50_000);
        assert_eq!(
            rest(0, 0, 1.0),
            12_500,
            "a page shared with others is not free"
        );
        assert_eq!(rest(1, 1_500, 1.0), 25_000, "others wait");
        assert_eq!(rest(1, 0, 0.3), 25_000, "AWS throttles");
        assert_eq!(
            rest(100, 0, 1.0),
            225_000,
            "the longest: a quarter of the settle lag"
        );
    }

    #[test]
    fn failures_are_tried_again_ever_later() {
        let rest = |failures| rest_after_failure(&Settings::default(), failures, 0.0).as_secs();
        assert_eq!([1, 2, 3, 5, 6, 99].map(rest), [10, 20, 40, 160, 300, 300]);
    }
}
