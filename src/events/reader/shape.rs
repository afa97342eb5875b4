//! How many windows of a cell are read side by side, and how long each is. Pure.
//!
//! One page after the other takes a call's latency each, and the quota allows more: so many windows at once that calls
//! leave as fast as they may, and no more. A window costs half a page on average, because its last page is not full: so
//! windows are long where much is left. One that turns out to be longer than the others is cut again while it is read, so
//! that all end about together.

use std::time::Duration;

use crate::events::span::Span;

/// Windows at once at most: a latency of 30 s at 2 calls a second.
const MOST_AT_ONCE: u32 = 64;

/// One page after the other in this time each is fast enough for anybody, whatever the quota.
const FAST: Duration = Duration::from_millis(20);

/// Pages that a window should have at least: below, its half page counts too much.
const FEWEST_PAGES: f64 = 3.0;

/// The same where all of it is wanted: with more, the last windows would end one after the other, while quota is left.
const FEWEST_PAGES_OF_ALL: f64 = 2.0;

/// What has so many times that is worth a cut.
const WORTH_A_CUT: f64 = 1.5;

/// Pages that a window should have at most: longer ones save nothing more, and what they bring must wait for the newer.
const MOST_PAGES: f64 = 24.0;

/// Windows that are done and windows that are being read share the memory.
const GENERATIONS: f64 = 2.0;

/// What a page that waits takes, about, packed, before any was seen.
pub(super) const PACKED_PAGE: usize = 16_000;

/// So many windows at once spend all of the quota: while one call takes `latency`, so many others leave.
///
/// A call that is answered before the next may leave needs no company. The quarter is for what the answers take here.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and clamped"
)]
pub(super) fn at_once(latency: Duration, interval: Duration) -> usize {
    let latency = latency.as_secs_f64();
    let by_quota = latency / interval.as_secs_f64().max(1e-6) + 0.25;
    let by_speed = latency / FAST.as_secs_f64();
    let calls = by_quota.min(by_speed).ceil();
    let calls = calls.clamp(1.0, f64::from(MOST_AT_ONCE));
    calls as usize
}

/// What is known of what is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Events a second; `None` if nothing is known.
    pub(super) density: Option<f64>,
    /// Events on a page.
    pub(super) page: f64,
    /// Windows at once.
    pub(super) at_once: f64,
    /// Bytes that may wait.
    pub(super) bytes: f64,
    /// What a page that waits takes of them.
    pub(super) packed_page: f64,
    /// Whether all of it is wanted, or nobody knows how much.
    pub(super) all: bool,
}

impl Shape {
    /// The same, of a part that is known to be so dense.
    pub(super) fn of(self, density: Option<f64>) -> Self {
        Self {
            density: density.or(self.density),
            ..self
        }
    }

