//! What to do next for those who wait, and handing slots to them.

use std::time::Duration;

use super::{
    Around, Ask, Bucket, HOLD_PLACE, HeldPlace, Lane, Line, Micros, Places, REACH, Ready, Refused,
    Reservation, Step, Taken, Terms, Turn,
};
use crate::budget::{
    queue,
    slots::{CATCH_UP, micros},
};

/// A deadline is near if it comes before so many more slots, and the answer, have.
const NEAR: u64 = 2;

/// How much the newest spacing counts.
const RECENT: f64 = 0.2;

impl Bucket {
    /// Serves one who waits if that can be done now, and says what to do next.
    pub(in crate::budget) fn step(&mut self, around: &Around<'_>) -> Step {
        match self.line.as_ref().map(|line| line.queue.is_empty()) {
            None => return Step::Rest,
            Some(true) => {
                self.rest(around);
                return Step::Rest;
            }
            Some(false) => {}
        }
        let slot = match self.slot(around) {
            Ok(slot) => slot,
            Err(step) => return step,
        };
        match self.place(around) {
            Ok((turn, place)) => {
                self.serve(around, &turn, place, slot);
                Step::Again
            }
            Err(lane) => Step::Place(lane),
        }
    }

    /// A place that the driver waited for: kept for the next step.
    pub(in crate::budget) fn hold(&mut self, lane: Lane, place: HeldPlace) {
        if let Some(line) = &mut self.line {
            line.held = Some((lane, place));
        }
    }

    /// What the store has given.
    pub(in crate::budget) fn reserved(&mut self, around: &Around<'_>, given: &Reservation) -> Step {
        let under = self.under();
        if let Some(pace) = given.pace {
            self.learn(pace, around.now);
        }
        let interval = self.interval(around.now);
        let Some(line) = &mut self.line else {
            return Step::Rest;
        };
        for delay in &given.slots {
            let at = around.now + delay;
            let since = at.saturating_sub(line.last);
            // While we wait the whole time, the time between our slots tells how many others want some too.
            if since < 60 * interval {
                let spacing = ratio(since, interval).max(1.0);
                line.spacing += (spacing - line.spacing) * RECENT;
            }
            line.last = at;
            line.hand.push_back(super::Slot { at, under });
        }
        line.reserved = Some((given.due, given.ahead));
        match given.slots.is_empty() {
            true => Step::Until(around.now + micros(given.retry_after)),
            false => Step::Again,
        }
    }

    /// Everybody who waits is told no.
    pub(in crate::budget) fn refuse_all(&mut self, refused: Refused) {
        if let Some(line) = &mut self.line {
            for waiting in line.queue.drain() {
                // Whoever left meanwhile does not hear it.
                let _ = waiting.hand.send(Err(refused));
            }
        }
    }

    /// Takes over the pace that all share, unless it was asked for before the last throttle here was told: then it cannot
    /// know of it.
    fn learn(&mut self, pace: super::Pace, now: Micros) {
        let asked = self.line.as_ref().map_or(0, |line| line.asked);
        match &mut self.slowed {
            Some(slowed) if slowed.last < asked => slowed.pace = pace,
            Some(_) => {}
            None => {
                self.slowed = Some(Box::new(super::Slowed {
                    pace,
                    throttles: 0,
                    last: pace.cut_at().min(now),
                }));
            }
        }
    }

    /// A slot that can be used now, or what to do to get one.
    fn slot(&mut self, around: &Around<'_>) -> Result<Ready, Step> {
        let now = around.now;
        let not_before = self.slots.due().saturating_sub(now);
        let interval = self.interval(now);
        let Some(line) = &mut self.line else {
            return Err(Step::Rest);
        };
        // A slot that was not used in its time would come too close to the next one.
        while line
            .hand
            .front()
            .is_some_and(|slot| slot.at + CATCH_UP < now)
        {
            line.hand.pop_front();
        }
        if let Some(slot) = line.hand.front().copied() {
            return match slot.at <= now {
                true => Ok(Ready::Reserved(slot)),
                false => Err(line.until(slot.at, now)),
            };
        }
        match around.terms() {
            Terms::Alone(alone) => match self.own_slot(alone, now) {
                Some((slot, after)) if slot <= now => Ok(Ready::Own(after)),
                Some((slot, _)) => Err(self.until(slot, now)),
                None => Err(self.no_turn()),
            },
            Terms::Ask => {
                let reach = u32::try_from(REACH / interval.max(1)).unwrap_or(1).max(1);
                line.asked = now;
                let waiting = u32::try_from(line.queue.len()).unwrap_or(u32::MAX);
                Err(Step::Reserve(Ask {
                    count: waiting.min(reach),
                    interval,
                    turn: self.turn,
                    not_before,
                }))
            }
            Terms::Refuse { retry_after } => {
                self.refuse_all(Refused::Unreachable { retry_after });
                Err(Step::Again)
            }
        }
    }

