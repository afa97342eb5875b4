//! What waits and has no room in memory waits in the cache.
//!
//! Cells of an ordered stream are not dense at the same times. Each is read at its own pace as long as what waits for the
//! others has a place; where memory is short, that place is the cache, which has it anyway.

use std::sync::atomic::Ordering;

use super::{super::window::Away, Ahead, StrandReader, Window, second};

/// Windows whose turn is so near that they stay.
const STAY: usize = 1;

impl StrandReader {
    /// Lets go of seconds that the cache has, the oldest first, while half of the memory is taken: what was put a moment ago
    /// may not be there yet. When their turn comes they are asked for like all that is known; what the cache has lost by
    /// then is read again.
    pub(super) fn spill(&mut self) {
        let mut index = self.windows.len();
        while index > STAY && self.must_spill() {
            index -= 1;
            let (Some(memory), Some(window)) = (&self.memory, self.windows.get_mut(index)) else {
                return;
            };
            let Some(kept) = window.kept(memory) else {
                continue;
            };
            let (away, all) = window.let_go(kept, &self.source.cell);
            self.away += away.bytes;
            self.ids += 1;
            let away = Window::gone(self.ids, away);
            match all {
                true => *window = away,
                false => self.windows.insert(index, away),
            }
        }
    }

    /// Whether memory is short, the reader waits for more, and the cache has room.
    fn must_spill(&self) -> bool {
        self.is_hungry()
            && self
                .ahead
                .as_ref()
                .is_some_and(|ahead| self.away < ahead.spill && !self.has_room(ahead.bytes / 2))
    }

    /// Whether the reader of the stream waits for more.
    pub(super) fn is_hungry(&self) -> bool {
        let hungry = |ahead: &Ahead| ahead.hungry.load(Ordering::Relaxed);
        self.ahead.as_ref().is_some_and(hungry)
    }

    /// What was let go of is asked for when its turn comes, a part at a time.
    pub(super) async fn bring_back(&mut self) {
        let first = self.windows.front().and_then(Window::away);
        let (Some(memory), Some(away)) = (&self.memory, first) else {
            return;
        };
        let span = self.digestible(away.span);
        let newest = memory.cache.newest(&memory.strand, span).await;
        let from = newest.span().from();
        self.progress.pages += away.pages;
        self.away = self.away.saturating_sub(away.bytes);
        self.windows.pop_front();
        if let Some(span) = away.span.before(from) {
            self.ids += 1;
            let rest = Away {
                span,
                pages: 0,
                bytes: 0,
            };
            self.windows.push_front(Window::gone(self.ids, rest));
        }
        let window = self.window(newest, second(away.span.from()), second(away.span.to()));
        if let Some(window) = window {
            self.windows.push_front(window);
        }
    }
}
