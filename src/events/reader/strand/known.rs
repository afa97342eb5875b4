//! Windows of what is known already, and of the gaps between.

use crate::{
    domain::Timestamp,
    events::{
        cache::{Block, Newest},
        span::Span,
    },
};

use super::{StrandReader, Window, second};

/// Windows that are known already and wait beside those that are read, at most.
const KNOWN_AHEAD: usize = 2;

/// What a block of the cache takes unpacked, about: up to 500 events.
const BLOCK_BYTES: usize = 1 << 20;

/// What is looked up in the cache at once where little may be held and nothing is known of the density, in seconds.
const HOUR: f64 = 3_600.0;

impl StrandReader {
    /// Makes windows of the rest, as far as they are needed: of what is known, and of the gaps between.
    pub(super) async fn open(&mut self) {
        self.bring_back().await;
        while let Some((start, end)) = self.rest.filter(|_| self.has_room_for_windows()) {
            let span = Span::new(start.seconds(), end.seconds());
            let newest = match (&self.memory, span) {
                (Some(memory), Some(span)) => {
                    let part = self.digestible(span);
                    let cache = &memory.cache;
                    cache.newest_part(&memory.strand, span, part).await
                }
                (None, Some(span)) => Newest::Gap(span),
                (_, None) => {
                    self.rest = None;
                    return;
                }
            };
            let from = newest.span().from();
            let window = self.window(newest, start, end);
            self.windows.extend(window);
            self.rest = (from > start.seconds()).then(|| (start, second(from - 1)));
        }
    }

    /// A window of the newest part of what lies between these points.
    pub(super) fn window(
        &mut self,
        newest: Newest,
        start: Timestamp,
        end: Timestamp,
    ) -> Option<Window> {
        self.ids += 1;
        match newest {
            Newest::Known(Block { span, events }) => {
                let page = usize::try_from(self.source.max_results).unwrap_or(1);
                Some(Window::known(self.ids, span, &events, page))
            }
            Newest::Gap(gap) => Window::to_read(self.ids, start.max(second(gap.from())), end),
        }
    }

    /// The first window must be there; and where all is wanted, some beside it.
    fn has_room_for_windows(&self) -> bool {
        let more = self.wants_all() && self.has_room(BLOCK_BYTES);
        self.windows.is_empty() || (more && self.windows.len() <= KNOWN_AHEAD)
    }

    /// So much of it may be had from what is known at once. Blocks are of hundreds of events: where cells are so many that
    /// each may hold a page or two, what is longer is asked for in parts. Gaps are not cut: each part would end with a page
    /// that is not full.
    pub(super) fn digestible(&self, span: Span) -> Span {
        let bytes = self.ahead.as_ref().map_or(0, |ahead| ahead.bytes);
        if bytes >= BLOCK_BYTES {
            return span;
        }
        let shape = self.shape(1);
        let pages = shape
            .density
            .map(|density| 2.0 * shape.page / density.max(1e-6));
        #[expect(clippy::cast_possible_truncation, reason = "seconds, and saturates")]
        let seconds = pages.unwrap_or(HOUR).max(1.0) as i64;
        let from = span.to().saturating_sub(seconds - 1);
        span.since(from).unwrap_or(span)
    }
}
