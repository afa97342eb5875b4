//! The requests of one caller in one lane, the earliest deadline first.

use std::collections::BTreeMap;

use super::{Micros, Waiting};

/// A deadline, and the number that tells equal ones apart.
pub(super) type Rank = (Micros, u64);

/// One caller's requests. How many are due before a given one is counted by walking: a caller's part of a queue is
/// bounded by the queue's room.
#[derive(Debug)]
pub(super) struct Requests<T>(BTreeMap<Rank, Waiting<T>>);

impl<T> Default for Requests<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Requests<T> {
    pub(super) fn insert(&mut self, rank: Rank, waiting: Waiting<T>) {
        self.0.insert(rank, waiting);
    }

    pub(super) fn remove(&mut self, rank: &Rank) -> Option<Waiting<T>> {
        self.0.remove(rank)
    }

    pub(super) fn pop_first(&mut self) -> Option<(Rank, Waiting<T>)> {
        self.0.pop_first()
    }

    pub(super) fn pop_last(&mut self) -> Option<(Rank, Waiting<T>)> {
        self.0.pop_last()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Waiting<T>> {
        self.0.values()
    }

    pub(super) fn into_values(self) -> impl Iterator<Item = Waiting<T>> {
        self.0.into_values()
    }
}
