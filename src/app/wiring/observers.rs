//! What the rooms tell of themselves, made into metrics.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::HeaderMap;
use tokio::time::Instant;
use tracing::Span;

use crate::{
    api::{
        layers::observe::{RpcEnd, RpcObserver},
        rpcs::Rpc,
        status::code_name,
        transport::{ConnectionObserver, Refusal},
    },
    aws::{Attempt, AttemptObserver, FailureKind, Outcome},
    domain::CellReason,
    events::{AnswerKind, Answered, LookupObserver, Underway},
    telemetry::{Metrics, Traces},
};

use super::console::Watched;

/// Records every attempt of an AWS call.
pub(in crate::app) struct Attempts {
    pub(in crate::app) metrics: Metrics,
    pub(in crate::app) watched: Watched,
}

impl AttemptObserver for Attempts {
    fn attempt(&self, attempt: Attempt<'_>) {
        let (metrics, api) = (&self.metrics, attempt.api);
        let error = match attempt.outcome {
            Outcome::Ok => None,
            Outcome::Failed(kind) => Some(error_type(kind)),
        };
        metrics.budget_waited(api, attempt.waited);
        if attempt.outcome == Outcome::Failed(FailureKind::Throttled) {
            metrics.throttled(api);
        }
        metrics.attempt(api, error, attempt.took);
        self.watched.attempt(&attempt);
    }
}

/// Records every gRPC request, and the connections that they come by.
pub(in crate::app) struct Requests {
    pub(in crate::app) metrics: Metrics,
    pub(in crate::app) traces: Option<Traces>,
}

impl RpcObserver for Requests {
    fn started(&self, rpc: &'static Rpc) {
        self.metrics.request_begun(rpc.full_name());
    }

    fn span(&self, rpc: &'static Rpc, headers: &HeaderMap) -> Span {
        let traces = self.traces.as_ref();
        traces.map_or_else(Span::none, |traces| traces.rpc(rpc.full_name(), headers))
    }

    fn ended(&self, end: &RpcEnd) {
        let status = code_name(end.code);
        self.metrics
            .request_ended(end.rpc.full_name(), status, end.elapsed);
    }
}

impl ConnectionObserver for Requests {
    fn opened(&self) {
        self.metrics.connection_opened();
    }

    fn closed(&self) {
        self.metrics.connection_closed();
    }

    fn refused(&self, why: Refusal) {
        self.metrics.connection_refused(why.as_str());
    }
}

/// The answers that are being made: as many as there are requests open. Cloning shares them.
#[derive(Clone, Default)]
pub(in crate::app) struct Answers {
    open: Arc<Mutex<Open>>,
}

type Open = HashMap<u64, Answer>;

struct Answer {
    kind: AnswerKind,
    /// How far it was behind, and when that was told. One whose reader does not read tells nothing more, and falls behind.
    behind: Option<(Duration, Instant)>,
}

impl Answer {
    fn behind(&self) -> Option<Duration> {
        self.behind.map(|(behind, told)| behind + told.elapsed())
    }
}

/// What there is to say of all of them.
pub(in crate::app) struct OfAnswers {
    /// How many of each kind.
    pub(in crate::app) underway: [(AnswerKind, usize); 3],
    /// How far the hindmost tail is behind.
    pub(in crate::app) behind: Duration,
}

