//! Time slots: the pure arithmetic of a pace, in whole microseconds of one clock. No clock is read here.
//!
//! The shared store does the same sums in its script (`store/redis/slots.lua`), and a test compares the two slot for
//! slot. Whoever changes one changes both.

use std::time::Duration;

/// A moment, or a span, in microseconds of the clock that slots are counted on.
pub type Micros = u64;

/// How late a slot may be taken and still leave the next one where it was. Timers and schedulers wake a few
/// milliseconds late; without this each such delay would be lost for good. It is also the most by which two
/// attempts can come closer than the interval, well inside what a bucket of depth 2 forgives.
pub const CATCH_UP: Micros = 20_000;

/// The most parts that a quota is shared out in: what a script's numbers hold as bits.
pub const MOST_TURNS: u32 = 48;

/// Whose turn a slot is, while not all who share the quota can see each other.
///
/// Time is then cut into turns of one interval each, dealt out in order: turn `i` belongs to rank `i mod n`. Whoever
/// keeps to its own turns meets nobody, without a word to anybody. With all turns open there is nothing to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turns {
    n: u32,
    open: u64,
}

impl Turns {
    /// Everybody is there: any moment will do.
    pub const ALL: Self = Self { n: 1, open: 1 };

    /// Of `n` ranks those with a bit in `open` may be used. `n` is taken as 1 at least and [`MOST_TURNS`] at most.
    pub fn of(n: u32, open: u64) -> Self {
        let n = n.clamp(1, MOST_TURNS);
        Self {
            n,
            open: open & ((1 << n) - 1),
        }
    }

    /// The turns of one rank alone.
    pub fn only(rank: u32, n: u32) -> Self {
        Self::of(n, 1u64.checked_shl(rank).unwrap_or(0))
    }

    /// Whether any moment will do.
    pub fn all(self) -> bool {
        self.share() == (self.n, self.n)
    }

    /// So many of so many turns are open.
    pub fn share(self) -> (u32, u32) {
        (self.open.count_ones(), self.n)
    }

    /// The first moment from `at` that is open; `None` if none ever is.
    fn next(self, at: Micros, turn: Micros) -> Option<Micros> {
        if self.all() {
            return Some(at);
        }
        let turn = turn.max(1);
        let first = at.div_ceil(turn);
        let open = |index: &u64| self.open >> (index % u64::from(self.n)) & 1 == 1;
        let index = (first..first + u64::from(self.n)).find(open)?;
        Some(index * turn)
    }
}

/// What is asked of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// How many slots; no more than what waits.
    pub count: u32,
    /// The time from one slot to the next, by the pace.
    pub interval: Micros,
    /// How long a turn is: the interval of the whole quota.
    pub turn: Micros,
    /// No slot sooner than this from now: what the asker knows and the bucket may not.
    pub not_before: Micros,
}

/// The next slot of a bucket. Slots follow each other at the interval and are never saved up: an idle bucket
/// gives one at once and the next an interval later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    due: Micros,
}

impl Slots {
    /// A bucket that gives nothing before `due`.
    pub fn due_at(due: Micros) -> Self {
        Self { due }
    }

    /// When the next slot may be taken.
    pub fn due(self) -> Micros {
        self.due
    }

    /// The next slots. Empty if no turn is open. A slot up to [`CATCH_UP`] before `now` is to be used at once.
    pub fn reserve(&mut self, now: Micros, ask: Ask, turns: Turns) -> Vec<Micros> {
        let mut slots = Vec::new();
        let mut at = self.from(now);
        if ask.not_before > 0 {
            at = at.max(now + ask.not_before);
        }
        for _ in 0..ask.count {
            let Some(slot) = turns.next(at, ask.turn) else {
                return slots;
            };
            slots.push(slot);
            at = slot + ask.interval;
            self.due = at;
        }
        slots
    }

    /// Takes the next slot if it is due, with all turns open.
    pub fn take(&mut self, now: Micros, interval: Micros) -> bool {
        let due = self.due <= now;
        if due {
            self.due = self.from(now) + interval;
        }
        due
    }

    /// The next slot, with all turns open: what [`Self::reserve`] gives first, without a list.
    pub fn next(&mut self, now: Micros, interval: Micros) -> Micros {
        let slot = self.from(now);
        self.due = slot + interval;
        slot
    }

    /// Takes slots back that were not used: the next is due at `unused` again, if nothing was given since `due`.
    pub fn give_back(&mut self, due: Micros, unused: Micros) {
        if self.due == due && unused < due {
            self.due = unused;
        }
    }

