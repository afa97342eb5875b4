//! Merges many cells, each newest first, into one total order with bounded memory. Pure.
//!
//! CloudTrail gives no order inside one second, so a second is held back until every live cell has passed it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Event, EventKey, Timestamp};

/// The merge. Cells are numbered from 0.
#[derive(Debug)]
pub(super) struct Merge {
    /// What has come and has not gone, over all cells, in order.
    waiting: BTreeMap<EventKey, (usize, Event)>,
    cells: Vec<MergeCell>,
    /// The live cells by how far they have come, the ones that hold everything up last.
    live: BTreeSet<(Timestamp, usize)>,
    weight: usize,
}

#[derive(Debug, Clone, Copy)]
struct MergeCell {
    /// The second that the cell has not passed yet; `None` once it has ended.
    position: Option<Timestamp>,
    waiting: usize,
}

impl Merge {
    /// A merge of this many cells, none of which has passed `top` yet.
    pub(super) fn new(cells: usize, top: Timestamp) -> Self {
        let position = top.floor_second();
        let cell = MergeCell {
            position: Some(position),
            waiting: 0,
        };
        Self {
            waiting: BTreeMap::new(),
            cells: vec![cell; cells],
            live: (0..cells).map(|index| (position, index)).collect(),
            weight: 0,
        }
    }

    /// Takes events of a cell, which has now passed everything newer than `position`.
    pub(super) fn take(&mut self, cell: usize, events: Vec<Event>, position: Option<Timestamp>) {
        for event in events {
            let weight = event.weight();
            if self
                .waiting
                .insert(event.key.clone(), (cell, event))
                .is_none()
            {
                self.weight += weight;
                if let Some(cell) = self.cells.get_mut(cell) {
                    cell.waiting += 1;
                }
            }
        }
        if let Some(position) = position {
            self.move_to(cell, Some(position));
        }
    }

    /// The cell has nothing more, or is left behind: it holds nothing up any more.
    pub(super) fn end(&mut self, cell: usize) {
        self.move_to(cell, None);
    }

    fn move_to(&mut self, cell: usize, position: Option<Timestamp>) {
        let Some(state) = self.cells.get_mut(cell) else {
            return;
        };
        if let Some(old) = state.position {
            self.live.remove(&(old, cell));
        }
        state.position = position;
        if let Some(new) = position {
            self.live.insert((new, cell));
        }
    }

    /// The newest second that a live cell has not passed: events newer than it can go. `None` if no cell is live.
    pub(super) fn frontier(&self) -> Option<Timestamp> {
        self.live.last().map(|(position, _)| *position)
    }

    /// The cells that hold the frontier.
    pub(super) fn holding(&self) -> impl Iterator<Item = usize> {
        let frontier = self.frontier();
        let at_frontier = move |(position, _): &&(Timestamp, usize)| Some(*position) == frontier;
        self.live
            .iter()
            .rev()
            .take_while(at_frontier)
            .map(|(_, cell)| *cell)
    }

    /// Whether this cell holds the frontier.
    pub(super) fn holds(&self, cell: usize) -> bool {
        let position = self.cells.get(cell).and_then(|cell| cell.position);
        position.is_some() && position == self.frontier()
    }

    /// Whether an event waits that may go.
    pub(super) fn has_ready(&self) -> bool {
        let first = self
            .waiting
            .first_key_value()
            .map(|(key, _)| key.time.floor_second());
        first.is_some_and(|second| self.frontier().is_none_or(|frontier| second > frontier))
    }

    /// The next event in order, if no live cell can still bring one that belongs before it.
    pub(super) fn pop(&mut self) -> Option<(usize, Event)> {
        if !self.has_ready() {
            return None;
        }
        let (_, (cell, event)) = self.waiting.pop_first()?;
        self.weight = self.weight.saturating_sub(event.weight());
        if let Some(cell) = self.cells.get_mut(cell) {
            cell.waiting -= 1;
        }
        Some((cell, event))
    }

