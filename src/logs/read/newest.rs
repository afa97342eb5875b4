//! Newest first: events wait until nothing newer can come, in bounded memory. Pure.
//!
//! A file is written after its events happened. So once all files of a time and later have been read, every event of that
//! time and later is known, however late others are delivered: the order needs no assumption about lag. What waits are
//! events that were delivered late. If they are too many, the oldest are let go and read again afterwards.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{Event, EventKey, Timestamp};

/// Names have minutes, and the clocks of those who write events and files differ: an event may be so much newer than its
/// file's name. AWS's clocks agree far better.
pub const EARLY: Duration = Duration::from_secs(5 * 60);

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It waits, or has been sent, or comes again.
    Good,
    /// It is newer than its file can be, and its turn may have passed: it is not sent.
    TooNew,
}

/// See the module.
#[derive(Debug)]
pub struct Newest {
    /// By key: the event, and the time of its file.
    waiting: BTreeMap<EventKey, (Event, Timestamp)>,
    weight: usize,
    most: usize,
    /// The last that went.
    last: Option<EventKey>,
    /// What was let go: the first of it, and the time of the newest file with any of it.
    let_go: Option<(EventKey, Timestamp)>,
}

impl Newest {
    /// After this event, in so much memory.
    pub fn new(last: Option<EventKey>, most: usize) -> Self {
        Self {
            waiting: BTreeMap::new(),
            weight: 0,
            most,
            last,
            let_go: None,
        }
    }

    /// Takes an event from a file of this time. One that several files have is one.
    pub fn take(&mut self, event: Event, file: Timestamp) -> Taken {
        if event.key.time > file.plus(EARLY) {
            return Taken::TooNew;
        }
        if self.last.as_ref().is_some_and(|last| event.key <= *last) {
            return Taken::Good;
        }
        if let Some((first, newest)) = &mut self.let_go
            && event.key >= *first
        {
            *newest = file.max(*newest);
            return Taken::Good;
        }
        if let Some((_, at)) = self.waiting.get_mut(&event.key) {
            *at = file.max(*at);
            return Taken::Good;
        }
        self.weight += event.weight();
        self.waiting.insert(event.key.clone(), (event, file));
        if self.weight > self.most {
            self.shrink();
        }
        Taken::Good
    }

    /// The next run of events, while files of `unread` and earlier are still to come; `None` if there are no more.
    pub fn pop(&mut self, unread: Option<Timestamp>, most: usize, bytes: usize) -> Vec<Event> {
        let (mut run, mut weight) = (Vec::new(), 0);
        while run.len() < most && weight < bytes {
            let Some(first) = self.waiting.first_entry() else {
                break;
            };
            if unread.is_some_and(|unread| first.key().time <= unread.plus(EARLY)) {
                break;
            }
            let (key, (event, _)) = first.remove_entry();
            weight += event.weight();
            self.weight = self.weight.saturating_sub(event.weight());
            self.last = Some(key);
            run.push(event);
        }
        run
    }

    /// The last event that went.
    pub fn last(&self) -> Option<&EventKey> {
        self.last.as_ref()
    }

    /// Everything newer than this has been sent, once all that may go has been taken.
    pub fn sent_down_to(&self, unread: Option<Timestamp>) -> Option<Timestamp> {
        let let_go = self.let_go.as_ref().map(|(first, _)| first.time);
        unread.map(|unread| unread.plus(EARLY)).max(let_go)
    }

    /// The time of the newest file with an event that waits or was let go.
    pub fn newest_needed(&self) -> Option<Timestamp> {
        let waiting = self.waiting.values().map(|(_, file)| *file).max();
        waiting.max(self.let_go.as_ref().map(|(_, file)| *file))
    }

    /// If all has gone but what was let go: the time of the file to begin again with.
    pub fn begin_again(&mut self, unread: Option<Timestamp>) -> Option<Timestamp> {
        let (first, file) = self.let_go.as_ref()?;
        let passed = unread.is_none_or(|unread| unread.plus(EARLY) < first.time);
        if !passed || !self.waiting.is_empty() {
            return None;
        }
        let file = *file;
        self.let_go = None;
        Some(file)
    }

