//! Into which blocks the events of a span go. Pure.

use std::sync::Arc;

use crate::{domain::Event, events::span::Span};

/// The most events in a block, unless one second has more: a page takes 50, and a block is read whole.
pub(super) const MOST_EVENTS: usize = 500;
/// The most bytes of events in a block, unless one second has more.
pub(super) const MOST_WEIGHT: usize = 1 << 20;

/// Seconds on end with all their events, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) span: Span,
    pub(super) events: Vec<Arc<Event>>,
}

/// Cuts a span into pieces, newest first, never inside a second. `events` are its events in their order.
pub(super) fn cut(span: Span, events: Vec<Arc<Event>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut to = span.to();
    let (mut held, mut weight) = (Vec::new(), 0);
    for second in events.chunk_by(|a, b| a.key.time.seconds() == b.key.time.seconds()) {
        let Some(first) = second.first() else {
            continue;
        };
        let at = first.key.time.seconds();
        let heavy: usize = second.iter().map(|event| event.weight()).sum();
        let full = held.len() + second.len() > MOST_EVENTS || weight + heavy > MOST_WEIGHT;
        if full
            && !held.is_empty()
            && let Some(span) = Span::new(at.saturating_add(1), to)
        {
            let events = std::mem::take(&mut held);
            pieces.push(Piece { span, events });
            (to, weight) = (at, 0);
        }
        held.extend(second.iter().cloned());
        weight += heavy;
    }
    if let Some(span) = Span::new(span.from(), to) {
        pieces.push(Piece { span, events: held });
    }
    pieces
}

/// The events of these seconds, each once, in their order.
pub(super) fn tidy(span: Span, events: &[Arc<Event>]) -> Vec<Arc<Event>> {
    let within = events.iter().filter(|event| span.contains(event.key.time));
    let mut events: Vec<Arc<Event>> = within.cloned().collect();
    events.sort_by(|a, b| a.key.cmp(&b.key));
    events.dedup_by(|a, b| a.key == b.key);
    events
}