impl Answers {
    /// What there is to say now.
    pub(in crate::app) fn told(&self) -> OfAnswers {
        let open = self.lock();
        let count = |kind| open.values().filter(|of| of.kind == kind).count();
        OfAnswers {
            underway: [AnswerKind::Page, AnswerKind::Stream, AnswerKind::Tail]
                .map(|kind| (kind, count(kind))),
            behind: open
                .values()
                .filter_map(Answer::behind)
                .max()
                .unwrap_or_default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records every answer of a lookup, and logs those with gaps: what a reader of the log can't see from the RPC's
/// status, which is OK.
pub(in crate::app) struct Lookups {
    pub(in crate::app) metrics: Metrics,
    pub(in crate::app) answers: Answers,
    pub(in crate::app) watched: Watched,
}

impl LookupObserver for Lookups {
    fn answered(&self, answer: Answered<'_>) {
        let kind = answer.kind.as_str();
        let outcomes = answer.coverage.outcomes();
        let cells = outcomes.iter().map(|((state, reason), count)| {
            (state.as_str(), reason.map(CellReason::as_str), *count)
        });
        let complete = answer.coverage.complete();
        let sizes = (answer.returned, answer.scanned);
        self.metrics
            .lookup_answered(kind, complete, sizes, cells.clone());
        if !complete {
            let cells: Vec<String> = cells
                .map(|(state, reason, count)| match reason {
                    Some(reason) => format!("{count} {state} ({reason})"),
                    None => format!("{count} {state}"),
                })
                .collect();
            let (returned, scanned) = sizes;
            tracing::info!(
                kind,
                cells = cells.join(", "),
                returned,
                scanned,
                "a lookup's answer has gaps"
            );
        }
    }

    fn underway(&self, answer: Underway<'_>) {
        let told = Answer {
            kind: answer.kind,
            behind: answer.reached.behind.map(|behind| (behind, Instant::now())),
        };
        self.answers.lock().insert(answer.id, told);
        self.watched.underway(&answer);
    }

    fn over(&self, id: u64) {
        self.answers.lock().remove(&id);
        self.watched.over(id);
    }
}

/// The value of `error.type`.
pub(in crate::app) fn error_type(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Throttled => "throttled",
        FailureKind::Transient => "transient",
        FailureKind::Timeout => "timeout",
        FailureKind::NoCredentials => "no_credentials",
        FailureKind::ExpiredCredentials => "expired_credentials",
        FailureKind::RegionUnavailable => "region_unavailable",
        FailureKind::AccessDenied => "access_denied",
        FailureKind::ServiceControlPolicy => "service_control_policy",
        FailureKind::NotAuthorized => "not_authorized",
        FailureKind::RoleNotAssumable => "role_not_assumable",
        FailureKind::SourceIdentityRefused => "source_identity_refused",
        FailureKind::SessionTagsRefused => "session_tags_refused",
        FailureKind::ClockSkew => "clock_skew",
        FailureKind::InvalidRequest => "invalid_request",
        FailureKind::InvalidNextToken => "invalid_next_token",
        FailureKind::NotFound => "not_found",
        FailureKind::AlreadyExists => "already_exists",
        FailureKind::LimitExceeded => "limit_exceeded",
        FailureKind::Conflict => "conflict",
        FailureKind::Unready => "unready",
        FailureKind::Precondition => "precondition",
        FailureKind::WrongHomeRegion => "wrong_home_region",
        FailureKind::Refused => "refused",
        FailureKind::Unsupported => "unsupported",
        FailureKind::BudgetExhausted { .. } => "budget_exhausted",
        FailureKind::BudgetUnavailable => "budget_unavailable",
        FailureKind::DeadlineExceeded => "deadline_exceeded",
        FailureKind::Cancelled => "cancelled",
        FailureKind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tail's reader stops reading: nothing more is told of it, and it falls behind all the same.
    #[tokio::test(start_paused = true)]
    async fn a_tail_whose_reader_stands_still_falls_behind() {
        let answers = Answers::default();
        let told = |kind, behind| Answer {
            kind,
            behind: Some((Duration::from_secs(behind), Instant::now())),
        };
        answers.lock().insert(1, told(AnswerKind::Tail, 900));
        tokio::time::advance(Duration::from_secs(7_200)).await;
        answers.lock().insert(2, told(AnswerKind::Tail, 910));
        let of = answers.told();
        assert_eq!(of.behind, Duration::from_secs(8_100));
        assert_eq!(of.underway.map(|(_, count)| count), [0, 0, 2]);
    }
}
