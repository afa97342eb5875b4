//! What a failed attempt means, and what to do about it: pure, by AWS's error code and never by HTTP status
//! or SDK variant (CloudTrail throttles with 400, and LookupEvents does not model its throttling error).

use std::time::Duration;

use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};

use crate::domain::Api;

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
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => denied(api, &message),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "AuthFailure"
        | "OptInRequired"
        | "SubscriptionRequiredException"
        | "RegionDisabledException" => FailureKind::RegionUnavailable,
        "RequestExpired" | "RequestInTheFuture" | "RequestTimeTooSkewed" => FailureKind::ClockSkew,
        "SignatureDoesNotMatch" | "InvalidSignatureException" if clock => FailureKind::ClockSkew,
        "InvalidNextTokenException" | "InvalidTokenException" => FailureKind::InvalidNextToken,
        "UnknownOperationException"
        | "UnsupportedOperationException"
        | "OperationNotPermittedException" => FailureKind::Unsupported,
        "ConflictException" | "ConcurrentModificationException" | "OperationAbortedException" => {
            FailureKind::Conflict
        }
        "AWSOrganizationsNotInUseException"
        | "CloudTrailAccessNotEnabledException"
        | "OrganizationsNotInUseException"
        | "OrganizationNotInAllFeaturesModeException"
        | "NotOrganizationMasterAccountException"
        | "NoManagementAccountSLRExistsException" => FailureKind::Precondition,
        "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "ValidationError"
        | "ValidationException" => FailureKind::InvalidRequest,
        _ if code.ends_with("NotFoundException") => FailureKind::NotFound,
        _ if code.starts_with("Invalid") => FailureKind::InvalidRequest,
        _ => by_status(failure.status),
    }
}

/// STS does not tell why it refuses; elsewhere the message tells a service control policy from a missing permission.
fn denied(api: Api, message: &str) -> FailureKind {
    if api == Api::AssumeRole {
        FailureKind::RoleNotAssumable
    } else if message.contains("explicit deny") && message.contains("service control policy") {
        FailureKind::ServiceControlPolicy
    } else {
        FailureKind::AccessDenied
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
mod tests {
    use super::*;

    fn answered(status: u16, code: Option<&str>, message: &str) -> RawFailure {
        RawFailure {
            stage: Stage::Answered,
            status: Some(status),
            code: code.map(str::to_owned),
            message: message.to_owned(),
            request_id: None,
        }
    }

    #[test]
    fn errors_are_told_by_their_code() {
        let scp = "User: x is not authorized to perform: y with an explicit deny in a service control policy: arn:…";
        let skew = "Signature expired: 20261122T010000Z is now earlier than …";
        let (lookup, assume) = (Api::LookupEvents, Api::AssumeRole);
        let table = [
            (
                lookup,
                400,
                "ThrottlingException",
                "Rate exceeded",
                FailureKind::Throttled,
            ),
            (
                assume,
                400,
                "Throttling",
                "Rate exceeded",
                FailureKind::Throttled,
            ),
            (
                Api::ListAccounts,
                400,
                "TooManyRequestsException",
                "",
                FailureKind::Throttled,
            ),
            (
                assume,
                403,
                "AccessDenied",
                "",
                FailureKind::RoleNotAssumable,
            ),
            (
                lookup,
                403,
                "AccessDeniedException",
                "",
                FailureKind::AccessDenied,
            ),
            (
                lookup,
                400,
                "AccessDeniedException",
                scp,
                FailureKind::ServiceControlPolicy,
            ),
            (
                lookup,
                403,
                "UnrecognizedClientException",
                "",
                FailureKind::RegionUnavailable,
            ),
            (
                lookup,
                400,
                "ExpiredTokenException",
                "",
                FailureKind::ExpiredCredentials,
            ),
            (
                lookup,
                400,
                "InvalidNextTokenException",
                "",
                FailureKind::InvalidNextToken,
            ),
            (
                lookup,
                400,
                "InvalidTimeRangeException",
                "",
                FailureKind::InvalidRequest,
            ),
            (lookup, 500, "InternalFailure", "", FailureKind::Transient),
            (lookup, 503, "SomethingNew", "", FailureKind::Transient),
            (lookup, 400, "SomethingNew", "", FailureKind::Other),
            (
                Api::GetTrail,
                404,
                "TrailNotFoundException",
                "",
                FailureKind::NotFound,
            ),
            (
                lookup,
                403,
                "InvalidSignatureException",
                skew,
                FailureKind::ClockSkew,
            ),
            (
                lookup,
                400,
                "InvalidSignatureException",
                "does not match",
                FailureKind::InvalidRequest,
            ),
        ];
        for (api, status, code, message, kind) in table {
            assert_eq!(
                classify(api, &answered(status, Some(code), message)),
                kind,
                "{code}"
            );
        }
    }

    #[test]
    fn an_answer_without_a_code_is_judged_by_its_status() {
        let kind = |status| classify(Api::LookupEvents, &answered(status, None, "<html>"));
        assert_eq!(kind(502), FailureKind::Transient);
        assert_eq!(kind(404), FailureKind::Other);
    }

    #[test]
    fn retries_are_bounded_and_credentials_are_refreshed_once() {
        let limits = Limits {
            attempts: 3,
            throttled_attempts: 5,
        };
        let step = |kind, failures, throttles, refreshed| {
            let history = History {
                failures,
                throttles,
                refreshed,
                old_session: false,
            };
            next_step(kind, history, limits)
        };
        let within = NextStep::RetryWithin;
        assert_eq!(
            step(FailureKind::Transient, 1, 0, false),
            within(FIRST_BACKOFF)
        );
        assert_eq!(
            step(FailureKind::Transient, 2, 0, false),
            within(FIRST_BACKOFF * 2)
        );
        assert_eq!(step(FailureKind::Transient, 3, 0, false), NextStep::GiveUp);
        assert_eq!(step(FailureKind::Throttled, 0, 5, false), NextStep::GiveUp);
        assert_eq!(
            step(FailureKind::ExpiredCredentials, 0, 0, false),
            NextStep::RefreshCredentials
        );
        assert_eq!(
            step(FailureKind::ExpiredCredentials, 0, 0, true),
            NextStep::GiveUp
        );
        assert_eq!(
            step(FailureKind::AccessDenied, 1, 0, false),
            NextStep::GiveUp
        );
    }

    #[test]
    fn a_region_is_taken_to_be_disabled_only_on_the_word_of_a_young_session() {
        let limits = Limits {
            attempts: 3,
            throttled_attempts: 3,
        };
        let step = |old_session, refreshed| {
            let history = History {
                refreshed,
                old_session,
                ..History::default()
            };
            next_step(FailureKind::RegionUnavailable, history, limits)
        };
        assert_eq!(step(false, false), NextStep::GiveUp);
        assert_eq!(step(true, false), NextStep::RefreshCredentials);
        assert_eq!(step(true, true), NextStep::GiveUp);
    }
}
