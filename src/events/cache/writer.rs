//! The thread that writes: takes what is put, stores what of it is not known yet, and keeps within the bound.
//!
//! It alone changes what is known, except that a reader may take out a block that is damaged.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{domain::Event, events::span::Span};

use super::{
    cut::{self, Piece},
    gather::Gathering,
    join,
    packed::{PackError, Packed, Packing},
    shared::Shared,
    shelf::{Changes, ShelfError},
    strand::{Meta, Strand},
};

/// What was written reaches the disk after this time, or so many bytes: what a crash may lose.
const SYNC_AFTER: Duration = Duration::from_secs(1);
const SYNC_BYTES: usize = 8 << 20;
/// How long to wait for more before what was written is brought to the disk.
const LULL: Duration = Duration::from_millis(100);

/// CloudTrail's history is 90 days long; a day is added for what is being read.
const KEPT_SECONDS: i64 = 91 * 86_400;
/// How often to look for what is older.
const AGE_STEP: i64 = 3_600;

/// What the writer is told.
pub(super) enum Message {
    /// Remember that these are all events of these seconds.
    Put(Put),
    /// No put of this strand follows.
    End(Arc<Strand>),
    /// Say when all before is on the disk.
    Flush(oneshot::Sender<()>),
    /// Say when all before of this strand is known.
    Written(Arc<Strand>, oneshot::Sender<()>),
}

/// All events of these seconds.
pub(super) struct Put {
    pub(super) strand: Arc<Strand>,
    pub(super) span: Span,
    pub(super) events: Vec<Arc<Event>>,
    /// What it was counted with in the queue.
    pub(super) weight: usize,
}

impl Put {
    /// Together with the one that ends just below it.
    pub(super) fn followed_by(mut self, below: Self) -> Self {
        self.span = Span::new(below.span.from(), self.span.to()).unwrap_or(self.span);
        self.events.extend(below.events);
        self.weight += below.weight;
        self
    }
}

/// The writer's own state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    gathering: Gathering,
    next_id: u64,
    /// Blocks that are known no more, and still on the shelf.
    doomed: Vec<u64>,
    /// Bytes written since the last sync, and when the first of them was.
    unsynced: usize,
    since: Option<Instant>,
    /// Up to where the old was taken out.
    forgotten: i64,
}

impl Writer {
    /// A writer whose first block gets this id; `doomed` are blocks to be taken off the shelf.
    pub(super) fn new(shared: Arc<Shared>, next_id: u64, doomed: Vec<u64>) -> Self {
        Self {
            shared,
            gathering: Gathering::default(),
            next_id,
            since: (!doomed.is_empty()).then(Instant::now),
            doomed,
            unsynced: 0,
            forgotten: i64::MIN,
        }
    }

