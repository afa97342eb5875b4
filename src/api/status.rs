//! The one place that turns failures into `tonic::Status`: canonical code, google.rpc.ErrorInfo, and the details
//! that tell a caller what to do. Reasons are API: `docs/api-errors.md` lists them, and a test compares.

mod budget;
mod organization;
mod rooms;

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status, metadata::MetadataValue};
use tonic_types::{ErrorDetails, StatusExt, pb};

use super::violations::Violations;
use crate::budget::context::Interrupted;

pub use rooms::{planned, selector, unknown_owners};

/// The domain of every ErrorInfo.
pub const DOMAIN: &str = "trailplane";

/// The header by which gRPC clients with a retry policy are told when to come back, in milliseconds.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $code:ident),+ $(,)?) => {
        /// Why a request failed, in a word that programs can rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $variant),+ }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in ErrorInfo.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The canonical code.
            pub fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code),+ }
            }
        }
    };
}

reasons! {
    /// Fields are wrong; BadRequest lists every one.
    InvalidRequest = "INVALID_REQUEST" InvalidArgument,
    /// A page token is damaged, foreign, or from another request.
    InvalidPageToken = "INVALID_PAGE_TOKEN" InvalidArgument,
    /// An account id that the organization does not have.
    UnknownAccount = "UNKNOWN_ACCOUNT" NotFound,
    /// A unit that the organization does not have.
    UnknownOrganizationalUnit = "UNKNOWN_ORGANIZATIONAL_UNIT" NotFound,
    /// The accounts are not known yet, or cannot be read.
    AccountsNotDiscovered = "ACCOUNTS_NOT_DISCOVERED" Unavailable,
    /// The caller has to prove who it is, and has shown nothing by which to.
    CredentialsMissing = "CREDENTIALS_MISSING" Unauthenticated,
    /// The caller may not do this there: no policy allows it.
    NotAuthorized = "NOT_AUTHORIZED" PermissionDenied,
    /// What the caller has shown proves nothing; metadata has the check that failed.
    CredentialsInvalid = "CREDENTIALS_INVALID" Unauthenticated,
    /// The keys of the token's issuer have not been read yet.
    KeysUnavailable = "KEYS_UNAVAILABLE" Unavailable,
    /// This client sends requests faster than it may.
    RateLimited = "RATE_LIMITED" ResourceExhausted,
    /// Too many requests are open in this server.
    TooManyInFlight = "TOO_MANY_IN_FLIGHT" ResourceExhausted,
    /// The AWS quota cannot serve the request in time.
    BudgetExhausted = "BUDGET_EXHAUSTED" ResourceExhausted,
    /// The store of budgets that replicas share cannot be reached, and this is not done without it.
    BudgetUnavailable = "BUDGET_UNAVAILABLE" Unavailable,
    /// What was about to be done could not be recorded, so that nothing was changed.
    AuditUnavailable = "AUDIT_UNAVAILABLE" Unavailable,
    /// The deadline came first.
    DeadlineExceeded = "DEADLINE_EXCEEDED" DeadlineExceeded,
    /// The caller left.
    Cancelled = "CANCELLED" Cancelled,
    /// The server is shutting down.
    Draining = "DRAINING" Unavailable,
    /// AWS could not be reached, or failed, where the whole answer depends on it.
    UpstreamError = "UPSTREAM_ERROR" Unavailable,
    /// AWS refused a call on which the whole answer depends.
    AccessDenied = "ACCESS_DENIED" PermissionDenied,
    /// No such trail.
    TrailNotFound = "TRAIL_NOT_FOUND" NotFound,
    /// The role of the account cannot be assumed.
    RoleNotAssumable = "ROLE_NOT_ASSUMABLE" PermissionDenied,
    /// The account is suspended, closing, closed or not yet activated.
    AccountNotActive = "ACCOUNT_NOT_ACTIVE" FailedPrecondition,
    /// The Region is not enabled for the account.
    RegionDisabled = "REGION_DISABLED" FailedPrecondition,
    /// AWS does not offer the call there.
    Unsupported = "UNSUPPORTED" FailedPrecondition,
    /// Less would be recorded, and the request does not allow it.
    ReducedLoggingNotAllowed = "REDUCED_LOGGING_NOT_ALLOWED" FailedPrecondition,
    /// Something else must be so first.
    PrerequisiteMissing = "PREREQUISITE_MISSING" FailedPrecondition,
    /// AWS refused the change: what exists, a limit, or a rule stands against it.
    RefusedByAws = "REFUSED_BY_AWS" FailedPrecondition,
    /// Another change is in flight.
    Conflict = "CONFLICT" Aborted,
    /// The account is in no organization, or none is configured.
    NotInOrganization = "NOT_IN_ORGANIZATION" FailedPrecondition,
    /// Only the management account may do this.
    NotManagementAccount = "NOT_MANAGEMENT_ACCOUNT" FailedPrecondition,
    /// The organization has consolidated billing only.
    AllFeaturesRequired = "ALL_FEATURES_REQUIRED" FailedPrecondition,
    /// Three delegated administrators are the most.
    TooManyAdministrators = "TOO_MANY_ADMINISTRATORS" FailedPrecondition,
    /// The RPC is part of the contract and not built yet.
    NotImplementedYet = "NOT_IMPLEMENTED_YET" Unimplemented,
    /// A defect of this service.
    Internal = "INTERNAL" Internal,
}

