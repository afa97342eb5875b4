//! What each cell of a listing has come to: from what its trails told to what its buckets did. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    aws::{AwsError, FailureKind},
    budget::Tally,
    domain::{
        AccountId, Cell, CellReason, CellReport, CellState, Coverage, LeftOut, TimeWindow,
        coverage::CellError,
    },
    fanout::Ended,
};

use super::{
    deliveries::{Bucket, Deliveries, Without},
    scan::Scanned,
};

/// The cells of a request.
#[derive(Debug, Default)]
pub struct Cells {
    reports: BTreeMap<Cell, CellReport>,
    narrowed: bool,
    /// Those of which something was read.
    read: BTreeSet<Cell>,
}

impl Cells {
    /// The cells as finding their trails has left them, and what these trails deliver.
    pub fn new(trails: Coverage, deliveries: &Deliveries) -> Self {
        let reports = trails.cells.into_iter();
        let mut cells = Self {
            reports: reports
                .map(|report| (report.cell.clone(), report))
                .collect(),
            narrowed: trails.narrowed,
            read: BTreeSet::new(),
        };
        cells.spread_doubt(&deliveries.unread);
        for (cell, why) in &deliveries.without {
            cells.without(cell, *why);
        }
        cells
    }

    /// A trail that could not be read may deliver the files of every cell of the accounts that show it.
    fn spread_doubt(&mut self, unread: &BTreeSet<Cell>) {
        let partial = |report: &&CellReport| report.state == CellState::Partial;
        let doubts: BTreeMap<AccountId, CellReport> = self
            .reports
            .values()
            .filter(partial)
            .map(|report| (report.cell.account, report.clone()))
            .collect();
        let any = doubts.values().next();
        for (cell, report) in &mut self.reports {
            let own = doubts.get(&cell.account);
            let doubt = own.or(any.filter(|_| unread.contains(cell)));
            if let (CellState::Complete, Some(doubt)) = (report.state, doubt) {
                report.state = CellState::Partial;
                report.reason = doubt.reason;
                report.error.clone_from(&doubt.error);
            }
        }
    }

    fn without(&mut self, cell: &Cell, why: Without) {
        let Some(report) = self.reports.get_mut(cell) else {
            return;
        };
        match (report.state, why) {
            (CellState::Complete, Without::NotAsked) => {
                report.state = CellState::Skipped;
                report.reason = Some(CellReason::TrailNotFound);
            }
            (CellState::Complete, Without::NoTrail) => {
                report.state = CellState::Failed;
                report.reason = Some(CellReason::TrailNotFound);
                report.error = Some(of_ours(
                    "no trail delivers log files of this account and Region",
                ));
            }
            (CellState::Complete, Without::NoOrganization) => {
                report.state = CellState::Failed;
                report.reason = Some(CellReason::Precondition);
                report.error = Some(of_ours(
                    "the keys of an organization's log files have its id, which fleet.organizations finds out",
                ));
            }
            (CellState::Partial, _) => report.state = CellState::Failed,
            (CellState::Skipped | CellState::Failed, _) => {}
        }
    }

    /// These calls were spent on the cell.
    pub fn spent(&mut self, cell: &Cell, tally: &Tally) {
        if let Some(report) = self.reports.get_mut(cell) {
            report.calls += tally.calls();
            report.throttles += tally.throttles();
        }
    }

    /// What one of its folders came to.
    pub fn take(&mut self, cell: &Cell, bucket: &Bucket, scanned: &Scanned) {
        self.spent(cell, &scanned.tally);
        if let Some(report) = self.reports.get_mut(cell) {
            report.scanned += scanned.objects;
            report.matched += scanned.wanted;
        }
        if scanned.error.is_none() || scanned.objects > 0 {
            self.read.insert(cell.clone());
        }
        if let Some(error) = &scanned.error {
            self.refused(cell, bucket, error);
        }
    }