    fn until(&mut self, slot: Micros, now: Micros) -> Step {
        match &mut self.line {
            Some(line) => line.until(slot, now),
            None => Step::Rest,
        }
    }

    /// No turn is ours, and none will be while it is like this.
    fn no_turn(&mut self) -> Step {
        let retry_after = Duration::from_micros(self.turn);
        self.refuse_all(Refused::Unreachable { retry_after });
        Step::Again
    }

    /// A place in flight for whoever is next, or else for who is next of those with other places; or the lane to wait for.
    fn place(&mut self, around: &Around<'_>) -> Result<(queue::Turn, HeldPlace), Lane> {
        let pressing = around.now + around.usual_latency() + NEAR * self.interval(around.now);
        let Some(line) = &mut self.line else {
            return Err(Lane::Interactive);
        };
        let held = line.held.take();
        let Some(first) = line.queue.next(pressing, |_| true) else {
            return Err(Lane::Interactive);
        };
        let lane = first.lane();
        let other = line.queue.next(pressing, |l| !Places::same(l, lane));
        let mut turns = [Some(first), other].into_iter().flatten();
        if let Some((held, place)) = held
            && let Some(turn) = turns.clone().find(|turn| Places::same(held, turn.lane()))
        {
            return Ok((turn, place));
        }
        turns
            .find_map(|turn| Some((turn.clone(), around.places.try_take(turn.lane())?)))
            .ok_or(lane)
    }

    /// Hands the slot and the place to whose turn it is. If its answer would come too late it hears so, and the slot stays
    /// for the next step.
    fn serve(&mut self, around: &Around<'_>, turn: &queue::Turn, place: HeldPlace, slot: Ready) {
        let usual = around.usual_latency();
        let (before, under) = (self.slots, self.under());
        let Some(line) = &mut self.line else {
            return;
        };
        let Some(next) = line.queue.take(turn) else {
            return;
        };
        if around.now + usual > next.deadline {
            // Whoever left meanwhile does not hear it.
            let _ = next.hand.send(Err(Refused::too_late(self.turn)));
            return;
        }
        line.queue.served(turn);
        let taken = match slot {
            Ready::Own(after) => {
                self.slots = after;
                Taken::Own {
                    before,
                    after,
                    under,
                }
            }
            Ready::Reserved(slot) => {
                line.hand.pop_front();
                // For the day on which we count by ourselves again.
                self.slots.hold(slot.at);
                Taken::Reserved(slot)
            }
        };
        self.spent += 1;
        // It takes itself out of the queue when it leaves, under the lock that we hold: it is there.
        let at = around.now;
        let _ = next.hand.send(Ok(Turn { place, taken, at }));
    }

    /// Nobody waits any more: what is reserved goes back.
    fn rest(&mut self, around: &Around<'_>) {
        let Some(line) = self.line.take() else {
            return;
        };
        if let (Some(unused), Some((due, ahead))) = (line.hand.front(), line.reserved) {
            let unused = unused.at.saturating_add_signed(ahead);
            around.store.give_back(around.key.clone(), due, unused);
        }
    }
}

impl Line {
    /// Sleep until this slot; a place is held only for one that is near.
    fn until(&mut self, slot: Micros, now: Micros) -> Step {
        if slot > now + HOLD_PLACE {
            self.held = None;
        }
        Step::Until(slot)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "spans of minutes in microseconds"
)]
fn ratio(part: Micros, whole: Micros) -> f64 {
    part as f64 / whole.max(1) as f64
}
