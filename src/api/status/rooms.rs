//! The rooms' errors as failures. Each match is exhaustive, so that a new error must be given a reason.

use std::time::Duration;

use super::{Failure, Reason};
use crate::{
    api::violations::Violations,
    domain::CellReason,
    events::{CursorError, LookupError, WindowError},
    fleet::{RefreshError, SelectError, Violation},
    logs::LogError,
    trails::TrailError,
};

/// When to ask again for something that is being read in the background.
const DISCOVERY: Duration = Duration::from_secs(5);

/// When to ask again for a change that could not be recorded: the audit tries each second.
pub(super) const AUDIT: Duration = Duration::from_secs(2);

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        match error {
            SelectError::Invalid(wrong) => selector("targets.", &wrong),
            SelectError::NotDiscovered { missing, reason } => {
                let failure = Self::new(
                    Reason::AccountsNotDiscovered,
                    format!("{missing} are not known yet"),
                )
                .retry_after(DISCOVERY);
                match reason {
                    Some(why) => failure.with("cause", &*why),
                    None => failure,
                }
            }
            error @ SelectError::NotAllowed(_) => {
                Self::new(Reason::NotAuthorized, error.to_string())
            }
            SelectError::Interrupted(interrupted) => interrupted.into(),
        }
    }
}

impl From<RefreshError> for Failure {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Failed(aws) => {
                let failure = Self::new(
                    Reason::AccountsNotDiscovered,
                    format!(
                        "the organization could not be read: {}; the copy there was stays in use",
                        aws.sentence()
                    ),
                )
                .with("aws_api", aws.api.to_string())
                .retry_after(DISCOVERY);
                match aws.code {
                    Some(code) => failure.with("aws_code", code),
                    None => failure,
                }
            }
            RefreshError::Interrupted(interrupted) => interrupted.into(),
        }
    }
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Targets(error) => error.into(),
            LookupError::Window(error) => {
                let field = match error {
                    WindowError::Backwards { .. } | WindowError::TooOld { .. } => "start_time",
                };
                one(Reason::InvalidRequest, field, &error)
            }
            LookupError::Cursor(error) => {
                let what = match error {
                    CursorError::NotOurs
                    | CursorError::OtherRequest
                    | CursorError::TooOld { .. } => error.to_string(),
                };
                one(Reason::InvalidPageToken, "page_token", &what)
            }
            LookupError::Exhausted(exhausted) => exhausted.into(),
            LookupError::Interrupted(interrupted) => interrupted.into(),
        }
    }
}

/// A lookup that is only planned: its fields are below `lookup`.
pub fn planned(error: LookupError) -> Failure {
    match error {
        LookupError::Targets(SelectError::Invalid(wrong)) => selector("lookup.targets.", &wrong),
        LookupError::Cursor(error) => one(Reason::InvalidPageToken, "lookup.page_token", &error),
        LookupError::Window(error) => one(Reason::InvalidRequest, "lookup.start_time", &error),
        other => other.into(),
    }
}

