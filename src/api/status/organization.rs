//! The organization's errors as failures.

use super::{
    Failure, Reason,
    rooms::{AUDIT, upstream},
};
use crate::{api::violations::Violations, organization::OrganizationError};

/// The kind of what must be so first, in PreconditionFailure.
const PRECONDITION: &str = "PREREQUISITE";

impl From<OrganizationError> for Failure {
    fn from(error: OrganizationError) -> Self {
        let text = error.to_string();
        let account = |reason| {
            let mut found = Violations::new();
            found.add("account_id", &text);
            Self::new(reason, &text).violations(&found)
        };
        match error {
            OrganizationError::NotConfigured => Self::new(Reason::NotInOrganization, text),
            OrganizationError::NotInUse(aws) => Self::new(Reason::NotInOrganization, text)
                .with("account_id", aws.account.to_string()),
            OrganizationError::NotManagement { caller, management } => {
                let fix = "run Trailplane there, or set aws.management.role_arn to a role in it";
                Self::new(Reason::NotManagementAccount, format!("{text}: {fix}"))
                    .with("account_id", caller.to_string())
                    .with("management_account_id", management.to_string())
            }
            OrganizationError::FeaturesMissing(id) => Self::new(Reason::AllFeaturesRequired, &text)
                .precondition(
                    PRECONDITION,
                    id,
                    "ALL_FEATURES: call EnableAllFeatures first",
                ),
            OrganizationError::TrustMissing => Self::new(Reason::PrerequisiteMissing, &text)
                .precondition(
                    PRECONDITION,
                    "cloudtrail.amazonaws.com",
                    "TRUSTED_ACCESS: call EnableTrustedAccess first",
                ),
            OrganizationError::UnknownAccount(id) => {
                account(Reason::UnknownAccount).with("account_id", id.to_string())
            }
            OrganizationError::NotActive(id) => {
                account(Reason::AccountNotActive).with("account_id", id.to_string())
            }
            OrganizationError::IsManagement(id) => {
                account(Reason::InvalidRequest).with("account_id", id.to_string())
            }
            OrganizationError::TooMany(administrators) => {
                let ids: Vec<String> = administrators.iter().map(ToString::to_string).collect();
                Self::new(Reason::TooManyAdministrators, text)
                    .quota(
                        "delegated administrators of CloudTrail",
                        "3 an organization",
                    )
                    .with("administrators", ids.join(","))
            }
            OrganizationError::Accounts(error) => error.into(),
            OrganizationError::Aws(aws) => {
                let mut failure = Self::new(upstream(aws.reason()), text)
                    .with("account_id", aws.account.to_string())
                    .with("region", aws.region.to_string())
                    .with("aws_api", aws.api.to_string());
                if let Some(wait) = aws.retry_after() {
                    failure = failure.retry_after(wait);
                }
                if failure.reason == Reason::BudgetExhausted {
                    failure = failure.budget(aws.account, &aws.region, aws.api, aws.retry_after());
                }
                let facts = [
                    ("aws_code", aws.code.map(String::from)),
                    (
                        "aws_message",
                        Some(aws.message).filter(|words| !words.is_empty()),
                    ),
                    ("aws_request_id", aws.request_id.map(String::from)),
                ];
                let known = facts
                    .into_iter()
                    .filter_map(|(key, fact)| Some((key, fact?)));
                known.fold(failure, |failure, (key, fact)| failure.with(key, fact))
            }
            OrganizationError::AuditUnavailable => {
                Self::new(Reason::AuditUnavailable, text).retry_after(AUDIT)
            }
            OrganizationError::Interrupted(interrupted) => interrupted.into(),
            OrganizationError::Defect => Self::new(Reason::Internal, text),
        }
    }
}
