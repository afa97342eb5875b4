//! How one cell's part in an answer ended, page or stream, and what coverage says of it. Pure.

use crate::{
    aws::{AwsError, FailureKind},
    domain::{CellReason, CellReport, CellState, Timestamp, coverage::CellError},
    fanout::Ended,
    fleet::TargetCell,
};

use super::{
    lookup::SECOND,
    plan::Plan,
    reader::{CellReader, Progress},
};

/// How one cell's part in a page or a stream ended.
#[derive(Debug)]
pub(super) struct CellEnd {
    pub(super) progress: Progress,
    /// The oldest time that was asked for.
    pub(super) start: Timestamp,
    pub(super) matched: u64,
    pub(super) calls: u32,
    pub(super) throttles: u32,
    pub(super) why: Why,
}

impl CellEnd {
    /// The end of what this reader has read.
    pub(super) fn of(reader: &CellReader, matched: u64, why: Why) -> Self {
        Self {
            progress: reader.progress().clone(),
            start: reader.start(),
            matched,
            calls: reader.tally.calls(),
            throttles: reader.tally.throttles(),
            why,
        }
    }
}

/// Why a cell was read no further.
#[derive(Debug)]
pub(super) enum Why {
    /// It was read to the start of what was asked.
    Exhausted,
    /// It cannot contribute any more.
    Satisfied,
    /// What was looked for was found elsewhere, and nothing more is wanted.
    NotNeeded,
    /// The request's scan limit.
    ScanLimit,
    /// AWS, the budget, the deadline.
    Failed(AwsError),
}

impl Why {
    /// Whether the cell ran out of time rather than failed.
    pub(super) fn out_of_time(&self) -> bool {
        let Self::Failed(error) = self else {
            return false;
        };
        matches!(
            error.kind,
            FailureKind::DeadlineExceeded
                | FailureKind::BudgetExhausted { .. }
                | FailureKind::Cancelled
        )
    }
}

/// What is said of a cell, in an answer that reaches down to `lower`: what was read below it is not in the answer.
pub(super) fn report(
    plan: &Plan,
    target: &TargetCell,
    end: Ended<CellEnd>,
    lower: Timestamp,
) -> CellReport {
    let base = target.not_attempted();
    let Ended::Done(end) = end else {
        let message =
            "reading the cell failed in Trailplane itself; its log has the details".to_owned();
        return CellReport {
            reason: Some(CellReason::Internal),
            error: Some(CellError {
                message,
                aws_code: None,
                aws_message: None,
                request_id: None,
                remembered_for: None,
            }),
            ..base
        };
    };
    let covered_from = match (&end.why, end.progress.position) {
        (Why::Exhausted, _) => Some(end.start),
        (_, Some(position)) => Some(position.plus(SECOND)),
        (_, None) => None,
    };
    let upper = plan.upper(&target.cell);
    let nothing = covered_from.is_none_or(|from| from > upper);
    let whole = matches!(end.why, Why::Exhausted | Why::Satisfied)
        || covered_from.is_some_and(|from| from <= lower);
    let (state, reason) = match &end.why {
        _ if whole => (CellState::Complete, None),
        Why::NotNeeded if nothing => (CellState::Skipped, Some(CellReason::NotAttempted)),
        Why::NotNeeded => (CellState::Partial, Some(CellReason::NotAttempted)),
        Why::ScanLimit => (CellState::Partial, Some(CellReason::ScanLimit)),
        Why::Failed(error) if nothing => (CellState::Failed, Some(error.reason())),
        Why::Failed(error) => (CellState::Partial, Some(error.reason())),
        Why::Exhausted | Why::Satisfied => (CellState::Complete, None),
    };
    CellReport {
        state,
        reason,
        covered_from: covered_from
            .filter(|_| !nothing)
            .map(|from| from.max(lower).max(plan.window.start())),
        covered_to: (!nothing).then_some(upper),
        calls: end.calls,
        throttles: end.throttles,
        scanned: end.progress.scanned,
        matched: end.matched,
        error: match &end.why {
            Why::Failed(error) if state != CellState::Complete => Some(error.cell_error()),
            _ => None,
        },
        ..base
    }
}
