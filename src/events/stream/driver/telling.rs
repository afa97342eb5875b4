//! What a stream tells of itself: progress on the way, and the summary at its end.

use std::{sync::Arc, time::Duration};

use super::{Driver, Lane};
use crate::{
    domain::Coverage,
    events::{
        cell::{CellEnd, report},
        lookup::Facts,
        stream::{
            Counts, Progress, Summary,
            ending::{HELD, cut_short, held_at},
        },
    },
    fanout::Ended,
    fleet::TargetCell,
};

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

    /// The rest, at the speed so far: by the share of the time span that has been read, over all cells.
    fn estimated_remaining(&self) -> Option<Duration> {
        let start = self.plan.window.start();
        let share = |(lane, target): (&Lane, &TargetCell)| {
            let upper = self.plan.upper(&target.cell);
            let whole = upper.since(start).as_secs_f64().max(1.0);
            match (lane.has_ended(), lane.position) {
                (true, _) => 1.0,
                (false, Some(position)) => upper.since(position).as_secs_f64() / whole,
                (false, None) => 0.0,
            }
        };
        let read: f64 = self.lanes.iter().zip(&self.plan.cells).map(share).sum();
        let read = read / (self.lanes.len() as f64).max(1.0);
        let rest = self.started.elapsed().as_secs_f64() * (1.0 - read) / read;
        (read > 0.001)
            .then(|| Duration::try_from_secs_f64(rest).ok())
            .flatten()
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
            coverage: Coverage::new(plan.skipped.iter().cloned().chain(reports).collect()),
            earlier_gaps: plan.gaps,
            counts: self.counts(),
            facts: Facts::of(&plan),
        }
    }
}
