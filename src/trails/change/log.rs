//! What the log tells of each target of a change: what is about to be done, before anything leaves, so that it is known
//! even if the process does not live to see the end; and what became of it.

use crate::{aws::SourceIdentity, budget::RequestContext, domain::TrailArn};

use super::{
    plan::Step,
    request::{ChangeRequest, TargetResult},
};

/// Before the first call that changes something.
pub fn begins(
    ctx: &RequestContext,
    request: &ChangeRequest,
    arn: &TrailArn,
    steps: &[Step],
    source_identity: Option<&SourceIdentity>,
) {
    let actions: Vec<&str> = steps.iter().map(|step| step.call.action()).collect();
    tracing::info!(
        request_id = %request.request_id,
        caller = ctx.caller.as_str(),
        account = %arn.owner(),
        trail = arn.as_str(),
        actions = ?actions,
        source_identity = source_identity.map(SourceIdentity::as_str),
        "a change of a trail begins"
    );
}

/// At the end, with what AWS said if it refused.
pub fn ended(ctx: &RequestContext, request: &ChangeRequest, result: &TargetResult) {
    let actions: Vec<&str> = result.actions.iter().map(|action| action.action).collect();
    let error = result.failure.as_ref().map(|failure| &failure.error);
    tracing::info!(
        request_id = %request.request_id,
        caller = ctx.caller.as_str(),
        account = %result.account,
        trail = result.arn.as_ref().map(TrailArn::as_str),
        outcome = ?result.outcome,
        reason = result.failure.as_ref().map(|failure| failure.reason.as_str()),
        error = error.map(|error| error.message.as_str()),
        aws_code = error.and_then(|error| error.aws_code.as_deref()),
        aws_message = error.and_then(|error| error.aws_message.as_deref()),
        refused_aws_request_id = error.and_then(|error| error.request_id.as_deref()),
        actions = ?actions,
        aws_request_ids = ?result.aws_request_ids,
        source_identity = result.source_identity.as_ref().map(SourceIdentity::as_str),
        "a change of a trail ended"
    );
}
