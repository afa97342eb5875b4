//! What a failed attempt means, and what to do about it: pure, by AWS's error code and never by HTTP status
//! or SDK variant (CloudTrail throttles with 400, and LookupEvents does not model its throttling error).

use std::time::Duration;

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};

use crate::domain::{Api, Effect};

use super::error::{FailureKind, RawFailure, Stage};

/// What to do after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Try again after a random part of this time.
    RetryWithin(Duration),
    /// Get new credentials and try once more.
    RefreshCredentials,
    /// Tell the caller.
    GiveUp,
}

/// How often one call may be tried, by what goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts when AWS fails or does not answer.
    pub attempts: u32,
    /// Attempts when AWS throttles; each waits for its own token.
    pub throttled_attempts: u32,
}

/// What went wrong so far with one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// Failed or unanswered attempts.
    pub failures: u32,
    /// Throttled attempts.
    pub throttles: u32,
    /// Whether the credentials were refreshed already.
    pub refreshed: bool,
    /// Whether the session is so old that its role may have been made anew since. A Region that is not enabled
    /// and a session that is void are refused in the same words; a young session tells which it is.
    pub old_session: bool,
}

/// The first backoff's upper end; it doubles from there.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// No backoff is longer.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// What the failure means.
pub fn classify(api: Api, failure: &RawFailure) -> FailureKind {
    match failure.stage {
        Stage::Building => FailureKind::InvalidRequest,
        Stage::Transport => FailureKind::Transient,
        Stage::Waiting => FailureKind::Timeout,
        Stage::Reading | Stage::Answered => match failure.code.as_deref() {
            Some(code) => by_code(api, code, failure),
            None => by_status(failure.status),
        },
    }
}

fn by_code(api: Api, code: &str, failure: &RawFailure) -> FailureKind {
    if THROTTLING_ERRORS.contains(&code) {
        return FailureKind::Throttled;
    }
    if TRANSIENT_ERRORS.contains(&code) {
        return FailureKind::Transient;
    }
    let message = failure.message.to_ascii_lowercase();
    let clock = message.contains("signature expired") || message.contains("not yet current");
    match code {
        "InternalFailure"
        | "InternalError"
        | "InternalServerError"
        | "InternalServerException"
        | "ServiceException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "IDPCommunicationError" => FailureKind::Transient,
        "ExpiredToken" | "ExpiredTokenException" => FailureKind::ExpiredCredentials,
        // SNS says AuthorizationError, S3 MethodNotAllowed to whoever is not of the bucket's account.
        "AccessDenied"
        | "AccessDeniedException"
        | "AllAccessDisabled"
        | "AuthorizationError"
        | "MethodNotAllowed"
        | "UnauthorizedOperation" => denied(api, &message),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "AuthFailure"
        | "OptInRequired"
        | "SubscriptionRequiredException"
        | "RegionDisabledException" => FailureKind::RegionUnavailable,
        "RequestExpired" | "RequestInTheFuture" | "RequestTimeTooSkewed" => FailureKind::ClockSkew,
        "SignatureDoesNotMatch" | "InvalidSignatureException" if clock => FailureKind::ClockSkew,
        "InvalidNextTokenException"
        | "InvalidPaginationTokenException"
        | "InvalidTokenException" => FailureKind::InvalidNextToken,
        "OperationNotPermittedException" if api.effect() == Effect::Write => FailureKind::Refused,
        "UnknownOperationException"
        | "UnsupportedOperationException"
        | "OperationNotPermittedException" => FailureKind::Unsupported,
        "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "IllegalArgumentException"
        | "ValidationError"
        | "ValidationException" => FailureKind::InvalidRequest,
        _ => match by_state(code, failure.reason.as_deref(), &message) {
            Some(kind) => kind,
            None => by_shape(code, failure.status),
        },
    }
}

