//! Reads one cell, newest first, without loss or repetition.
//!
//! A cell is read as one strand, or as several where AWS is asked for several values of one attribute: they are read side
//! by side, and the cell is as far as the strand that is least far. Each strand cuts itself into windows (`strand.rs`).

mod pager;
mod saving;
mod shape;
mod strand;
mod waiting;
mod window;

use std::{
    collections::{BTreeMap, HashSet},
    convert::Infallible,
    sync::Arc,
};

use futures_util::future::join_all;

use crate::{
    aws::{AwsError, CredentialSource, Door},
    budget::{RequestContext, Tally},
    domain::{Api, Cell, Event, LookupAttribute, Timestamp},
};

use super::{
    cache::EventCache,
    estimate::densities::Densities,
    hunger::Hungry,
    pages::{NotBefore, Pages},
};

use pager::{Means, Source};
use strand::StrandReader;

/// One cell being read.
pub(super) struct CellReader {
    strands: Vec<Lane>,
    who: Arc<dyn CredentialSource>,
    cell: Cell,
    /// Of several strands: the events that have been handed out and that another strand may still bring, by second.
    seen: BTreeMap<Timestamp, HashSet<Arc<str>>>,
    start: Timestamp,
    progress: Progress,
    /// AWS calls spent.
    pub(super) tally: Arc<Tally>,
}

/// A strand, and its page that waits.
struct Lane {
    reader: StrandReader,
    waiting: Option<Vec<Arc<Event>>>,
    /// How far what has been handed out of it reaches.
    handed: Progress,
}

/// How far a cell has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// The newest second that has not been passed: everything newer has been read; this second may hold more. `None` until
    /// there is such a second: until a page with events was handed out, of each strand.
    pub(super) position: Option<Timestamp>,
    /// Pages read from AWS.
    pub(super) pages: u64,
    /// Records read, each once, from AWS or what is remembered of it.
    pub(super) scanned: u64,
    /// Whether the window has been read to its start.
    pub(super) exhausted: bool,
}

/// How far ahead a cell may be read.
#[derive(Clone)]
pub(super) struct Ahead {
    /// What is known of how dense cells are.
    pub(super) densities: Arc<Densities>,
    /// Bytes that may wait.
    pub(super) bytes: usize,
    /// Strands of the cell, which share its quota.
    pub(super) strands: usize,
    /// How much of it will be wanted.
    pub(super) appetite: Appetite,
    /// Records that will be read at most.
    pub(super) scan_limit: Option<u64>,
    /// Bytes that may wait in the cache beside those.
    pub(super) spill: usize,
    /// Whether the reader of it all waits for more. For one that has enough to read, or may not want more, no quota is spent
    /// on what it has not come to.
    pub(super) hungry: Hungry,
}

/// How much of a cell will be wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appetite {
    /// All of it.
    Whole,
    /// Nobody knows: as much again as was wanted so far.
    Growing,
    /// All of it, and nobody waits: one page after the other.
    OneByOne,
}

impl CellReader {
    /// A reader of `cell` with these credentials, from `end` back to `start`, both inclusive, of what AWS gives for each
    /// of these attributes, or of everything: one page after the other, all from AWS.
    pub(super) fn new(
        who: Arc<dyn CredentialSource>,
        cell: Cell,
        attributes: Vec<LookupAttribute>,
        span: (Timestamp, Timestamp),
        max_results: i32,
    ) -> Self {
        let attributes: Vec<_> = match attributes.is_empty() {
            true => vec![None],
            false => attributes.into_iter().map(Some).collect(),
        };
        let lane = |attribute| {
            let source = Source {
                who: Arc::clone(&who),
                cell: cell.clone(),
                attribute,
                max_results,
            };
            let reader = StrandReader::new(source, span);
            Lane {
                handed: reader.progress().clone(),
                reader,
                waiting: None,
            }
        };
        let strands: Vec<Lane> = attributes.into_iter().map(lane).collect();
        Self {
            seen: BTreeMap::new(),
            start: span.0,
            progress: strands
                .first()
                .map(|lane| lane.handed.clone())
                .unwrap_or_default(),
            strands,
            who,
            cell,
            tally: Arc::default(),
        }
    }

    /// The same, reading ahead.
    pub(super) fn ahead(mut self, ahead: &Ahead) -> Self {
        let strands = self.strands.len().max(1);
        for lane in &mut self.strands {
            lane.reader.set_ahead(Ahead {
                bytes: ahead.bytes / strands,
                strands,
                spill: ahead.spill / strands,
                ..ahead.clone()
            });
        }
        self
    }

    /// How many lookups it is read by.
    pub(super) fn lookups(&self) -> usize {
        self.strands.len()
    }