    /// Writes until nobody can put anything any more.
    pub(super) fn run(mut self, queue: &mpsc::Receiver<Message>) {
        loop {
            let message = match self.since {
                None => queue
                    .recv()
                    .map_err(|_| mpsc::RecvTimeoutError::Disconnected),
                Some(_) => queue.recv_timeout(LULL),
            };
            match message {
                Ok(message) => self.take(message),
                Err(mpsc::RecvTimeoutError::Timeout) => self.sync(),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            let due = self
                .since
                .is_some_and(|since| since.elapsed() >= SYNC_AFTER);
            if due || self.unsynced >= SYNC_BYTES {
                self.sync();
            }
        }
        self.sync();
    }

    pub(super) fn take(&mut self, message: Message) {
        match message {
            Message::Put(put) => {
                self.since.get_or_insert_with(Instant::now);
                let full = self.gathering.take(put);
                self.write(full);
                if self.shared.is_crowded() {
                    self.release(None);
                }
            }
            Message::End(strand) => self.release(Some(&strand)),
            Message::Flush(done) => {
                self.sync();
                // Whoever asked may have gone.
                let _ = done.send(());
            }
            Message::Written(strand, done) => {
                self.release(Some(&strand));
                let _ = done.send(());
            }
        }
    }

    /// Writes what was gathered, or what of this strand.
    fn release(&mut self, strand: Option<&Strand>) {
        let released = self.gathering.release(strand);
        self.write(released);
    }

    fn write(&mut self, puts: impl IntoIterator<Item = Put>) {
        for put in puts {
            let weight = put.weight;
            // Whoever ends the cache does not wait for what is still queued.
            if !self.shared.is_closing() && !self.shared.has_failed() {
                let stored = self.store(put);
                self.check(stored);
            }
            self.shared.unqueue(weight);
        }
    }

    fn store(&mut self, put: Put) -> Result<(), ShelfError> {
        let Put {
            strand,
            span,
            events,
            ..
        } = put;
        let gaps = self.shared.index().unknown(&strand, span);
        for gap in gaps {
            let events = cut::tidy(gap, &events);
            self.fill(&strand, gap, events)?;
        }
        self.forget(span.to());
        Ok(())
    }

    /// Stores the events of a span of which nothing is known.
    fn fill(
        &mut self,
        strand: &Arc<Strand>,
        gap: Span,
        events: Vec<Arc<Event>>,
    ) -> Result<(), ShelfError> {
        let pieces = cut::cut(gap, events);
        let neighbours = self.shared.index().neighbours(strand, gap);
        let shared = Arc::clone(&self.shared);
        let joined = join::join(pieces, neighbours, |meta| shared.read(meta));
        let mut changes = Changes::default();
        if let Some((meta, span)) = &joined.extended {
            let span = *span;
            changes.put.push((
                Meta {
                    span,
                    ..meta.clone()
                },
                None,
            ));
        }
        for piece in joined.pieces {
            match self.pack(strand, &piece) {
                Ok(block) => changes.put.push(block),
                // Nothing is said to be known then.
                Err(_) => self.shared.counts.dropped(),
            }
        }
        self.commit(
            changes,
            joined.replaced,
            joined.extended.map(|(meta, _)| meta),
        )
    }

    /// A piece as a block, with a new id.
    fn pack(
        &mut self,
        strand: &Arc<Strand>,
        piece: &Piece,
    ) -> Result<(Meta, Option<Bytes>), PackError> {
        let (events, bytes) = match piece.events.is_empty() {
            true => (0, None),
            false => {
                let packed = Packed::encode(&piece.events, Packing::Lasting)?;
                (packed.events(), Some(packed.bytes().clone()))
            }
        };
        let length = bytes.as_ref().map_or(0, Bytes::len);
        let meta = Meta {
            id: self.next_id,
            strand: Arc::clone(strand),
            span: piece.span,
            events,
            bytes: u32::try_from(length).map_err(|_| PackError::TooLarge)?,
        };
        self.next_id += 1;
        Ok((meta, bytes))
    }

    /// Puts blocks on the shelf first, makes them known then, and takes what they replace off the shelf with the next
    /// change: so readers always find what they were told of, and of what a crash leaves doubled the later id counts.
    fn commit(
        &mut self,
        mut changes: Changes,
        replaced: Vec<Meta>,
        extended: Option<Meta>,
    ) -> Result<(), ShelfError> {
        changes.remove = self.doomed();
        self.shared.shelf.apply(&changes, false)?;
        let bytes = changes.put.iter().flat_map(|(_, bytes)| bytes);
        self.unsynced += bytes.map(Bytes::len).sum::<usize>();
        self.since.get_or_insert_with(Instant::now);
        let mut index = self.shared.index();
        for old in replaced {
            index.remove(&old.strand, old.span.to(), old.id);
            self.doomed.push(old.id);
        }
        // A reader may have found it damaged and taken it out meanwhile.
        let lost = extended.filter(|old| !index.remove(&old.strand, old.span.to(), old.id));
        for (meta, _) in changes.put {
            if lost.as_ref().is_none_or(|lost| lost.id != meta.id) {
                index.insert(&meta, self.shared.shelf.cost(meta.bytes));
            }
        }
        let evicted = index.evict(self.shared.most);
        self.shared.counts.evicted(evicted.len());
        self.doomed.extend(evicted);
        Ok(())
    }

    /// Takes out what can't be asked for any more. `end` is the end of what was put just now: no clock is needed.
    fn forget(&mut self, end: i64) {
        let before = end.saturating_sub(KEPT_SECONDS);
        if before >= self.forgotten.saturating_add(AGE_STEP) {
            self.forgotten = before;
            let old = self.shared.index().forget_before(before);
            self.doomed.extend(old);
        }
    }

    /// Brings all that was put to the disk.
    fn sync(&mut self) {
        self.release(None);
        self.since = None;
        self.unsynced = 0;
        if !self.shared.has_failed() {
            let remove = self.doomed();
            let changes = Changes {
                remove,
                ..Changes::default()
            };
            let synced = self.shared.shelf.apply(&changes, true);
            self.check(synced);
        }
    }

    fn doomed(&mut self) -> Vec<u64> {
        self.doomed.extend(self.shared.take_lost());
        std::mem::take(&mut self.doomed)
    }

    fn check(&self, done: Result<(), ShelfError>) {
        if let Err(error) = done {
            self.shared.fail(&error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::cache::{index::Index, shelf::MemoryShelf, tests::whole};

    #[test]
    fn who_waits_for_its_own_leaves_to_others_what_they_gather() {
        let shelf = Box::new(MemoryShelf::default());
        let shared = Arc::new(Shared::new(Index::default(), shelf, 1 << 20));
        let mut writer = Writer::new(Arc::clone(&shared), 0, Vec::new());
        let mine = Arc::new(whole());
        let mut other = whole();
        other.cell.account = crate::domain::AccountId::from_u64(7).unwrap();
        let other = Arc::new(other);
        let span = Span::new(0, 9).unwrap();
        for strand in [&mine, &other] {
            writer.take(Message::Put(Put {
                strand: Arc::clone(strand),
                span,
                events: Vec::new(),
                weight: 500,
            }));
        }
        let (done, mut written) = oneshot::channel();
        writer.take(Message::Written(Arc::clone(&mine), done));
        written.try_recv().unwrap();
        assert!(shared.index().unknown(&mine, span).is_empty());
        assert_eq!(shared.index().unknown(&other, span), [span]);
    }
}
