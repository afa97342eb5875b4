//! What an answer covers, and why not the rest: law 3, no silent gaps.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Cell, Timestamp};

/// How far one cell was covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellState {
    /// Everything that was asked of it is in the answer.
    Complete,
    /// A part is in the answer; `covered_from` and `covered_to` say which.
    Partial,
    /// Not asked, for a reason known beforehand (account not active, Region disabled …).
    Skipped,
    /// Asked, and nothing was covered.
    Failed,
}

impl CellState {
    /// A short name, for metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// Why a cell is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CellReason {
    /// STS refused AssumeRole: no such role, trust policy, external id, or an SCP (STS does not tell which).
    RoleNotAssumable,
    /// The role was assumed, and lacks the permission.
    AccessDenied,
    /// A service control policy denies the call explicitly.
    ServiceControlPolicy,
    /// The Region is not enabled for the account.
    RegionDisabled,
    /// The account is suspended, closing, closed, or not yet activated.
    AccountNotActive,
    /// The budget cannot serve it before the deadline; nothing was spent.
    BudgetExhausted,
    /// The shared store of budgets cannot be reached, and this may not be done without it; nothing was spent.
    BudgetUnavailable,
    /// What was about to be done could not be recorded; nothing was changed.
    AuditUnavailable,
    /// The deadline came before the cell's end.
    DeadlineExceeded,
    /// AWS kept throttling until retries ran out: somebody else spends this quota.
    Throttled,
    /// The request's scan limit was reached.
    ScanLimit,
    /// AWS failed, or could not be reached, until retries ran out.
    UpstreamError,
    /// The caller may not ask about this cell.
    NotAuthorized,
    /// The request ended before the cell was started.
    NotAttempted,
    /// The service's own clock is off; signatures are refused everywhere.
    ClockSkew,
    /// The API is not offered in this Region or for this account.
    Unsupported,
    /// The account has no such trail.
    TrailNotFound,
    /// It exists already, and differs from what is wanted.
    AlreadyExists,
    /// Another change was in flight, also when tried again.
    Conflict,
    /// A limit of AWS's would be passed: trails in a Region, tags, administrators.
    LimitExceeded,
    /// AWS calls the values wrong, or the trail is not the account's own.
    Refused,
    /// Something else must be so first: a bucket, a policy, a role, the organization's features, permission to record
    /// less.
    Precondition,
    /// A log file could not be read, or only in part.
    Unreadable,
    /// A defect of this service; the log has the details.
    Internal,
}

impl CellReason {
    /// A short name, for metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoleNotAssumable => "role_not_assumable",
            Self::AccessDenied => "access_denied",
            Self::ServiceControlPolicy => "service_control_policy",
            Self::RegionDisabled => "region_disabled",
            Self::AccountNotActive => "account_not_active",
            Self::BudgetExhausted => "budget_exhausted",
            Self::BudgetUnavailable => "budget_unavailable",
            Self::AuditUnavailable => "audit_unavailable",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Throttled => "throttled",
            Self::ScanLimit => "scan_limit",
            Self::UpstreamError => "upstream_error",
            Self::NotAuthorized => "not_authorized",
            Self::NotAttempted => "not_attempted",
            Self::ClockSkew => "clock_skew",
            Self::Unsupported => "unsupported",
            Self::TrailNotFound => "trail_not_found",
            Self::AlreadyExists => "already_exists",
            Self::Conflict => "conflict",
            Self::LimitExceeded => "limit_exceeded",
            Self::Precondition => "precondition",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
            Self::Internal => "internal",
        }
    }
}

/// What happened in one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct CellReport {
    /// The cell.
    pub cell: Cell,
    /// The account's name, for people.
    pub account_name: Arc<str>,
    /// How far it was covered.
    pub state: CellState,
    /// Why it is not complete; `None` exactly when it is.
    pub reason: Option<CellReason>,
    /// The oldest time from which everything up to `covered_to` is in the answer.
    pub covered_from: Option<Timestamp>,
    /// The newest time covered.
    pub covered_to: Option<Timestamp>,
    /// AWS calls spent, retries included.
    pub calls: u32,
    /// How many of them were throttled.
    pub throttles: u32,
    /// Records read.
    pub scanned: u64,
    /// Records that matched the filter.
    pub matched: u64,
    /// What went wrong, in words fit for the caller, with AWS's error code where there was one.
    pub error: Option<CellError>,
    /// True if the caller named this account or Region: a skipped cell then makes the answer incomplete.
    pub named: bool,
}

/// The error of a cell, fit for a caller to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// What happened and to what, in one sentence of ours.
    pub message: String,
    /// AWS's error code, unchanged, if AWS answered.
    pub aws_code: Option<String>,
    /// AWS's message, cut short, for the error's metadata.
    pub aws_message: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// How old it is, where AWS was not asked again because it had said so before.
    pub remembered_for: Option<Duration>,
}

impl CellReport {
    /// A cell with nothing done yet, in the state that it keeps if nothing ever is.
    pub fn not_attempted(cell: Cell, account_name: Arc<str>) -> Self {
        Self {
            cell,
            account_name,
            state: CellState::Failed,
            reason: Some(CellReason::NotAttempted),
            covered_from: None,
            covered_to: None,
            calls: 0,
            throttles: 0,
            scanned: 0,
            matched: 0,
            error: None,
            named: false,
        }
    }

