//! When a cell's budget is idle: the rule by which the warm-up takes a slot, or leaves it to others. Pure.
//!
//! The scheduler of slots already lets those who wait go first. That is not enough here: a slot that was spent a moment
//! before a caller came is one that the caller waits for, and a caller who reads page after page leaves the bucket empty
//! between two of them. So a slot is taken only if
//!
//! - nobody waits, and the next slot is due;
//! - nobody else has spent one for a while ([`Settings::quiet`]): what others spend shows in the bucket's count;
//! - AWS does not throttle, and the store of budgets is well;
//! - our own last call is so long ago that our part stays below [`Settings::share`], all replicas together.
//!
//! A caller who comes unforeseen therefore waits for one slot at most, once, and those after find the bucket to themselves.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    budget::{
        Prospect,
        store::{StoreState, StoreStatus},
    },
    events::warm_up::Settings,
};

/// How long to stay away where AWS throttles or the store of budgets is not well: about as long as a pace takes to climb.
pub(super) const AWAY: Duration = Duration::from_secs(15);

/// While the pace is below this part of the quota, a throttle has just been seen. A strict server's lasting pace is above it.
const THROTTLED: f64 = 0.75;

/// Why no slot is taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Our own part is spent.
    Ours,
    /// Others wait for the budget, or have just used it.
    Callers,
    /// AWS throttles: somebody elsewhere spends the same quota.
    Throttled,
    /// Not all replicas share the budgets: what there is belongs to callers.
    Store,
}

/// A time in which no slot is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) until: Instant,
    pub(super) why: Why,
}

/// What is remembered of one cell's budget between two calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Manners {
    /// How many slots had been spent, as far as we know by whom.
    spent: u64,
    /// Our part is spent until then.
    ours: Option<Instant>,
    /// Others have used it, and it is theirs until then.
    theirs: Option<Instant>,
}

impl Manners {
    /// Whether a slot may be taken now.
    ///
    /// # Errors
    ///
    /// When to look again, and why not now.
    pub(super) fn may_call(
        &mut self,
        settings: &Settings,
        prospect: &Prospect,
        store: &StoreStatus,
        now: Instant,
    ) -> Result<(), Pause> {
        if prospect.spent > self.spent {
            self.theirs = Some(now + settings.quiet);
        }
        // A bucket that was forgotten counts from nothing again.
        self.spent = prospect.spent;
        let pause = |until, why| Err(Pause { until, why });
        if store.state != StoreState::Healthy {
            return pause(now + AWAY, Why::Store);
        }
        if prospect.foreign > 0.0 || prospect.factor < THROTTLED {
            return pause(now + AWAY, Why::Throttled);
        }
        if let Some(theirs) = self.theirs.filter(|until| *until > now) {
            return pause(theirs, Why::Callers);
        }
        if let Some(ours) = self.ours.filter(|until| *until > now) {
            return pause(ours, Why::Ours);
        }
        if !prospect.wait.is_zero() {
            let until = now + prospect.wait.max(prospect.interval);
            return pause(until, Why::Callers);
        }
        Ok(())
    }

    /// So many calls were made.
    pub(super) fn called(
        &mut self,
        settings: &Settings,
        calls: u32,
        prospect: &Prospect,
        store: &StoreStatus,
        now: Instant,
    ) {
        self.spent = self.spent.saturating_add(u64::from(calls));
        let share = settings.share.clamp(0.001, 1.0) / f64::from(store.expected.max(1));
        let pays = prospect.interval.div_f64(share) * calls;
        self.ours = Some(now + pays);
    }

    /// When our own part is there again, if it is spent.
    pub(super) fn rested(&self) -> Option<Instant> {
        self.ours
    }
}

#[cfg(test)]
mod tests;