/// A failure on its way to becoming a status.
#[derive(Debug, Clone)]
pub struct Failure {
    reason: Reason,
    message: String,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
    retry_after: Option<Duration>,
}

impl Failure {
    /// A failure for this reason; the message is one sentence for people.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            metadata: HashMap::new(),
            details: ErrorDetails::new(),
            retry_after: None,
        }
    }

    /// Adds a fact to ErrorInfo.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// Says when to come back: RetryInfo, and the pushback header.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self.details.set_retry_info(Some(wait));
        self
    }

    /// Says whose quota is used up: QuotaFailure.
    #[must_use]
    pub fn quota(mut self, subject: impl Into<String>, description: impl Into<String>) -> Self {
        self.details
            .add_quota_failure_violation(subject, description);
        self
    }

    /// Says what must be so first: PreconditionFailure.
    #[must_use]
    pub fn precondition(
        mut self,
        kind: impl Into<String>,
        subject: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        self.details
            .add_precondition_failure_violation(kind, subject, description);
        self
    }

    /// Lists every wrong field: BadRequest.
    #[must_use]
    pub fn violations(mut self, violations: &Violations) -> Self {
        self.details
            .set_bad_request(violations.to_field_violations());
        self
    }

    /// As google.rpc.Status: what went wrong with a part of an answer.
    pub fn into_wire(self) -> pb::Status {
        let status = self.into_status();
        let whole = prost::Message::decode(status.details());
        whole.unwrap_or_else(|_| pb::Status {
            code: status.code().into(),
            message: status.message().to_owned(),
            details: Vec::new(),
        })
    }

    /// The status.
    pub fn into_status(mut self) -> Status {
        self.details
            .set_error_info(self.reason.as_str(), DOMAIN, self.metadata);
        let mut status = Status::with_error_details(self.reason.code(), self.message, self.details);
        if let Some(wait) = self.retry_after {
            let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            status
                .metadata_mut()
                .insert(PUSHBACK, MetadataValue::from(millis));
        }
        status
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        failure.into_status()
    }
}

impl From<Violations> for Status {
    fn from(violations: Violations) -> Self {
        Failure::new(Reason::InvalidRequest, violations.summary())
            .violations(&violations)
            .into_status()
    }
}

impl From<Interrupted> for Failure {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::DeadlineExceeded => Self::new(
                Reason::DeadlineExceeded,
                "the deadline came before the answer was ready",
            ),
            Interrupted::Cancelled => Self::new(Reason::Cancelled, "the request was cancelled"),
        }
    }
}

/// The answer of an RPC that is not built yet.
pub fn not_implemented_yet(method: &str) -> Status {
    Failure::new(
        Reason::NotImplementedYet,
        format!("{method} is part of the contract and not implemented yet"),
    )
    .with("method", method)
    .into_status()
}

/// The server is shutting down: another replica can go on.
pub fn draining() -> Status {
    Failure::new(Reason::Draining, "the server is shutting down")
        .retry_after(Duration::from_secs(1))
        .into_status()
}

/// A defect: the caller learns no more than that; the log has the rest.
pub fn internal(what: &str) -> Status {
    tracing::error!(what, "internal error");
    Failure::new(
        Reason::Internal,
        "internal error; the server's log has the details",
    )
    .into_status()
}

/// The canonical name of a code, as metrics and records have it.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn details_read_back_as_written() {
        let mut violations = Violations::new();
        violations.add("page_size", "-1; must not be negative");
        violations.add("targets.regions[0]", "not a Region");
        let status = Status::from(violations);
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((&*info.reason, &*info.domain), ("INVALID_REQUEST", DOMAIN));
        let listed = &details.bad_request().unwrap().field_violations;
        let fields: Vec<_> = listed.iter().map(|v| &*v.field).collect();
        assert_eq!(fields, ["page_size", "targets.regions[0]"]);
    }

    #[test]
    fn waiting_is_told_twice() {
        let status = Failure::new(Reason::RateLimited, "too fast")
            .retry_after(Duration::from_millis(250))
            .quota("client:10.0.0.1", "50 requests a second")
            .into_status();
        let details = status.get_error_details();
        let wait = details.retry_info().unwrap().retry_delay;
        assert_eq!(wait, Some(Duration::from_millis(250)));
        assert_eq!(status.metadata().get(PUSHBACK).unwrap(), "250");
        assert_eq!(details.quota_failure().unwrap().violations.len(), 1);
    }

    #[test]
    fn the_page_on_errors_lists_every_reason_with_its_code() {
        let page = include_str!("../../docs/api-errors.md");
        let words: BTreeSet<&str> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        let ours: BTreeSet<&str> = Reason::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(words, ours, "docs/api-errors.md and Reason differ");
    }
}
