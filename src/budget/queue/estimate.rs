//! How many slots go to others before one who comes now, and whether those who were let in before still get theirs in
//! time if it is let in too.

use super::{CallerId, Lane, Line, Micros, Queue, caller::Requests, floor};

/// Others will come whose turn is sooner. Of what is ahead of a request that wants to be let in, so much more is reckoned
/// with …
const NEW: f64 = 2.0;
/// … and of what is ahead of one that was let in before.
const OLD: f64 = 1.5;
/// Lanes above may take so much more than they did lately.
const BUSIER: f64 = 1.5;

/// What is ahead of the requests of one caller in one lane.
pub(in crate::budget) struct Outlook {
    /// `others[r]`: slots of other callers before this one's request of rank `r`.
    others: Vec<usize>,
    /// The deadlines of the caller's own requests, by rank.
    own: Vec<Micros>,
    /// Other callers in the lane at a time, lately, and how surely others follow those who are served.
    usual: f64,
    coming: f64,
    /// What waits in lanes above.
    above: f64,
    /// The part of the slots that lanes above take, and that this one gets at least.
    taken: f64,
    least: f64,
    /// What lanes below are owed of each slot.
    owed: f64,
}

impl<T> Queue<T> {
    /// What is ahead of this caller in this lane.
    pub(in crate::budget) fn outlook(&self, lane: Lane, caller: &CallerId) -> Outlook {
        let line = self.of(lane);
        let above = Lane::ALL.into_iter().filter(|other| *other < lane);
        let (mut waiting, mut taken) = (0, 0.0);
        for other in above {
            let line = self.of(other);
            waiting += line.size;
            taken += f64::from(line.served);
        }
        let below = Lane::ALL.into_iter().filter(|other| *other > lane);
        let owed: f32 = below
            .filter(|other| self.of(*other).size > 0)
            .map(floor)
            .sum();
        let own = line.callers.get(caller);
        Outlook {
            others: line.others(caller, own.map_or(0, Requests::len)),
            own: own.map_or_else(Vec::new, |own| own.values().map(|w| w.deadline).collect()),
            usual: (f64::from(line.usual_callers) - 1.0).max(0.0),
            coming: f64::from(line.coming),
            above: count(waiting),
            taken,
            least: match lane {
                // Nothing is above it.
                Lane::Interactive => 1.0,
                _ => f64::from(floor(lane)),
            },
            owed: f64::from(owed),
        }
    }
}

impl<T> Line<T> {
    /// Slots of other callers before this one's request of each rank up to `own`. Callers take turns: each other one goes
    /// as often as this one, as long as it has requests, and those before it in the ring once more.
    fn others(&self, caller: &CallerId, own: usize) -> Vec<usize> {
        let position = self.turns.iter().position(|other| other == caller);
        // How many of the others have a request in the round `r`, counted from this caller's first turn.
        let mut ends = vec![0usize; own + 2];
        let (mut before, mut there) = (0, 0);
        for (at, other) in self.turns.iter().enumerate() {
            if other == caller {
                continue;
            }
            let ahead = position.is_none_or(|position| at < position);
            let len = self.callers.get(other).map_or(0, Requests::len);
            before += usize::from(ahead);
            let rest = len - usize::from(ahead).min(len);
            if rest > 0 {
                there += 1;
            }
            if let Some(end) = ends.get_mut(rest) {
                *end += 1;
            }
        }
        let mut sums = Vec::with_capacity(own + 1);
        let mut sum = before;
        sums.push(sum);
        for round in 1..=own {
            sum += there;
            sums.push(sum);
            there -= ends.get(round).copied().unwrap_or(0).min(there);
        }
        sums
    }
}

impl Outlook {
    /// Where a request with this deadline would stand among the caller's own.
    pub(in crate::budget) fn rank(&self, deadline: Micros) -> usize {
        self.own.partition_point(|other| *other <= deadline)
    }

    /// How many slots go to others before the caller's request of this rank. Who waits is counted; who will come is
    /// reckoned with by how many came lately.
    pub(in crate::budget) fn ahead(&self, rank: usize) -> f64 {
        // The lane gets its floor whatever waits above.
        let mine = self.mine(rank, self.coming);
        let by_floor = (mine + 1.0) / self.least - 1.0;
        self.after_above(mine, self.taken).min(by_floor) * (1.0 + self.owed)
    }

    /// Whether a promise can be made to one more request of this rank and deadline, and all that were made to its caller
    /// before are kept. `at` is when a slot comes, and the answer to it, by how many go before.
    pub(in crate::budget) fn promises(
        &self,
        rank: usize,
        deadline: Micros,
        at: impl Fn(f64) -> Micros,
    ) -> bool {
        let at_worst = |rank, margin| {
            let above = self.after_above(self.mine(rank, 1.0), self.taken * BUSIER);
            at(above * margin * (1.0 + self.owed))
        };
        let delayed = self.own.iter().enumerate().skip(rank);
        at_worst(rank, NEW) <= deadline
            && delayed
                .map(|(rank, deadline)| (rank + 1, *deadline))
                .all(|(rank, deadline)| at_worst(rank, OLD) <= deadline)
    }

    /// By how what waits above goes first, and what comes above meanwhile takes its part of the time.
    fn after_above(&self, mine: f64, taken: f64) -> f64 {
        let part = (1.0 - taken).max(self.least);
        self.above + (mine + 1.0) / part - 1.0
    }

    /// Slots of this lane before the request of this rank: those of who waits, and, as far as others follow them
    /// (`coming`), of who will.
    fn mine(&self, rank: usize, coming: f64) -> f64 {
        let last = self.others.len().saturating_sub(1);
        let waiting = count(self.others.get(rank.min(last)).copied().unwrap_or(0));
        let more = (count(rank) * self.usual - waiting).max(0.0);
        count(rank) + waiting + more * coming
    }
}

#[expect(clippy::cast_precision_loss, reason = "queues are small")]
fn count(number: usize) -> f64 {
    number as f64
}
