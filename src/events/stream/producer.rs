//! One cell's part in a stream: reads a page when it has credit, sends what matches.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    aws::AwsError,
    budget::RequestContext,
    domain::{Api, Event, Timestamp},
    events::{
        Events, Record,
        cell::{CellEnd, Why},
        estimate::densities::Mark,
        hunger::Hunger,
        plan::Plan,
        reader::{Appetite, CellReader},
    },
    fleet::TargetCell,
};

/// What a cell has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) pages: u64,
    pub(super) scanned: u64,
    pub(super) matched: u64,
    pub(super) calls: u64,
    pub(super) throttles: u64,
}

/// What a cell tells the driver. All of it passes one channel, so that a cell's end never overtakes its pages.
#[derive(Debug)]
pub(super) enum News {
    /// A page: what matched, and the second that is not passed yet.
    Page {
        events: Vec<Event>,
        position: Option<Timestamp>,
        spent: Spent,
    },
    /// The cell is read no further.
    End(Box<CellEnd>),
}

/// The strings by which the driver holds a cell.
#[derive(Debug, Clone)]
pub(super) struct Reins {
    /// One permit, one page.
    pub(super) credit: Arc<Semaphore>,
    /// Ends this cell alone.
    pub(super) cancel: CancellationToken,
}

/// One cell to produce.
pub(super) struct Producer {
    pub(super) index: usize,
    pub(super) target: TargetCell,
    pub(super) plan: Arc<Plan>,
    pub(super) ctx: RequestContext,
    pub(super) reins: Reins,
    pub(super) max_results: i32,
    /// Whether the reader of the stream waits for more.
    pub(super) hunger: Arc<Hunger>,
    pub(super) out: mpsc::Sender<(usize, News)>,
}

impl Producer {
    /// Reads the cell to its end. The driver's going away ends it too.
    pub(super) async fn run(self, events: Events) {
        let cell = &self.target.cell;
        let who = events.fleet.credentials(cell.account);
        let span = (self.plan.window.start(), self.plan.upper(cell));
        let pushed_down = self.plan.pushed_down.clone();
        let mut reader = CellReader::new(who, cell.clone(), pushed_down, span, self.max_results)
            .ahead(&events.ahead_of_stream(&self.plan, &self.hunger))
            .remembering(
                &events.cache_for(&self.plan),
                events.remembered(&self.plan, Appetite::Whole),
            );
        let mut matched = 0;
        let why = loop {
            match self.page(&events, &mut reader, &mut matched).await {
                Ok(true) if !reader.progress().exhausted => {}
                Ok(_) => break Why::Exhausted,
                Err(error) => break Why::Failed(error),
            }
            if self
                .plan
                .scan_limit
                .is_some_and(|limit| reader.progress().scanned >= limit)
            {
                break Why::ScanLimit;
            }
        };
        let end = CellEnd::of(&reader, matched, why);
        // So that what it has read is remembered by the time its end is known.
        drop(reader);
        // If the driver has gone, nobody is left to tell.
        let _ = self.out.send((self.index, News::End(Box::new(end)))).await;
    }

    /// Waits for credit, reads one page and sends it; `false` if there is none left.
    async fn page(
        &self,
        events: &Events,
        reader: &mut CellReader,
        matched: &mut u64,
    ) -> Result<bool, AwsError> {
        let credit = tokio::select! {
            biased;
            credit = self.ctx.race(self.reins.credit.acquire()) => credit,
            never = reader.tend(&events.pages, &events.door, &self.ctx) => match never {},
        };
        match credit {
            Ok(Ok(credit)) => credit.forget(),
            // The driver never closes the semaphore; treat it as cancelled.
            Ok(Err(_)) => return Err(self.interrupted(crate::budget::Interrupted::Cancelled)),
            Err(interrupted) => return Err(self.interrupted(interrupted)),
        }
        let cell = &self.target.cell;
        let before = Mark::of(reader.progress(), self.plan.upper(cell));
        let page = reader.next(&events.pages, &events.door, &self.ctx, None);
        let Some(page) = page.await? else {
            return Ok(false);
        };
        let kind = self.plan.kind();
        events.densities.page(cell, kind, before, reader);
        let found: Vec<Event> = match self.plan.select(page).into_iter() {
            found if self.plan.whole_records => found.map(Arc::unwrap_or_clone).collect(),
            // Thousands of events wait in an ordered stream: they need not hold what nobody asked for.
            found => found
                .map(|event| event.with_record(Record::slim(&event.record)))
                .collect(),
        };
        *matched += found.len() as u64;
        let progress = reader.progress();
        let news = News::Page {
            events: found,
            position: progress.position,
            spent: Spent {
                pages: progress.pages,
                scanned: progress.scanned,
                matched: *matched,
                calls: reader.tally.calls().into(),
                throttles: reader.tally.throttles().into(),
            },
        };
        // If the driver has gone, the next wait for credit is cancelled.
        let _ = self.out.send((self.index, news)).await;
        Ok(true)
    }

    fn interrupted(&self, interrupted: crate::budget::Interrupted) -> AwsError {
        AwsError {
            api: Api::LookupEvents,
            account: self.target.cell.account,
            region: self.target.cell.region.clone(),
            kind: interrupted.into(),
            code: None,
            message: String::new(),
            request_id: None,
            remembered_for: None,
        }
    }
}
