//! Reads one span of a cell, page after page, newest first, without loss or repetition: through short and empty pages,
//! and through tokens that AWS does not accept any more.

use std::{collections::HashSet, sync::Arc};

use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind, LookupPage, LookupQuery},
    budget::{RequestContext, Tally},
    domain::{Cell, Event, LookupAttribute, TimeWindow, Timestamp},
    events::pages::{NotBefore, PageKey, Pages, Ticket},
};

/// How often a span may be taken up again without having come further.
const RESTARTS: u32 = 3;

/// What is read: one attribute's events of one cell, or all.
pub(super) struct Source {
    pub(super) who: Arc<dyn CredentialSource>,
    pub(super) cell: Cell,
    pub(super) attribute: Option<LookupAttribute>,
    /// Events on a page at most.
    pub(super) max_results: i32,
}

/// With what it is read.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) pages: Pages,
    pub(super) door: Door,
    pub(super) ctx: RequestContext,
    pub(super) tally: Arc<Tally>,
}

/// One span being read.
#[derive(Debug)]
pub(super) struct Pager {
    start: Timestamp,
    end: Timestamp,
    token: Option<String>,
    begun: bool,
    /// The second of the oldest record read. Everything newer has been read; this second may hold more.
    position: Option<Timestamp>,
    /// Whether the span has been read to its start.
    exhausted: bool,
    /// The ids read in the second of `position`.
    ids: HashSet<Arc<str>>,
    restarts: u32,
}

impl Pager {
    /// A pager from `end` back to `start`, both inclusive.
    pub(super) fn new(start: Timestamp, end: Timestamp) -> Self {
        Self {
            start,
            end,
            token: None,
            begun: false,
            position: None,
            exhausted: start > end,
            ids: HashSet::new(),
            restarts: 0,
        }
    }

    /// The oldest time that it reads.
    pub(super) fn start(&self) -> Timestamp {
        self.start
    }

    /// The newest time that it reads.
    pub(super) fn end(&self) -> Timestamp {
        self.end
    }

    /// Whether no page has come yet.
    pub(super) fn is_new(&self) -> bool {
        !self.begun
    }

    /// The second of the oldest record read; it may hold more.
    pub(super) fn position(&self) -> Option<Timestamp> {
        self.position
    }

    /// Whether all has been read.
    pub(super) fn exhausted(&self) -> bool {
        self.exhausted
    }

    /// The next page; `None` at the end. `not_before` is asked when the first call leaves, after its wait for a
    /// token: what is older than that is not wanted any more.
    pub(super) async fn next(
        &mut self,
        means: &Means,
        source: &Source,
        not_before: Option<&NotBefore>,
    ) -> Result<Option<Vec<Arc<Event>>>, AwsError> {
        while !self.exhausted {
            let fresh = !self.begun && self.token.is_none();
            let not_before = not_before.filter(|_| fresh);
            let key = self.key(source);
            let who = &source.who;
            let load = |ticket| ask(means.door.clone(), Arc::clone(who), key.clone(), ticket);
            let page = means
                .pages
                .get(&means.ctx, &means.tally, key.clone(), not_before, load);
            match page.await {
                Ok(page) => {
                    self.begun = true;
                    self.start = self.start.max(page.window.start());
                    self.exhausted = page.token.is_none();
                    self.token.clone_from(&page.token);
                    return Ok(Some(self.take(&page.events)));
                }
                Err(error)
                    if error.kind == FailureKind::InvalidNextToken && self.restarts < RESTARTS =>
                {
                    self.restart();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn key(&self, source: &Source) -> PageKey {
        let window = TimeWindow::new(self.start, self.end);
        let window = window.unwrap_or_else(|| TimeWindow::at(self.end));
        PageKey {
            cell: source.cell.clone(),
            query: LookupQuery {
                window: window.whole_seconds(),
                attribute: source.attribute.clone(),
                max_results: source.max_results,
                token: self.token.clone(),
            },
        }
    }

    /// Goes on without the token, from the second in which the last page ended.
    fn restart(&mut self) {
        self.restarts += 1;
        self.token = None;
        self.end = self.position.unwrap_or(self.end);
    }

    /// Leaves out what was read before a restart, and moves the position.
    fn take(&mut self, events: &[Arc<Event>]) -> Vec<Arc<Event>> {
        let known = |event: &&Arc<Event>| self.ids.contains(&event.key.event_id);
        let events: Vec<Arc<Event>> = events.iter().filter(|e| !known(e)).cloned().collect();
        for event in &events {
            let second = event.key.time.floor_second();
            if self.position.is_none_or(|position| second < position) {
                self.position = Some(second);
                self.ids.clear();
                self.restarts = 0;
            }
            if self.position == Some(second) {
                self.ids.insert(Arc::clone(&event.key.event_id));
            }
        }
        events
    }
}

/// The call for one page, for whoever waits for it.
async fn ask(
    door: Door,
    who: Arc<dyn CredentialSource>,
    key: PageKey,
    ticket: Ticket,
) -> Result<LookupPage, AwsError> {
    let query = || LookupQuery {
        window: ticket.departure.leave(),
        ..key.query.clone()
    };
    door.lookup_events(&ticket.ctx, &ticket.tally, &*who, &key.cell.region, &query)
        .await
}
