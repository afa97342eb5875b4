//! What a window has read goes to the cache, as soon as whole seconds of it are complete and settled.

use std::sync::Arc;

use crate::{
    domain::{Event, Timestamp},
    events::{
        cache::{EventCache, Strand},
        span::Span,
    },
};

/// Where settled events are remembered.
#[derive(Clone)]
pub(super) struct Memory {
    pub(super) cache: EventCache,
    pub(super) strand: Arc<Strand>,
    /// The last settled second: what is newer may still grow. `None`: nothing is remembered.
    pub(super) settled: Option<i64>,
}

impl Memory {
    /// What was put waits for nothing more: no window brings more, or it must be known now.
    pub(super) fn end(&self) {
        if self.settled.is_some() {
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
        memory.cache.put(&memory.strand, span, complete);
    }
}
