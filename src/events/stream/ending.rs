//! What an ended stream says of each cell: covered is what was sent, not what was read.

use crate::{
    aws::{AwsError, FailureKind},
    domain::{Api, Timestamp},
    events::{
        cell::{CellEnd, Why},
        plan::Plan,
        reader,
    },
    fleet::TargetCell,
};

use super::producer::Spent;

/// A cell's part ended here, before the cell did: down to `position` it has been taken.
pub(super) fn cut_short(
    plan: &Plan,
    target: &TargetCell,
    position: Option<Timestamp>,
    spent: Spent,
    message: &str,
) -> CellEnd {
    let progress = reader::Progress {
        position,
        pages: spent.pages,
        scanned: spent.scanned,
        exhausted: false,
    };
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    CellEnd {
        progress,
        start: plan.window.start(),
        matched: spent.matched,
        calls: count(spent.calls),
        throttles: count(spent.throttles),
        why: Why::Failed(AwsError {
            api: Api::LookupEvents,
            account: target.cell.account,
            region: target.cell.region.clone(),
            kind: FailureKind::DeadlineExceeded,
            code: None,
            message: message.to_owned(),
            request_id: None,
            remembered_for: None,
        }),
    }
}

/// The stream ended with `frontier` not passed: whatever the cell has read below it waits (`unsent`) or would have
/// waited, and is not in the answer.
pub(super) fn held_at(
    plan: &Plan,
    target: &TargetCell,
    end: CellEnd,
    frontier: Timestamp,
    unsent: bool,
) -> CellEnd {
    if matches!(end.why, Why::Exhausted) {
        if !unsent {
            return end;
        }
        let spent = Spent {
            pages: end.progress.pages,
            scanned: end.progress.scanned,
            matched: end.matched,
            calls: end.calls.into(),
            throttles: end.throttles.into(),
        };
        return cut_short(plan, target, Some(frontier), spent, HELD);
    }
    let mut end = end;
    end.progress.position = end.progress.position.map(|at| at.max(frontier));
    end
}

/// Why a cell that could have gone on did not.
pub(super) const HELD: &str =
    "the stream ended early, held up by a cell that ran out of time; go on from its last cursor";
