//! The events in log files: a window's, that meet the filters of lookups, straight from S3.
//!
//! Files are found as listings find them, and several are read at a time. Each is unpacked, cut and sieved in steps of bounded
//! size, and only for credit: whoever reads the answer slowly slows S3 down, and memory stays bounded.

mod driver;
pub mod gunzip;
mod lift;
mod line;
mod newest;
mod opened;
mod reader;
mod scout;
mod seen;
mod spot;
#[cfg(test)]
mod testing;
pub mod unpack;
pub mod wants;

use std::{
    collections::BTreeSet,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    budget::RequestContext,
    domain::{Coverage, Event, TargetSelector, TimeWindow, Timestamp, TrailArn},
    events::{Filters, Order, cursor::RequestHash},
};

use super::{Kind, LogError, Logs, Place};

use spot::{After, Spot};

pub use reader::Trouble;

/// Messages that may wait for the reader.
const MESSAGES_AHEAD: usize = 4;

/// A request for events of log files.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// Where.
    pub targets: TargetSelector,
    /// The earliest event time.
    pub start: Timestamp,
    /// The latest; `None` for now.
    pub end: Option<Timestamp>,
    /// What to look for.
    pub filters: Filters,
    /// In which order: newest first, or as the files were delivered, oldest first.
    pub order: Order,
    /// Of files of these kinds. Never empty; no digests.
    pub kinds: BTreeSet<Kind>,
    /// Only files of these trails; empty for all.
    pub trails: BTreeSet<TrailArn>,
    /// Where an earlier stream of the same request ended.
    pub page_token: Option<String>,
    /// Records to read in one cell at most, about.
    pub scan_limit: Option<u64>,
    /// Whether events have their whole records.
    pub whole_records: bool,
}

/// One message of the answer.
#[derive(Debug)]
pub enum ReadItem {
    /// Events, and where to resume after them.
    Batch(Vec<Event>, String),
    /// How far it is: first of all, and at least every second.
    Progress(ReadProgress),
    /// A file that is not wholly in the answer.
    Problem(Box<FileProblem>),
    /// The end; always last.
    Summary(Box<ReadSummary>),
    /// There is no answer at all; last.
    Failed(LogError),
}

/// What has been done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Files read to their end, or as far as they are good. One that is read again counts again.
    pub files: u64,
    /// Files known of so far.
    pub known: u64,
    /// Those that are not wholly in the answer.
    pub problems: u64,
    /// Bytes of the files read to their end, compressed.
    pub bytes: u64,
    /// Events sent.
    pub events: u64,
    /// Records read.
    pub scanned: u64,
    /// Records that matched, copies included.
    pub matched: u64,
}

/// How far it is.
#[derive(Debug)]
pub struct ReadProgress {
    /// What has been done.
    pub counts: ReadCounts,
    /// Where to resume.
    pub cursor: String,
}

/// A file that is not wholly in the answer.
#[derive(Debug)]
pub struct FileProblem {
    /// Which.
    pub place: Place,
    /// Why.
    pub trouble: Trouble,
    /// Its records that were read.
    pub records: u64,
}

/// The end of a whole answer.
#[derive(Debug)]
pub struct ReadSummary {
    /// What the answer covers.
    pub coverage: Coverage,
    /// True if the part before the cursor that this stream began with had gaps.
    pub earlier_gaps: bool,
    /// Whether the accounts come from an older copy.
    pub stale: bool,
    /// What has been done.
    pub counts: ReadCounts,
    /// The frozen window.
    pub window: TimeWindow,
}

impl ReadRequest {
    /// The hash of all that decides the answer, and of who asks.
    fn hash(&self, ctx: &RequestContext) -> RequestHash {
        let Self {
            targets,
            start,
            end,
            filters,
            order,
            kinds,
            trails,
            page_token: _,
            scan_limit: _,
            whole_records: _,
        } = self;
        let caller = ctx.caller.proved_name();
        let parts = format!(
            "trailplane.v1.log_events {targets:?} {start:?} {end:?} {filters:?} {order:?} {kinds:?} {trails:?} {caller:?}"
        );
        RequestHash(Sha256::digest(parts).into())
    }
}

/// A streamed answer. Dropping it ends the work.
#[derive(Debug)]
pub struct ReadStream {
    items: mpsc::Receiver<ReadItem>,
    _driver: AbortOnDropHandle<()>,
}

impl Stream for ReadStream {
    type Item = ReadItem;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ReadItem>> {
        self.items.poll_recv(cx)
    }
}

impl Logs {
    /// Begins to stream the events of log files.
    ///
    /// # Errors
    ///
    /// If the request has no answer at all. What cannot be read is told on the way and in the coverage.
    pub async fn read(
        &self,
        ctx: &RequestContext,
        request: ReadRequest,
    ) -> Result<ReadStream, LogError> {
        let hash = request.hash(ctx);
        let spot = match &request.page_token {
            Some(token) => Spot::decode(&self.keys, token, hash)?,
            None => {
                let now = (self.clock)();
                let (start, end) = (request.start, request.end.unwrap_or(now).min(now));
                let window =
                    TimeWindow::new(start, end).ok_or(LogError::Backwards { start, end })?;
                Spot {
                    window,
                    gaps: false,
                    after: After::Nothing,
                }
            }
        };
        let ctx = ctx.answering();
        // Who may not ask about these accounts is told so at once.
        let stale = self.fleet.resolve(&ctx, &request.targets).await?.stale;
        let (out, items) = mpsc::channel(MESSAGES_AHEAD);
        let driver = driver::Driver::new(self.clone(), ctx, request, (spot, hash, stale), out);
        Ok(ReadStream {
            items,
            _driver: AbortOnDropHandle::new(tokio::spawn(driver.run())),
        })
    }
}