/// A request about one trail, whose fields are below `trail`. ListTags, which takes several, names its own.
impl From<TrailError> for Failure {
    fn from(error: TrailError) -> Self {
        match error {
            TrailError::Targets(error) => error.into(),
            TrailError::UnknownOwners(places) => unknown_owners(&places, |_| "trail".to_owned()),
            TrailError::NotActive(account) => Self::new(
                Reason::AccountNotActive,
                format!("account {account} is not active, so nothing can be called in it"),
            )
            .with("account_id", account.to_string()),
            error @ TrailError::NoSuchName { .. } => {
                Self::new(Reason::TrailNotFound, error.to_string())
            }
            error @ TrailError::Ambiguous { .. } => {
                one(Reason::InvalidRequest, "trail.home_region", &error)
            }
            TrailError::NotFound(aws) => Self::new(
                Reason::TrailNotFound,
                format!(
                    "account {} has no such trail in {}",
                    aws.account, aws.region
                ),
            )
            .with("account_id", aws.account.to_string())
            .with("region", aws.region.to_string()),
            TrailError::Aws(aws) => {
                let mut failure = Self::new(upstream(aws.reason()), aws.to_string())
                    .with("account_id", aws.account.to_string())
                    .with("region", aws.region.to_string())
                    .with("aws_api", aws.api.to_string());
                if let Some(wait) = aws.retry_after() {
                    failure = failure.retry_after(wait);
                }
                if failure.reason == Reason::BudgetExhausted {
                    failure = failure.budget(aws.account, &aws.region, aws.api, aws.retry_after());
                }
                match aws.code {
                    Some(code) => failure.with("aws_code", code),
                    None => failure,
                }
            }
            TrailError::OutsideTargets(places) => of_arns(&places, "is not within the targets"),
            TrailError::OtherPartition(places) => of_arns(
                &places,
                "is of another partition than the configured Regions",
            ),
            error @ TrailError::NoTargets => one(Reason::InvalidRequest, "targets", &error),
            error @ TrailError::NobodyHas(_) => Self::new(Reason::TrailNotFound, error.to_string()),
            error @ TrailError::NoManagementAccount => {
                Self::new(Reason::NotInOrganization, error.to_string())
            }
            error @ TrailError::OrganizationTrailElsewhere(_) => {
                one(Reason::InvalidRequest, "targets", &error)
            }
            TrailError::Interrupted(interrupted) => interrupted.into(),
            error @ TrailError::AuditUnavailable => {
                Self::new(Reason::AuditUnavailable, error.to_string()).retry_after(AUDIT)
            }
            error @ TrailError::Defect => Self::new(Reason::Internal, error.to_string()),
        }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Targets(error) => error.into(),
            LogError::Trails(error) => error.into(),
            error @ LogError::Backwards { .. } => one(Reason::InvalidRequest, "start_time", &error),
            LogError::Cursor(error) => one(Reason::InvalidPageToken, "page_token", &error),
            LogError::Interrupted(interrupted) => interrupted.into(),
        }
    }
}

/// Trails of accounts that are not the organization's. `field` names the field at a place.
pub fn unknown_owners(
    places: &[(usize, crate::domain::AccountId)],
    field: impl Fn(usize) -> String,
) -> Failure {
    let mut found = Violations::new();
    for (at, account) in places {
        found.add(
            field(*at),
            format_args!("{account} is not an account of the organization"),
        );
    }
    Failure::new(Reason::UnknownAccount, found.summary()).violations(&found)
}

/// Trails among `trail_arns` that the request may not name.
fn of_arns(places: &[(usize, crate::domain::TrailArn)], what: &str) -> Failure {
    let mut found = Violations::new();
    for (at, arn) in places {
        found.add(format!("trail_arns[{at}]"), format_args!("{arn} {what}"));
    }
    Failure::new(Reason::InvalidRequest, found.summary()).violations(&found)
}

/// Why a cell failed, as the reason of a request that is about this cell alone.
pub(super) fn upstream(reason: CellReason) -> Reason {
    match reason {
        CellReason::RoleNotAssumable => Reason::RoleNotAssumable,
        CellReason::AccessDenied | CellReason::ServiceControlPolicy | CellReason::NotAuthorized => {
            Reason::AccessDenied
        }
        CellReason::RegionDisabled => Reason::RegionDisabled,
        CellReason::AccountNotActive => Reason::AccountNotActive,
        CellReason::BudgetExhausted | CellReason::ScanLimit => Reason::BudgetExhausted,
        CellReason::BudgetUnavailable => Reason::BudgetUnavailable,
        CellReason::AuditUnavailable => Reason::AuditUnavailable,
        CellReason::DeadlineExceeded => Reason::DeadlineExceeded,
        CellReason::NotAttempted => Reason::Cancelled,
        CellReason::Throttled | CellReason::UpstreamError | CellReason::ClockSkew => {
            Reason::UpstreamError
        }
        CellReason::Unsupported => Reason::Unsupported,
        CellReason::TrailNotFound => Reason::TrailNotFound,
        CellReason::Conflict => Reason::Conflict,
        CellReason::Precondition => Reason::PrerequisiteMissing,
        CellReason::AlreadyExists | CellReason::LimitExceeded | CellReason::Refused => {
            Reason::RefusedByAws
        }
        // Of single files only, never of a whole request.
        CellReason::Unreadable | CellReason::Internal => Reason::Internal,
    }
}