    /// Gives no slot before `until`.
    pub fn hold(&mut self, until: Micros) {
        self.due = self.due.max(until);
    }

    /// Where the next slot is: where it was due, unless that is too long ago to be caught up with.
    fn from(self, now: Micros) -> Micros {
        if self.due.saturating_add(CATCH_UP) < now {
            now
        } else {
            self.due
        }
    }
}

/// A span in microseconds.
pub fn micros(span: Duration) -> Micros {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: Micros = 500_000;

    fn ask(count: u32) -> Ask {
        Ask {
            count,
            interval: INTERVAL,
            turn: INTERVAL,
            not_before: 0,
        }
    }

    proptest! {
        /// Whatever the delays with which slots are taken, any two attempts are an interval apart, minus the
        /// catch-up, and none comes before its place on the grid.
        #[test]
        fn attempts_never_bunch(delays in prop::collection::vec(0u64..2_000_000, 2..200)) {
            let mut slots = Slots::due_at(INTERVAL);
            let mut times = Vec::new();
            for delay in delays {
                let now = slots.due() + delay;
                prop_assert!(slots.take(now, INTERVAL));
                times.push(now);
            }
            for pair in times.windows(2) {
                prop_assert!(pair[1] - pair[0] >= INTERVAL - CATCH_UP);
            }
            for (at, index) in times.iter().zip(1..) {
                prop_assert!(*at >= INTERVAL * index, "an attempt came before its slot on the grid");
            }
        }

        /// Any number who keep to turns of their own, each asking when it likes, together look like one.
        #[test]
        fn ranks_that_see_nobody_keep_out_of_each_others_way(
            n in 1u32..8,
            asks in prop::collection::vec((0u32..8, 0u64..900_000), 2..200),
        ) {
            let mut ranks = [Slots::due_at(0); 8];
            let mut now = 0;
            let mut all = Vec::new();
            for (rank, later) in asks {
                now += later;
                let rank = rank % n;
                let bucket = &mut ranks[usize::try_from(rank).unwrap()];
                all.extend(bucket.reserve(now, ask(1), Turns::only(rank, n)));
            }
            all.sort_unstable();
            for pair in all.windows(2) {
                prop_assert!(n == 1 || pair[1] - pair[0] >= INTERVAL);
            }
        }

        #[test]
        fn slots_are_reserved_in_open_turns_only(n in 2u32..9, open in 1u64..512, now in 0u64..10_000_000) {
            let turns = Turns::of(n, open);
            let mut bucket = Slots::due_at(0);
            let slots = bucket.reserve(now, ask(20), turns);
            if turns.share().0 == 0 {
                prop_assert!(slots.is_empty());
                return Ok(());
            }
            prop_assert_eq!(slots.len(), 20);
            for slot in &slots {
                let turn = slot / INTERVAL;
                prop_assert!(turns.all() || (turns.open >> (turn % u64::from(n))) & 1 == 1);
            }
            prop_assert!(slots.windows(2).all(|pair| pair[1] - pair[0] >= INTERVAL));
            prop_assert!(slots[0] + CATCH_UP >= now);
        }
    }

    #[test]
    fn small_delays_do_not_add_up() {
        let mut slots = Slots::due_at(INTERVAL);
        for _ in 0..100 {
            slots.take(slots.due() + 5_000, INTERVAL);
        }
        assert_eq!(slots.due(), INTERVAL * 101);
    }

    #[test]
    fn an_idle_bucket_saves_nothing_up() {
        let mut slots = Slots::due_at(INTERVAL);
        let later = 3_600_000_000;
        assert_eq!(slots.reserve(later, ask(1), Turns::ALL), [later]);
        assert_eq!(slots.due(), later + INTERVAL);
    }

    #[test]
    fn what_was_not_used_comes_back_unless_others_came_after() {
        let mut slots = Slots::due_at(0);
        let given = slots.reserve(0, ask(3), Turns::ALL);
        let due = slots.due();
        slots.give_back(due, given[1]);
        assert_eq!(slots.due(), given[1]);
        slots.give_back(due, given[0]);
        assert_eq!(
            slots.due(),
            given[1],
            "an older claim does not fit any more"
        );
    }

    #[test]
    fn with_all_turns_open_it_is_the_plain_pace() {
        let mut a = Slots::due_at(123);
        let mut b = a;
        let mut c = a;
        assert_eq!(c.next(500, INTERVAL), 123);
        assert_eq!(c.next(90_000_000, INTERVAL), 90_000_000);
        assert_eq!(
            a.reserve(500, ask(5), Turns::of(3, 0b111)),
            b.reserve(500, ask(5), Turns::ALL)
        );
    }
}
