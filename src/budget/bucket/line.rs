//! Who waits for a bucket, and the slots that are reserved for them.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::{Notify, oneshot};

use super::{Around, Bucket, Full, HeldPlace, Lane, Micros, Refused, Slots, Terms, stretched};
use crate::budget::{
    CallerId,
    queue::{Place, Queue, Waiting},
    slots::micros,
    ticket::Under,
};

/// What one who waits is handed.
pub(in crate::budget) type Handed = Result<Turn, Refused>;

/// The turn of one who waited.
#[derive(Debug)]
pub(in crate::budget) struct Turn {
    pub(in crate::budget) place: HeldPlace,
    pub(in crate::budget) taken: Taken,
    /// When it came.
    pub(in crate::budget) at: Micros,
}

/// A slot that was taken, for giving it back.
#[derive(Debug, Clone, Copy)]
pub(in crate::budget) enum Taken {
    /// By our own count, which went from here to there.
    Own {
        before: Slots,
        after: Slots,
        under: Under,
    },
    /// One that the store had given.
    Reserved(Slot),
}

impl Taken {
    /// Under which pace.
    pub(in crate::budget) fn under(&self) -> Under {
        match self {
            Self::Own { under, .. } => *under,
            Self::Reserved(slot) => slot.under,
        }
    }
}

/// A slot that the store gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::budget) struct Slot {
    /// Its moment, on our clock.
    pub(super) at: Micros,
    /// The pace that was known when it was asked for.
    pub(super) under: Under,
}

/// One who wants to wait.
pub(in crate::budget) struct Joining {
    pub(in crate::budget) caller: CallerId,
    pub(in crate::budget) lane: Lane,
    pub(in crate::budget) deadline: Micros,
}

/// See the module.
#[derive(Debug)]
pub(in crate::budget) struct Line {
    pub(super) queue: Queue<oneshot::Sender<Handed>>,
    /// Slots that the store gave, ascending.
    pub(super) hand: VecDeque<Slot>,
    /// When the store was last asked for some.
    pub(super) asked: Micros,
    /// The last reservation, for giving its end back: the store's due, and its clock minus ours.
    pub(super) reserved: Option<(Micros, i64)>,
    /// How much longer than the interval it takes from one slot of ours to the next: others reserve too.
    pub(super) spacing: f64,
    /// When the last slot in hand is or was.
    pub(super) last: Micros,
    /// A place held for the slot that is being reserved.
    pub(super) held: Option<(Lane, HeldPlace)>,
    /// Wakes the driver.
    pub(super) wake: Arc<Notify>,
}

impl Line {
    fn new(room: usize) -> Self {
        Self {
            queue: Queue::new(room),
            hand: VecDeque::new(),
            asked: 0,
            reserved: None,
            spacing: 1.0,
            last: 0,
            held: None,
            wake: Arc::default(),
        }
    }
}

/// A place in the line.
pub(in crate::budget) struct Joined {
    pub(in crate::budget) place: Place,
    pub(in crate::budget) handed: oneshot::Receiver<Handed>,
    /// For the first: what wakes whoever drives the line, which it must see to.
    pub(in crate::budget) drive: Option<Arc<Notify>>,
}

/// What becomes of one who comes.
pub(in crate::budget) enum Entered {
    /// It may go at once.
    Taken(HeldPlace, Taken),
    /// It waits.
    Joined(Joined),
}

impl Bucket {
    /// Lets one go at once if that can be, and puts it in line if its turn can come in time.
    pub(in crate::budget) fn enter(
        &mut self,
        around: &Around<'_>,
        joining: &Joining,
    ) -> Result<Entered, Refused> {
        match self.take_in_time(around, joining) {
            Some((place, taken)) => Ok(Entered::Taken(place, taken)),
            None => self.join(around, joining).map(Entered::Joined),
        }
    }

