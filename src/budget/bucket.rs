//! One bucket: its slots, its pace, who waits for it, and what to do next. All of it is decided here, in synchronous
//! code under the lock of whoever owns the bucket; the driver (`driver.rs`) only sleeps and asks the store.

mod line;
mod serve;
mod stats;

use super::{
    BucketKey, Lane, Refused,
    key::Packed,
    latency::Latencies,
    pace::{self, Pace},
    places::{HeldPlace, Places},
    queue::Full,
    slots::{Ask, CATCH_UP, Micros, Slots},
    store::{Alone, Reservation, Store, Terms},
    ticket::Under,
};

pub use stats::{BucketStats, Prospect};

use line::Line;
pub(super) use line::{Entered, Handed, Joined, Joining, Slot, Taken, Turn};

/// A reservation reaches so far ahead at most, unless one slot alone is further: what was reserved for one caller cannot be
/// had by a more urgent one of another replica.
const REACH: Micros = 200_000;

/// A place in flight is held while the next slot is so near, and given back otherwise.
const HOLD_PLACE: Micros = 100_000;

/// What a bucket must know of the world around it.
pub(super) struct Around<'a> {
    pub(super) key: &'a BucketKey,
    pub(super) packed: Packed,
    pub(super) store: &'a dyn Store,
    pub(super) places: &'a Places,
    pub(super) latencies: &'a Latencies,
    /// How many may wait.
    pub(super) room: usize,
    pub(super) now: Micros,
}

impl Around<'_> {
    fn terms(&self) -> Terms {
        self.store.terms(self.key.api.effect(), self.now)
    }

    fn usual_latency(&self) -> Micros {
        self.latencies
            .usual(self.packed.region(), self.key.api, self.now)
    }
}

/// One bucket. Small while nobody waits and nothing was throttled: there may be a million.
#[derive(Debug)]
pub(super) struct Bucket {
    /// When it may give the next slot by itself.
    slots: Slots,
    /// The interval of the quota that is ours.
    turn: Micros,
    /// Slots spent.
    spent: u64,
    /// What throttles have taught.
    slowed: Option<Box<Slowed>>,
    /// Who waits, and what is reserved for them.
    line: Option<Box<Line>>,
}

#[derive(Debug, Clone, Copy)]
struct Slowed {
    pace: Pace,
    throttles: u64,
    last: Micros,
}

/// What the driver does next.
#[derive(Debug)]
pub(super) enum Step {
    /// Nobody waits any more: end.
    Rest,
    /// Look again at this moment, or when something changes.
    Until(Micros),
    /// Ask the store.
    Reserve(Ask),
    /// Wait for a place in flight for this lane.
    Place(Lane),
    /// Look again at once.
    Again,
}

/// A slot that can be used now.
enum Ready {
    /// By our own count, which then stands at this.
    Own(Slots),
    /// The first one in hand.
    Reserved(Slot),
}

impl Bucket {
    /// A bucket at this interval that gives nothing before `due`.
    pub(super) fn new(turn: Micros, due: Micros) -> Self {
        Self {
            slots: Slots::due_at(due),
            turn,
            spent: 0,
            slowed: None,
            line: None,
        }
    }

    /// The quota has changed.
    pub(super) fn set_turn(&mut self, turn: Micros) {
        self.turn = turn;
    }

    /// Takes a slot and a place, if both are there, nobody waits, and the answer will be in time.
    pub(super) fn take_in_time(
        &mut self,
        around: &Around<'_>,
        joining: &Joining,
    ) -> Option<(HeldPlace, Taken)> {
        let answer = around.now + around.usual_latency();
        if self.line.is_some() || self.slots.due() > around.now || answer > joining.deadline {
            return None;
        }
        let Terms::Alone(alone) = around.terms() else {
            return None;
        };
        let (slot, after) = self.own_slot(alone, around.now)?;
        if slot > around.now {
            return None;
        }
        let place = around.places.try_take(joining.lane)?;
        let before = self.slots;
        self.slots = after;
        self.spent += 1;
        let under = self.under();
        Some((
            place,
            Taken::Own {
                before,
                after,
                under,
            },
        ))
    }

