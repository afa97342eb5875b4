//! How many events a second each cell was seen to have, by the attribute that AWS filtered by. Learnt from every page
//! that is read, kept in bounded memory, and rather the newest: each page takes a fifth of what older ones say.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    domain::{AccountId, Cell, LookupAttributeKind, Region, Timestamp},
    events::reader::{CellReader, Progress},
};

/// Entries at most, in two halves of some 50 bytes each: 1 MiB.
const ENTRIES: usize = 20_000;

/// What older pages count beside a new one.
const KEPT: f32 = 0.8;

type Key = (AccountId, Region, Option<LookupAttributeKind>);

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    seconds: f32,
    events: f32,
}

/// What was used lately, and what was used before. When the first half is full it becomes the second, whose entries go:
/// so the oldest are forgotten.
#[derive(Debug, Default)]
struct Memory {
    young: HashMap<Key, Seen>,
    old: HashMap<Key, Seen>,
}

/// See the module.
#[derive(Debug, Default)]
pub(in crate::events) struct Densities(Mutex<Memory>);

/// How far a cell had been read before a page.
#[derive(Debug, Clone, Copy)]
pub(in crate::events) struct Mark {
    at: Timestamp,
    scanned: u64,
}

impl Mark {
    /// Where a reader is that began at `upper`.
    pub(in crate::events) fn of(progress: &Progress, upper: Timestamp) -> Self {
        Self {
            at: progress.position.unwrap_or(upper),
            scanned: progress.scanned,
        }
    }
}

impl Densities {
    /// A page was read, from this mark to where the reader is now.
    pub(in crate::events) fn page(
        &self,
        cell: &Cell,
        kind: Option<LookupAttributeKind>,
        from: Mark,
        reader: &CellReader,
    ) {
        let to = match reader.progress() {
            whole if whole.exhausted => reader.start(),
            part => part.position.unwrap_or(from.at),
        };
        let count = reader.progress().scanned.saturating_sub(from.scanned);
        // Of several values: what one has, about.
        let count = count / reader.lookups().max(1) as u64;
        self.saw(cell, kind, from.at.since(to), count);
    }

    /// This many events were seen in a span of this length.
    pub(in crate::events) fn saw(
        &self,
        cell: &Cell,
        kind: Option<LookupAttributeKind>,
        span: Duration,
        count: u64,
    ) {
        if span.is_zero() && count == 0 {
            return;
        }
        let key = (cell.account, cell.region.clone(), kind);
        let mut memory = self.lock();
        let before = memory.find(&key).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "at most 50 a page")]
        let seen = Seen {
            seconds: before.seconds * KEPT + span.as_secs_f32(),
            events: before.events * KEPT + count as f32,
        };
        memory.keep(key, seen);
    }

    /// Events a second, if the cell was read before with this attribute.
    pub(in crate::events) fn of(
        &self,
        cell: &Cell,
        kind: Option<LookupAttributeKind>,
    ) -> Option<f64> {
        let key = (cell.account, cell.region.clone(), kind);
        let seen = self.lock().find(&key)?;
        Some(f64::from(seen.events / seen.seconds.max(1.0)))
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn find(&self, key: &Key) -> Option<Seen> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn keep(&mut self, key: Key, seen: Seen) {
        if self.young.len() >= ENTRIES / 2 && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(account: usize) -> Cell {
        Cell {
            account: format!("{account:012}").parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn pages_add_up_and_newer_ones_count_more() {
        let densities = Densities::default();
        assert_eq!(densities.of(&cell(1), None), None);
        densities.saw(&cell(1), None, MINUTE, 60);
        assert_eq!(densities.of(&cell(1), None), Some(1.0));
        for _ in 0..30 {
            densities.saw(&cell(1), None, MINUTE, 240);
        }
        let now = densities.of(&cell(1), None).unwrap();
        assert!((3.9..=4.0).contains(&now), "{now}");
        let named = Some(LookupAttributeKind::EventName);
        assert_eq!(densities.of(&cell(1), named), None);
    }

    #[test]
    fn an_empty_span_is_known_to_be_empty_and_a_dense_second_is_dense() {
        let densities = Densities::default();
        densities.saw(&cell(1), None, MINUTE, 0);
        assert_eq!(densities.of(&cell(1), None), Some(0.0));
        densities.saw(&cell(2), None, Duration::ZERO, 50);
        assert_eq!(densities.of(&cell(2), None), Some(50.0));
        densities.saw(&cell(3), None, Duration::ZERO, 0);
        assert_eq!(densities.of(&cell(3), None), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let densities = Densities::default();
        for account in 1..=ENTRIES * 2 {
            densities.saw(&cell(account), None, MINUTE, 1);
        }
        let memory = densities.lock();
        assert!(memory.young.len() + memory.old.len() <= ENTRIES);
        drop(memory);
        assert_eq!(densities.of(&cell(1), None), None);
        assert!(densities.of(&cell(ENTRIES * 2), None).is_some());
        assert!(
            densities
                .of(&cell(ENTRIES * 2 - ENTRIES / 4), None)
                .is_some()
        );
    }
}
