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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::budget::store::StoreKind;

    const HALF: Duration = Duration::from_millis(500);

    fn prospect(spent: u64) -> Prospect {
        Prospect {
            wait: Duration::ZERO,
            interval: HALF,
            latency: Duration::ZERO,
            factor: 1.0,
            foreign: 0.0,
            spent,
        }
    }

    fn store(state: StoreState, expected: u32) -> StoreStatus {
        StoreStatus {
            kind: StoreKind::Embedded,
            state,
            alive: expected,
            expected,
            since: 0,
        }
    }

    fn well() -> StoreStatus {
        store(StoreState::Healthy, 1)
    }

    fn why(manners: &mut Manners, prospect: &Prospect, now: Instant) -> Option<(Why, Duration)> {
        let may = manners.may_call(&Settings::default(), prospect, &well(), now);
        may.err().map(|pause| (pause.why, pause.until - now))
    }

    #[test]
    fn of_an_idle_budget_half_is_taken_and_less_by_each_of_several_replicas() {
        let (settings, now) = (Settings::default(), Instant::now());
        for (replicas, pays) in [(1, 2), (3, 6)] {
            let store = store(StoreState::Healthy, replicas);
            let mut manners = Manners::default();
            let may = |manners: &mut Manners, spent, at| {
                manners.may_call(&settings, &prospect(spent), &store, at)
            };
            assert_eq!(may(&mut manners, 0, now), Ok(()));
            manners.called(&settings, 1, &prospect(1), &store, now);
            let until = now + HALF * pays;
            let why = Why::Ours;
            assert_eq!(may(&mut manners, 1, now), Err(Pause { until, why }));
            assert_eq!(may(&mut manners, 1, until), Ok(()));
        }
    }

    #[test]
    fn whoever_has_just_used_the_budget_has_it_to_himself() {
        let (settings, now) = (Settings::default(), Instant::now());
        let mut manners = Manners::default();
        let quiet = Some((Why::Callers, settings.quiet));
        assert_eq!(why(&mut manners, &prospect(7), now), quiet, "before us");
        let later = now + settings.quiet;
        assert_eq!(why(&mut manners, &prospect(7), later), None);
        manners.called(&settings, 2, &prospect(9), &well(), later);
        let later = later + HALF * 4;
        assert_eq!(why(&mut manners, &prospect(9), later), None, "all ours");
        manners.called(&settings, 1, &prospect(11), &well(), later);
        assert_eq!(why(&mut manners, &prospect(11), later), quiet, "beside us");
        let forgotten = prospect(0);
        assert_eq!(
            why(&mut manners, &forgotten, later + settings.quiet),
            None,
            "a bucket made anew is nobody's"
        );
    }

    #[test]
    fn where_somebody_waits_or_aws_throttles_or_the_store_ails_nothing_is_taken() {
        let now = Instant::now();
        let ask = |prospect: &Prospect| why(&mut Manners::default(), prospect, now);
        let idle = prospect(0);
        let waits = Prospect {
            wait: Duration::from_secs(3),
            ..idle
        };
        assert_eq!(ask(&waits), Some((Why::Callers, Duration::from_secs(3))));
        let foreign = Prospect {
            foreign: 0.1,
            ..idle
        };
        assert_eq!(ask(&foreign), Some((Why::Throttled, AWAY)));
        let cut = Prospect {
            factor: 0.3,
            ..idle
        };
        assert_eq!(ask(&cut), Some((Why::Throttled, AWAY)));
        let strict = Prospect {
            factor: 0.9,
            ..idle
        };
        assert_eq!(ask(&strict), None, "a strict server, not a neighbour");
        for state in [StoreState::Unreachable, StoreState::ScaledDown] {
            let may =
                Manners::default().may_call(&Settings::default(), &idle, &store(state, 3), now);
            assert_eq!(may.map_err(|pause| pause.why), Err(Why::Store));
        }
    }

    proptest! {
        /// Whatever others do: never two calls of ours closer than our part allows, and none within the quiet time after
        /// somebody else's.
        #[test]
        fn callers_are_left_alone(steps in proptest::collection::vec((1_u64..3_000, 0_u64..3, any::<bool>()), 1..200)) {
            let settings = Settings::default();
            let mut now = Instant::now();
            let (mut spent, mut manners) = (0, Manners::default());
            let (mut last_ours, mut last_theirs) = (None::<Instant>, None::<Instant>);
            for (millis, others, waits) in steps {
                now += Duration::from_millis(millis);
                if others > 0 {
                    spent += others;
                    last_theirs = Some(now);
                }
                let seen = Prospect {
                    wait: if waits { HALF } else { Duration::ZERO },
                    ..prospect(spent)
                };
                if manners.may_call(&settings, &seen, &well(), now).is_ok() {
                    prop_assert!(!waits);
                    prop_assert!(last_ours.is_none_or(|at| now - at >= HALF * 2));
                    prop_assert!(last_theirs.is_none_or(|at| now - at >= settings.quiet));
                    spent += 1;
                    manners.called(&settings, 1, &seen, &well(), now);
                    last_ours = Some(now);
                }
            }
        }
    }
}
