//! Reads one cell, page after page, newest first, without loss or repetition: through short and empty pages, and
//! through tokens that AWS does not accept any more.

use std::{collections::HashSet, sync::Arc};

use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind, LookupPage, LookupQuery},
    budget::{RequestContext, Tally},
    domain::{Cell, Event, LookupAttribute, TimeWindow, Timestamp},
};

use super::pages::{NotBefore, PageKey, Pages, Ticket};

/// How often a cell may be taken up again without having come further.
const RESTARTS: u32 = 3;

/// One cell being read.
pub(super) struct CellReader {
    who: Arc<dyn CredentialSource>,
    cell: Cell,
    attribute: Option<LookupAttribute>,
    max_results: i32,
    start: Timestamp,
    end: Timestamp,
    token: Option<String>,
    progress: Progress,
    restarts: u32,
    /// AWS calls spent.
    pub(super) tally: Tally,
}

/// How far a cell has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The second of the oldest record read. Everything newer has been read; this second may hold more.
    pub(super) position: Option<Timestamp>,
    /// Pages read.
    pub(super) pages: u64,
    /// Records read, each once.
    pub(super) scanned: u64,
    /// Whether the window has been read to its start.
    pub(super) exhausted: bool,
    /// The ids read in the second of `position`.
    ids: HashSet<Arc<str>>,
}

impl CellReader {
    /// A reader of `cell` with these credentials, from `end` back to `start`, both inclusive.
    pub(super) fn new(
        who: Arc<dyn CredentialSource>,
        cell: Cell,
        attribute: Option<LookupAttribute>,
        (start, end): (Timestamp, Timestamp),
        max_results: i32,
    ) -> Self {
        Self {
            who,
            cell,
            attribute,
            max_results,
            start,
            end,
            token: None,
            progress: Progress {
                exhausted: start > end,
                ..Progress::default()
            },
            restarts: 0,
            tally: Tally::default(),
        }
    }

    /// How far it has come.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The oldest time it reads.
    pub(super) fn start(&self) -> Timestamp {
        self.start
    }

    /// The next page; `None` at the end. `not_before` is asked when the first call leaves, after its wait for a
    /// token: what is older than that is not wanted any more.
    pub(super) async fn next(
        &mut self,
        pages: &Pages,
        door: &Door,
        ctx: &RequestContext,
        not_before: Option<&NotBefore>,
    ) -> Result<Option<Vec<Arc<Event>>>, AwsError> {
        while !self.progress.exhausted {
            let fresh = self.progress.pages == 0 && self.token.is_none();
            let not_before = not_before.filter(|_| fresh);
            let key = self.key();
            let load = |ticket| ask(door.clone(), Arc::clone(&self.who), key.clone(), ticket);
            let page = pages.get(ctx, &self.tally, key.clone(), not_before, load);
            match page.await {
                Ok(page) => {
                    self.start = self.start.max(page.window.start());
                    self.progress.pages += 1;
                    self.progress.exhausted = page.token.is_none();
                    self.token.clone_from(&page.token);
                    return Ok(Some(self.take(&page.events)));
                }
                Err(error)
                    if error.kind == FailureKind::InvalidNextToken && self.restarts < RESTARTS =>
                {
                    self.restart()
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn key(&self) -> PageKey {
        let window = TimeWindow::new(self.start, self.end);
        let window = window.unwrap_or_else(|| TimeWindow::at(self.end));
        PageKey {
            cell: self.cell.clone(),
            query: LookupQuery {
                window: window.whole_seconds(),
                attribute: self.attribute.clone(),
                max_results: self.max_results,
                token: self.token.clone(),
            },
        }
    }

    /// Goes on without the token, from the second in which the last page ended.
    fn restart(&mut self) {
        self.restarts += 1;
        self.token = None;
        self.end = self.progress.position.unwrap_or(self.end);
    }

    /// Leaves out what was read before a restart, and moves the position.
    fn take(&mut self, events: &[Arc<Event>]) -> Vec<Arc<Event>> {
        let progress = &mut self.progress;
        let known = |event: &&Arc<Event>| progress.ids.contains(&event.key.event_id);
        let events: Vec<Arc<Event>> = events.iter().filter(|e| !known(e)).cloned().collect();
        for event in &events {
            let second = event.key.time.floor_second();
            if progress.position.is_none_or(|position| second < position) {
                progress.position = Some(second);
                progress.ids.clear();
                self.restarts = 0;
            }
            if progress.position == Some(second) {
                progress.ids.insert(Arc::clone(&event.key.event_id));
            }
        }
        progress.scanned += events.len() as u64;
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
