//! What waits and has no room in memory waits in the cache, if that is on disk.
//!
//! Cells of an ordered stream are not dense at the same times. Each is read at its own pace as long as what waits for the
//! others has a place; where memory is short, that place is the cache, which has it anyway.

use crate::events::span::Span;

use super::{super::window::Away, Ahead, StrandReader, Window, second};

/// Windows whose turn is so near that they stay.
const STAY: usize = 1;

/// The part of memory that these may take.
const NEAR: usize = 4;

impl StrandReader {
    /// Lets go of seconds that the cache has, the oldest first, while half of the memory is taken: what was put a moment ago
    /// may not be there yet. When their turn comes they are asked for like all that is known; what the cache has lost by
    /// then is read again.
    pub(super) fn spill(&mut self) {
        self.keep();
        self.hurry();
        self.set_apart();
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
            if all {
                self.windows.remove(index);
            }
            self.put_away(index, away);
        }
    }

    /// Parts the first window from what of it has its turn later: where calls are answered so fast that one window spends the
    /// quota, there may be no other to let go of.
    fn set_apart(&mut self) {
        if !self.must_spill() {
            return;
        }
        let near = self.ahead.as_ref().map_or(0, |ahead| ahead.bytes / NEAR);
        let first = self.windows.front_mut();
        let Some(first) = first.filter(|first| first.bytes() > near) else {
            return;
        };
        self.ids += 1;
        let newest = first.part(self.ids, near, &self.source.cell);
        if let Some(newest) = newest {
            self.windows.push_front(newest);
        }
    }

    /// Before the window at this place; one with what was let go of beside it.
    fn put_away(&mut self, index: usize, mut away: Away) {
        for beside in [Some(index), index.checked_sub(1)].into_iter().flatten() {
            let other = self.windows.get(beside).and_then(Window::away);
            if let Some(joined) = other.and_then(|other| away.joined(other)) {
                away = joined;
                self.windows.remove(beside);
                let place = index.min(beside);
                return self.put_away(place, away);
            }
        }
        self.ids += 1;
        self.windows.insert(index, Window::gone(self.ids, away));
    }

    /// What was let go of must outlast what is read meanwhile. When it was let go of it was told to the cache already.
    fn keep(&mut self) {
        let Some(memory) = self.memory.as_ref().filter(|_| self.away > 0) else {
            return;
        };
        let quarters = memory.cache.quarters();
        if std::mem::replace(&mut self.quarters, quarters) != quarters {
            for away in self.windows.iter().filter_map(Window::away) {
                // What is gone all the same is read again.
                let _ = memory.keeps(away.span);
            }
        }
    }

    /// What may have to go soon must be in the cache by then, and not wait there for what follows it.
    fn hurry(&self) {
        let soon = |ahead: &&Ahead| ahead.spill > 0 && !self.has_room(ahead.bytes / 4 * 3);
        let soon = self.is_hungry() && self.ahead.as_ref().filter(soon).is_some();
        if let Some(memory) = self.memory.as_ref().filter(|_| soon) {
            memory.end();
        }
    }

    /// Whether memory is short, the reader waits for more, and the cache has room.
    pub(super) fn must_spill(&self) -> bool {
        self.is_hungry()
            && self
                .ahead
                .as_ref()
                .is_some_and(|ahead| self.away < ahead.spill && !self.has_room(ahead.bytes / 2))
    }

    /// Whether the reader of the stream waits for more.
    pub(super) fn is_hungry(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.hungry.now())
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
        self.windows.pop_front();
        let rest = away.before(from);
        self.away = self.away.saturating_sub(away.bytes);
        if let Some(rest) = rest {
            self.away += rest.bytes;
            self.ids += 1;
            self.windows.push_front(Window::gone(self.ids, rest));
        }
        let window = self.window(newest, second(away.span.from()), second(away.span.to()));
        if let Some(window) = window {
            self.windows.push_front(window);
        }
    }
}

impl Away {
    /// With what was let go of beside it.
    fn joined(self, other: Self) -> Option<Self> {
        let (newer, older) = match self.span.from() > other.span.from() {
            true => (self, other),
            false => (other, self),
        };
        (older.span.to() + 1 == newer.span.from()).then_some(())?;
        Some(Self {
            span: Span::new(older.span.from(), newer.span.to())?,
            pages: self.pages + other.pages,
            bytes: self.bytes + other.bytes,
        })
    }

    /// The part of it before this second, its pages being told already.
    fn before(self, second: i64) -> Option<Self> {
        let span = self.span.before(second)?;
        let part =
            u128::from(span.seconds()) * self.bytes as u128 / u128::from(self.span.seconds());
        Some(Self {
            span,
            pages: 0,
            bytes: usize::try_from(part).unwrap_or(self.bytes),
        })
    }
}
