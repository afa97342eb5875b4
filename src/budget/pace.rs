//! How fast a bucket goes below its quota: cut when AWS throttles, climb back when it does not.

use std::time::Duration;

use tokio::time::Instant;

/// A throttle says that somebody else spends the same quota: give way by this much.
const CUT: f64 = 0.7;
/// At most one cut in this time: throttles come in bursts, and one burst is one piece of news.
const CUT_AT_MOST_EVERY: Duration = Duration::from_secs(1);
/// After a throttle nothing is sent for this long.
pub const QUIET: Duration = Duration::from_secs(1);
/// The climb back to the full quota takes this long.
const CLIMB: Duration = Duration::from_secs(10);
/// However many throttles, a tenth of the quota stays: without it nobody would learn that it is free again.
const FLOOR: f64 = 0.1;

/// The factor on the quota. Never above 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    factor_at_cut: f64,
    cut_at: Option<Instant>,
}

impl Pace {
    /// The full quota.
    pub fn full() -> Self {
        Self {
            factor_at_cut: 1.0,
            cut_at: None,
        }
    }

    /// The factor at this time.
    pub fn factor(self, now: Instant) -> f64 {
        let Some(cut_at) = self.cut_at else {
            return 1.0;
        };
        let climbed = now.saturating_duration_since(cut_at).as_secs_f64() / CLIMB.as_secs_f64();
        (self.factor_at_cut + (1.0 - self.factor_at_cut) * climbed).clamp(FLOOR, 1.0)
    }

    /// Takes note of a throttle.
    pub fn throttled(&mut self, now: Instant) {
        let recent = self
            .cut_at
            .is_some_and(|at| now.saturating_duration_since(at) < CUT_AT_MOST_EVERY);
        if !recent {
            self.factor_at_cut = (self.factor(now) * CUT).max(FLOOR);
            self.cut_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_cuts_and_ten_quiet_seconds_heal() {
        let start = Instant::now();
        let mut pace = Pace::full();
        pace.throttled(start);
        assert!((pace.factor(start) - CUT).abs() < 1e-9);
        let half = pace.factor(start + CLIMB / 2);
        assert!(half > CUT && half < 1.0);
        assert!((pace.factor(start + CLIMB) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_burst_of_throttles_is_one_cut() {
        let start = Instant::now();
        let mut pace = Pace::full();
        for ms in 0..100 {
            pace.throttled(start + Duration::from_millis(ms));
        }
        assert!((pace.factor(start) - CUT).abs() < 1e-9);
    }

    #[test]
    fn never_below_the_floor() {
        let start = Instant::now();
        let mut pace = Pace::full();
        for s in 0..100 {
            pace.throttled(start + Duration::from_secs(s));
        }
        assert!(pace.factor(start + Duration::from_secs(99)) >= FLOOR);
    }
}
