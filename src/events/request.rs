//! A lookup as it is asked for, and the window that it comes down to. Pure.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{
    budget::CallerId,
    domain::{TargetSelector, TimeWindow, Timestamp, target::UnitRef},
};

use super::{
    cursor::RequestHash,
    filter::{Attribute, Filters},
    stream::Order,
};

/// How far back CloudTrail's event history goes.
pub const HISTORY: Duration = Duration::from_secs(90 * 24 * 3600);

/// Kept clear of the far end of the history, which moves on while a lookup runs.
const MARGIN: Duration = Duration::from_secs(60);

/// The earliest that can be asked for, with the margin.
pub(super) fn earliest_now(now: Timestamp) -> Timestamp {
    now.minus(HISTORY).plus(MARGIN)
}

/// A lookup, its values checked in themselves.
#[derive(Debug, Clone, Default)]
pub struct LookupRequest {
    /// Where to look.
    pub targets: TargetSelector,
    /// The earliest event time; `None` for as far back as there is.
    pub start: Option<Timestamp>,
    /// The latest event time; `None` for now.
    pub end: Option<Timestamp>,
    /// What to look for.
    pub filters: Filters,
    /// Events on a page; streams do not look at it.
    pub page_size: usize,
    /// Bytes of records on a page, about; `None` for no bound. Streams do not look at it.
    pub page_bytes: Option<usize>,
    /// Where an earlier answer to the same request ended.
    pub page_token: Option<String>,
    /// Records to read in one cell at most.
    pub scan_limit: Option<u64>,
    /// Whether the whole records are wanted; without, a streamed event's record holds only the fields of
    /// [`super::Record`].
    pub whole_records: bool,
    /// Whether one event is enough: then nothing more is read anywhere.
    pub first_is_enough: bool,
    /// Leave the partition's global Region out unless it is asked for.
    pub exclude_global_region: bool,
    /// Whether the secrets that records hold are wanted. What is remembered has none, so all is read from AWS.
    pub with_secrets: bool,
}

/// A window that cannot be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The start is after the end.
    #[error("start_time {start} is after end_time {end}")]
    Backwards {
        /// The start.
        start: Timestamp,
        /// The end.
        end: Timestamp,
    },
    /// The start is before what CloudTrail keeps.
    #[error("start_time {start} is more than 90 days ago; the earliest is {earliest}")]
    TooOld {
        /// The start.
        start: Timestamp,
        /// The earliest that can be asked for now.
        earliest: Timestamp,
    },
}

impl LookupRequest {
    /// The window asked for, with its end frozen at `now` if it is open or later.
    ///
    /// # Errors
    ///
    /// If the window is backwards or begins before the history does.
    pub fn window(&self, now: Timestamp) -> Result<TimeWindow, WindowError> {
        let earliest = now.minus(HISTORY);
        let end = self.end.unwrap_or(now).min(now);
        let start = self.start.unwrap_or(earliest_now(now).min(end));
        if start < earliest {
            return Err(WindowError::TooOld { start, earliest });
        }
        TimeWindow::new(start, end).ok_or(WindowError::Backwards { start, end })
    }

    /// The hash of all that decides the answer, and of who asks: a cursor is good for nobody else. Page size is not part of
    /// it. `order` is `None` for a page. Callers who have proved no name are one: an address may be anybody's.
    pub(super) fn hash(&self, order: Option<Order>, caller: &CallerId) -> RequestHash {
        self.hash_as(
            caller,
            match order {
                None => "page",
                Some(Order::EventTime) => "event time",
                Some(Order::Arrival) => "arrival",
            },
        )
    }

    /// The hash of the same request as one that is followed.
    pub(super) fn tail_hash(&self, caller: &CallerId) -> RequestHash {
        self.hash_as(caller, "tail")
    }

