//! Which seconds of which strand are known, and in which block. No IO and no waiting.
//!
//! Evicts by the clock algorithm, which comes close to the least recently used: blocks stand in a ring; one that was
//! used since it was last looked at is let off once, the others go.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use crate::events::span::Span;

use super::{
    answer::Kept,
    strand::{Meta, Strand},
};

/// What a block takes beside its bytes, about: its place here, and its row on disk.
pub(super) const OVERHEAD: u64 = 256;

/// What is known, and where.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The blocks of each strand by their last second. They do not overlap.
    strands: HashMap<Arc<Strand>, BTreeMap<i64, Entry>>,
    /// Every block, and some that are gone.
    ring: VecDeque<Place>,
    totals: Totals,
    /// Quarters that the clock's hand has gone round the ring, and its steps in this one.
    quarters: u64,
    steps: usize,
    /// Blocks that were marked as used because they are to be kept.
    #[cfg(test)]
    pub(super) marked: usize,
}

/// What all blocks have together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) blocks: usize,
    /// What they take, their overhead included.
    pub(super) bytes: u64,
    pub(super) events: u64,
}

#[derive(Debug)]
struct Entry {
    from: i64,
    id: u64,
    events: u32,
    bytes: u32,
    cost: u64,
    used: bool,
}

#[derive(Debug)]
struct Place {
    strand: Arc<Strand>,
    to: i64,
    id: u64,
}

/// What is known at the end of a span.
#[derive(Debug)]
pub(super) enum Found {
    /// A block that has its last second.
    Known(Meta),
    /// Nothing, and how far down.
    Gap(Span),
}

impl Index {
    /// What there is at the end of `span`: in the strand itself, or among all events of the cell.
    pub(super) fn newest(&mut self, strand: &Strand, span: Span) -> Found {
        let mut gap = span;
        for strand in [Some(strand), strand.whole().as_ref()]
            .into_iter()
            .flatten()
        {
            match self.newest_of(strand, span) {
                Some(Found::Known(meta)) => return Found::Known(meta),
                Some(Found::Gap(own)) => gap = gap.intersect(own).unwrap_or(own),
                None => {}
            }
        }
        Found::Gap(gap)
    }

    fn newest_of(&mut self, strand: &Strand, span: Span) -> Option<Found> {
        let (name, _) = self.strands.get_key_value(strand)?;
        let name = Arc::clone(name);
        let blocks = self.strands.get_mut(strand)?;
        if let Some((to, entry)) = blocks.range_mut(span.to()..).next()
            && entry.from <= span.to()
        {
            entry.used = true;
            return entry.meta(name, *to).map(Found::Known);
        }
        let (below, _) = blocks.range(..span.to()).next_back()?;
        span.since(below.saturating_add(1)).map(Found::Gap)
    }

    /// The seconds of `span` that are known, oldest first; of a strand alone.
    fn known_of(&self, strand: &Strand, span: Span) -> impl Iterator<Item = Span> {
        let blocks = self.strands.get(strand).into_iter();
        let blocks = blocks.flat_map(move |blocks| blocks.range(span.from()..));
        let spans = blocks.map(|(to, entry)| (entry.from, *to));
        let spans = spans.take_while(move |(from, _)| *from <= span.to());
        spans.filter_map(move |(from, to)| Span::new(from, to)?.intersect(span))
    }

    /// The seconds of `span` that are not known, oldest first.
    pub(super) fn unknown(&self, strand: &Strand, span: Span) -> Vec<Span> {
        let mut known: Vec<Span> = self.known_of(strand, span).collect();
        if let Some(whole) = strand.whole() {
            known.extend(self.known_of(&whole, span));
            known.sort_by_key(|span| span.from());
        }
        let mut gaps = Vec::new();
        let mut rest = Some(span);
        for known in known {
            let Some(left) = rest else { break };
            gaps.extend(left.before(known.from()));
            rest = known.to().checked_add(1).and_then(|next| left.since(next));
        }
        gaps.extend(rest);
        gaps
    }

    /// How much of `span` is known of the strand alone; the blocks with it count as used.
    pub(super) fn keep(&mut self, strand: &Strand, span: Span) -> Kept {
        let mut kept = Kept::default();
        let blocks = self.strands.get_mut(strand).into_iter();
        for (to, entry) in blocks.flat_map(|blocks| blocks.range_mut(span.from()..)) {
            let known = Span::new(entry.from, *to).and_then(|known| known.intersect(span));
            let Some(known) = known else { break };
            entry.used = true;
            #[cfg(test)]
            {
                self.marked += 1;
            }
            kept.seconds += known.seconds();
            kept.bytes += entry.cost;
        }
        kept
    }

