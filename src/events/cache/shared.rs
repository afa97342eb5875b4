//! What readers and the writer share: what is known, where it lies, what is counted, and what happens if it fails.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use crate::domain::Event;

use super::{
    index::Index,
    packed::Packed,
    shelf::{Shelf, ShelfError},
    strand::Meta,
};

/// The most that may wait for the writer, by [`Event::weight`].
const QUEUED: usize = 4 << 20;

/// What readers and the writer share.
pub(super) struct Shared {
    index: Mutex<Index>,
    pub(super) shelf: Box<dyn Shelf>,
    /// The most that all blocks may take.
    pub(super) most: u64,
    pub(super) counts: Counts,
    /// Blocks that a reader took out, for the writer to take off the shelf.
    lost: Mutex<Vec<u64>>,
    queued: AtomicUsize,
    closing: AtomicBool,
    failed: AtomicBool,
}

/// What is counted, since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) evicted: AtomicU64,
    pub(super) dropped: AtomicU64,
}

impl Counts {
    pub(super) fn evicted(&self, blocks: usize) {
        self.evicted.fetch_add(blocks as u64, Relaxed);
    }

    pub(super) fn dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }
}

impl Shared {
    pub(super) fn new(index: Index, shelf: Box<dyn Shelf>, most: u64) -> Self {
        Self {
            index: Mutex::new(index),
            shelf,
            most,
            counts: Counts::default(),
            lost: Mutex::default(),
            queued: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        }
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        // Nothing under this lock can panic half-way through a change.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The events of a block. May wait for the disk. Nothing if it was replaced meanwhile, or cannot be read: then it is
    /// not known any more.
    pub(super) fn read(&self, meta: &Meta) -> Option<Vec<Arc<Event>>> {
        if meta.events == 0 {
            return Some(Vec::new());
        }
        let bytes = match self.shelf.get(meta.id) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.fail(&error);
                return None;
            }
        };
        let Some(bytes) = bytes else {
            self.lose(meta, "the block is missing");
            return None;
        };
        let packed = Packed::from_parts(bytes, meta.events);
        match packed.decode(&meta.strand.cell) {
            Ok(events) => Some(events),
            Err(error) => {
                self.lose(meta, &error.to_string());
                None
            }
        }
    }

    /// Takes a block out that cannot be read, unless the writer replaced it meanwhile.
    fn lose(&self, meta: &Meta, why: &str) {
        if self.index().remove(&meta.strand, meta.span.to(), meta.id) {
            self.lost().push(meta.id);
            tracing::warn!(
                account_id = %meta.strand.cell.account,
                region = meta.strand.cell.region.as_str(),
                error = why,
                "a block of cached events cannot be read and is left out: AWS is asked again"
            );
        }
    }

    fn lost(&self) -> MutexGuard<'_, Vec<u64>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The blocks that readers took out since this was last asked.
    pub(super) fn take_lost(&self) -> Vec<u64> {
        std::mem::take(&mut *self.lost())
    }

    /// From now on nothing is known, and nothing is kept. Said once.
    pub(super) fn fail(&self, error: &ShelfError) {
        if !self.failed.swap(true, Relaxed) {
            tracing::error!(%error, "the event cache does not work any more: it is empty until the next start");
        }
        *self.index() = Index::default();
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Relaxed)
    }

    /// What is still queued need not be written any more.
    pub(super) fn close(&self) {
        self.closing.store(true, Relaxed);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// Counts into the queue; `false` if it is full. What is larger than the queue goes into an empty one.
    pub(super) fn queue(&self, weight: usize) -> bool {
        let room = |queued: usize| {
            let then = queued.saturating_add(weight);
            (queued == 0 || then <= QUEUED).then_some(then)
        };
        self.queued.fetch_update(Relaxed, Relaxed, room).is_ok()
    }

    /// Whether what waits leaves little room for more.
    pub(super) fn is_crowded(&self) -> bool {
        self.queued.load(Relaxed) > QUEUED / 2
    }

    /// Counts out of the queue.
    pub(super) fn unqueue(&self, weight: usize) {
        let less = |queued: usize| Some(queued.saturating_sub(weight));
        let _ = self.queued.fetch_update(Relaxed, Relaxed, less);
    }
}
