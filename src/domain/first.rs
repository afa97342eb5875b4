//! The first N of all that is offered, so that a page over thousands of cells costs the memory of one page. Pure.

use std::collections::BTreeMap;

/// The N values whose keys come first, of all that were offered.
#[derive(Debug)]
pub struct FirstOf<K, V> {
    limit: usize,
    kept: BTreeMap<K, V>,
    dropped: bool,
}

impl<K: Ord, V> FirstOf<K, V> {
    /// Room for this many.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: BTreeMap::new(),
            dropped: false,
        }
    }

    /// Keeps the value if it is among the first so far. What is offered twice under one key is kept once.
    pub fn offer(&mut self, key: K, value: V) {
        if self.last_of_all().is_some_and(|last| key > *last) {
            self.dropped = true;
            return;
        }
        self.kept.insert(key, value);
        if self.kept.len() > self.limit {
            self.kept.pop_last();
            self.dropped = true;
        }
    }

    /// Once N are kept: the key of the last of them. Nothing behind it can be among the first any more.
    pub fn last_of_all(&self) -> Option<&K> {
        let full = self.kept.len() >= self.limit;
        let last = self.kept.last_key_value().filter(|_| full);
        last.map(|(key, _)| key)
    }

    /// Drops all that are not wanted.
    pub fn retain(&mut self, wanted: impl Fn(&K) -> bool) {
        let before = self.kept.len();
        self.kept.retain(|key, _| wanted(key));
        self.dropped |= self.kept.len() < before;
    }

    /// Whether something that was offered is not among the first: there is more behind them.
    pub fn dropped(&self) -> bool {
        self.dropped
    }

    /// The first, in order.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.kept.into_values()
    }
}