    /// Lets the older half go.
    fn shrink(&mut self) {
        while self.weight > self.most / 2 && self.waiting.len() > 1 {
            let Some((key, (event, file))) = self.waiting.pop_last() else {
                return;
            };
            self.weight = self.weight.saturating_sub(event.weight());
            let newest = self.let_go.as_ref().map_or(file, |(_, at)| file.max(*at));
            self.let_go = Some((key, newest));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::read::testing::event;

    /// Events of one file: seconds, of a file of this minute.
    type File = (i64, Vec<i64>);

    fn id(second: i64, file: usize, number: usize) -> String {
        format!("{second}-{file}-{number}")
    }

    /// Reads files as the driver does, and begins again as often as it must: what was sent, and how often it began.
    fn read(files: &[File], memory: usize) -> (Vec<String>, usize) {
        let mut newest = Newest::new(None, memory);
        let (mut sent, mut from) = (Vec::new(), i64::MAX);
        let mut order: Vec<(usize, &File)> = files.iter().enumerate().collect();
        order.sort_by_key(|(_, (minute, _))| std::cmp::Reverse(*minute));
        for pass in 1..1000 {
            let todo: Vec<_> = order.iter().filter(|(_, f)| f.0 * 60 <= from).collect();
            let mut again = None;
            for (at, (file, (minute, seconds))) in todo.iter().enumerate() {
                for (number, second) in seconds.iter().enumerate() {
                    let event = event(*second, &id(*second, *file, number));
                    let taken = newest.take(event, Timestamp::from_seconds(minute * 60));
                    assert_eq!(taken, Taken::Good);
                }
                let unread = todo.get(at + 1);
                let unread = unread.map(|(_, (minute, _))| Timestamp::from_seconds(minute * 60));
                loop {
                    let run = newest.pop(unread, 3, 1 << 20);
                    if run.is_empty() {
                        break;
                    }
                    sent.extend(run.iter().map(|event| event.key.event_id.to_string()));
                }
                again = newest.begin_again(unread);
                if again.is_some() {
                    break;
                }
            }
            match again {
                Some(again) => from = again.seconds(),
                None => return (sent, pass),
            }
        }
        panic!("no end");
    }

    proptest! {
        /// However late files come and however little memory there is: each once, in the total order.
        #[test]
        fn the_order_is_total_and_each_comes_once(
            files in prop::collection::vec((0i64..60, prop::collection::vec(0i64..3600, 0..8)), 0..20),
            memory in prop::sample::select(vec![1_000usize, 3_000, 10_000, 1 << 30]),
        ) {
            let at = |minute: i64, late: &i64| minute * 60 + 59 - late;
            let files: Vec<File> = files
                .iter()
                .map(|(minute, late)| (*minute, late.iter().map(|late| at(*minute, late)).collect()))
                .collect();
            let mut expected = Vec::new();
            for (file, (_, seconds)) in files.iter().enumerate() {
                let all = seconds.iter().enumerate();
                expected.extend(all.map(|(n, second)| event(*second, &id(*second, file, n)).key));
            }
            expected.sort();
            let expected: Vec<_> = expected.iter().map(|key| key.event_id.to_string()).collect();
            let (sent, passes) = read(&files, memory);
            prop_assert_eq!(sent, expected);
            prop_assert!(passes == 1 || memory < 1 << 30);
        }
    }

    #[test]
    fn copies_are_one_and_what_cannot_be_is_told() {
        let at = Timestamp::from_seconds;
        let mut newest = Newest::new(None, 1 << 20);
        assert_eq!(newest.take(event(100, "a"), at(120)), Taken::Good);
        assert_eq!(newest.take(event(100, "a"), at(60)), Taken::Good);
        assert_eq!(newest.take(event(421, "b"), at(120)), Taken::TooNew);
        assert_eq!(newest.newest_needed(), Some(at(120)));
        assert!(newest.pop(Some(at(0)), 9, 1 << 20).is_empty());
        assert_eq!(newest.pop(None, 9, 1 << 20).len(), 1);
        assert_eq!(newest.take(event(100, "a"), at(60)), Taken::Good);
        assert!(newest.pop(None, 9, 1 << 20).is_empty());
    }
}