    /// A cell that was left out, for a reason known beforehand.
    pub fn skipped(cell: Cell, account_name: Arc<str>, reason: CellReason, named: bool) -> Self {
        Self {
            state: CellState::Skipped,
            reason: Some(reason),
            named,
            ..Self::not_attempted(cell, account_name)
        }
    }

    /// Whether the account's credentials were good in this cell.
    fn answered(&self) -> bool {
        matches!(self.state, CellState::Complete | CellState::Partial)
    }

    fn skip_if_disabled(&mut self) {
        if self.state == CellState::Failed && self.reason == Some(CellReason::RegionDisabled) {
            self.state = CellState::Skipped;
        }
    }

    /// Whether this cell leaves a gap in the answer.
    ///
    /// A closed account or a disabled Region under a broad selector is no gap: the selector means active
    /// accounts and enabled Regions; nor is an account without the trail that is looked for. The same cell asked for
    /// by name is.
    pub fn is_gap(&self) -> bool {
        match (self.state, self.reason) {
            (CellState::Complete, _) => false,
            (
                CellState::Skipped,
                Some(
                    CellReason::AccountNotActive
                    | CellReason::RegionDisabled
                    | CellReason::TrailNotFound,
                ),
            ) => self.named,
            _ => true,
        }
    }
}

/// What a request leaves out before anything is done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeftOut {
    /// Cells, each with its reason.
    pub cells: Vec<CellReport>,
    /// True if the caller may not see all that a broad selector means. Which cells these are, and how many, is not told:
    /// the caller may not know of them.
    pub narrowed: bool,
}

/// The coverage of one answer: each cell exactly once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    /// The cells, in order of account and Region.
    pub cells: Vec<CellReport>,
    /// As in [`LeftOut`].
    pub narrowed: bool,
}

impl Coverage {
    /// How many cells ended in each state, for each reason.
    pub fn outcomes(&self) -> BTreeMap<(CellState, Option<CellReason>), u64> {
        let mut outcomes = BTreeMap::new();
        for report in &self.cells {
            *outcomes.entry((report.state, report.reason)).or_insert(0) += 1;
        }
        outcomes
    }

    /// The coverage made of these reports.
    ///
    /// AWS refuses credentials in a Region that the account has not enabled in the same words as credentials that
    /// are no good at all. Where the account answered in another Region it can only be the first: such a cell
    /// counts as skipped, as it would have been had the fleet known of it beforehand.
    pub fn new(mut cells: Vec<CellReport>) -> Self {
        cells.sort_by(|a, b| a.cell.cmp(&b.cell));
        for account in cells.chunk_by_mut(|a, b| a.cell.account == b.cell.account) {
            if account.iter().any(CellReport::answered) {
                account.iter_mut().for_each(CellReport::skip_if_disabled);
            }
        }
        Self {
            cells,
            narrowed: false,
        }
    }

    /// The coverage made of what was left out and what was asked.
    pub fn with(left_out: LeftOut, asked: impl IntoIterator<Item = CellReport>) -> Self {
        let mut cells = left_out.cells;
        cells.extend(asked);
        Self {
            narrowed: left_out.narrowed,
            ..Self::new(cells)
        }
    }

    /// True if no cell leaves a gap, and none is kept from the caller.
    pub fn complete(&self) -> bool {
        !self.narrowed && !self.cells.iter().any(CellReport::is_gap)
    }

    /// How many cells are in each state.
    pub fn counts(&self) -> BTreeMap<CellState, u32> {
        let mut counts = BTreeMap::new();
        for report in &self.cells {
            *counts.entry(report.state).or_insert(0) += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell {
            account: "123456789012".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    #[test]
    fn a_disabled_region_is_a_gap_only_when_named() {
        for named in [false, true] {
            let report = CellReport::skipped(cell(), "a".into(), CellReason::RegionDisabled, named);
            assert_eq!(Coverage::new(vec![report]).complete(), !named);
        }
    }

    #[test]
    fn refused_credentials_mean_a_disabled_region_only_where_the_account_answers_elsewhere() {
        let refused = || CellReport {
            reason: Some(CellReason::RegionDisabled),
            ..CellReport::not_attempted(cell(), "a".into())
        };
        let answered = |account: &str| CellReport {
            state: CellState::Complete,
            reason: None,
            ..CellReport::not_attempted(
                Cell {
                    account: account.parse().unwrap(),
                    region: "us-east-1".parse().unwrap(),
                },
                "a".into(),
            )
        };
        let elsewhere = Coverage::new(vec![refused(), answered("123456789012")]);
        assert_eq!(elsewhere.counts().get(&CellState::Skipped), Some(&1));
        assert!(elsewhere.complete());
        let nowhere = Coverage::new(vec![refused(), answered("999999999999")]);
        assert_eq!(nowhere.counts().get(&CellState::Failed), Some(&1));
        assert!(!nowhere.complete());
    }

    #[test]
    fn what_is_kept_from_the_caller_is_a_gap() {
        let narrowed = LeftOut {
            narrowed: true,
            ..LeftOut::default()
        };
        assert!(!Coverage::with(narrowed, []).complete());
        assert!(Coverage::with(LeftOut::default(), []).complete());
    }

    #[test]
    fn what_was_never_tried_is_a_gap() {
        let coverage = Coverage::new(vec![CellReport::not_attempted(cell(), "a".into())]);
        assert!(!coverage.complete());
        assert_eq!(coverage.counts().get(&CellState::Failed), Some(&1));
    }
}
