//! What a tail tells of its cells: watermarks, trouble, and the place to go on from. Pure.

use std::time::Duration;

use crate::{
    domain::{CellReport, Timestamp},
    events::{cursor::TailPlace, tail::Watermark},
};

use super::{Follow, Turn};

/// What a heartbeat tells of the cells.
#[derive(Debug, Default)]
pub(in crate::events::tail) struct Told {
    pub(in crate::events::tail) watermarks: Vec<Watermark>,
    pub(in crate::events::tail) failing: Vec<CellReport>,
}

impl Follow {
    /// Where the tail is.
    pub(in crate::events::tail) fn place(&self, made: Timestamp) -> TailPlace {
        let cells = self.entries.iter();
        TailPlace {
            made,
            cells: cells
                .map(|e| (e.target.cell.clone(), e.state.place()))
                .collect(),
        }
    }

    /// About how many bytes a cursor has now.
    pub(in crate::events::tail) fn cursor_bytes(&self) -> usize {
        200 + self.entries.len() * 12 + self.remembered * 14
    }

    /// How many cells are followed.
    pub(in crate::events::tail) fn cells(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_target).count()
    }

    /// How far the hindmost cell is behind; cells in trouble do not count.
    pub(in crate::events::tail) fn behind(&self, now: Timestamp) -> Option<Duration> {
        let well = self.entries.iter().filter(|entry| entry.trouble.is_none());
        let hindmost = well.map(|entry| entry.state.through()).min()?;
        Some(now.since(Timestamp::from_seconds(hindmost)))
    }

    /// Whether a cell has got into trouble, or out of it, and nobody was told.
    pub(in crate::events::tail) fn has_trouble_to_tell(&self) -> bool {
        self.untold
    }

    /// What has changed since it was last told; or, `whole`, all of it.
    pub(in crate::events::tail) fn tell(&mut self, whole: bool) -> Told {
        let mut told = Told::default();
        self.untold = false;
        for entry in &mut self.entries {
            let now = (entry.state.through(), entry.trouble.is_some());
            if entry.told.replace(now) == Some(now) && !whole {
                continue;
            }
            let through = Timestamp::from_seconds(entry.state.through());
            match &entry.trouble {
                Some(report) => told.failing.push(CellReport {
                    covered_to: Some(through),
                    ..report.clone()
                }),
                None => told.watermarks.push(Watermark {
                    cell: entry.target.cell.clone(),
                    through,
                    next: (entry.turn == Turn::Due).then_some(entry.next),
                }),
            }
        }
        if whole {
            let others = self
                .left_out
                .cells
                .iter()
                .filter(|s| !self.index.contains_key(&s.cell));
            told.failing.extend(others.cloned());
        }
        told
    }
}
