//! How far the store's clock is ahead of ours, as the answers show it. Pure.

use crate::budget::slots::Micros;

/// Two clocks part by no more than this: 100 µs in a second, several times what a quartz does.
const DRIFT: i64 = 10_000;

/// The store's clock, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    ahead: i64,
    /// It is known to this.
    blur: i64,
    /// When, by our clock.
    at: Micros,
}

impl Sight {
    /// An answer that shows `store`, asked at `sent` and here at `came`, both by our clock.
    pub(super) fn of(sent: Micros, came: Micros, store: Micros) -> Self {
        let half = came.saturating_sub(sent) / 2;
        Self {
            ahead: difference(store, sent + half),
            // What rounding may add.
            blur: difference(half, 0) + 1,
            at: came,
        }
    }

    /// What is known with this answer as well: the sharper of the two, or the newer if they contradict each other,
    /// because then the store's clock was set.
    pub(super) fn and(self, new: Self) -> Self {
        let old = self.blur(new.at);
        let apart = (new.ahead - self.ahead).abs();
        if apart > old + new.blur || new.blur <= old {
            new
        } else {
            self
        }
    }

    /// The store's clock minus ours.
    pub(super) fn ahead(self) -> i64 {
        self.ahead
    }

    /// The store's clock at `now` of ours.
    pub(super) fn store(self, now: Micros) -> Micros {
        now.saturating_add_signed(self.ahead)
    }

    /// The latest that the store's clock can show at `now` of ours.
    pub(super) fn latest(self, now: Micros) -> Micros {
        self.store(now).saturating_add_signed(self.blur(now))
    }

    fn blur(self, now: Micros) -> i64 {
        self.blur + difference(now, self.at) / DRIFT
    }
}

/// `a` minus `b`.
pub(super) fn difference(a: Micros, b: Micros) -> i64 {
    let wide = i128::from(a) - i128::from(b);
    i64::try_from(wide).unwrap_or(if wide > 0 { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However answers are delayed on their way, what is known is right to the blur.
        #[test]
        fn the_truth_is_within_the_blur(
            ahead in 0u64..1_000_000_000,
            trips in prop::collection::vec((0u64..30_000, 0u64..30_000, 0u64..1_000_000), 1..50),
        ) {
            let mut now = 0;
            let mut sight: Option<Sight> = None;
            for (there, back, pause) in trips {
                let new = Sight::of(now, now + there + back, now + there + ahead);
                now += there + back;
                sight = Some(sight.map_or(new, |sight| sight.and(new)));
                let sight = sight.unwrap();
                prop_assert!((sight.ahead() - i64::try_from(ahead).unwrap()).abs() <= sight.blur(now));
                prop_assert!(sight.latest(now) >= now + ahead);
                now += pause;
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_is_believed() {
        let sharp = Sight::of(0, 10, 1_000_005);
        let set = Sight::of(100, 40_100, 9_020_100);
        assert_eq!(sharp.and(set), set);
        let dull = Sight::of(100, 40_100, 1_010_100);
        assert_eq!(sharp.and(dull), sharp);
    }
}