    /// The blocks of the strand that end just before `span` and begin just after it.
    pub(super) fn neighbours(&self, strand: &Arc<Strand>, span: Span) -> [Option<Meta>; 2] {
        let Some(blocks) = self.strands.get(strand) else {
            return [None, None];
        };
        let meta = |to: i64, entry: &Entry| entry.meta(Arc::clone(strand), to);
        let before = span.from().checked_sub(1);
        let before = before.and_then(|to| meta(to, blocks.get(&to)?));
        let next = span.to().checked_add(1);
        let after = next.and_then(|next| {
            let (to, entry) = blocks.range(next..).next()?;
            meta(*to, entry).filter(|after| after.span.from() == next)
        });
        [before, after]
    }

    /// Whether a block can be added: nothing of it is known in its strand.
    pub(super) fn is_free(&self, meta: &Meta) -> bool {
        self.known_of(&meta.strand, meta.span).next().is_none()
    }

    /// Adds a block, of which nothing is known in its strand.
    pub(super) fn insert(&mut self, meta: &Meta, cost: u64) {
        let cost = cost.saturating_add(OVERHEAD);
        let known = self.strands.get_key_value(&meta.strand);
        let strand = Arc::clone(known.map_or(&meta.strand, |(strand, _)| strand));
        let entry = Entry {
            from: meta.span.from(),
            id: meta.id,
            events: meta.events,
            bytes: meta.bytes,
            cost,
            used: false,
        };
        let to = meta.span.to();
        let blocks = self.strands.entry(Arc::clone(&strand)).or_default();
        if blocks.insert(to, entry).is_none() {
            self.totals.blocks += 1;
            self.totals.bytes += cost;
            self.totals.events += u64::from(meta.events);
        }
        let id = meta.id;
        self.ring.push_back(Place { strand, to, id });
        if self.ring.len() > 2 * self.totals.blocks + 1024 {
            self.tidy();
        }
    }

    /// Takes a block out; `false` if it is not here (any more).
    pub(super) fn remove(&mut self, strand: &Strand, to: i64, id: u64) -> bool {
        let Some(blocks) = self.strands.get_mut(strand) else {
            return false;
        };
        if blocks.get(&to).is_none_or(|entry| entry.id != id) {
            return false;
        }
        let Some(entry) = blocks.remove(&to) else {
            return false;
        };
        if blocks.is_empty() {
            self.strands.remove(strand);
        }
        self.totals.blocks = self.totals.blocks.saturating_sub(1);
        self.totals.bytes = self.totals.bytes.saturating_sub(entry.cost);
        let events = u64::from(entry.events);
        self.totals.events = self.totals.events.saturating_sub(events);
        true
    }

    /// Takes blocks out until they take no more than this; their ids.
    pub(super) fn evict(&mut self, most: u64) -> Vec<u64> {
        let mut gone = Vec::new();
        while self.totals.bytes > most {
            let Some(place) = self.ring.pop_front() else {
                break;
            };
            self.step();
            let blocks = self.strands.get_mut(&place.strand);
            let entry = blocks.and_then(|blocks| blocks.get_mut(&place.to));
            match entry.filter(|entry| entry.id == place.id) {
                Some(entry) if entry.used => {
                    entry.used = false;
                    self.ring.push_back(place);
                }
                Some(_) => {
                    self.remove(&place.strand, place.to, place.id);
                    gone.push(place.id);
                }
                None => {}
            }
        }
        gone
    }

    /// How many quarters the clock's hand has gone round. A block that is marked as used goes a whole round later at the
    /// earliest: to be kept, it need not be marked twice in the same quarter.
    pub(super) fn quarters(&self) -> u64 {
        self.quarters
    }

    fn step(&mut self) {
        self.steps += 1;
        if self.steps >= self.totals.blocks / 4 {
            self.steps = 0;
            self.quarters += 1;
        }
    }

    /// Takes out the blocks that end before this second; their ids.
    pub(super) fn forget_before(&mut self, second: i64) -> Vec<u64> {
        let old = self.strands.iter().flat_map(|(strand, blocks)| {
            let old = blocks.range(..second);
            old.map(|(to, entry)| (Arc::clone(strand), *to, entry.id))
        });
        let old: Vec<_> = old.collect();
        old.into_iter()
            .filter(|(strand, to, id)| self.remove(strand, *to, *id))
            .map(|(_, _, id)| id)
            .collect()
    }

    /// What all blocks have together.
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    /// Leaves out of the ring what is gone.
    fn tidy(&mut self) {
        let strands = &self.strands;
        self.ring.retain(|place| {
            let blocks = strands.get(&place.strand);
            let entry = blocks.and_then(|blocks| blocks.get(&place.to));
            entry.is_some_and(|entry| entry.id == place.id)
        });
    }
}

impl Entry {
    fn meta(&self, strand: Arc<Strand>, to: i64) -> Option<Meta> {
        Some(Meta {
            id: self.id,
            strand,
            span: Span::new(self.from, to)?,
            events: self.events,
            bytes: self.bytes,
        })
    }
}