    /// How many events of this cell wait.
    pub(super) fn waiting(&self, cell: usize) -> usize {
        self.cells.get(cell).map_or(0, |cell| cell.waiting)
    }

    /// About how many bytes wait.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::events::testing::event_in;

    /// So many empty pages a run may have; after them each page has one event at least.
    const MANY_EMPTY: usize = 100;

    /// Cuts a cell's events, newest first, into pages of any size (empty ones too) and plays all cells against
    /// each other in any turn.
    fn merged(
        cells: &[Vec<(i64, u8)>],
        pages: &[usize],
        turns: &[usize],
    ) -> (Vec<EventKey>, Vec<EventKey>) {
        let events = |index: usize, cell: &[(i64, u8)]| {
            let account = format!("{index:012}");
            let mut events: Vec<Event> = cell
                .iter()
                .map(|(t, id)| event_in(&account, *t, &id.to_string()))
                .collect();
            // Newest first, but not sorted inside a second, as CloudTrail does it.
            events.sort_by_key(|event| std::cmp::Reverse(event.key.time));
            let mut seen = std::collections::HashSet::new();
            events.retain(|event| seen.insert(event.key.clone()));
            events
        };
        let mut left: Vec<Vec<Event>> = cells
            .iter()
            .enumerate()
            .map(|(i, cell)| events(i, cell))
            .collect();
        let mut expected: Vec<EventKey> = left
            .iter()
            .flatten()
            .map(|event| event.key.clone())
            .collect();
        expected.sort();
        let mut merge = Merge::new(cells.len(), Timestamp::from_seconds(100));
        let mut got = Vec::new();
        let mut turns = turns.iter().cycle();
        let mut pages = pages.iter().cycle();
        let mut empty = 0;
        while left.iter().any(|events| !events.is_empty()) {
            let cell = turns.next().unwrap() % cells.len();
            let size = *pages.next().unwrap();
            // Turns and sizes may go round together so that a cell is only ever given empty pages: not for ever.
            empty += usize::from(size == 0);
            let size = size
                .max(usize::from(empty > MANY_EMPTY))
                .min(left[cell].len());
            let page: Vec<Event> = left[cell].drain(..size).collect();
            let position = page.last().map(|event| event.key.time);
            merge.take(cell, page, position);
            if left[cell].is_empty() {
                merge.end(cell);
            }
            while let Some((_, event)) = merge.pop() {
                got.push(event.key);
            }
        }
        (0..cells.len()).for_each(|cell| merge.end(cell));
        while let Some((_, event)) = merge.pop() {
            got.push(event.key);
        }
        assert_eq!(merge.weight(), 0);
        (got, expected)
    }

    proptest! {
        #[test]
        fn every_event_once_in_the_total_order(
            cells in prop::collection::vec(prop::collection::vec((0i64..20, 0u8..30), 0..60), 1..6),
            pages in prop::collection::vec(0usize..8, 1..20),
            turns in prop::collection::vec(0usize..6, 6..60),
        ) {
            prop_assume!(pages.iter().any(|size| *size > 0));
            // Every cell must get its turn.
            let turns: Vec<usize> = turns.into_iter().chain(0..cells.len()).collect();
            let (got, expected) = merged(&cells, &pages, &turns);
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn a_second_is_held_until_every_live_cell_has_passed_it() {
        let mut merge = Merge::new(2, Timestamp::from_seconds(100));
        merge.take(
            0,
            vec![event_in("000000000000", 50, "a")],
            Some(Timestamp::from_seconds(40)),
        );
        assert!(
            merge.pop().is_none(),
            "cell 1 may still have something newer"
        );
        assert_eq!(merge.holding().collect::<Vec<_>>(), [1]);
        merge.take(1, Vec::new(), Some(Timestamp::from_seconds(50)));
        assert!(
            merge.pop().is_none(),
            "cell 1 may still have something in the same second"
        );
        merge.take(1, Vec::new(), Some(Timestamp::from_seconds(49)));
        assert_eq!(merge.pop().unwrap().0, 0);
    }
}
