//! Which windows are read now, and where they are cut so that there are as many as can be read at once.

use std::sync::Arc;

use crate::{
    budget::{BucketKey, Prospect},
    domain::Api,
    events::{pages::NotBefore, span::Span},
};

use super::{
    super::shape::{Shape, at_once},
    Ahead, Appetite, Landed, Means, Need, StrandReader, Window,
};

impl StrandReader {
    /// Begins to read as many windows as should be read now, cutting them so that there are as many.
    pub(super) fn run(&mut self, means: &Means, not_before: Option<&NotBefore>, need: Need) {
        self.spill();
        let greedy = self.is_greedy();
        let first = self.windows.front();
        let first = first.is_some_and(|window| window.is_idle() && goes_on(window, greedy));
        let allowed = match &self.ahead {
            Some(ahead) => self.allowed(ahead, &self.prospect(means)),
            None => 0,
        };
        let may = allowed > 0 && self.has_room(self.page_bytes);
        if first && (need == Need::Now || may) {
            self.begin(0, means, not_before);
        }
        let shape = self.shape(allowed);
        while self.busy(greedy) < allowed && self.has_room(self.packed_page) {
            let free = allowed - self.busy(greedy);
            let next = self.next_ahead(greedy);
            let Some(index) = next.or_else(|| self.largest_left(&shape)) else {
                return;
            };
            // One that is being read is shared with whoever reads it. Where one at a time is enough, none is.
            let cut = allowed > 1 && self.cut(index, &shape, free + usize::from(next.is_none()));
            match (next, cut) {
                (Some(index), _) => self.begin(index, means, not_before),
                // What is being read was cut: its older part is a window now.
                (None, true) => {}
                (None, false) => return,
            }
        }
    }

    /// Whether windows go on beyond a page that waits: while the reader of a stream waits for other cells. A page's reader
    /// always waits, and says by its appetite how far to go.
    fn is_greedy(&self) -> bool {
        self.is_hungry() || !self.wants_all()
    }

    /// The newest window that may be read before its turn.
    fn next_ahead(&self, greedy: bool) -> Option<usize> {
        let may = |window: &Window| window.may_be_ahead() && goes_on(window, greedy);
        self.windows.iter().position(may)
    }

    /// How many of the windows that may be read at once are taken: by those being read, and for a reader who is slow by
    /// those that have a page for him, lest ever new ones be cut off.
    fn busy(&self, greedy: bool) -> usize {
        let has_its_page = |window: &&Window| window.has_ready() && !window.is_reading();
        let ready = match greedy {
            true => 0,
            false => self.windows.iter().filter(has_its_page).count(),
        };
        self.tasks.len() + ready
    }

    fn begin(&mut self, index: usize, means: &Means, not_before: Option<&NotBefore>) {
        let last = index + 1 == self.windows.len() && self.rest.is_none();
        let Some(window) = self.windows.get_mut(index) else {
            return;
        };
        let id = window.id;
        let Some(mut pager) = window.begin() else {
            return;
        };
        let (means, source) = (means.clone(), Arc::clone(&self.source));
        let not_before = not_before.filter(|_| last).cloned();
        self.tasks.spawn(async move {
            let page = pager.next(&means, &source, not_before.as_ref()).await;
            Landed {
                window: id,
                pager,
                page,
            }
        });
    }

    /// Of the windows that are being read, the one with most pages left.
    fn largest_left(&self, shape: &Shape) -> Option<usize> {
        let pages = |window: &Window| {
            let seconds = window.left().map_or(0, Span::seconds);
            let pages = shape.of(window.density()).pages(seconds);
            pages.unwrap_or(0.0)
        };
        let reading = self.windows.iter().enumerate();
        let reading = reading.filter(|(_, window)| window.is_reading());
        reading
            .max_by(|(_, a), (_, b)| pages(a).total_cmp(&pages(b)))
            .map(|(index, _)| index)
    }

    /// Cuts what is left of a window in two, of which one is a part for one of so many readers, if that is worth it.
    fn cut(&mut self, index: usize, shape: &Shape, readers: usize) -> bool {
        let Some(window) = self.windows.get_mut(index) else {
            return false;
        };
        let shape = shape.of(window.density());
        let Some(from) = window.left().and_then(|left| shape.cut(left, readers)) else {
            return false;
        };
        self.ids += 1;
        let older = window.cut(self.ids, from);
        let cut = older.is_some();
        if let Some(older) = older {
            self.windows.insert(index + 1, older);
        }
        cut
    }

    fn prospect(&self, means: &Means) -> Prospect {
        let key = BucketKey {
            account: self.source.cell.account,
            region: self.source.cell.region.clone(),
            api: Api::LookupEvents,
        };
        means.door.budgets().prospect(&means.ctx, &key)
    }

    /// So many pages may be on their way before somebody waits for one.
    fn allowed(&self, ahead: &Ahead, prospect: &Prospect) -> usize {
        let limited = ahead.scan_limit.map_or(usize::MAX, |limit| {
            let left = limit.saturating_sub(self.progress.scanned);
            let page = u64::try_from(self.source.max_results).unwrap_or(1).max(1);
            let left = usize::try_from(left.div_ceil(page)).unwrap_or(usize::MAX);
            left.saturating_sub(self.windows.iter().map(Window::waiting).sum())
        });
        // How dense one value is nobody knows before its first page: others of its kind may be quite different.
        if self.source.attribute.is_some() && !self.landed {
            return 1;
        }
        let wanted = match ahead.appetite {
            Appetite::Whole => usize::MAX,
            Appetite::Growing => self.handed,
            Appetite::OneByOne => 1,
        };
        at_once(prospect.latency, prospect.interval)
            .div_ceil(ahead.strands.max(1))
            .min(limited)
            .min(wanted)
    }

    pub(super) fn shape(&self, at_once: usize) -> Shape {
        let kind = self.source.attribute.as_ref().map(|a| a.kind);
        let cell = &self.source.cell;
        let ahead = self.ahead.as_ref();
        Shape {
            density: ahead.and_then(|ahead| ahead.densities.of(cell, kind)),
            page: f64::from(self.source.max_results),
            at_once: as_f64(at_once),
            bytes: as_f64(ahead.map_or(0, |ahead| ahead.bytes + ahead.spill)),
            packed_page: as_f64(self.packed_page),
            all: self.wants_all(),
        }
    }

    /// Whether one more page of so many bytes may come, with all that waits. Pages on their way are counted as what
    /// they will be when they wait: whole they are only while they are read, which the places in flight bound for all
    /// cells together.
    pub(super) fn has_room(&self, page: usize) -> bool {
        let waiting: usize = self.windows.iter().map(Window::bytes).sum();
        let coming = self.tasks.len() * self.packed_page + page;
        self.ahead
            .as_ref()
            .is_some_and(|ahead| waiting + coming <= ahead.bytes)
    }
}

/// Whether a window is read although pages of it wait.
fn goes_on(window: &Window, greedy: bool) -> bool {
    greedy || !window.has_ready()
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes")]
fn as_f64(number: usize) -> f64 {
    number as f64
}
