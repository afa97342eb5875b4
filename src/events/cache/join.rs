//! How new pieces and the blocks beside them become few: small ones become one, and seconds without events belong to
//! the block beside them. So a cell that is asked each minute does not leave a block a minute. Pure.

use std::sync::Arc;

use crate::{domain::Event, events::span::Span};

use super::{cut::Piece, strand::Meta};

/// How many events together are still joined. A block is written again each time, so it must not be many.
const FEW: u64 = 120;
/// The largest block that is read and written again.
const SMALL: u32 = 128 << 10;

/// What is to be stored, and what that does to blocks that are there.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// Blocks to be written.
    pub(super) pieces: Vec<Piece>,
    /// The blocks that are part of these now.
    pub(super) replaced: Vec<Meta>,
    /// A block as it was, and the span that it has now.
    pub(super) extended: Option<(Meta, Span)>,
}

/// Joins pieces (newest first, on end, not empty) with the block before them and the one after. `read` gives the events of a
/// block, if it can be read.
pub(super) fn join(
    pieces: Vec<Piece>,
    [before, after]: [Option<Meta>; 2],
    read: impl Fn(&Meta) -> Option<Vec<Arc<Event>>>,
) -> Joined {
    let mut joined = Joined {
        pieces,
        ..Joined::default()
    };
    if let Some(meta) = before
        && let Some(oldest) = joined.pieces.pop()
    {
        let oldest = joined.meet(oldest, meta, &read);
        joined.pieces.extend(oldest);
    }
    if let Some(meta) = after
        && !joined.pieces.is_empty()
    {
        let newest = joined.pieces.remove(0);
        let newest = joined.meet(newest, meta, &read);
        joined.pieces.splice(0..0, newest);
    }
    joined
}

impl Joined {
    /// The piece after it met the block beside it; nothing if that one has its seconds now.
    fn meet(
        &mut self,
        piece: Piece,
        meta: Meta,
        read: &impl Fn(&Meta) -> Option<Vec<Arc<Event>>>,
    ) -> Option<Piece> {
        let both = Span::new(
            piece.span.from().min(meta.span.from()),
            piece.span.to().max(meta.span.to()),
        )?;
        if piece.events.is_empty() && meta.events > 0 {
            self.extended = Some((meta, both));
            return None;
        }
        let together = piece.events.len() as u64 + u64::from(meta.events);
        let few = together <= FEW && meta.bytes <= SMALL;
        if meta.events > 0 && !few {
            return Some(piece);
        }
        let Some(mut events) = read(&meta) else {
            return Some(piece);
        };
        events.extend(piece.events);
        // Stable and nearly sorted: one run after the other, or the other way round.
        events.sort_by(|a, b| a.key.cmp(&b.key));
        self.replaced.push(meta);
        Some(Piece { span: both, events })
    }
}
