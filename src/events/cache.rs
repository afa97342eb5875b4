//! What is known of each cell's history already, so that AWS is asked only for the rest.
//!
//! Owns which seconds of which cell are known, the events in them, and the bound on both. Knows nothing of lookups: who
//! puts something says that it is settled and complete, and it is never doubted again.
//!
//! It is a cache: deleting it loses nothing, and whatever goes wrong in it looks as if nothing were known.
//!
//! ```text
//! put ──→ queue ──→ writer: gathered ──→ unknown seconds ──→ cut ──→ join ──→ packed ──→ shelf, then index
//! newest ──→ index ──→ shelf ──→ unpacked ──→ the block, or the gap
//! ```

mod answer;
mod cut;
mod disk;
mod gather;
mod index;
mod join;
pub(in crate::events) mod packed;
mod shared;
mod shelf;
mod strand;
#[cfg(test)]
pub(in crate::events) mod tests;
mod wire;
mod writer;

use std::{
    fmt,
    path::Path,
    sync::{Arc, atomic::Ordering::Relaxed, mpsc},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use crate::domain::Event;

use super::span::Span;

pub use answer::{Block, CacheError, CacheStats, Kept, Newest};
pub use strand::Strand;

use index::{Found, Index};
use shared::Shared;
use shelf::{MemoryShelf, Shelf};
use strand::Meta;
use writer::{Message, Put, Writer};

/// How often a block that was replaced while it was looked up is looked up again.
const TRIES: u32 = 4;
/// What a put weighs beside its events.
const PUT: usize = 500;

/// What is known of each cell's history. Cloning shares it; its writer ends with the last clone.
#[derive(Clone)]
pub struct EventCache {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    shared: Arc<Shared>,
    /// Both are there until the end.
    queue: Option<mpsc::Sender<Message>>,
    writer: Option<JoinHandle<()>>,
}

impl EventCache {
    /// One that knows nothing and keeps nothing.
    pub fn off() -> Self {
        Self { inner: None }
    }

    /// Whether it keeps nothing.
    pub fn is_off(&self) -> bool {
        self.inner.is_none()
    }

    /// The bytes that it may hold.
    pub fn capacity(&self) -> u64 {
        self.inner.as_ref().map_or(0, |inner| inner.shared.most)
    }

    /// Whether it is a file, which takes no memory.
    pub fn is_on_disk(&self) -> bool {
        let inner = self.inner.as_ref();
        inner.is_some_and(|inner| inner.shared.shelf.waits())
    }

    /// One in memory, of at most so many bytes.
    pub fn in_memory(bytes: u64) -> Self {
        let shared = Shared::new(Index::default(), Box::new(MemoryShelf::default()), bytes);
        Self::start(shared, 0, Vec::new())
    }

    /// One in a file in this directory, of about so many bytes at most, with what was known when it was last used. A file that
    /// cannot be used is moved aside, and a new one begun. Waits for the disk.
    ///
    /// # Errors
    ///
    /// If nothing can be kept there at all, or another process does so.
    pub fn on_disk(directory: &Path, bytes: u64) -> Result<Self, CacheError> {
        let disk::Opened {
            shelf,
            metas,
            mut doomed,
        } = disk::open(directory)?;
        let next_id = metas.iter().map(|meta| meta.id.saturating_add(1)).max();
        let mut index = Index::default();
        // The latest first: of blocks that a crash left doubled, it counts.
        for meta in &metas {
            match index.is_free(meta) {
                true => index.insert(meta, shelf.cost(meta.bytes)),
                false => doomed.push(meta.id),
            }
        }
        doomed.extend(index.evict(bytes));
        let shared = Shared::new(index, Box::new(shelf), bytes);
        Ok(Self::start(shared, next_id.unwrap_or(0), doomed))
    }

    fn start(shared: Shared, next_id: u64, doomed: Vec<u64>) -> Self {
        let shared = Arc::new(shared);
        let writer = Writer::new(Arc::clone(&shared), next_id, doomed);
        let (queue, messages) = mpsc::channel();
        let thread = std::thread::Builder::new().name("event-cache".to_owned());
        match thread.spawn(move || writer.run(&messages)) {
            Ok(writer) => Self {
                inner: Some(Arc::new(Inner {
                    shared,
                    queue: Some(queue),
                    writer: Some(writer),
                })),
            },
            Err(error) => {
                tracing::error!(%error, "the event cache has no thread to write with: it is off");
                Self::off()
            }
        }
    }

    /// The newest part of `span`, back from its end: what is known there, or the gap down to what is known next.
    pub async fn newest(&self, strand: &Strand, span: Span) -> Newest {
        self.newest_part(strand, span, span).await
    }

    /// The same, but of what is known no more than `part`, which has the end of `span` too.
    pub(in crate::events) async fn newest_part(
        &self,
        strand: &Strand,
        span: Span,
        part: Span,
    ) -> Newest {
        let Some(inner) = &self.inner else {
            return Newest::Gap(span);
        };
        let shared = &inner.shared;
        for _ in 0..TRIES {
            let found = shared.index().newest(strand, span);
            let meta = match found {
                Found::Known(meta) => meta,
                Found::Gap(gap) => {
                    shared.counts.misses.fetch_add(1, Relaxed);
                    return Newest::Gap(gap);
                }
            };
            if let Some(block) = read(shared, strand, part, meta).await {
                shared.counts.hits.fetch_add(1, Relaxed);
                return Newest::Known(block);
            }
        }
        shared.counts.misses.fetch_add(1, Relaxed);
        Newest::Gap(span)
    }

    /// Remembers that these are all events of these seconds. They must be settled: nothing may come later. Does not wait: what
    /// the writer has no room for is not kept. Whether it was taken.
    pub fn put(&self, strand: &Strand, span: Span, events: Vec<Arc<Event>>) -> bool {
        let Some(inner) = &self.inner else {
            return false;
        };
        let weight: usize = events.iter().map(|event| event.weight()).sum();
        let weight = weight.saturating_add(PUT);
        if inner.shared.has_failed() {
            return false;
        }
        if !inner.shared.queue(weight) {
            inner.shared.counts.dropped();
            return false;
        }
        let strand = Arc::new(strand.clone());
        inner.tell(Message::Put(Put {
            strand,
            span,
            events,
            weight,
        }));
        true
    }

    /// Nothing follows what was put of this strand: it need not wait any longer. To be said once after something was taken,
    /// so that these messages are no more than what is bounded.
    pub(in crate::events) fn end(&self, strand: &Arc<Strand>) {
        if let Some(inner) = &self.inner
            && !inner.shared.has_failed()
        {
            inner.tell(Message::End(Arc::clone(strand)));
        }
    }

    /// How many seconds of `span` are known.
    pub fn known_seconds(&self, strand: &Strand, span: Span) -> u64 {
        let Some(inner) = &self.inner else { return 0 };
        let unknown = inner.shared.index().unknown(strand, span);
        let unknown: u64 = unknown.into_iter().map(Span::seconds).sum();
        span.seconds().saturating_sub(unknown)
    }

    /// The parts of `span` of which nothing is known, newest first.
    pub fn gaps(&self, strand: &Strand, span: Span) -> Vec<Span> {
        let Some(inner) = &self.inner else {
            return vec![span];
        };
        let mut gaps = inner.shared.index().unknown(strand, span);
        gaps.reverse();
        gaps
    }

    /// What of `span` is known of the strand itself. It counts as used: what nobody has asked for since goes before it.
    pub fn keep(&self, strand: &Strand, span: Span) -> Kept {
        let Some(inner) = &self.inner else {
            return Kept::default();
        };
        inner.shared.index().keep(strand, span)
    }

    /// Changes as often as what is to be kept must be told again: so that to tell it costs no more than to evict, however
    /// often there is a reason to.
    pub(in crate::events) fn quarters(&self) -> u64 {
        let inner = self.inner.as_ref();
        inner.map_or(0, |inner| inner.shared.index().quarters())
    }

    /// What there is, and what has happened since the start.
    pub fn stats(&self) -> CacheStats {
        let Some(inner) = &self.inner else {
            return CacheStats::default();
        };
        let totals = inner.shared.index().totals();
        let counts = &inner.shared.counts;
        CacheStats {
            bytes: totals.bytes,
            blocks: totals.blocks,
            events: totals.events,
            hits: counts.hits.load(Relaxed),
            misses: counts.misses.load(Relaxed),
            evicted: counts.evicted.load(Relaxed),
            dropped: counts.dropped.load(Relaxed),
            failed: inner.shared.has_failed(),
        }
    }

    /// Waits until all that was put so far is known, and on the disk if there is one.
    pub async fn flush(&self) {
        self.wait_for(Message::Flush).await;
    }

    /// Waits until all that was put of this strand so far is known, though a crash may still lose it. What others put goes
    /// on waiting for what follows it.
    pub async fn written(&self, strand: &Arc<Strand>) {
        let strand = Arc::clone(strand);
        self.wait_for(|done| Message::Written(strand, done)).await;
    }

    async fn wait_for(&self, message: impl FnOnce(oneshot::Sender<()>) -> Message) {
        if let Some(inner) = &self.inner {
            let (done, waiting) = oneshot::channel();
            inner.tell(message(done));
            // Without an answer there is no writer any more, and nothing to wait for.
            let _ = waiting.await;
        }
    }
}

/// The part of a block that is asked for.
async fn read(shared: &Arc<Shared>, strand: &Strand, span: Span, meta: Meta) -> Option<Block> {
    if !shared.shelf.waits() {
        return part(shared, strand, span, &meta);
    }
    let (shared, strand) = (Arc::clone(shared), strand.clone());
    let reading = tokio::task::spawn_blocking(move || part(&shared, &strand, span, &meta));
    reading.await.ok().flatten()
}

fn part(shared: &Shared, strand: &Strand, span: Span, meta: &Meta) -> Option<Block> {
    let span = span.intersect(meta.span)?;
    let mut events = shared.read(meta)?;
    let all = meta.strand.attribute == strand.attribute;
    events.retain(|event| span.contains(event.key.time) && (all || strand.holds(event)));
    Some(Block { span, events })
}

impl Inner {
    fn tell(&self, message: Message) {
        if let Some(queue) = &self.queue {
            // The writer ends only after this sender.
            let _ = queue.send(message);
        }
    }
}

impl Drop for Inner {
    /// Ends the writer and waits for it: for what it is writing, not for what is queued.
    fn drop(&mut self) {
        self.shared.close();
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // If it panicked there is nothing to be done about it.
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for EventCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventCache").field(&self.stats()).finish()
    }
}
