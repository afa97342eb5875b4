//! Verdicts on access, for the wire.

use super::{coverage, time};
use crate::{
    api::proto::{self, check_access_response::Message},
    domain::Coverage,
    fleet::accounts::check::{ActionAccess, CellAccess, ExternalIdEnforcement, Verdict},
};

/// The verdict on one cell.
pub fn cell(access: &CellAccess) -> proto::CheckAccessResponse {
    let report = &access.report;
    let cell = proto::CellAccess {
        cell: Some(proto::Cell {
            account_id: report.cell.account.to_string(),
            region: report.cell.region.to_string(),
        }),
        account_name: report.account_name.to_string(),
        reachable: access.reachable(),
        state: coverage::state(report.state).into(),
        reason: coverage::reason(report.reason).into(),
        actions: access.actions.iter().map(action).collect(),
        error: coverage::error(report),
        calls: report.calls,
        elapsed: Some(time::span_to_wire(access.elapsed)),
        external_id_enforcement: enforcement(access.external_id).into(),
    };
    proto::CheckAccessResponse {
        message: Some(Message::Cell(cell)),
    }
}

/// The end of a check over these cells.
pub fn summary(covered: &Coverage, stale: bool) -> proto::CheckAccessResponse {
    let counts = coverage::counts(covered);
    let summary = proto::CheckAccessSummary {
        reachable: counts.complete,
        counts: Some(counts),
        calls: covered.cells.iter().map(|cell| u64::from(cell.calls)).sum(),
        coverage: Some(coverage::to_wire(covered, stale, false)),
    };
    proto::CheckAccessResponse {
        message: Some(Message::Summary(summary)),
    }
}

fn enforcement(found: ExternalIdEnforcement) -> proto::ExternalIdEnforcement {
    match found {
        ExternalIdEnforcement::Enforced => proto::ExternalIdEnforcement::Enforced,
        ExternalIdEnforcement::NotEnforced => proto::ExternalIdEnforcement::NotEnforced,
        ExternalIdEnforcement::NotConfigured => proto::ExternalIdEnforcement::NotConfigured,
        ExternalIdEnforcement::Unknown => proto::ExternalIdEnforcement::Unknown,
    }
}

fn action(action: &ActionAccess) -> proto::ActionAccess {
    let verdict = match action.verdict {
        Verdict::Allowed => proto::AccessVerdict::Allowed,
        Verdict::Denied => proto::AccessVerdict::Denied,
        Verdict::Unknown => proto::AccessVerdict::Unknown,
    };
    proto::ActionAccess {
        action: action.action.to_owned(),
        verdict: verdict.into(),
        aws_code: action.aws_code.clone().unwrap_or_default(),
    }
}