    fn join(&mut self, around: &Around<'_>, joining: &Joining) -> Result<Joined, Refused> {
        if let Terms::Refuse { retry_after } = around.terms() {
            return Err(Refused::Unreachable { retry_after });
        }
        let eta = self.promise(around, joining)?;
        let (hand, handed) = oneshot::channel();
        let first = self.line.is_none();
        let line = self
            .line
            .get_or_insert_with(|| Box::new(Line::new(around.room)));
        let waiting = Waiting {
            caller: joining.caller.clone(),
            lane: joining.lane,
            deadline: joining.deadline,
            since: around.now,
            hand,
        };
        let (place, gone) = line
            .queue
            .join(waiting)
            .map_err(|Full| Refused::too_late(eta))?;
        if let Some(gone) = gone {
            // Whoever was pushed out hears when its turn might have come.
            let _ = gone.hand.send(Err(Refused::too_late(eta)));
        }
        line.wake.notify_one();
        let drive = first.then(|| Arc::clone(&line.wake));
        Ok(Joined {
            place,
            handed,
            drive,
        })
    }

    /// Takes one who leaves out of the line.
    pub(in crate::budget) fn leave(&mut self, place: &Place) {
        if let Some(line) = &mut self.line {
            line.queue.leave(place);
            if line.queue.is_empty() {
                line.wake.notify_one();
            }
        }
    }

    /// How long from now until the turn of a request that comes now.
    pub(in crate::budget) fn eta(&self, around: &Around<'_>, joining: &Joining) -> Micros {
        match self.line.as_deref() {
            None => self.first_slot(around),
            Some(line) => {
                let outlook = line.queue.outlook(joining.lane, &joining.caller);
                let rank = outlook.rank(joining.deadline);
                self.wait(around, outlook.ahead(rank))
            }
        }
    }

    /// How long until the turn of a request that comes now; refused if that, or the answer, would be too late for it or,
    /// once it is let in, for another of the same caller's.
    fn promise(&self, around: &Around<'_>, joining: &Joining) -> Result<Micros, Refused> {
        let answered = around.now + around.usual_latency();
        let outlook = self
            .line
            .as_deref()
            .map(|line| line.queue.outlook(joining.lane, &joining.caller));
        let Some(outlook) = outlook else {
            let eta = self.first_slot(around);
            return match answered + eta <= joining.deadline {
                true => Ok(eta),
                false => Err(Refused::too_late(eta)),
            };
        };
        let rank = outlook.rank(joining.deadline);
        let eta = self.wait(around, outlook.ahead(rank));
        let at = |ahead| answered + self.wait(around, ahead);
        match outlook.promises(rank, joining.deadline, at) {
            true => Ok(eta),
            // There is room for it behind all that was promised to its caller.
            false => {
                let behind = self.wait(around, outlook.ahead(outlook.rank(Micros::MAX)));
                Err(Refused::too_late(behind))
            }
        }
    }

    /// How long until a slot that so many others go before.
    fn wait(&self, around: &Around<'_>, ahead: f64) -> Micros {
        let now = around.now;
        let line = self.line.as_deref();
        let first = match line.and_then(|line| line.hand.front()) {
            Some(slot) => slot.at.saturating_sub(now),
            None => self.first_slot(around),
        };
        let parts = match around.terms() {
            Terms::Alone(alone) => {
                let (open, of) = alone.turns.share();
                f64::from(alone.parts) * f64::from(of) / f64::from(open.max(1))
            }
            Terms::Ask | Terms::Refuse { .. } => line.map_or(1.0, |line| line.spacing),
        };
        first + stretched(self.interval(now), ahead * parts)
    }

    /// How long until the next slot, as far as that is known without asking.
    fn first_slot(&self, around: &Around<'_>) -> Micros {
        let due = match around.terms() {
            Terms::Alone(alone) => self
                .own_slot(alone, around.now)
                .map_or(self.slots.due(), |(slot, _)| slot),
            Terms::Ask => self.slots.due(),
            Terms::Refuse { retry_after } => around.now + micros(retry_after),
        };
        due.saturating_sub(around.now)
    }
}