    /// What looking through one of its folders came to, where records are counted and not files.
    pub fn looked(&mut self, cell: &Cell, bucket: &Bucket, ended: &Ended<Scanned>) {
        match ended {
            Ended::Panicked => self.defect(cell),
            Ended::Done(scanned) => {
                self.spent(cell, &scanned.tally);
                match &scanned.error {
                    Some(error) => self.refused(cell, bucket, error),
                    None => drop(self.read.insert(cell.clone())),
                }
            }
        }
    }

    /// So many records more were read in it, and so many matched.
    pub fn records(&mut self, cell: &Cell, scanned: u64, matched: u64) {
        if let Some(report) = self.reports.get_mut(cell) {
            report.scanned += scanned;
            report.matched += matched;
            self.read.insert(cell.clone());
        }
    }

    /// How many records were read in it.
    pub fn scanned(&self, cell: &Cell) -> u64 {
        self.reports.get(cell).map_or(0, |report| report.scanned)
    }

    /// Whether any cell leaves a gap so far.
    pub fn have_gaps(&self) -> bool {
        self.reports.values().any(CellReport::is_gap)
    }

    /// Not all of what is in it is in the answer. The first reason stays.
    pub fn lacks(&mut self, cell: &Cell, reason: CellReason, error: CellError) {
        self.incomplete(cell, reason, error);
    }

    /// The answer ended before its cells did; of this window all is in it.
    pub fn cut_short(&mut self, covered: Option<TimeWindow>) {
        let told =
            "the deadline came before all files were read; the last cursor tells where to go on";
        let complete = |report: &&mut CellReport| report.state == CellState::Complete;
        for report in self.reports.values_mut().filter(complete) {
            report.state = CellState::Partial;
            report.reason = Some(CellReason::DeadlineExceeded);
            report.error = Some(of_ours(told));
            report.covered_from = covered.map(TimeWindow::start);
            report.covered_to = covered.map(TimeWindow::end);
        }
    }

    /// One of the buckets that have its files cannot be read. The first reason stays.
    pub fn refused(&mut self, cell: &Cell, bucket: &Bucket, error: &AwsError) {
        let mut told = error.cell_error();
        if is_of_access(error.kind) {
            let hint = format!(
                "; logs.buckets can name the account whose role reads {}",
                bucket.name
            );
            told.message.push_str(&hint);
        }
        self.incomplete(cell, error.reason(), told);
    }

    /// A defect of ours, contained in the cell.
    pub fn defect(&mut self, cell: &Cell) {
        let told = "listing the cell's files failed in Trailplane itself; its log has the details";
        self.incomplete(cell, CellReason::Internal, of_ours(told));
    }

    fn incomplete(&mut self, cell: &Cell, reason: CellReason, error: CellError) {
        if let Some(report) = self.reports.get_mut(cell)
            && report.state == CellState::Complete
        {
            report.state = CellState::Partial;
            report.reason = Some(reason);
            report.error = Some(error);
        }
    }

    /// The coverage; cells that are complete are so for this window.
    pub fn into_coverage(self, window: TimeWindow) -> Coverage {
        let Self {
            reports,
            narrowed,
            read,
        } = self;
        let ended = reports.into_values().map(|mut report| {
            match report.state {
                CellState::Complete => {
                    report.covered_from = Some(window.start());
                    report.covered_to = Some(window.end());
                }
                CellState::Partial if !read.contains(&report.cell) => {
                    report.state = CellState::Failed;
                }
                CellState::Partial | CellState::Skipped | CellState::Failed => {}
            }
            report
        });
        let left_out = LeftOut {
            narrowed,
            ..LeftOut::default()
        };
        Coverage::with(left_out, ended)
    }
}

/// Whether another role may do better.
fn is_of_access(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::AccessDenied | FailureKind::NotAuthorized | FailureKind::RoleNotAssumable
    )
}

/// An error that no call of AWS's met.
pub fn of_ours(message: &str) -> CellError {
    CellError {
        message: message.to_owned(),
        aws_code: None,
        aws_message: None,
        request_id: None,
        remembered_for: None,
    }
}

#[cfg(test)]
mod tests;
