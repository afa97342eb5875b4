//! What an answer covers, for the wire.

use tonic::Code;
use tonic_types::{ErrorDetails, pb};

use super::time;
use crate::{
    api::{proto, status::DOMAIN},
    domain::{AccountId, CellReason, CellReport, CellState, Coverage, Region, coverage::CellError},
};

/// The type of every line of a PreconditionFailure in an answer.
const PRECONDITION: &str = "PREREQUISITE";

/// A coverage; complete cells are listed only if the request asked for them.
pub fn to_wire(coverage: &Coverage, stale: bool, all_cells: bool) -> proto::Coverage {
    let listed = coverage
        .cells
        .iter()
        .filter(|report| all_cells || report.state != CellState::Complete)
        .map(cell)
        .chain(coverage.narrowed.then(kept_back));
    proto::Coverage {
        complete: coverage.complete(),
        counts: Some(counts(coverage)),
        cells: listed.collect(),
        accounts_stale: stale,
        narrowed_by_policy: coverage.narrowed,
        earlier_gaps: false,
    }
}

/// Stands for all cells that the caller may not know of.
fn kept_back() -> proto::CellCoverage {
    proto::CellCoverage {
        state: proto::CellState::Skipped.into(),
        reason: proto::CellReason::NotAuthorized.into(),
        gap: true,
        ..Default::default()
    }
}

/// Cells by state.
pub fn counts(coverage: &Coverage) -> proto::CellCounts {
    let by_state = coverage.counts();
    let of = |state| by_state.get(&state).copied().unwrap_or(0);
    proto::CellCounts {
        total: by_state.values().sum(),
        complete: of(CellState::Complete),
        partial: of(CellState::Partial),
        skipped: of(CellState::Skipped),
        failed: of(CellState::Failed),
    }
}

/// One cell's report.
pub fn cell(report: &CellReport) -> proto::CellCoverage {
    proto::CellCoverage {
        account_id: report.cell.account.to_string(),
        account_name: report.account_name.to_string(),
        region: report.cell.region.to_string(),
        state: state(report.state).into(),
        reason: reason(report.reason).into(),
        covered_from: report.covered_from.map(time::to_wire),
        covered_to: report.covered_to.map(time::to_wire),
        calls: report.calls,
        throttles: report.throttles,
        scanned: report.scanned,
        matched: report.matched,
        error: error(report),
        gap: report.is_gap(),
        remembered_for: report
            .error
            .as_ref()
            .and_then(|error| error.remembered_for)
            .map(time::span_to_wire),
    }
}

/// A cell's state.
pub fn state(state: CellState) -> proto::CellState {
    match state {
        CellState::Complete => proto::CellState::Complete,
        CellState::Partial => proto::CellState::Partial,
        CellState::Skipped => proto::CellState::Skipped,
        CellState::Failed => proto::CellState::Failed,
    }
}

/// A cell's reason.
pub fn reason(reason: Option<CellReason>) -> proto::CellReason {
    use proto::CellReason as Wire;
    let Some(reason) = reason else {
        return Wire::Unspecified;
    };
    match reason {
        CellReason::RoleNotAssumable => Wire::RoleNotAssumable,
        CellReason::AccessDenied => Wire::AccessDenied,
        CellReason::ServiceControlPolicy => Wire::ServiceControlPolicy,
        CellReason::RegionDisabled => Wire::RegionDisabled,
        CellReason::AccountNotActive => Wire::AccountNotActive,
        CellReason::BudgetExhausted => Wire::BudgetExhausted,
        CellReason::BudgetUnavailable => Wire::BudgetUnavailable,
        CellReason::AuditUnavailable => Wire::AuditUnavailable,
        CellReason::DeadlineExceeded => Wire::DeadlineExceeded,
        CellReason::Throttled => Wire::Throttled,
        CellReason::ScanLimit => Wire::ScanLimit,
        CellReason::UpstreamError => Wire::UpstreamError,
        CellReason::NotAuthorized => Wire::NotAuthorized,
        CellReason::NotAttempted => Wire::NotAttempted,
        CellReason::ClockSkew => Wire::ClockSkew,
        CellReason::Unsupported => Wire::Unsupported,
        CellReason::TrailNotFound => Wire::TrailNotFound,
        CellReason::AlreadyExists => Wire::AlreadyExists,
        CellReason::Conflict => Wire::Conflict,
        CellReason::LimitExceeded => Wire::LimitExceeded,
        CellReason::Precondition => Wire::Precondition,
        CellReason::Refused => Wire::Refused,
        CellReason::Unreadable => Wire::Unreadable,
        CellReason::Internal => Wire::Internal,
    }
}

