//! What this replica may do by itself, as far as it knows: a pure state machine, fed with what became of each call.
//! Moments are on our clock.

use std::time::Duration;

use super::{
    super::super::slots::{Micros, Turns, micros},
    super::{Alone, StoreKind, StoreState, StoreStatus, Terms},
    script::{BEAT, Heard, REACH, SILENT},
    sight::Sight,
};
use crate::domain::Effect;

/// So many calls in a row without an answer, beats or reservations, and the store is not asked any more.
const FAILURES: u32 = 3;

/// Added where two clocks are compared: what timers and schedulers may delay.
const MARGIN: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contact {
    Up,
    Down,
}

/// Which round trips fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// A beat.
    Beat,
    /// A batch of reservations.
    Reserve,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Standing {
    expected: u32,
    contact: Contact,
    /// Since when the state is what it is.
    since: Micros,
    state: StoreState,
    rank: Option<u32>,
    /// The number of ranks in force, as last heard.
    ranks: u32,
    alive: u32,
    /// The last moment at which the store may have heard us as a member.
    heard: Micros,
    sight: Option<Sight>,
    failed_beats: u32,
    failed_batches: u32,
}

impl Standing {
    /// Nothing is known yet.
    pub(super) fn new(expected: u32, now: Micros) -> Self {
        Self {
            expected,
            contact: Contact::Down,
            since: now,
            state: StoreState::Unreachable,
            rank: None,
            ranks: expected,
            alive: 0,
            heard: 0,
            sight: None,
            failed_beats: 0,
            failed_batches: 0,
        }
    }

    /// The terms for a call of this effect.
    pub(super) fn terms(&self, effect: Effect, now: Micros) -> Terms {
        if self.up() {
            return Terms::Ask;
        }
        match (effect, self.rank, self.sight) {
            (Effect::Read, Some(rank), Some(sight)) => Terms::Alone(Alone {
                turns: Turns::only(rank, self.ranks),
                ahead: sight.ahead(),
                not_before: self.alone_from(),
                // Together with the reach, which is in `alone_from`, this is the script's horizon, and one to the next.
                intervals: self.ranks + 1,
                ..Alone::WHOLE
            }),
            _ => Terms::Refuse {
                retry_after: self.retry_after(now),
            },
        }
    }

    /// The others know that we are on our own, and what they reserved before is over but for an interval a rank.
    fn alone_from(&self) -> Micros {
        let reach = micros(REACH) * u64::from(self.ranks);
        self.heard + micros(SILENT) + micros(MARGIN) + reach
    }

    /// The store may be back at the next probe; the longer it is gone, the longer it may still be.
    fn retry_after(&self, now: Micros) -> Duration {
        let gone = Duration::from_micros(now.saturating_sub(self.since));
        (gone / 2).clamp(BEAT, Duration::from_secs(30))
    }

    /// Whether the store is asked.
    pub(super) fn up(&self) -> bool {
        self.contact == Contact::Up
    }

    /// The rank that we want: the one that we had.
    pub(super) fn rank(&self) -> Option<u32> {
        self.rank
    }

    /// The store's clock, if any answer has shown it.
    pub(super) fn sight(&self) -> Option<Sight> {
        self.sight
    }

    /// An answer showed the store's clock.
    pub(super) fn saw(&mut self, sight: Sight) {
        self.sight = Some(self.sight.map_or(sight, |old| old.and(sight)));
    }

    /// A beat as a member leaves now; the store takes it until `until` at the latest, also if we never hear of it.
    pub(super) fn beat_leaves(&mut self, until: Micros) {
        self.heard = self.heard.max(until);
    }

    /// A beat was answered.
    pub(super) fn beat_came(&mut self, heard: &Heard, now: Micros) {
        self.heard = self.heard.max(now);
        self.failed_beats = 0;
        self.rank = heard.rank;
        self.ranks = heard.ranks;
        self.alive = heard.alive;
        let state = match Turns::of(heard.ranks, heard.open).all() {
            true => StoreState::Healthy,
            false => StoreState::ScaledDown,
        };
        if self.up() {
            self.turn_to(state, now);
        }
    }

    /// A batch was answered.
    pub(super) fn batch_came(&mut self) {
        self.failed_batches = 0;
    }

    /// A call was not answered in time, or badly. `true` if that was one too many: the store is not asked any more.
    pub(super) fn failed(&mut self, call: Call, now: Micros) -> bool {
        let count = match call {
            Call::Beat => &mut self.failed_beats,
            Call::Reserve => &mut self.failed_batches,
        };
        *count += 1;
        let broken = *count >= FAILURES && self.up();
        if broken {
            self.contact = Contact::Down;
            self.turn_to(StoreState::Unreachable, now);
        }
        broken
    }

    /// A probe of everything was answered: the store is asked again.
    pub(super) fn back(&mut self, now: Micros) {
        self.contact = Contact::Up;
        self.failed_beats = 0;
        self.failed_batches = 0;
        self.turn_to(StoreState::ScaledDown, now);
    }

    /// We have promised to spend nothing more.
    pub(super) fn left(&mut self, now: Micros) {
        self.contact = Contact::Down;
        self.rank = None;
        self.turn_to(StoreState::Unreachable, now);
    }

    fn turn_to(&mut self, state: StoreState, now: Micros) {
        if self.state != state {
            self.state = state;
            self.since = now;
        }
    }

    /// How the store is.
    pub(super) fn status(&self) -> StoreStatus {
        StoreStatus {
            kind: StoreKind::Redis,
            state: self.state,
            alive: match self.up() {
                true => self.alive,
                false => 0,
            },
            expected: self.expected,
            since: self.since,
        }
    }
}

#[cfg(test)]
mod tests;
