//! As files come: an event that several files have is sent once, within a horizon of files and in bounded memory. Pure.

use std::{
    collections::{HashSet, VecDeque},
    hash::BuildHasher,
    time::Duration,
};

use foldhash::fast::RandomState;

use crate::domain::{EventKey, Timestamp};

/// Events that are remembered: about 40 MB.
const MOST: usize = 500_000;

/// See the module.
#[derive(Debug)]
pub struct Seen {
    horizon: Duration,
    most: usize,
    hash: RandomState,
    prints: HashSet<u128>,
    /// The same, oldest first, each with the time of its file.
    queue: VecDeque<(Timestamp, u128)>,
}

impl Seen {
    /// Nothing yet. Copies of an event are in files that are no further apart than this.
    pub fn new(horizon: Duration) -> Self {
        Self::with_room(horizon, MOST)
    }

    fn with_room(horizon: Duration, most: usize) -> Self {
        Self {
            horizon,
            most,
            hash: RandomState::default(),
            prints: HashSet::new(),
            queue: VecDeque::new(),
        }
    }

    /// Notes an event from a file of this time. Whether it is the first.
    pub fn first(&mut self, key: &EventKey, file: Timestamp) -> bool {
        let oldest = file.minus(self.horizon);
        while let Some((at, print)) = self.queue.front()
            && (*at < oldest || self.queue.len() >= self.most)
        {
            self.prints.remove(print);
            self.queue.pop_front();
        }
        let print = self.print(key);
        let first = self.prints.insert(print);
        if first {
            self.queue.push_back((file, print));
        }
        first
    }

    /// Two hashes with keys of this process: nobody can choose events that look alike.
    fn print(&self, key: &EventKey) -> u128 {
        let half = |salt: u8| u128::from(self.hash.hash_one((salt, key)));
        half(0) << 64 | half(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::read::testing::event;

    #[test]
    fn copies_within_the_horizon_are_known_and_others_forgotten() {
        let mut seen = Seen::with_room(Duration::from_secs(60), 3);
        let at = Timestamp::from_seconds;
        assert!(seen.first(&event(5, "a").key, at(0)));
        assert!(!seen.first(&event(5, "a").key, at(60)));
        assert!(seen.first(&event(6, "a").key, at(60)));
        assert!(seen.first(&event(5, "a").key, at(61)));
        for id in ["b", "c", "d"] {
            assert!(seen.first(&event(5, id).key, at(61)));
        }
        assert!(seen.queue.len() <= 3 && seen.prints.len() <= 3);
    }
}
