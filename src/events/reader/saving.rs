//! What a window has read goes to the cache, as soon as whole seconds of it are complete and settled.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::{
    domain::{Event, Timestamp},
    events::{
        cache::{EventCache, Strand},
        redact::without_secrets,
        span::Span,
    },
};

/// Where settled events are remembered.
pub(super) struct Memory {
    pub(super) cache: EventCache,
    pub(super) strand: Arc<Strand>,
    /// The last settled second: what is newer may still grow. `None`: nothing is remembered.
    pub(super) settled: Option<i64>,
    /// Whether something was put that may be waiting in the cache for what follows it.
    put: AtomicBool,
}

impl Memory {
    /// Of this strand, up to the last settled second.
    pub(super) fn new(cache: EventCache, strand: Strand, settled: Option<i64>) -> Self {
        Self {
            cache,
            strand: Arc::new(strand),
            settled,
            put: AtomicBool::new(false),
        }
    }

    /// Remembers that these are all events of these seconds.
    ///
    /// Their secrets are no part of it: who reads the cache's file, or may not see them, has none.
    fn put(&self, span: Span, events: Vec<Arc<Event>>) {
        let events = events.into_iter().map(without_secrets).collect();
        if self.cache.put(&self.strand, span, events) {
            self.put.store(true, Relaxed);
        }
    }

    /// What was put waits for nothing more: no window brings more, or it must be known now.
    pub(super) fn end(&self) {
        if self.put.swap(false, Relaxed) {
            self.cache.end(&self.strand);
        }
    }

    /// Whether all of this is remembered. It counts as used, so that other blocks go before it.
    pub(super) fn keeps(&self, span: Span) -> bool {
        self.cache.keep(&self.strand, span).seconds == span.seconds()
    }
}

/// What one window has read and not remembered yet.
#[derive(Debug)]
pub(super) struct Saving {
    /// The last second that is not remembered.
    top: i64,
    /// Down to this second all has been read.
    complete: i64,
    events: Vec<Arc<Event>>,
}

impl Saving {
    /// Of a window that ends with this second.
    pub(super) fn new(top: i64) -> Self {
        Self {
            top,
            complete: top + 1,
            events: Vec::new(),
        }
    }

    /// Of a window that begins with this second, all of which was given to the cache.
    pub(super) fn done(from: i64) -> Self {
        Self::new(from - 1)
    }

    /// From this second on all was given to the cache.
    pub(super) fn remembered_from(&self) -> i64 {
        self.top.saturating_add(1)
    }

    /// A page was read, after which everything from `complete` on has been.
    pub(super) fn page(&mut self, memory: &Memory, events: &[Arc<Event>], complete: i64) {
        let Some(last) = memory.settled else {
            return;
        };
        let settled = |event: &&Arc<Event>| event.key.time.seconds() <= last;
        self.events.extend(events.iter().filter(settled).cloned());
        self.complete = self.complete.min(complete);
        // At once, so that nothing is held twice: the cache gathers what is small.
        self.flush(memory);
    }

    /// Remembers what is complete.
    pub(super) fn flush(&mut self, memory: &Memory) {
        let Some(last) = memory.settled else {
            return;
        };
        let span = Span::new(self.complete, self.top.min(last));
        self.top = self.top.min(self.complete - 1);
        let Some(span) = span else {
            return;
        };
        let whole = |event: &Arc<Event>| event.key.time >= Timestamp::from_seconds(span.from());
        let (complete, rest) = std::mem::take(&mut self.events)
            .into_iter()
            .partition(whole);
        self.events = rest;
        memory.put(span, complete);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::Cell,
        events::{cache::tests::without_a_writer, testing::event},
    };

    fn memory(cache: EventCache) -> Memory {
        let key = event(0, "x").key;
        let strand = Strand {
            cell: Cell {
                account: key.account,
                region: key.region,
            },
            attribute: None,
        };
        Memory::new(cache, strand, Some(1_000))
    }

    #[test]
    fn the_end_is_told_once_after_something_was_put() {
        let (cache, told) = without_a_writer();
        let memory = memory(cache);
        memory.end();
        assert_eq!(told(), 0, "nothing was put");
        memory.put(Span::new(0, 9).unwrap(), Vec::new());
        (0..100).for_each(|_| memory.end());
        assert_eq!(told(), 2, "what was put, and its end");
        memory.put(Span::new(10, 19).unwrap(), Vec::new());
        memory.end();
        assert_eq!(told(), 2);
    }

    #[test]
    fn what_was_not_taken_has_no_end() {
        let (cache, told) = without_a_writer();
        let mut large = event(5, "large");
        large.record = "x".repeat(8 << 20).into();
        cache.put(
            &memory(cache.clone()).strand,
            Span::new(0, 9).unwrap(),
            vec![Arc::new(large)],
        );
        let memory = memory(cache);
        memory.put(Span::new(10, 19).unwrap(), Vec::new());
        memory.end();
        assert_eq!(told(), 1, "the large one alone: it leaves no room");
    }
}
