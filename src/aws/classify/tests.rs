//! Codes and what is made of them.

use super::*;

fn answered(status: u16, code: Option<&str>, message: &str) -> RawFailure {
    RawFailure {
        stage: Stage::Answered,
        status: Some(status),
        code: code.map(str::to_owned),
        reason: None,
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
            assume,
            403,
            "AccessDenied",
            "User: x is not authorized to perform: sts:AssumeRole on resource: y",
            FailureKind::RoleNotAssumable,
        ),
        (
            assume,
            403,
            "AccessDenied",
            "User: x is not authorized to perform: sts:SetSourceIdentity on resource: y",
            FailureKind::SourceIdentityRefused,
        ),
        (
            assume,
            403,
            "AccessDenied",
            "User: x is not authorized to perform: sts:TagSession on resource: y",
            FailureKind::SessionTagsRefused,
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

#[test]
fn what_a_write_is_refused_for_is_told() {
    let table = [
        ("TrailAlreadyExistsException", FailureKind::AlreadyExists),
        ("AccountRegisteredException", FailureKind::AlreadyExists),
        (
            "MaximumNumberOfTrailsExceededException",
            FailureKind::LimitExceeded,
        ),
        ("TagsLimitExceededException", FailureKind::LimitExceeded),
        (
            "DelegatedAdminAccountLimitExceededException",
            FailureKind::LimitExceeded,
        ),
        ("ConstraintViolationException", FailureKind::LimitExceeded),
        // A throttle, for all that its name says.
        ("LimitExceededException", FailureKind::Throttled),
        ("ConflictException", FailureKind::Conflict),
        ("InvalidHomeRegionException", FailureKind::WrongHomeRegion),
        ("InsufficientS3BucketPolicyException", FailureKind::Unready),
        (
            "InvalidCloudWatchLogsRoleArnException",
            FailureKind::Unready,
        ),
        (
            "InvalidCloudWatchLogsLogGroupArnException",
            FailureKind::InvalidRequest,
        ),
        ("S3BucketDoesNotExistException", FailureKind::Precondition),
        ("KmsKeyNotFoundException", FailureKind::Precondition),
        (
            "NotOrganizationMasterAccountException",
            FailureKind::Precondition,
        ),
        ("OperationNotPermittedException", FailureKind::Refused),
        ("ResourceNotFoundException", FailureKind::NotFound),
        ("AccountNotRegisteredException", FailureKind::NotFound),
        ("NoSuchKey", FailureKind::NotFound),
        ("NoSuchResourceException", FailureKind::NotFound),
        ("IllegalArgumentException", FailureKind::InvalidRequest),
        (
            "InvalidPaginationTokenException",
            FailureKind::InvalidNextToken,
        ),
        ("CloudTrailARNInvalidException", FailureKind::InvalidRequest),
        (
            "InvalidEventSelectorsException",
            FailureKind::InvalidRequest,
        ),
    ];
    for (code, kind) in table {
        assert_eq!(
            classify(Api::CreateTrail, &answered(400, Some(code), "")),
            kind,
            "{code}"
        );
    }
    let denied = answered(
        400,
        Some("InvalidCloudWatchLogsLogGroupArnException"),
        "Access denied. Check the permissions for your role.",
    );
    assert_eq!(classify(Api::CreateTrail, &denied), FailureKind::Unready);
    // A read that is not permitted is one that is not offered.
    let read = answered(400, Some("OperationNotPermittedException"), "");
    assert_eq!(
        classify(Api::GetEventConfiguration, &read),
        FailureKind::Unsupported
    );
}

#[test]
fn a_constraint_is_told_by_its_reason() {
    let kind = |code, reason| {
        let failure = answered(409, Some(code), "").because(Some(reason));
        classify(Api::EnableAllFeatures, &failure)
    };
    let handshake = "HandshakeConstraintViolationException";
    assert_eq!(
        kind(handshake, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"),
        FailureKind::AlreadyExists
    );
    assert_eq!(
        kind(handshake, "PAST_DUE_INVOICE"),
        FailureKind::Precondition
    );
    let constraint = "ConstraintViolationException";
    assert_eq!(
        kind(constraint, "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"),
        FailureKind::Precondition
    );
    assert_eq!(
        kind(constraint, "OU_NUMBER_LIMIT_EXCEEDED"),
        FailureKind::LimitExceeded
    );
}
