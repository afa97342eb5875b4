//! Where each cell of a stream is: it waits for credit, reads a page, was left behind, or has ended. No IO and no order.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::Instant};

use crate::{budget::RequestContext, domain::Timestamp, events::cell::CellEnd, fanout::Ended};

use super::producer::{Reins, Spent};

/// What the driver knows of one cell.
pub(super) struct Lane {
    pub(super) reins: Reins,
    pub(super) stage: Stage,
    pub(super) spent: Spent,
    /// Down to where the answer has taken its pages.
    pub(super) position: Option<Timestamp>,
    /// When its last page came.
    heard: Option<Instant>,
}

/// Where a cell is.
pub(super) enum Stage {
    /// It waits for credit.
    Waiting,
    /// It reads a page.
    Reading,
    /// It held the others up for too long. What it still brings is dropped.
    LeftBehind,
    /// It reads no more.
    Ended(Box<Ended<CellEnd>>),
}

/// All cells of a stream.
pub(super) struct Lanes {
    all: Vec<Lane>,
    /// Cells that have not ended.
    live: usize,
    /// Cells that are reading a page.
    reading: usize,
}

impl Lanes {
    /// So many cells, which wait.
    pub(super) fn new(ctx: &RequestContext, cells: usize) -> Self {
        Self {
            all: (0..cells).map(|_| Lane::new(ctx)).collect(),
            live: cells,
            reading: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.all.iter()
    }

    pub(super) fn get(&self, cell: usize) -> Option<&Lane> {
        self.all.get(cell)
    }

    pub(super) fn get_mut(&mut self, cell: usize) -> Option<&mut Lane> {
        self.all.get_mut(cell)
    }

    /// Whether all have ended.
    pub(super) fn have_ended(&self) -> bool {
        self.live == 0
    }

    /// How many are reading a page.
    pub(super) fn reading(&self) -> usize {
        self.reading
    }

    /// Lets the cell read a page, if it waits.
    pub(super) fn feed(&mut self, cell: usize) {
        if let Some(lane) = self.all.get_mut(cell)
            && matches!(lane.stage, Stage::Waiting)
        {
            lane.stage = Stage::Reading;
            self.reading += 1;
            lane.reins.credit.add_permits(1);
        }
    }

    /// A page has come. Whether it counts: one that comes after the cell was left behind is too late for the order, and
    /// the cell is not covered by it.
    pub(super) fn page(&mut self, cell: usize, position: Option<Timestamp>, spent: Spent) -> bool {
        let Some(lane) = self.all.get_mut(cell) else {
            return false;
        };
        lane.spent = spent;
        let counts = matches!(lane.stage, Stage::Reading);
        if counts {
            lane.stage = Stage::Waiting;
            self.reading -= 1;
            lane.position = position;
            lane.heard = Some(Instant::now());
        }
        counts
    }

    /// It has ended.
    pub(super) fn close(&mut self, cell: usize, end: Ended<CellEnd>) {
        if let Some(lane) = self.all.get_mut(cell) {
            let before = std::mem::replace(&mut lane.stage, Stage::Ended(Box::new(end)));
            self.reading -= usize::from(matches!(before, Stage::Reading));
            self.live -= 1;
        }
    }

    /// Leaves the cell behind if it has held everything up for so long; whether it has. One that waits for the reader to
    /// make room holds nothing up by its own fault, and one that goes on giving pages of a dense second is only busy.
    pub(super) fn leave_behind(&mut self, cell: usize, patience: Duration) -> bool {
        let Some(lane) = self.all.get_mut(cell) else {
            return false;
        };
        let silent = lane.heard.is_none_or(|at| at.elapsed() >= patience);
        let gone = matches!(lane.stage, Stage::Reading) && silent;
        if gone {
            lane.stage = Stage::LeftBehind;
            self.reading -= 1;
            lane.reins.cancel.cancel();
        }
        gone
    }
}

impl Lane {
    fn new(ctx: &RequestContext) -> Self {
        Self {
            reins: Reins {
                credit: Arc::new(Semaphore::new(0)),
                cancel: ctx.cancel.child_token(),
            },
            stage: Stage::Waiting,
            spent: Spent::default(),
            position: None,
            heard: None,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }

    /// How it ended, if it has. Asked once, at the end of the stream.
    pub(super) fn take_end(&mut self) -> Option<Ended<CellEnd>> {
        match std::mem::replace(&mut self.stage, Stage::LeftBehind) {
            Stage::Ended(end) => Some(*end),
            Stage::Waiting | Stage::Reading | Stage::LeftBehind => None,
        }
    }
}
