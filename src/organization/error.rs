//! Why a request about the organization has no answer.

use crate::{
    aws::{AwsError, FailureKind},
    budget::Interrupted,
    domain::AccountId,
    fleet::SelectError,
};

/// Why a request about the organization has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OrganizationError {
    /// The configuration says that there is none.
    #[error("no organization is configured (fleet.organizations)")]
    NotConfigured,
    /// The account that we call from is in none.
    #[error("the account that Trailplane calls Organizations from is in no organization: {0}")]
    NotInUse(AwsError),
    /// Only the management account may do this.
    #[error(
        "Trailplane calls from account {caller}, and only management account {management} may do this"
    )]
    NotManagement {
        /// Where we call from.
        caller: AccountId,
        /// Where we would have to.
        management: AccountId,
    },
    /// The organization has consolidated billing only.
    #[error("organization {0} has consolidated billing only")]
    FeaturesMissing(String),
    /// CloudTrail has no trusted access.
    #[error("CloudTrail has no trusted access to the organization")]
    TrustMissing,
    /// The organization has no such account.
    #[error("{0} is not an account of the organization")]
    UnknownAccount(AccountId),
    /// The account is suspended, closing or closed.
    #[error("account {0} is not active")]
    NotActive(AccountId),
    /// The management account administers CloudTrail as it is.
    #[error("{0} is the management account, which cannot be a delegated administrator")]
    IsManagement(AccountId),
    /// The organization has as many administrators as it may.
    #[error("the organization has {} delegated administrators already", .0.len())]
    TooMany(Vec<AccountId>),
    /// The accounts are not known.
    #[error(transparent)]
    Accounts(SelectError),
    /// A call on which the whole answer depends failed.
    #[error(transparent)]
    Aws(AwsError),
    /// What was about to be done could not be recorded.
    #[error("the audit cannot be written, so that nothing was changed")]
    AuditUnavailable,
    /// The deadline or the cancellation came before there was an answer.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A defect of this service.
    #[error("the change ended in a defect of Trailplane's; whether it took effect is not known")]
    Defect,
}

/// AWS's codes for an account that is in no organization.
const NOT_IN_USE: [&str; 2] = [
    "AWSOrganizationsNotInUseException",
    "OrganizationsNotInUseException",
];

impl From<AwsError> for OrganizationError {
    fn from(error: AwsError) -> Self {
        let code = error.code.as_deref().unwrap_or_default();
        match error.kind {
            FailureKind::DeadlineExceeded => Interrupted::DeadlineExceeded.into(),
            FailureKind::Cancelled => Interrupted::Cancelled.into(),
            _ if NOT_IN_USE.contains(&code) => Self::NotInUse(error),
            _ => Self::Aws(error),
        }
    }
}