    /// An attempt was throttled whose slot was given under this pace: slow down, and say so to the others.
    pub(super) fn throttled(&mut self, around: &Around<'_>, under: Under, jitter: Micros) {
        let now = around.now;
        let Under(before) = self.under();
        let changed = match &mut self.slowed {
            None => {
                self.slowed = Some(Box::new(Slowed {
                    pace: Pace::cut(now),
                    throttles: 1,
                    last: now,
                }));
                true
            }
            Some(slowed) => {
                slowed.throttles += 1;
                slowed.last = now;
                !slowed.pace.is_newer_than(under.0) && slowed.pace.throttled(now)
            }
        };
        self.slots.hold(now + pace::QUIET + jitter);
        if let Some(line) = &mut self.line {
            line.hand.clear();
            line.wake.notify_one();
        }
        if let (true, Some(slowed)) = (changed, &self.slowed) {
            around
                .store
                .slowed(around.key.clone(), before, slowed.pace, pace::QUIET);
        }
    }

    /// The pace under which a slot is given now.
    fn under(&self) -> Under {
        Under(self.slowed.as_ref().map(|slowed| slowed.pace.cut_at()))
    }

    /// Whether forgetting this bucket loses nothing that counts: nobody waits, its slot has been due for `idle`, and what
    /// throttles taught is forgotten.
    pub(super) fn is_idle(&self, now: Micros, idle: Micros) -> bool {
        let slowed = self.slowed.as_ref();
        self.line.is_none()
            && self.slots.due().saturating_add(idle) < now
            && slowed.is_none_or(|slowed| slowed.pace.forgotten(now))
    }

    /// Gives back a slot whose attempt never left.
    pub(super) fn refund(&mut self, taken: &Taken) {
        match taken {
            Taken::Own { before, after, .. } if self.slots == *after => self.slots = *before,
            Taken::Own { .. } => return,
            Taken::Reserved(slot) => match &mut self.line {
                Some(line) => line.hand.push_front(*slot),
                None => return,
            },
        }
        self.spent = self.spent.saturating_sub(1);
        if let Some(line) = &self.line {
            line.wake.notify_one();
        }
    }

    /// The time from one slot to the next now, of the whole fleet.
    fn interval(&self, now: Micros) -> Micros {
        match &self.slowed {
            None => self.turn,
            Some(slowed) => stretched(self.turn, 1.0 / slowed.pace.factor(now)),
        }
    }

    /// The next slot by our own count, and where the count then stands.
    fn own_slot(&self, alone: Alone, now: Micros) -> Option<(Micros, Slots)> {
        let mut after = self.slots;
        after.hold(alone.not_before + u64::from(alone.intervals) * self.turn);
        let ask = Ask {
            count: 1,
            interval: self.interval(now) * u64::from(alone.parts),
            turn: self.turn,
            not_before: 0,
        };
        if alone.turns.all() {
            let slot = after.next(now, ask.interval);
            return Some((slot, after));
        }
        let ahead = |at: Micros| at.saturating_add_signed(alone.ahead);
        // Whoever slept until a turn wakes a moment after it, and must still find it.
        let begun = now.saturating_sub(CATCH_UP);
        let mut there = Slots::due_at(ahead(after.due().max(begun)));
        let slot = there
            .reserve(ahead(begun), ask, alone.turns)
            .first()
            .copied()?;
        let back = |at: Micros| at.saturating_add_signed(alone.ahead.saturating_neg());
        Some((back(slot), Slots::due_at(back(there.due()))))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "intervals are minutes at most, and saturate"
)]
fn stretched(span: Micros, by: f64) -> Micros {
    (span as f64 * by).ceil() as Micros
}
