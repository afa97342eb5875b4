//! The best N: keeps the N events that come first in the order and drops the rest of what is read. Pure.

use std::sync::Arc;

use crate::domain::{Event, EventKey, FirstOf, Timestamp};

/// The N events that come first, of all that were offered.
#[derive(Debug)]
pub struct Best(FirstOf<EventKey, Arc<Event>>);

impl Best {
    /// Room for this many.
    pub fn new(limit: usize) -> Self {
        Self(FirstOf::new(limit))
    }

    /// Keeps the event if it is among the best so far. The same event offered twice is kept once.
    pub fn offer(&mut self, event: Arc<Event>) {
        self.0.offer(event.key.clone(), event);
    }

    /// Once N are kept: the second of the last of them. Nothing older than it can be among the best any more.
    pub fn threshold(&self) -> Option<Timestamp> {
        self.0.last_of_all().map(|key| key.time.floor_second())
    }

    /// Drops all events of this second and older ones.
    pub fn cut_from(&mut self, second: Timestamp) {
        self.0.retain(|key| key.time.floor_second() > second);
    }

    /// Whether an event that was offered is not among the best: there is more after them.
    pub fn dropped(&self) -> bool {
        self.0.dropped()
    }

    /// The best, in order.
    pub fn into_events(self) -> Vec<Event> {
        self.0.into_values().map(Arc::unwrap_or_clone).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::events::testing::event;

    proptest! {
        #[test]
        fn the_best_are_the_first_of_all_in_order(times in prop::collection::vec((0i64..20, 0u8..20), 0..200), limit in 1usize..50) {
            let mut best = Best::new(limit);
            let mut all = BTreeMap::new();
            for (time, id) in times {
                let event = event(time, &id.to_string());
                all.insert(event.key.clone(), event.clone());
                best.offer(Arc::new(event));
            }
            prop_assert_eq!(best.dropped(), all.len() > limit);
            let threshold = best.threshold();
            let expected: Vec<Event> = all.into_values().take(limit).collect();
            if let Some(threshold) = threshold {
                prop_assert_eq!(threshold, expected.last().unwrap().key.time);
            }
            prop_assert_eq!(best.into_events(), expected);
        }
    }

    #[test]
    fn a_cut_leaves_only_what_is_newer() {
        let mut best = Best::new(10);
        for (time, id) in [(3, "a"), (2, "b"), (2, "c"), (1, "d")] {
            best.offer(Arc::new(event(time, id)));
        }
        best.cut_from(Timestamp::from_seconds(2));
        assert!(best.dropped());
        assert_eq!(best.into_events(), [event(3, "a")]);
    }
}
