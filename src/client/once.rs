//! Each event once, though the stream that brings them breaks. Pure.
//!
//! A tail that is resumed by its last cursor brings again what came after that cursor. What came since the last cursor is
//! kept here by name; when the stream breaks it is owed, and each of it that comes again is left out, once. An event that
//! came again is of the new stream, and is kept until that stream's next cursor.

use std::collections::HashSet;

use crate::api::proto::Event;

/// How many names are kept at most. A cursor comes every 5 s; more than this in between come a second time rather than
/// take memory without end.
const KEPT: usize = 200_000;

type Key = (String, String, String);

/// What has been shown and would come again.
#[derive(Debug, Default)]
pub struct Once {
    cursor: String,
    /// Shown, and not yet behind a cursor of this stream.
    since: HashSet<Key>,
    /// Shown from a stream that broke, and not yet come again.
    owed: HashSet<Key>,
}

impl Once {
    /// Going on from this cursor, or from none.
    pub fn after(cursor: &str) -> Self {
        Self {
            cursor: cursor.to_owned(),
            ..Self::default()
        }
    }

    /// Where to resume.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// How many of those shown would come again from [`Self::cursor`].
    pub fn unsettled(&self) -> usize {
        self.since.len() + self.owed.len()
    }

    /// Those of these events that were not shown yet.
    pub fn new_of(&mut self, events: Vec<Event>) -> Vec<Event> {
        let is_new = |event: &Event| {
            let key = (
                event.account_id.clone(),
                event.region.clone(),
                event.event_id.clone(),
            );
            let again = self.owed.remove(&key);
            if self.unsettled() < KEPT {
                self.since.insert(key);
            }
            !again
        };
        events.into_iter().filter(is_new).collect()
    }

    /// A cursor came; an empty one says nothing.
    pub fn reached(&mut self, cursor: &str) {
        if !cursor.is_empty() {
            cursor.clone_into(&mut self.cursor);
            self.since.clear();
        }
    }

    /// The stream broke.
    pub fn broke(&mut self) {
        self.owed.extend(self.since.drain());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(number: usize) -> Event {
        Event {
            event_id: number.to_string(),
            ..Event::default()
        }
    }

    /// What may happen to a stream: so many events come, then a cursor, or the stream breaks.
    #[derive(Debug, Clone)]
    enum Step {
        Events(usize),
        Cursor,
        Break,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (1_usize..5).prop_map(Step::Events),
            2 => Just(Step::Cursor),
            1 => Just(Step::Break),
        ]
    }

    proptest! {
        /// A stream from a cursor brings all that is not behind it, in an order of its own. Whatever breaks, each event is
        /// shown once, and none is left out.
        #[test]
        fn each_event_is_shown_once(steps in prop::collection::vec(step(), 1..60), seed in any::<usize>()) {
            let all: Vec<usize> = (0..steps.len() * 5).collect();
            let mut settled: HashSet<usize> = HashSet::new();
            let mut came: Vec<usize> = Vec::new();
            let mut shown: Vec<usize> = Vec::new();
            let mut once = Once::after("");
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Events(count) => {
                        let mut left: Vec<usize> = all.iter().copied()
                            .filter(|e| !settled.contains(e) && !came.contains(e)).collect();
                        // Only so many exist by now, and a new stream has its own order.
                        left.retain(|e| *e < (number + 1) * 5);
                        let shift = seed.wrapping_add(number) % left.len().max(1);
                        left.rotate_left(shift);
                        left.truncate(*count);
                        came.extend(&left);
                        let new = once.new_of(left.into_iter().map(event).collect());
                        shown.extend(new.iter().map(|e| e.event_id.parse::<usize>().unwrap()));
                    }
                    Step::Cursor => {
                        settled.extend(came.drain(..));
                        once.reached(&format!("c{number}"));
                        prop_assert_eq!(once.cursor(), format!("c{number}"));
                    }
                    Step::Break => {
                        came.clear();
                        once.broke();
                    }
                }
            }
            // To the end, on one more stream.
            once.broke();
            let rest = all.iter().filter(|e| !settled.contains(e)).map(|e| event(*e)).collect();
            shown.extend(once.new_of(rest).iter().map(|e| e.event_id.parse::<usize>().unwrap()));
            shown.sort_unstable();
            prop_assert_eq!(shown, all);
        }
    }
}