    /// How many pages these seconds have; `None` if that is not known.
    pub(super) fn pages(&self, seconds: u64) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "seconds of ninety days")]
        let seconds = seconds as f64;
        self.density.map(|density| density * seconds / self.page)
    }

    /// Where to cut a window that so many can read: the first second of the newer part, which one of them reads while the
    /// others have the older. `None` if it is better left whole.
    ///
    /// Cuts lie on multiples of a power of two, so that callers who ask for much the same ask for the same pages.
    pub(super) fn cut(&self, span: Span, readers: usize) -> Option<i64> {
        let pages = self.pages(span.seconds())?;
        let fewest = match self.all {
            true => FEWEST_PAGES_OF_ALL,
            false => FEWEST_PAGES,
        };
        if pages < WORTH_A_CUT * fewest {
            return None;
        }
        // Windows that are read side by side end together. What they bring waits for its turn while the next are read.
        let room = self.bytes / (GENERATIONS * self.at_once * self.packed_page.max(1.0));
        let most = MOST_PAGES.min(room).max(fewest);
        let wanted = match self.all {
            true => (pages / as_f64(readers.max(1) as u64)).clamp(fewest, most),
            false => fewest,
        };
        let length = power_of_two(wanted / pages * as_f64(span.seconds()))?;
        let from = (span.to() - length / 2).div_euclid(length) * length;
        // What is left must be worth a call too.
        (from - span.from() >= length / 2 && from > span.from()).then_some(from)
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of ninety days")]
fn as_f64(seconds: u64) -> f64 {
    seconds as f64
}

/// The power of two that is nearest below one and a half times this; `None` below a second.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive, and at most ninety days"
)]
fn power_of_two(length: f64) -> Option<i64> {
    let whole = (length * 1.414).floor().min(1e9) as u64;
    let exponent = whole.checked_ilog2()?;
    Some(1_i64 << exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(density: f64, at_once: f64, all: bool) -> Shape {
        Shape {
            density: Some(density),
            page: 50.0,
            at_once,
            bytes: 32e6,
            packed_page: 16e3,
            all,
        }
    }

    #[test]
    fn as_many_as_leave_while_one_is_answered() {
        let at_once = |latency, interval| {
            super::at_once(
                Duration::from_millis(latency),
                Duration::from_millis(interval),
            )
        };
        assert_eq!(at_once(0, 500), 1, "nothing is known yet");
        assert_eq!(at_once(100, 500), 1);
        assert_eq!(at_once(1_000, 500), 3);
        assert_eq!(at_once(4_000, 500), 9);
        assert_eq!(at_once(60_000, 500), 64);
        assert_eq!(at_once(5, 0), 1, "a quota that nobody reaches");
        assert_eq!(at_once(100, 0), 5);
    }

    #[test]
    fn what_is_not_known_or_not_worth_it_is_left_whole() {
        let day = Span::new(0, 86_399).unwrap();
        let unknown = Shape {
            density: None,
            ..shape(1.0, 9.0, true)
        };
        assert_eq!(unknown.cut(day, 9), None);
        assert_eq!(shape(0.0, 9.0, true).cut(day, 9), None);
        assert_eq!(shape(0.001, 9.0, true).cut(day, 9), None, "two pages");
        assert_eq!(shape(1e9, 9.0, true).cut(Span::new(5, 5).unwrap(), 9), None);
    }

    #[test]
    fn windows_are_long_where_much_is_left_and_short_where_little_is() {
        let pages = |days: i64, all| {
            let span = Span::new(0, days * 86_400 - 1).unwrap();
            let shape = shape(1.0, 9.0, all);
            let cut = shape.cut(span, 9).unwrap();
            let newer = span.since(cut).unwrap();
            shape.pages(newer.seconds()).unwrap()
        };
        assert!(
            (12.0..=36.0).contains(&pages(80, true)),
            "{}",
            pages(80, true)
        );
        assert!((2.0..=5.0).contains(&pages(80, false)));
        let small = Span::new(0, 600).unwrap();
        let cut = shape(1.0, 9.0, true).cut(small, 9).unwrap();
        assert!((1.0..=6.0).contains(&(as_f64(small.since(cut).unwrap().seconds()) / 50.0)));
    }

    proptest! {
        #[test]
        fn a_cut_leaves_two_parts_that_are_the_whole(
            from in -1_000_000_000_i64..2_000_000_000,
            seconds in 1_i64..8_000_000,
            density in 0.0..1e5_f64,
            at_once in 1.0..64.0_f64,
            bytes in 0.0..1e9_f64,
            readers in 0_usize..64,
            all: bool,
        ) {
            let span = Span::new(from, from + seconds - 1).unwrap();
            let shape = Shape { bytes, ..shape(density, at_once.floor(), all) };
            let mut left = Some(span);
            let mut parts: u64 = 0;
            let mut cuts = 0;
            while let Some(rest) = left {
                let Some(cut) = shape.cut(rest, readers) else {
                    parts += rest.seconds();
                    break;
                };
                let newer = rest.since(cut).unwrap();
                prop_assert!(newer.seconds() < rest.seconds());
                parts += newer.seconds();
                left = rest.before(cut);
                cuts += 1;
                prop_assert!(cuts < 200_000);
                if cuts == 5_000 {
                    parts += left.map_or(0, Span::seconds);
                    break;
                }
            }
            prop_assert_eq!(parts, span.seconds());
        }
    }
}
