//! What the rooms tell of themselves, made into metrics.

use std::time::Duration;

use tonic::Code;

use crate::{
    api::{
        layers::observe::{RpcEnd, RpcObserver},
        rpcs::Rpc,
    },
    aws::{AttemptObserver, FailureKind, Outcome},
    domain::Api,
    telemetry::Metrics,
};

/// Records every attempt of an AWS call.
pub(in crate::app) struct Attempts(pub(in crate::app) Metrics);

impl AttemptObserver for Attempts {
    fn attempt(&self, api: Api, outcome: Outcome, waited: Duration, took: Duration) {
        let error = match outcome {
            Outcome::Ok => None,
            Outcome::Failed(kind) => Some(name(kind)),
        };
        self.0.budget_waited(api, waited);
        if outcome == Outcome::Failed(FailureKind::Throttled) {
            self.0.throttled(api);
        }
        self.0.attempt(api, error, took);
    }
}

/// Records every gRPC request.
pub(in crate::app) struct Requests(pub(in crate::app) Metrics);

impl RpcObserver for Requests {
    fn started(&self, rpc: &'static Rpc) {
        self.0.request_begun(rpc.full_name());
    }

    fn ended(&self, end: &RpcEnd) {
        let status = code(end.code);
        self.0
            .request_ended(end.rpc.full_name(), status, end.elapsed);
    }
}

/// The value of `error.type`.
fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Throttled => "throttled",
        FailureKind::Transient => "transient",
        FailureKind::Timeout => "timeout",
        FailureKind::NoCredentials => "no_credentials",
        FailureKind::ExpiredCredentials => "expired_credentials",
        FailureKind::RegionUnavailable => "region_unavailable",
        FailureKind::AccessDenied => "access_denied",
        FailureKind::ServiceControlPolicy => "service_control_policy",
        FailureKind::RoleNotAssumable => "role_not_assumable",
        FailureKind::ClockSkew => "clock_skew",
        FailureKind::InvalidRequest => "invalid_request",
        FailureKind::InvalidNextToken => "invalid_next_token",
        FailureKind::NotFound => "not_found",
        FailureKind::Conflict => "conflict",
        FailureKind::Precondition => "precondition",
        FailureKind::Unsupported => "unsupported",
        FailureKind::BudgetExhausted { .. } => "budget_exhausted",
        FailureKind::DeadlineExceeded => "deadline_exceeded",
        FailureKind::Cancelled => "cancelled",
        FailureKind::Other => "other",
    }
}

/// The value of `rpc.response.status_code`: the canonical name.
fn code(code: Code) -> &'static str {
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
