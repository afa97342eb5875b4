//! What can come of a call, in our words: which call, where, of what kind, and what AWS said.

use std::time::Duration;

use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{
    budget::{Interrupted, Refused},
    domain::{AccountId, Api, CellReason, Region, coverage::CellError},
};

/// AWS's words are kept this long; they go into logs and error metadata, not into messages.
const LONGEST_MESSAGE: usize = 400;

/// Why a call did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Throttled until retries ran out.
    Throttled,
    /// AWS failed, or the connection did, until retries ran out.
    Transient,
    /// No answer within the time of one attempt, until retries ran out.
    Timeout,
    /// Our own credentials could not be had: none are set, or their source fails. Nothing was sent.
    NoCredentials,
    /// AWS calls the credentials expired, also after a refresh.
    ExpiredCredentials,
    /// The Region does not know the account's credentials: it is not enabled for the account, or, of our own
    /// credentials, they are void. (A session that may be void is made anew before this is said.)
    RegionUnavailable,
    /// The credentials lack the permission.
    AccessDenied,
    /// A service control policy denies it explicitly.
    ServiceControlPolicy,
    /// STS refused AssumeRole.
    RoleNotAssumable,
    /// AWS says that our clock is off.
    ClockSkew,
    /// AWS calls the request wrong: a defect on our side, since requests are checked before.
    InvalidRequest,
    /// The page token is not accepted (any more).
    InvalidNextToken,
    /// The thing asked for is not there.
    NotFound,
    /// Another change is in flight.
    Conflict,
    /// A precondition on the AWS side is not met.
    Precondition,
    /// The operation is not offered there.
    Unsupported,
    /// The budget can't serve it before the deadline. Nothing was sent.
    BudgetExhausted {
        /// When its turn would come, from now.
        retry_after: Duration,
    },
    /// The request's deadline came.
    DeadlineExceeded,
    /// The caller left, or the process drains.
    Cancelled,
    /// Something this version does not know.
    Other,
}

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{api} in {}: {}", self.place(), self.sentence())]
pub struct AwsError {
    /// The operation.
    pub api: Api,
    /// The account that it was made in (for AssumeRole, the account of the role).
    pub account: AccountId,
    /// The Region of the endpoint.
    pub region: Region,
    /// Why.
    pub kind: FailureKind,
    /// AWS's error code, unchanged, if AWS answered.
    pub code: Option<String>,
    /// AWS's message, or the transport's, cut short. May name ARNs; holds no credentials.
    pub message: String,
    /// AWS's request id, if AWS answered.
    pub request_id: Option<String>,
}

impl AwsError {
    /// Where the call went. Before our own account is known it has none to name.
    fn place(&self) -> String {
        match self.account.as_u64() {
            0 => self.region.to_string(),
            _ => format!("{}/{}", self.account, self.region),
        }
    }

    /// What happened, in a sentence fit for a caller.
    pub fn sentence(&self) -> &'static str {
        match self.kind {
            FailureKind::Throttled => "AWS kept throttling: others spend the same quota",
            FailureKind::Transient => "AWS failed or could not be reached, also when tried again",
            FailureKind::Timeout => "AWS did not answer in time, also when tried again",
            FailureKind::NoCredentials => {
                "Trailplane has no AWS credentials of its own: none of the standard sources gives any"
            }
            FailureKind::ExpiredCredentials => {
                "AWS calls the session expired, also after a refresh"
            }
            FailureKind::RegionUnavailable => {
                "AWS does not know the credentials there: the Region is not enabled for the account, or they are void"
            }
            FailureKind::AccessDenied => "the role lacks the permission",
            FailureKind::ServiceControlPolicy => "a service control policy denies it",
            FailureKind::RoleNotAssumable => {
                "the role can't be assumed: it is missing, does not trust us, or wants another external id"
            }
            FailureKind::ClockSkew => "AWS refuses our signatures because our clock is off",
            FailureKind::InvalidRequest => "AWS calls the request invalid",
            FailureKind::InvalidNextToken => "AWS does not accept the page token any more",
            FailureKind::NotFound => "it does not exist",
            FailureKind::Conflict => "another change is in flight",
            FailureKind::Precondition => "a precondition on the AWS side is not met",
            FailureKind::Unsupported => "the operation is not offered there",
            FailureKind::BudgetExhausted { .. } => {
                "the call budget can't serve it before the deadline; nothing was sent"
            }
            FailureKind::DeadlineExceeded => "the deadline came first",
            FailureKind::Cancelled => "the request was cancelled",
            FailureKind::Other => "AWS answered with an error that Trailplane does not know",
        }
    }

    /// The reason as coverage tells it.
    pub fn reason(&self) -> CellReason {
        match self.kind {
            FailureKind::Throttled => CellReason::Throttled,
            FailureKind::RegionUnavailable => CellReason::RegionDisabled,
            FailureKind::AccessDenied => CellReason::AccessDenied,
            FailureKind::ServiceControlPolicy => CellReason::ServiceControlPolicy,
            FailureKind::RoleNotAssumable => CellReason::RoleNotAssumable,
            FailureKind::ClockSkew => CellReason::ClockSkew,
            FailureKind::Unsupported => CellReason::Unsupported,
            FailureKind::BudgetExhausted { .. } => CellReason::BudgetExhausted,
            FailureKind::DeadlineExceeded => CellReason::DeadlineExceeded,
            FailureKind::Cancelled => CellReason::NotAttempted,
            FailureKind::Transient
            | FailureKind::Timeout
            | FailureKind::NoCredentials
            | FailureKind::ExpiredCredentials
            | FailureKind::InvalidRequest
            | FailureKind::InvalidNextToken
            | FailureKind::NotFound
            | FailureKind::Conflict
            | FailureKind::Precondition
            | FailureKind::Other => CellReason::UpstreamError,
        }
    }

    /// When asking again can help, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            FailureKind::BudgetExhausted { retry_after } => Some(retry_after),
            _ => None,
        }
    }

    /// The error as coverage tells it.
    pub fn cell_error(&self) -> CellError {
        CellError {
            message: self.to_string(),
            aws_code: self.code.clone(),
            aws_message: (!self.message.is_empty()).then(|| self.message.clone()),
            request_id: self.request_id.clone(),
        }
    }
}

/// A failed attempt as the wire had it, before it is classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawFailure {
    /// Where on its way the attempt failed.
    pub stage: Stage,
    /// The HTTP status, if there was an answer. Never what an error is told by: CloudTrail throttles with 400.
    pub status: Option<u16>,
    /// The error code of the answer.
    pub code: Option<String>,
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
            message: format!("the answer has no {what}"),
            request_id: None,
        }
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

impl From<Refused> for FailureKind {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLate { eta } => Self::BudgetExhausted { retry_after: eta },
            Refused::Interrupted(interrupted) => interrupted.into(),
        }
    }
}

impl From<Interrupted> for FailureKind {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::DeadlineExceeded => Self::DeadlineExceeded,
            Interrupted::Cancelled => Self::Cancelled,
        }
    }
}
