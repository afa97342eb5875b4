//! Time slots: the pure arithmetic of a pace. No clock is read here.

use std::time::Duration;

use tokio::time::Instant;

/// How late a slot may be taken and still leave the next one where it was. Timers and schedulers wake a few
/// milliseconds late; without this each such delay would be lost for good. It is also the most by which two
/// attempts can come closer than the interval, well inside what a bucket of depth 2 forgives.
pub const CATCH_UP: Duration = Duration::from_millis(20);

/// The next slot of a bucket. Slots follow each other at the interval and are never saved up: an idle bucket
/// gives one at once and the next an interval later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    due: Instant,
}

impl Slots {
    /// A bucket that was just emptied at `at`.
    pub fn emptied(at: Instant, interval: Duration) -> Self {
        Self { due: at + interval }
    }

    /// When the next slot may be taken.
    pub fn due(self) -> Instant {
        self.due
    }

    /// Takes the next slot, `now` being at or after it is due.
    pub fn take(&mut self, now: Instant, interval: Duration) {
        let late = now.saturating_duration_since(self.due);
        let from = if late <= CATCH_UP {
            self.due.min(now)
        } else {
            now
        };
        self.due = from + interval;
    }

    /// Gives no slot before `until`.
    pub fn hold(&mut self, until: Instant) {
        self.due = self.due.max(until);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: Duration = Duration::from_millis(500);

    proptest! {
        /// Whatever the delays with which slots are taken, any three attempts in a row span more than
        /// an interval and never less than two intervals minus the catch-up.
        #[test]
        fn attempts_never_bunch(delays in prop::collection::vec(0u64..2_000, 2..200)) {
            let start = Instant::now();
            let mut slots = Slots::emptied(start, INTERVAL);
            let mut times = Vec::new();
            for delay in delays {
                let now = slots.due() + Duration::from_millis(delay);
                slots.take(now, INTERVAL);
                times.push(now);
            }
            for pair in times.windows(2) {
                prop_assert!(pair[1] - pair[0] >= INTERVAL - CATCH_UP);
            }
            for (index, at) in times.iter().enumerate() {
                let fair = INTERVAL * u32::try_from(index + 1).unwrap();
                prop_assert!(*at - start >= fair, "attempt {index} came before its slot on the grid");
            }
        }
    }

    #[test]
    fn small_delays_do_not_add_up() {
        let start = Instant::now();
        let mut slots = Slots::emptied(start, INTERVAL);
        for _ in 0..100 {
            slots.take(slots.due() + Duration::from_millis(5), INTERVAL);
        }
        assert_eq!(slots.due() - start, INTERVAL * 101);
    }

    #[test]
    fn an_idle_bucket_saves_nothing_up() {
        let start = Instant::now();
        let mut slots = Slots::emptied(start, INTERVAL);
        let later = start + Duration::from_secs(3600);
        slots.take(later, INTERVAL);
        assert_eq!(slots.due(), later + INTERVAL);
    }
}
