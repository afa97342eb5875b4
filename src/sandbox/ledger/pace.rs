//! How often and how densely one bucket was called.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::BucketSummary;

const SECOND: u64 = 1_000_000_000;
/// Attempts within one second that are told apart; a flood beyond it counts as this many.
const MAX_TRACKED: usize = 100_000;

/// The attempts on one bucket.
#[derive(Debug, Default)]
pub struct Pace {
    attempts: u64,
    outcomes: BTreeMap<String, u64>,
    /// The attempts of the last second.
    recent: VecDeque<u64>,
    densest: usize,
    min_gap: Option<u64>,
    first: u64,
    last: u64,
}

impl Pace {
    /// Notes an attempt at this time, in nanoseconds.
    pub fn note(&mut self, at: u64) {
        if self.attempts == 0 {
            self.first = at;
        } else {
            let gap = at.saturating_sub(self.last);
            self.min_gap = Some(self.min_gap.map_or(gap, |least| least.min(gap)));
        }
        self.attempts += 1;
        self.last = self.last.max(at);
        // A second is [t, t + 1 s): an attempt exactly one second later is in the next.
        while self.recent.front().is_some_and(|t| t + SECOND <= at)
            || self.recent.len() >= MAX_TRACKED
        {
            self.recent.pop_front();
        }
        self.recent.push_back(at);
        self.densest = self.densest.max(self.recent.len());
    }

    /// Notes what became of one.
    pub fn outcome(&mut self, outcome: &str) {
        match self.outcomes.get_mut(outcome) {
            Some(count) => *count += 1,
            None => {
                self.outcomes.insert(outcome.to_owned(), 1);
            }
        }
    }

    /// How many there were.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    /// How many of them were throttled.
    pub fn throttles(&self) -> u64 {
        [
            "ThrottlingException",
            "Throttling",
            "TooManyRequestsException",
        ]
        .iter()
        .filter_map(|code| self.outcomes.get(*code))
        .sum()
    }

    /// What became of them.
    pub fn outcomes(&self) -> &BTreeMap<String, u64> {
        &self.outcomes
    }

    /// All of it.
    pub fn summary(&self, account: String, region: Arc<str>, api: &'static str) -> BucketSummary {
        BucketSummary {
            account,
            region,
            api,
            attempts: self.attempts,
            throttles: self.throttles(),
            max_in_any_second: self.densest,
            min_gap_micros: self.min_gap.map(|nanos| nanos / 1_000),
            first_micros: self.first / 1_000,
            last_micros: self.last / 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_densest_second_may_start_anywhere() {
        let mut pace = Pace::default();
        for at in [0, 900, 1_000, 1_100, 1_899, 1_900, 5_000] {
            pace.note(at * 1_000_000);
        }
        let summary = pace.summary(String::new(), Arc::from(""), "LookupEvents");
        // 900, 1000, 1100, 1899 share one second; 1900 is in the next.
        assert_eq!(summary.max_in_any_second, 4);
        assert_eq!(summary.min_gap_micros, Some(1_000));
        assert_eq!(summary.attempts, 7);
    }
}
