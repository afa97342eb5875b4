//! The first N files of all that are found. Pure.

use crate::domain::{FirstOf, Timestamp};

use super::{LogFile, place::Place};

/// The N files that come first, of all that were offered.
#[derive(Debug)]
pub struct Best(FirstOf<Place, LogFile>);

impl Best {
    /// Room for this many.
    pub fn new(limit: usize) -> Self {
        Self(FirstOf::new(limit))
    }

    /// Keeps the file if it is among the first so far.
    pub fn offer(&mut self, file: LogFile) {
        self.0.offer(file.place.clone(), file);
    }

    /// Whether a file of this time or later can still be among the first.
    pub fn wants(&self, time: Timestamp) -> bool {
        self.0.last_of_all().is_none_or(|last| time <= last.time)
    }

    /// The first, in order, and whether there are more.
    pub fn into_files(self) -> (Vec<LogFile>, bool) {
        let dropped = self.0.dropped();
        (self.0.into_values().collect(), dropped)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn file(second: i64, number: u8) -> LogFile {
        let unique = format!("Mu0KsOhtH1ar15{number:02}");
        let name = format!("111122223333_CloudTrail_eu-west-1_19700101T00{second:02}Z_{unique}");
        let folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/1970/01/01";
        let key = format!("{folder}/{name}.json.gz");
        let parsed = key.parse().unwrap();
        LogFile {
            place: Place::of("b", &key, &parsed),
            name: parsed,
            size: 1,
            modified: None,
            trail: None,
            reader: "111122223333".parse().unwrap(),
        }
    }

    proptest! {
        #[test]
        fn the_first_are_kept_in_order(files in prop::collection::vec((0i64..20, 0u8..20), 0..100), limit in 1usize..30) {
            let mut best = Best::new(limit);
            let mut all = BTreeMap::new();
            for (second, number) in files {
                let file = file(second, number);
                all.insert(file.place.clone(), file.clone());
                best.offer(file);
            }
            let last = all.keys().take(limit).next_back().map(|last| last.time);
            for minute in 0..21 {
                let time = Timestamp::from_seconds(minute * 60);
                let expected = all.len() < limit || last.is_some_and(|last| time <= last);
                prop_assert_eq!(best.wants(time), expected);
            }
            let more = all.len() > limit;
            let first: Vec<LogFile> = all.into_values().take(limit).collect();
            prop_assert_eq!(best.into_files(), (first, more));
        }
    }
}