/// A failure of one field.
fn one(reason: Reason, field: &str, what: &dyn std::fmt::Display) -> Failure {
    let mut found = Violations::new();
    found.add(field, what);
    Failure::new(reason, found.summary()).violations(&found)
}

/// Everything a selector names that there is not. NOT_FOUND if an account or unit is among it, because that is
/// what a caller must look up; a Region that is not configured alone is a wrong argument. `at` is what precedes
/// the selector's fields in the request.
pub fn selector(at: &str, wrong: &[Violation]) -> Failure {
    let mut found = Violations::new();
    let mut reason = Reason::InvalidRequest;
    for violation in wrong {
        match violation {
            Violation::UnknownAccount { index, account } => {
                reason = Reason::UnknownAccount;
                let field = format!("{at}account_ids[{index}]");
                found.add(
                    field,
                    format_args!("{account} is not an account of the organization"),
                );
            }
            Violation::UnknownExclusion { index, account } => {
                reason = Reason::UnknownAccount;
                let field = format!("{at}exclude_account_ids[{index}]");
                found.add(
                    field,
                    format_args!("{account} is not an account of the organization"),
                );
            }
            Violation::UnknownUnit { index, unit } => {
                if reason == Reason::InvalidRequest {
                    reason = Reason::UnknownOrganizationalUnit;
                }
                let field = format!("{at}organizational_units[{index}]");
                let name = unit.to_string();
                found.add(
                    field,
                    format_args!("{name:?} is not a unit of the organization"),
                );
            }
            Violation::RegionNotConfigured { index, region } => {
                let field = format!("{at}regions[{index}]");
                found.add(
                    field,
                    format_args!("{region} is not among the configured Regions"),
                );
            }
        }
    }
    Failure::new(reason, found.summary()).violations(&found)
}

#[cfg(test)]
mod tests {
    use tonic::Code;
    use tonic_types::StatusExt;

    use super::*;

    #[test]
    fn all_that_is_unknown_is_listed_under_one_code() {
        let region = Violation::RegionNotConfigured {
            index: 0,
            region: "ap-south-1".parse().unwrap(),
        };
        let unit = Violation::UnknownUnit {
            index: 1,
            unit: crate::domain::target::UnitRef::Path(vec!["Prod".into()]),
        };
        let account = Violation::UnknownAccount {
            index: 2,
            account: "000000000042".parse().unwrap(),
        };
        let status = |wrong: &[&Violation]| {
            let wrong: Vec<Violation> = wrong.iter().map(|v| (*v).clone()).collect();
            Failure::from(SelectError::Invalid(wrong)).into_status()
        };
        assert_eq!(status(&[&region]).code(), Code::InvalidArgument);
        assert_eq!(status(&[&unit, &region]).code(), Code::NotFound);
        let all = status(&[&account, &unit, &region]);
        let details = all.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "UNKNOWN_ACCOUNT");
        let fields: Vec<_> = details
            .bad_request()
            .unwrap()
            .field_violations
            .iter()
            .map(|v| v.field.clone())
            .collect();
        assert_eq!(
            fields,
            [
                "targets.account_ids[2]",
                "targets.organizational_units[1]",
                "targets.regions[0]"
            ]
        );
    }
}
