//! Since when conditions are as they are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::interval;

use crate::domain::{Timestamp, WallClock};

use super::{Condition, Conditions};

/// How often conditions are looked at: a change is dated by so much too late at most.
const EVERY: Duration = Duration::from_secs(5);

/// Remembers when each condition was first seen as it is now. Cloning shares it.
#[derive(Clone)]
pub(in crate::app) struct Since {
    clock: WallClock,
    seen: Arc<Mutex<HashMap<&'static str, (bool, Timestamp)>>>,
}

impl Since {
    pub(in crate::app) fn new(clock: WallClock) -> Self {
        Self {
            clock,
            seen: Arc::default(),
        }
    }

    /// Looks at all conditions for ever.
    pub(in crate::app) async fn keep(self, conditions: Conditions) {
        let mut beat = interval(EVERY);
        loop {
            beat.tick().await;
            for condition in conditions() {
                self.of(&condition);
            }
        }
    }

    /// Since when this condition is well, or is not.
    pub(super) fn of(&self, condition: &Condition) -> Timestamp {
        let now = (self.clock)();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (ok, since) = seen.entry(condition.name).or_insert((condition.ok, now));
        if *ok != condition.ok {
            (*ok, *since) = (condition.ok, now);
        }
        *since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_dated_from_its_last_change() {
        let time = Arc::new(Mutex::new(1_000));
        let clock = Arc::clone(&time);
        let since = Since::new(Arc::new(move || {
            Timestamp::from_seconds(*clock.lock().unwrap())
        }));
        let mut told = Vec::new();
        for (at, ok) in [
            (1_000, true),
            (1_010, true),
            (1_020, false),
            (1_030, false),
            (1_040, true),
        ] {
            *time.lock().unwrap() = at;
            let condition = Condition {
                name: "clock",
                ok,
                message: format!("at {at}"),
                details: None,
            };
            told.push(since.of(&condition).seconds());
        }
        assert_eq!(told, [1_000, 1_000, 1_020, 1_020, 1_040]);
    }
}