/// The code that an error for this reason would have, had it been the whole request's.
fn code(reason: CellReason) -> Code {
    match reason {
        CellReason::RoleNotAssumable
        | CellReason::AccessDenied
        | CellReason::ServiceControlPolicy
        | CellReason::NotAuthorized => Code::PermissionDenied,
        CellReason::RegionDisabled
        | CellReason::AccountNotActive
        | CellReason::Precondition
        | CellReason::Refused => Code::FailedPrecondition,
        CellReason::BudgetExhausted
        | CellReason::Throttled
        | CellReason::ScanLimit
        | CellReason::LimitExceeded => Code::ResourceExhausted,
        CellReason::DeadlineExceeded => Code::DeadlineExceeded,
        CellReason::AuditUnavailable
        | CellReason::BudgetUnavailable
        | CellReason::UpstreamError
        | CellReason::ClockSkew => Code::Unavailable,
        CellReason::NotAttempted | CellReason::Conflict => Code::Aborted,
        CellReason::TrailNotFound => Code::NotFound,
        CellReason::AlreadyExists => Code::AlreadyExists,
        CellReason::Unsupported => Code::Unimplemented,
        CellReason::Unreadable => Code::DataLoss,
        CellReason::Internal => Code::Internal,
    }
}

/// A cell's error: our sentence as the message, and what AWS said in ErrorInfo.
pub fn error(report: &CellReport) -> Option<pb::Status> {
    Problem {
        reason: report.reason?,
        error: report.error.as_ref()?,
        account: report.cell.account,
        region: Some(&report.cell.region),
        preconditions: &[],
    }
    .into_wire()
}

/// What went wrong in one place, of which the rest of the answer knows nothing.
pub struct Problem<'a> {
    /// Why.
    pub reason: CellReason,
    /// The words.
    pub error: &'a CellError,
    /// The account.
    pub account: AccountId,
    /// The Region, if it is known.
    pub region: Option<&'a Region>,
    /// What must be so first.
    pub preconditions: &'a [String],
}

impl Problem<'_> {
    /// As google.rpc.Status.
    pub fn into_wire(self) -> Option<pb::Status> {
        let mut details = ErrorDetails::new();
        let word = reason(Some(self.reason)).as_str_name();
        details.set_error_info(
            word.trim_start_matches("CELL_REASON_"),
            DOMAIN,
            self.metadata(),
        );
        for line in self.preconditions {
            details.add_precondition_failure_violation(
                PRECONDITION,
                self.account.to_string(),
                line,
            );
        }
        let status = <tonic::Status as tonic_types::StatusExt>::with_error_details(
            code(self.reason),
            self.error.message.clone(),
            details,
        );
        prost::Message::decode(status.details()).ok()
    }

    fn metadata(&self) -> std::collections::HashMap<String, String> {
        let error = self.error;
        let facts = [
            ("aws_code", error.aws_code.clone()),
            ("aws_message", error.aws_message.clone()),
            ("aws_request_id", error.request_id.clone()),
            ("account_id", Some(self.account.to_string())),
            ("region", self.region.map(ToString::to_string)),
        ];
        let known = facts.into_iter();
        known
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prost::Message;

    use super::*;
    use crate::domain::Cell;

    fn report(region: &str) -> CellReport {
        let cell = Cell {
            account: "123456789012".parse().unwrap(),
            region: region.parse().unwrap(),
        };
        CellReport::not_attempted(cell, "Payments".into())
    }

    fn denied() -> CellReport {
        CellReport {
            reason: Some(CellReason::AccessDenied),
            error: Some(CellError {
                message: "the role lacks the permission".into(),
                aws_code: Some("AccessDeniedException".into()),
                aws_message: Some("User is not authorized".into()),
                request_id: None,
                remembered_for: Some(Duration::from_secs(7)),
            }),
            ..report("eu-west-1")
        }
    }

    fn complete() -> CellReport {
        CellReport {
            state: CellState::Complete,
            reason: None,
            ..report("us-east-1")
        }
    }

    #[test]
    fn complete_cells_are_counted_and_listed_only_on_request() {
        let coverage = Coverage::new(vec![complete(), denied()]);
        let few = to_wire(&coverage, false, false);
        assert!(!few.complete);
        let counts = few.counts.unwrap();
        assert_eq!((counts.total, counts.complete, counts.failed), (2, 1, 1));
        assert_eq!(few.cells.len(), 1);
        assert!(few.cells[0].gap);
        let age = few.cells[0].remembered_for.unwrap();
        assert_eq!((age.seconds, age.nanos), (7, 0));
        assert_eq!(to_wire(&coverage, false, true).cells.len(), 2);
    }

    #[test]
    fn what_aws_said_is_in_the_details_and_not_the_message() {
        let status = error(&denied()).unwrap();
        assert_eq!(status.code, Code::PermissionDenied as i32);
        assert_eq!(status.message, "the role lacks the permission");
        let info = pb::ErrorInfo::decode(&*status.details[0].value).unwrap();
        assert_eq!(info.reason, "ACCESS_DENIED");
        assert_eq!(info.metadata["aws_code"], "AccessDeniedException");
        assert_eq!(info.metadata["region"], "eu-west-1");
        assert_eq!(error(&complete()), None);
    }
}