    /// The same, asking AWS only for what is not known, and remembering what is settled: all up to that second, if any.
    pub(super) fn remembering(mut self, cache: &EventCache, settled: Option<Timestamp>) -> Self {
        if !cache.is_off() {
            for lane in &mut self.strands {
                lane.reader.remember(cache.clone(), settled);
            }
        }
        self
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
        // A page may come from what is remembered, without a call before which this would be asked.
        if !self.who.permits(ctx, &self.cell.region) {
            let Cell { account, region } = self.cell.clone();
            return Err(AwsError::not_authorized(Api::LookupEvents, account, region));
        }
        let means = self.means(pages, door, ctx);
        if let [only] = self.strands.as_mut_slice() {
            let page = only.reader.next(&means, not_before).await;
            self.progress = only.reader.progress().clone();
            self.start = only.reader.start();
            return page;
        }
        self.next_of_several(&means, not_before).await
    }

    /// Reads ahead, while nobody asks for the next page. Does not end; can be dropped at any time.
    pub(super) async fn tend(
        &mut self,
        pages: &Pages,
        door: &Door,
        ctx: &RequestContext,
    ) -> Infallible {
        let means = self.means(pages, door, ctx);
        let strands = self.strands.iter_mut();
        join_all(strands.map(|lane| lane.reader.tend(&means))).await;
        // Without a strand.
        std::future::pending().await
    }

    fn means(&self, pages: &Pages, door: &Door, ctx: &RequestContext) -> Means {
        Means {
            pages: pages.clone(),
            door: door.clone(),
            ctx: ctx.clone(),
            tally: Arc::clone(&self.tally),
        }
    }

    /// The page of the strand that is least far, once there is a page of each.
    async fn next_of_several(
        &mut self,
        means: &Means,
        not_before: Option<&NotBefore>,
    ) -> Result<Option<Vec<Arc<Event>>>, AwsError> {
        let empty = |lane: &&mut Lane| lane.waiting.is_none() && !lane.reader.progress().exhausted;
        let reading = self
            .strands
            .iter_mut()
            .filter(empty)
            .map(|lane| async move {
                lane.waiting = lane.reader.next(means, not_before).await?;
                Ok(())
            });
        for read in join_all(reading).await {
            read?;
        }
        // One that came to its end without a page has nothing to hand out.
        for lane in self
            .strands
            .iter_mut()
            .filter(|lane| lane.waiting.is_none())
        {
            lane.handed = lane.reader.progress().clone();
        }
        let waiting = self
            .strands
            .iter_mut()
            .filter(|lane| lane.waiting.is_some());
        // One that has not begun is the least far.
        let least = waiting.max_by_key(|lane| lane.handed.position.unwrap_or(FAR));
        let Some((page, lane)) = least.and_then(|lane| Some((lane.waiting.take()?, lane))) else {
            self.look(0);
            return Ok(None);
        };
        lane.handed = lane.reader.progress().clone();
        let page = self.not_seen(page);
        self.look(page.len());
        Ok(Some(page))
    }

    /// Leaves out what another strand has brought.
    fn not_seen(&mut self, mut page: Vec<Arc<Event>>) -> Vec<Arc<Event>> {
        page.retain(|event| {
            let second = self.seen.entry(event.key.time.floor_second()).or_default();
            second.insert(Arc::clone(&event.key.event_id))
        });
        page
    }

    /// How far all strands together are, so many more events having been handed out.
    fn look(&mut self, events: usize) {
        let handed = || self.strands.iter().map(|lane| &lane.handed);
        // A strand that has come to its end, all of it handed out, holds nothing up.
        let live = || {
            let lanes = self.strands.iter();
            lanes.filter(|lane| !lane.handed.exhausted || lane.waiting.is_some())
        };
        let position = match live().any(|lane| lane.handed.position.is_none()) {
            true => None,
            false => live().filter_map(|lane| lane.handed.position).max(),
        };
        let exhausted = live().next().is_none();
        let progress = Progress {
            position: match exhausted {
                true => handed().filter_map(|handed| handed.position).min(),
                false => position,
            },
            pages: handed().map(|handed| handed.pages).sum(),
            scanned: self.progress.scanned + events as u64,
            exhausted,
        };
        self.start = self
            .strands
            .iter()
            .map(|lane| lane.reader.start())
            .max()
            .unwrap_or(self.start);
        if let Some(position) = position {
            // No strand brings anything newer any more.
            self.seen = std::mem::take(&mut self.seen)
                .into_iter()
                .filter(|(second, _)| *second <= position)
                .collect();
        }
        self.progress = progress;
    }
}

/// Newer than any event.
const FAR: Timestamp = Timestamp::from_nanos(i64::MAX);
