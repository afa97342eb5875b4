//! What each cell of a request has come to: law 3, no silent gaps.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    aws::AwsError,
    budget::Tally,
    domain::{Cell, CellReason, CellReport, CellState, Coverage, LeftOut, coverage::CellError},
    fleet::TargetCell,
};

/// The reports of all cells, each in the state that it keeps if nothing more is done.
#[derive(Debug, Default)]
pub struct Reports {
    cells: BTreeMap<Cell, CellReport>,
    narrowed: bool,
}

impl Reports {
    /// Cells that are to be asked, and what was left out beforehand.
    pub fn new(cells: &[TargetCell], left_out: &LeftOut) -> Self {
        let asked = cells.iter().map(|target| {
            let name = Arc::clone(&target.account_name);
            let report = CellReport::not_attempted(target.cell.clone(), name);
            CellReport {
                named: target.named,
                ..report
            }
        });
        let all = asked.chain(left_out.cells.iter().cloned());
        Self {
            cells: all.map(|report| (report.cell.clone(), report)).collect(),
            narrowed: left_out.narrowed,
        }
    }

    /// Everything that was asked of the cell is in the answer, as far as is known until now.
    pub fn covered(&mut self, cell: &Cell) {
        if let Some(report) = self.cells.get_mut(cell) {
            report.state = CellState::Complete;
            report.reason = None;
        }
    }

    /// Nothing of the cell is in the answer.
    pub fn failed(&mut self, cell: &Cell, error: &AwsError) {
        if let Some(report) = self.cells.get_mut(cell) {
            report.state = CellState::Failed;
            report.reason = Some(error.reason());
            report.error = Some(error.cell_error());
        }
    }

    /// Something of the cell is missing in the answer. The first reason stays.
    pub fn incomplete(&mut self, cell: &Cell, error: &AwsError) {
        if let Some(report) = self.cells.get_mut(cell)
            && report.state == CellState::Complete
        {
            report.state = CellState::Partial;
            report.reason = Some(error.reason());
            report.error = Some(error.cell_error());
        }
    }

    /// A defect of ours, contained in the cell.
    pub fn defect(&mut self, cell: &Cell) {
        if let Some(report) = self.cells.get_mut(cell) {
            report.state = match report.state {
                CellState::Complete | CellState::Partial => CellState::Partial,
                CellState::Skipped | CellState::Failed => CellState::Failed,
            };
            report.reason = Some(CellReason::Internal);
            report.error = Some(CellError {
                message: "reading the cell failed in Trailplane itself; its log has the details"
                    .to_owned(),
                aws_code: None,
                aws_message: None,
                request_id: None,
                remembered_for: None,
            });
        }
    }

    /// The cell is left out, for a reason that was found out on the way.
    pub fn left_out(&mut self, cell: &Cell, reason: CellReason) {
        if let Some(report) = self.cells.get_mut(cell) {
            report.state = CellState::Skipped;
            report.reason = Some(reason);
        }
    }

    /// These calls were spent on the cell.
    pub fn spent(&mut self, cell: &Cell, tally: &Tally) {
        if let Some(report) = self.cells.get_mut(cell) {
            report.calls += tally.calls();
            report.throttles += tally.throttles();
        }
    }

    /// Whether the cell is one of the request's that was not left out beforehand.
    pub fn asks(&self, cell: &Cell) -> bool {
        let report = self.cells.get(cell);
        report.is_some_and(|report| report.state != CellState::Skipped)
    }

    /// The coverage.
    pub fn into_coverage(self) -> Coverage {
        let left_out = LeftOut {
            narrowed: self.narrowed,
            ..LeftOut::default()
        };
        Coverage::with(left_out, self.cells.into_values())
    }
}
