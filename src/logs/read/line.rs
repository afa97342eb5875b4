//! The two orders behind one face: what of a file's events may go, and where to resume. Pure.

use std::time::Duration;

use crate::{
    domain::{Event, Timestamp},
    events::Order,
    logs::{LogFile, Place},
};

use super::{
    newest::{Newest, Taken},
    seen::Seen,
    spot::{After, Spot},
    unpack::Found,
};

/// See the module.
pub enum Line {
    /// As the files come.
    Arrival(Arrival),
    /// Newest first.
    Newest(Newest),
}

/// As the files come, oldest first: each event of several files once.
pub struct Arrival {
    seen: Seen,
    /// What an earlier stream has sent: it is read again to know its events, and not sent.
    begun: After,
    after: After,
}

/// What became of the events of one step.
#[derive(Debug, Default, PartialEq)]
pub struct Took {
    /// Those that go now.
    pub ready: Vec<Event>,
    /// How many cannot be put into the order any more.
    pub too_new: u64,
}

impl Line {
    /// From this spot on. Copies of an event are in files that are no further apart than `lag`.
    pub fn new(order: Order, spot: &Spot, lag: Duration, memory: usize) -> Self {
        match order {
            Order::Arrival => Self::Arrival(Arrival {
                seen: Seen::new(lag),
                begun: spot.after.clone(),
                after: spot.after.clone(),
            }),
            Order::EventTime => {
                let last = match &spot.after {
                    After::Event { key, .. } => key.clone(),
                    After::Nothing | After::File { .. } => None,
                };
                Self::Newest(Newest::new(last, memory))
            }
        }
    }

    /// Whether files are taken one after the other.
    pub fn one_by_one(&self) -> bool {
        matches!(self, Self::Arrival(_))
    }

    /// Whether an earlier stream has read this file to the end.
    pub fn had(&self, file: &LogFile) -> bool {
        match self {
            Self::Newest(_) => false,
            Self::Arrival(arrival) => arrival.had(&file.place, u64::MAX),
        }
    }

    /// Takes what is wanted of a file, of which so many records have come now.
    pub fn take(&mut self, file: &LogFile, found: Vec<Found>, records: u64) -> Took {
        match self {
            Self::Arrival(arrival) => arrival.take(file, found, records),
            Self::Newest(newest) => {
                let time = file.place.time;
                let taken = found
                    .into_iter()
                    .map(|found| newest.take(found.event, time));
                let too_new = taken.filter(|taken| *taken == Taken::TooNew).count();
                Took {
                    ready: Vec::new(),
                    too_new: too_new as u64,
                }
            }
        }
    }

    /// A file is done.
    pub fn end(&mut self, file: &LogFile) {
        if let Self::Arrival(arrival) = self
            && !arrival.had(&file.place, u64::MAX)
        {
            arrival.after = After::File {
                place: file.place.clone(),
                records: None,
            };
        }
    }

    /// Where to resume after all that has gone, while files of this time and before it are still to come.
    pub fn after(&self, unread: Option<Timestamp>, start: Timestamp) -> After {
        match self {
            Self::Arrival(arrival) => arrival.after.clone(),
            Self::Newest(newest) => After::Event {
                files: newest.newest_needed().max(unread).unwrap_or(start),
                key: newest.last().cloned(),
            },
        }
    }
}

impl Arrival {
    /// Whether an earlier stream had this record of this file.
    fn had(&self, place: &Place, number: u64) -> bool {
        match &self.begun {
            After::Nothing | After::Event { .. } => false,
            After::File {
                place: last,
                records,
            } => place < last || (place == last && records.is_none_or(|done| number < done)),
        }
    }

    fn take(&mut self, file: &LogFile, found: Vec<Found>, records: u64) -> Took {
        let mut ready = Vec::new();
        for Found { number, event } in found {
            let first = self.seen.first(&event.key, file.place.time);
            if first && !self.had(&file.place, number) {
                ready.push(event);
            }
        }
        if records > 0 && !self.had(&file.place, records - 1) {
            self.after = After::File {
                place: file.place.clone(),
                records: Some(records),
            };
        }
        Took { ready, too_new: 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{domain::TimeWindow, logs::read::testing::event};

    const START: Timestamp = Timestamp::from_seconds(0);

    fn file(minute: u32) -> LogFile {
        let at = format!("19700101T00{minute:02}Z");
        let name = format!("111122223333_CloudTrail_eu-west-1_{at}_Mu0KsOhtH1ar15ZZ");
        let key = format!("AWSLogs/111122223333/CloudTrail/eu-west-1/1970/01/01/{name}.json.gz");
        let name = key.parse().unwrap();
        LogFile {
            place: Place::of("b", &key, &name),
            name,
            size: 1,
            modified: None,
            trail: None,
            reader: "111122223333".parse().unwrap(),
        }
    }

    fn found((number, id): (u64, &u8)) -> Found {
        let event = event(5, &id.to_string());
        Found { number, event }
    }

    /// What comes of these files (ids of their events) in steps of this many from this spot on, each with where to resume.
    fn arrives(files: &[Vec<u8>], step: usize, after: After) -> Vec<(Vec<String>, After)> {
        let spot = Spot {
            window: TimeWindow::at(START),
            gaps: false,
            after,
        };
        let mut line = Line::new(Order::Arrival, &spot, Duration::from_secs(3600), 0);
        let mut out = Vec::new();
        for (minute, ids) in (0..).zip(files) {
            let file = file(minute);
            let all: Vec<Found> = (0..).zip(ids).map(found).collect();
            for found in all.chunks(step) {
                let records = found.last().unwrap().number + 1;
                let took = line.take(&file, found.to_vec(), records);
                let ids = took.ready.iter().map(|e| e.key.event_id.to_string());
                out.push((ids.collect(), line.after(None, START)));
            }
            line.end(&file);
            out.push((Vec::new(), line.after(None, START)));
        }
        out
    }

    proptest! {
        /// Wherever it breaks off, whatever the steps: what was sent and what comes from the cursor on is everything, once.
        #[test]
        fn nothing_is_lost_or_doubled_by_a_cursor(
            files in prop::collection::vec(prop::collection::vec(0u8..30, 0..9), 1..9),
            steps in (1usize..5, 1usize..5),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = arrives(&files, steps.0, After::Nothing);
            let all: Vec<_> = whole.iter().flat_map(|(ids, _)| ids.clone()).collect();
            let mut distinct = all.clone();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), all.len());
            let cut = cut.index(whole.len());
            let mut sent: Vec<_> = whole[..=cut].iter().flat_map(|(ids, _)| ids.clone()).collect();
            let rest = arrives(&files, steps.1, whole[cut].1.clone());
            sent.extend(rest.into_iter().flat_map(|(ids, _)| ids));
            prop_assert_eq!(sent, all);
        }
    }
}
