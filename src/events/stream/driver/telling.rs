//! What a stream tells of itself: progress on the way, and the summary at its end.

use std::{sync::Arc, time::Duration};

use super::{Driver, Lane, Stage};
use crate::{
    domain::Coverage,
    events::{
        Exhausted,
        cell::{CellEnd, report},
        estimate::{
            arithmetic::{Extent, Known, costs},
            per_call,
        },
        lookup::Facts,
        stream::{
            Counts, Progress, Summary,
            ending::{HELD, cut_short, held_at},
        },
    },
    fanout::Ended,
    fleet::TargetCell,
};

#[expect(clippy::cast_precision_loss, reason = "a few")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

impl Driver {
    fn counts(&self) -> Counts {
        let zero = Counts {
            events: self.sent,
            ..Counts::default()
        };
        self.lanes.iter().fold(zero, |sum, lane| Counts {
            events: sum.events,
            pages: sum.pages + lane.spent.pages,
            scanned: sum.scanned + lane.spent.scanned,
            matched: sum.matched + lane.spent.matched,
            calls: sum.calls + lane.spent.calls,
            throttles: sum.throttles + lane.spent.throttles,
        })
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            cells_done: self.lanes.iter().filter(|lane| lane.has_ended()).count(),
            cells_total: self.lanes.len(),
            counts: self.counts(),
            estimated_remaining: self.estimated_remaining(),
            cursor: self.cursor(),
            oldest_time_reached: self.arrangement.frontier(),
            window: self.plan.window,
        }
    }

    /// How long the slowest of the cells that are left takes: by its own density so far, or else by what is known of it,
    /// and by what its budget stands at. A reader that is slower than that is not reckoned with.
    fn estimated_remaining(&self) -> Option<Duration> {
        let cells = self.lanes.iter().zip(&self.plan.cells);
        let left = cells.filter(|(lane, _)| matches!(lane.stage, Stage::Waiting | Stage::Reading));
        let left: Vec<Known> = left.map(|(lane, target)| self.left(lane, target)).collect();
        let guess = left.iter().all(|cell| cell.density.is_none());
        if guess && !left.is_empty() {
            return None;
        }
        let extent = Extent {
            page: None,
            sifted: false,
            scan_limit: self.plan.scan_limit,
            per_call: per_call(self.page),
        };
        let costs = costs(&left, &extent);
        let slowest = costs.iter().map(|cost| cost.duration).max();
        Some(slowest.unwrap_or_default())
    }

    /// What is left of one cell.
    fn left(&self, lane: &Lane, target: &TargetCell) -> Known {
        let cell = &target.cell;
        let upper = self.plan.upper(cell);
        let seen = lane.position.map(|position| {
            let span = upper.since(position).as_secs_f64().max(1.0);
            f64::from(u32::try_from(lane.spent.scanned).unwrap_or(u32::MAX)) / span
        });
        let known = || self.events.densities.of(cell, self.plan.kind());
        let lookups = self.plan.pushed_down.len().max(1);
        Known {
            density: seen.map(|all| all / as_f64(lookups)).or_else(known),
            span: lane
                .position
                .unwrap_or(upper)
                .since(self.plan.window.start()),
            // What is remembered is not looked for: there may be thousands of cells, and it is soon passed.
            lookups: u32::try_from(lookups).unwrap_or(u32::MAX),
            prospect: self.events.prospect(&self.ctx, cell),
        }
    }

    /// Whether every cell was refused before anything was read.
    pub(super) fn exhausted(&self) -> Option<Exhausted> {
        let ends = self.lanes.iter().map(|lane| match &lane.stage {
            Stage::Ended(end) => Some(&**end),
            Stage::Waiting | Stage::Reading | Stage::LeftBehind => None,
        });
        let ends: Vec<_> = ends.collect::<Option<_>>()?;
        Exhausted::of(ends.into_iter())
    }

    /// How the cell's part in the answer ended. A stream that ended early has sent nothing from its frontier down.
    fn end_of(&mut self, cell: usize) -> Option<Ended<CellEnd>> {
        let (target, lane) = (self.plan.cells.get(cell)?, self.lanes.get_mut(cell)?);
        let frontier = self.arrangement.frontier();
        let unsent = self.arrangement.has_unsent(cell);
        Some(match (lane.take_end(), frontier) {
            (Some(Ended::Done(end)), Some(frontier)) => {
                Ended::Done(held_at(&self.plan, target, end, frontier, unsent))
            }
            (Some(end), _) => end,
            (None, frontier) => {
                let at = lane.position.map(|at| frontier.map_or(at, |f| f.max(at)));
                Ended::Done(cut_short(&self.plan, target, at, lane.spent, HELD))
            }
        })
    }

    pub(super) fn summary(&mut self) -> Summary {
        let plan = Arc::clone(&self.plan);
        let ends: Vec<_> = (0..self.lanes.len())
            .map(|cell| self.end_of(cell))
            .collect();
        let reports = plan.cells.iter().zip(ends).map(|(target, end)| match end {
            Some(end) => report(&plan, target, end, plan.window.start()),
            None => target.not_attempted(),
        });
        Summary {
            coverage: Coverage::with(plan.left_out.clone(), reports),
            earlier_gaps: plan.gaps,
            counts: self.counts(),
            facts: Facts::of(&plan),
        }
    }
}
