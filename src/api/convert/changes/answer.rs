//! What became of a change, for the wire.

use crate::{
    api::{
        convert::{coverage, organization, time},
        proto,
    },
    policies::RequiredPolicies,
    trails::change::{
        ChangeItem, FieldChange, Outcome, PlannedAction, StopReason, Summary, TargetResult,
    },
};

/// A message of an answer to a request for a change.
pub trait ChangeAnswer: Sized + Send + 'static {
    /// The message that tells what became of one target.
    fn result(result: proto::TargetResult) -> Self;

    /// The message that ends the answer.
    fn summary(summary: proto::MutationSummary) -> Self;

    /// The message with the policies that the trails need; `None` in answers that have none.
    fn policies(_: proto::RequiredPolicies) -> Option<Self> {
        None
    }
}

/// `module of the answer's message, Answer, (its message with policies)?`.
macro_rules! answers {
    ($($module:ident $answer:ident $($policies:ident)?;)+) => {$(
        impl ChangeAnswer for proto::$answer {
            fn result(result: proto::TargetResult) -> Self {
                let message = proto::$module::Message::Result(result);
                Self { message: Some(message) }
            }

            fn summary(summary: proto::MutationSummary) -> Self {
                let message = proto::$module::Message::Summary(summary);
                Self { message: Some(message) }
            }

            $(fn policies(policies: proto::RequiredPolicies) -> Option<Self> {
                let message = proto::$module::Message::$policies(policies);
                Some(Self { message: Some(message) })
            })?
        }
    )+};
}

answers! {
    create_trail_response CreateTrailResponse Policies;
    apply_trail_response ApplyTrailResponse Policies;
    update_trail_response UpdateTrailResponse Policies;
    delete_trail_response DeleteTrailResponse;
    start_logging_response StartLoggingResponse;
    stop_logging_response StopLoggingResponse;
    put_event_selectors_response PutEventSelectorsResponse;
    put_insight_selectors_response PutInsightSelectorsResponse;
    put_event_configuration_response PutEventConfigurationResponse;
    add_tags_response AddTagsResponse;
    remove_tags_response RemoveTagsResponse;
}

/// The message with the policies that the trails need, if the answer has one.
pub fn policies<A: ChangeAnswer>(policies: RequiredPolicies) -> Option<A> {
    A::policies(organization::policies(policies))
}

/// One message of the answer.
pub fn item<A: ChangeAnswer>(item: ChangeItem) -> A {
    match item {
        ChangeItem::Result(result) => A::result(target(*result)),
        ChangeItem::Summary(summary) => A::summary(self::summary(&summary)),
    }
}

fn target(result: TargetResult) -> proto::TargetResult {
    let region = result.region.as_ref();
    let failure = result.failure.as_ref();
    let error = failure.map(|failure| coverage::Problem {
        reason: failure.reason,
        error: &failure.error,
        account: result.account,
        region,
        preconditions: &failure.preconditions,
    });
    proto::TargetResult {
        account_id: result.account.to_string(),
        account_name: result.account_name.to_string(),
        region: region.map(ToString::to_string).unwrap_or_default(),
        resource: result.arn.map(|arn| arn.to_string()).unwrap_or_default(),
        outcome: outcome(result.outcome).into(),
        reason: coverage::reason(failure.map(|failure| failure.reason)).into(),
        error: error.and_then(coverage::Problem::into_wire),
        actions: result.actions.into_iter().map(action).collect(),
        calls: result.calls,
        aws_request_ids: result.aws_request_ids,
        source_identity: result
            .source_identity
            .map(|caller| caller.as_str().to_owned())
            .unwrap_or_default(),
        elapsed: Some(time::span_to_wire(result.elapsed)),
        canary: result.canary,
    }
}

fn outcome(outcome: Outcome) -> proto::Outcome {
    match outcome {
        Outcome::Planned => proto::Outcome::Planned,
        Outcome::Applied => proto::Outcome::Applied,
        Outcome::Unchanged => proto::Outcome::Unchanged,
        Outcome::NotApplied => proto::Outcome::NotApplied,
        Outcome::PartlyApplied => proto::Outcome::PartlyApplied,
        Outcome::Unknown => proto::Outcome::Unknown,
        Outcome::NotStarted => proto::Outcome::NotStarted,
    }
}

fn action(action: PlannedAction) -> proto::PlannedAction {
    proto::PlannedAction {
        action: action.action.to_owned(),
        resource: action.resource,
        region: action.region.to_string(),
        changes: action.changes.into_iter().map(field).collect(),
        reduces_logging: action.reduces_logging,
    }
}

fn field(change: FieldChange) -> proto::FieldChange {
    proto::FieldChange {
        path: change.path,
        before: change.before,
        after: change.after,
    }
}

fn summary(summary: &Summary) -> proto::MutationSummary {
    let counts = summary.counts.iter();
    let stop = match summary.stopped {
        None => proto::StopReason::Unspecified,
        Some(StopReason::CanaryFailed) => proto::StopReason::CanaryFailed,
        Some(StopReason::TooManyFailures) => proto::StopReason::TooManyFailures,
        Some(StopReason::DeadlineExceeded) => proto::StopReason::DeadlineExceeded,
        Some(StopReason::Cancelled) => proto::StopReason::Cancelled,
        Some(StopReason::Draining) => proto::StopReason::Draining,
        Some(StopReason::AuditUnavailable) => proto::StopReason::AuditUnavailable,
    };
    proto::MutationSummary {
        request_id: summary.request_id.to_string(),
        counts: counts
            .map(|(of, targets)| proto::OutcomeCount {
                outcome: outcome(*of).into(),
                targets: *targets,
            })
            .collect(),
        stop_reason: stop.into(),
        coverage: Some(coverage::to_wire(&summary.coverage, summary.stale, false)),
        calls: summary.calls,
    }
}
