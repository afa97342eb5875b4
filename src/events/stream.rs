//! The whole answer as a stream: in the total order, or as the cells answer; with progress, resumable, and with
//! its coverage at the end.
//!
//! One task a cell reads pages, each only when the driver gives it credit; the driver arranges what comes and
//! sends it on. A reader that is slow therefore stops the AWS calls, and memory stays bounded.

mod arrange;
mod driver;
mod ending;
mod lanes;
mod producer;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::{
    budget::RequestContext,
    domain::{Cell, Coverage, Event, TimeWindow, Timestamp},
};

use super::{Events, Exhausted, LookupError, LookupRequest, lookup::Facts};

/// Messages that may wait for the reader: enough to keep it busy, few enough to stop AWS calls soon.
const MESSAGES_AHEAD: usize = 4;

/// The order of a streamed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The total order over all cells: newest first.
    EventTime,
    /// As the cells answer; newest first within each.
    Arrival,
}

/// One message of a streamed answer.
#[derive(Debug)]
pub enum StreamItem {
    /// Events.
    Batch(Batch),
    /// How far the work is: first of all, and at least every second.
    Progress(Progress),
    /// The end; always last.
    Summary(Box<Summary>),
    /// No cell's budget could serve it in time, and so there is no answer; last, instead of the summary.
    Exhausted(Box<Exhausted>),
    /// The request was cancelled before the answer was whole; last, instead of the summary. The progress before it says
    /// where to resume.
    Cancelled,
}

impl StreamItem {
    /// Whether nothing comes after it.
    pub fn is_last(&self) -> bool {
        match self {
            Self::Batch(_) | Self::Progress(_) => false,
            Self::Summary(_) | Self::Exhausted(_) | Self::Cancelled => true,
        }
    }
}

/// A run of events.
#[derive(Debug)]
pub struct Batch {
    /// The events, in the order that was asked for.
    pub events: Vec<Event>,
    /// Where to resume after them; absent by arrival over many cells, where progress carries it, and where the
    /// batch ends within a second.
    pub cursor: Option<String>,
    /// By arrival: the cell they are from, and the time down to which it has been sent, unless within a second.
    pub cell: Option<(Cell, Option<Timestamp>)>,
}

/// What has been done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events sent.
    pub events: u64,
    /// Pages read.
    pub pages: u64,
    /// Records read.
    pub scanned: u64,
    /// Records that matched.
    pub matched: u64,
    /// AWS calls spent, retries included.
    pub calls: u64,
    /// How many of them were throttled.
    pub throttles: u64,
}

/// How far the work is.
#[derive(Debug)]
pub struct Progress {
    /// Cells read to their end, or given up.
    pub cells_done: usize,
    /// All cells.
    pub cells_total: usize,
    /// What has been done so far.
    pub counts: Counts,
    /// How long the rest takes, by densities and budgets; `None` while that cannot be told.
    pub estimated_remaining: Option<Duration>,
    /// Where to resume.
    pub cursor: String,
    /// In order of time: down to where everything has been sent.
    pub oldest_time_reached: Option<Timestamp>,
    /// The frozen window.
    pub window: TimeWindow,
}

/// The end of a whole answer.
#[derive(Debug)]
pub struct Summary {
    /// What the answer covers.
    pub coverage: Coverage,
    /// True if the part before the cursor that this stream began with had gaps.
    pub earlier_gaps: bool,
    /// What has been done.
    pub counts: Counts,
    /// What goes for the answer as a whole.
    pub facts: Facts,
}

/// A streamed answer. Dropping it ends the work.
#[derive(Debug)]
pub struct EventStream {
    items: mpsc::Receiver<StreamItem>,
    _driver: AbortOnDropHandle<()>,
}

impl Stream for EventStream {
    type Item = StreamItem;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<StreamItem>> {
        self.items.poll_recv(cx)
    }
}

impl Events {
    /// Begins to stream the whole answer.
    ///
    /// # Errors
    ///
    /// If the request has no answer at all; see [`LookupError`].
    pub async fn stream(
        &self,
        ctx: &RequestContext,
        request: &LookupRequest,
        order: Order,
    ) -> Result<EventStream, LookupError> {
        let plan = Arc::new(self.plan(ctx, request, Some(order)).await?);
        let (out, items) = mpsc::channel(MESSAGES_AHEAD);
        let driver = driver::Driver::start(self.clone(), ctx, plan, order, out);
        Ok(EventStream {
            items,
            _driver: AbortOnDropHandle::new(tokio::spawn(driver.run())),
        })
    }
}