    fn hash_as(&self, caller: &CallerId, kind: &str) -> RequestHash {
        let mut hash = Hasher(Sha256::new());
        hash.text("trailplane.v1.lookup");
        hash.text(kind);
        let targets = &self.targets;
        hash.list(
            targets.account_ids.iter().map(|id| id.as_u64()),
            Hasher::number,
        );
        hash.list(
            targets.organizational_units.iter(),
            |hash, unit| match unit {
                UnitRef::Id(id) => hash.text(id.as_str()),
                UnitRef::Path(names) => hash.list(names.iter(), |hash, name| hash.text(name)),
            },
        );
        hash.list(targets.account_tags.iter(), |hash, (key, value)| {
            hash.text(key);
            hash.text(value);
        });
        hash.list(
            targets.exclude_account_ids.iter().map(|id| id.as_u64()),
            Hasher::number,
        );
        hash.list(targets.regions.iter(), |hash, region| {
            hash.text(region.as_str())
        });
        hash.list(self.start.iter().chain(&self.end), |hash, at| {
            hash.number(at.as_nanos().cast_unsigned())
        });
        hash.number(u64::from(self.start.is_some()) * 2 + u64::from(self.end.is_some()));
        hash.list(self.filters.iter(), |hash, (attribute, values)| {
            match attribute {
                Attribute::Lookup(kind) => hash.text(kind.as_str()),
                Attribute::Record(field) => hash.text(&format!("record {field:?}")),
            }
            hash.list(values.iter(), |hash, value| hash.text(value));
        });
        hash.number(u64::from(self.exclude_global_region));
        if let Some(caller) = caller.proved_name() {
            hash.text(caller);
        }
        RequestHash(hash.0.finalize().into())
    }
}

/// Hashes values with their lengths, so that no two requests run together.
struct Hasher(Sha256);

impl Hasher {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn list<T>(&mut self, items: impl Iterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        let items: Vec<T> = items.collect();
        self.number(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn request(start: Option<i64>, end: Option<i64>) -> LookupRequest {
        let at = |offset: Option<i64>| offset.map(|s| Timestamp::from_seconds(NOW.seconds() + s));
        LookupRequest {
            start: at(start),
            end: at(end),
            ..LookupRequest::default()
        }
    }

    #[test]
    fn an_open_or_future_end_is_now() {
        for end in [None, Some(3600)] {
            let window = request(Some(-60), end).window(NOW).unwrap();
            assert_eq!(
                (window.start().seconds(), window.end()),
                (NOW.seconds() - 60, NOW)
            );
        }
    }

    #[test]
    fn an_open_start_is_as_far_back_as_is_safe() {
        let window = request(None, None).window(NOW).unwrap();
        assert_eq!(window.start(), NOW.minus(HISTORY).plus(MARGIN));
        let old = request(None, Some(-90 * 86_400)).window(NOW).unwrap();
        assert_eq!(old.start(), old.end());
    }

    #[test]
    fn wrong_windows_are_named() {
        let backwards = request(Some(-60), Some(-120)).window(NOW);
        assert!(
            matches!(backwards, Err(WindowError::Backwards { .. })),
            "{backwards:?}"
        );
        let old = request(Some(-91 * 86_400), None).window(NOW);
        assert!(matches!(old, Err(WindowError::TooOld { .. })), "{old:?}");
        let future = request(Some(60), None).window(NOW);
        assert!(
            matches!(future, Err(WindowError::Backwards { .. })),
            "{future:?}"
        );
    }

    #[test]
    fn whatever_decides_the_answer_decides_the_hash() {
        let nobody = CallerId::new("anonymous@192.0.2.1");
        let base = request(Some(-60), None);
        let mut other_targets = base.clone();
        other_targets
            .targets
            .regions
            .push("eu-west-1".parse().unwrap());
        let mut other_filter = base.clone();
        other_filter.filters.add(
            Attribute::Record(super::super::RecordField::ErrorCode),
            vec!["x".into()],
        );
        let end_for_start = request(None, Some(-60));
        let mut hashes = vec![
            base.hash(None, &nobody),
            base.hash(Some(Order::EventTime), &nobody),
            base.hash(Some(Order::Arrival), &nobody),
            other_targets.hash(None, &nobody),
            other_filter.hash(None, &nobody),
            end_for_start.hash(None, &nobody),
            base.tail_hash(&nobody),
        ];
        hashes.sort_by_key(|hash| hash.0);
        hashes.dedup();
        assert_eq!(hashes.len(), 7);
        let mut other_size = base.clone();
        other_size.page_size = 7;
        assert_eq!(other_size.hash(None, &nobody), base.hash(None, &nobody));
        let other_address = CallerId::new("anonymous@192.0.2.2");
        assert_eq!(base.hash(None, &other_address), base.hash(None, &nobody));
        let of = |caller| base.hash(None, &CallerId::proved(caller));
        assert_eq!(of("ann"), of("ann"));
        assert!(of("ann") != of("bob") && of("ann") != base.hash(None, &nobody));
    }
}