/// Codes that tell of the state of what is there: trails, buckets, policies, the organization.
fn by_state(code: &str, reason: Option<&str>, message: &str) -> Option<FailureKind> {
    Some(match code {
        "ConflictException" | "ConcurrentModificationException" | "OperationAbortedException" => {
            FailureKind::Conflict
        }
        "TrailAlreadyExistsException"
        | "AccountRegisteredException"
        | "AccountAlreadyRegisteredException"
        | "DuplicateHandshakeException"
        | "HandshakeAlreadyInStateException" => FailureKind::AlreadyExists,
        "HandshakeConstraintViolationException"
            if reason == Some("ORGANIZATION_ALREADY_HAS_ALL_FEATURES") =>
        {
            FailureKind::AlreadyExists
        }
        "ConstraintViolationException"
            if matches!(
                reason,
                Some("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE" | "SERVICE_ACCESS_NOT_ENABLED")
            ) =>
        {
            FailureKind::Precondition
        }
        "MaximumNumberOfTrailsExceededException"
        | "TagsLimitExceededException"
        | "DelegatedAdminAccountLimitExceededException"
        | "ConstraintViolationException" => FailureKind::LimitExceeded,
        "InvalidHomeRegionException" => FailureKind::WrongHomeRegion,
        "InsufficientS3BucketPolicyException"
        | "InsufficientSnsTopicPolicyException"
        | "InsufficientEncryptionPolicyException"
        | "InvalidCloudWatchLogsRoleArnException"
        | "CloudWatchLogsDeliveryUnavailableException" => FailureKind::Unready,
        // In these words it tells of the role; in others, of an ARN that is none.
        "InvalidCloudWatchLogsLogGroupArnException" if message.contains("access denied") => {
            FailureKind::Unready
        }
        "AWSOrganizationsNotInUseException"
        | "CloudTrailAccessNotEnabledException"
        | "CloudTrailInvalidClientTokenIdException"
        | "HandshakeConstraintViolationException"
        | "InsufficientDependencyServiceAccessPermissionException"
        | "InsufficientIAMAccessPermissionException"
        | "KMSInvalidStateException"
        | "KmsException"
        | "KmsKeyDisabledException"
        | "KmsKeyNotFoundException"
        | "NoManagementAccountSLRExistsException"
        | "NotOrganizationManagementAccountException"
        | "NotOrganizationMasterAccountException"
        | "OrganizationNotInAllFeaturesModeException"
        | "OrganizationsNotInUseException"
        | "S3BucketDoesNotExistException" => FailureKind::Precondition,
        "CannotDelegateManagementAccountException" => FailureKind::Refused,
        "AccountNotRegisteredException"
        | "NoSuchBucket"
        | "NoSuchBucketPolicy"
        | "NoSuchEntity"
        | "NoSuchKey"
        | "NoSuchResourceException"
        | "NotFound" => FailureKind::NotFound,
        _ => return None,
    })
}

/// Codes that nobody listed, by how they are written.
fn by_shape(code: &str, status: Option<u16>) -> FailureKind {
    if code.ends_with("NotFoundException") {
        FailureKind::NotFound
    } else if code.starts_with("Invalid")
        || code.ends_with("InvalidException")
        || code.ends_with("NotProvidedException")
    {
        FailureKind::InvalidRequest
    } else {
        by_status(status)
    }
}

/// STS does not tell why it refuses, but for permissions that setting a source identity or tags takes; elsewhere the message tells a service control policy from a missing permission.
fn denied(api: Api, message: &str) -> FailureKind {
    if api == Api::AssumeRole {
        of_assume_role(message)
    } else if message.contains("explicit deny") && message.contains("service control policy") {
        FailureKind::ServiceControlPolicy
    } else {
        FailureKind::AccessDenied
    }
}

fn of_assume_role(message: &str) -> FailureKind {
    if message.contains("perform: sts:setsourceidentity") {
        FailureKind::SourceIdentityRefused
    } else if message.contains("perform: sts:tagsession") {
        FailureKind::SessionTagsRefused
    } else {
        FailureKind::RoleNotAssumable
    }
}

fn by_status(status: Option<u16>) -> FailureKind {
    match status {
        Some(500..=599 | 408) | None => FailureKind::Transient,
        Some(_) => FailureKind::Other,
    }
}

/// What to do after one more failure of this kind. `history` counts it already.
pub fn next_step(kind: FailureKind, history: History, limits: Limits) -> NextStep {
    match kind {
        FailureKind::Throttled if history.throttles < limits.throttled_attempts => {
            backoff(history.throttles)
        }
        FailureKind::Transient | FailureKind::Timeout if history.failures < limits.attempts => {
            backoff(history.failures)
        }
        FailureKind::ExpiredCredentials if !history.refreshed => NextStep::RefreshCredentials,
        FailureKind::RegionUnavailable if history.old_session && !history.refreshed => {
            NextStep::RefreshCredentials
        }
        _ => NextStep::GiveUp,
    }
}

fn backoff(nth: u32) -> NextStep {
    let doubled = FIRST_BACKOFF.saturating_mul(1 << nth.saturating_sub(1).min(10));
    NextStep::RetryWithin(doubled.min(LONGEST_BACKOFF))
}

#[cfg(test)]
mod tests;
