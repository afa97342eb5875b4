//! The spans of one attempt: its wait for a token, and the call itself.

use tracing::{Span, field::Empty};

use crate::domain::AccountId;

use super::{AwsError, call::Call};

/// The target that makes them traces; the same word as in `telemetry`, of which this room knows nothing.
const TARGET: &str = "trailplane::trace";

/// Waiting for the budget.
pub(super) fn waiting(call: &Call<'_>) -> Span {
    tracing::debug_span!(target: TARGET, parent: &call.ctx.span, "wait for budget", rpc.method = %call.api)
}

/// The call, from its leaving to its answer. Named as OpenTelemetry names calls of AWS's SDKs.
pub(super) fn attempt(call: &Call<'_>, account: AccountId) -> Span {
    let api = call.api;
    tracing::debug_span!(
        target: TARGET,
        parent: &call.ctx.span,
        "attempt",
        otel.name = format_args!("{}/{}", api.service().as_str(), api.as_str()),
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system.name = "aws-api",
        rpc.method = format_args!("{}/{}", api.service().as_str(), api.as_str()),
        cloud.provider = "aws",
        cloud.account.id = %account,
        cloud.region = %call.region,
        aws.request_id = Empty,
        error.r#type = Empty,
    )
}

/// It failed.
pub(super) fn failed(span: &Span, error: &AwsError) {
    span.record("otel.status_code", "ERROR");
    let code = error.code.as_deref().unwrap_or(error.sentence());
    span.record("error.type", code);
    if let Some(id) = error.request_id.as_deref() {
        span.record("aws.request_id", id);
    }
}
