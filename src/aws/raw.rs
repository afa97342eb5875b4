//! A failed attempt as the wire had it: no meaning yet, only where it failed and what the answer said.

use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// AWS's words are kept this long; they go into logs and error metadata, not into messages.
const LONGEST_MESSAGE: usize = 400;

/// A failed attempt as the wire had it, before it is classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFailure {
    /// Where on its way the attempt failed.
    pub stage: Stage,
    /// The HTTP status, if there was an answer. Never what an error is told by: CloudTrail throttles with 400.
    pub status: Option<u16>,
    /// The error code of the answer.
    pub code: Option<String>,
    /// What the answer says besides of why, where the operation models it (Organizations' constraint violations).
    pub reason: Option<String>,
    /// The message, cut short.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
}

/// Where on its way an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It never left: the request could not be built or signed.
    Building,
    /// No connection, or the connection broke.
    Transport,
    /// No answer in time.
    Waiting,
    /// An answer came that is not an AWS error.
    Reading,
    /// AWS answered with an error.
    Answered,
}

impl RawFailure {
    /// An attempt that had no answer in time.
    pub fn timed_out() -> Self {
        Self {
            stage: Stage::Waiting,
            status: None,
            code: None,
            reason: None,
            message: "no answer within the time of one attempt".to_owned(),
            request_id: None,
        }
    }

    /// An answer without something that it must have.
    pub fn malformed(what: &str) -> Self {
        Self {
            stage: Stage::Reading,
            status: None,
            code: None,
            reason: None,
            message: format!("the answer has no {what}"),
            request_id: None,
        }
    }

    /// A request that could not be made of what was asked for: a defect, since requests are checked before.
    pub fn unbuilt(why: &dyn std::fmt::Display) -> Self {
        Self {
            stage: Stage::Building,
            status: None,
            code: None,
            reason: None,
            message: format!("the request could not be built: {why}"),
            request_id: None,
        }
    }

    /// The same with the reason that the answer gives besides its code.
    pub fn because(self, reason: Option<&str>) -> Self {
        let reason = reason.map(str::to_owned);
        Self { reason, ..self }
    }

    /// What an SDK call failed with.
    pub fn from_sdk<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let stage = match error {
            SdkError::ConstructionFailure(_) => Stage::Building,
            SdkError::TimeoutError(_) => Stage::Waiting,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Stage::Waiting,
            SdkError::DispatchFailure(_) => Stage::Transport,
            SdkError::ServiceError(_) => Stage::Answered,
            _ => Stage::Reading,
        };
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => causes(error),
        };
        let header = |name: &str| {
            error
                .raw_response()
                .and_then(|r| r.headers().get(name).map(str::to_owned))
        };
        Self {
            stage,
            status: error
                .raw_response()
                .map(HttpResponse::status)
                .map(StatusCode::as_u16),
            code: error.code().map(str::to_owned),
            reason: None,
            message: cut(message),
            request_id: header("x-amzn-requestid").or_else(|| header("x-amz-request-id")),
        }
    }
}

/// The error and its causes in one line; one that only repeats what stands there is left out.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    message
}
