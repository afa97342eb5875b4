//! What can come of a call, in our words: which call, where, of what kind, and what AWS said.

use std::time::Duration;

use crate::{
    budget::{Interrupted, Refused},
    domain::{AccountId, Api, CellReason, Effect, Region, Service, coverage::CellError},
};

pub(super) use super::raw::causes;
pub use super::raw::{RawFailure, Stage};

/// A store that was restarted or failed over is back within seconds.
const STORE_BACK: Duration = Duration::from_secs(2);

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
    /// Our own policy does not let the caller do it there. Nothing was sent.
    NotAuthorized,
    /// STS refused AssumeRole.
    RoleNotAssumable,
    /// STS refused AssumeRole in a caller's name, which takes a permission of its own.
    SourceIdentityRefused,
    /// STS refused AssumeRole with the configured session tags, which takes a permission of its own.
    SessionTagsRefused,
    /// AWS says that our clock is off.
    ClockSkew,
    /// AWS calls the request wrong.
    InvalidRequest,
    /// The page token is not accepted (any more).
    InvalidNextToken,
    /// The thing asked for is not there.
    NotFound,
    /// What was to be made is there already.
    AlreadyExists,
    /// A limit of AWS's would be passed.
    LimitExceeded,
    /// Another change is in flight.
    Conflict,
    /// What a trail is to deliver to or with does not let it: a bucket's, topic's or key's policy, or a role. Right
    /// after such a policy was written this can pass by itself.
    Unready,
    /// A precondition on the AWS side is not met.
    Precondition,
    /// The trail's home is another Region.
    WrongHomeRegion,
    /// AWS does not let this be done to this trail or account.
    Refused,
    /// The operation is not offered there.
    Unsupported,
    /// The budget can't serve it before the deadline. Nothing was sent.
    BudgetExhausted {
        /// When its turn would come, from now.
        retry_after: Duration,
    },
    /// The shared store of budgets cannot be reached, and a write is not made without it. Nothing was sent.
    BudgetUnavailable,
    /// The request's deadline came.
    DeadlineExceeded,
    /// The caller left, or the process drains.
    Cancelled,
    /// Something this version does not know.
    Other,
}

/// Whether a write that failed may have changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TookEffect {
    /// Nothing left, or AWS refused all that did.
    No,
    /// AWS may have done it: the connection broke, the answer is missing, or tells of a failure half-way.
    Unknown,
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
    pub code: Option<Box<str>>,
    /// AWS's message, or the transport's, cut short. May name ARNs; holds no credentials.
    pub message: String,
    /// AWS's request id, if AWS answered.
    pub request_id: Option<Box<str>>,
    /// How old this is, where AWS was not asked again because it had said so before.
    pub remembered_for: Option<Duration>,
}

impl AwsError {
    /// Our own policy does not let the caller do it there; nothing was sent.
    pub fn not_authorized(api: Api, account: AccountId, region: Region) -> Self {
        Self {
            api,
            account,
            region,
            kind: FailureKind::NotAuthorized,
            code: None,
            message: String::new(),
            request_id: None,
            remembered_for: None,
        }
    }

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
            _ if self.effect() == TookEffect::Unknown => {
                "AWS failed, did not answer in time or could not be reached: whether it happened is not known"
            }
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
            FailureKind::NotAuthorized => "the caller may not do this there; nothing was sent",
            FailureKind::RoleNotAssumable => {
                "the role can't be assumed: it is missing, does not trust us, or wants another external id"
            }
            FailureKind::SourceIdentityRefused => {
                "the role can't be assumed in the caller's name: sts:SetSourceIdentity is missing in its trust policy, or in what the role may do that assumes it"
            }
            FailureKind::SessionTagsRefused => {
                "the role can't be assumed with session tags: sts:TagSession is missing in its trust policy, or in what the role may do that assumes it"
            }
            FailureKind::ClockSkew => "AWS refuses our signatures because our clock is off",
            FailureKind::InvalidRequest => "AWS calls the request invalid",
            FailureKind::InvalidNextToken => "AWS does not accept the page token any more",
            FailureKind::NotFound => "it does not exist",
            FailureKind::AlreadyExists => "it exists already",
            FailureKind::LimitExceeded => "a limit of AWS's would be passed",
            FailureKind::Conflict => "another change is in flight",
            FailureKind::Unready => {
                "what the trail is to deliver to or with does not let it: a policy or a role is missing, or too new"
            }
            FailureKind::Precondition => "a precondition on the AWS side is not met",
            FailureKind::WrongHomeRegion => "the trail's home is another Region",
            FailureKind::Refused => "AWS does not let this be done to this trail or account",
            FailureKind::Unsupported => "the operation is not offered there",
            FailureKind::BudgetExhausted { .. } => {
                "the call budget can't serve it before the deadline; nothing was sent"
            }
            FailureKind::BudgetUnavailable => {
                "the shared store of call budgets cannot be reached, and nothing is changed without it; nothing was sent"
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
            FailureKind::NotAuthorized => CellReason::NotAuthorized,
            FailureKind::RoleNotAssumable
            | FailureKind::SourceIdentityRefused
            | FailureKind::SessionTagsRefused => CellReason::RoleNotAssumable,
            FailureKind::ClockSkew => CellReason::ClockSkew,
            FailureKind::Unsupported => CellReason::Unsupported,
            FailureKind::BudgetExhausted { .. } => CellReason::BudgetExhausted,
            FailureKind::BudgetUnavailable => CellReason::BudgetUnavailable,
            FailureKind::DeadlineExceeded => CellReason::DeadlineExceeded,
            FailureKind::Cancelled => CellReason::NotAttempted,
            FailureKind::NotFound if self.is_of_a_trail() => CellReason::TrailNotFound,
            FailureKind::AlreadyExists => CellReason::AlreadyExists,
            FailureKind::LimitExceeded => CellReason::LimitExceeded,
            FailureKind::Conflict => CellReason::Conflict,
            FailureKind::Unready | FailureKind::Precondition => CellReason::Precondition,
            FailureKind::NotFound
            | FailureKind::WrongHomeRegion
            | FailureKind::Refused
            | FailureKind::InvalidRequest => CellReason::Refused,
            FailureKind::Transient
            | FailureKind::Timeout
            | FailureKind::NoCredentials
            | FailureKind::ExpiredCredentials
            | FailureKind::InvalidNextToken
            | FailureKind::Other => CellReason::UpstreamError,
        }
    }

    /// For a write, whether it may have taken effect. A read has none.
    pub fn effect(&self) -> TookEffect {
        match (self.api.effect(), self.kind) {
            (Effect::Write, FailureKind::Transient | FailureKind::Timeout) => TookEffect::Unknown,
            // An answer that is no AWS error: what stood between, or AWS's success in words that we cannot read.
            (Effect::Write, FailureKind::Other) if self.code.is_none() => TookEffect::Unknown,
            _ => TookEffect::No,
        }
    }

    fn is_of_a_trail(&self) -> bool {
        let code = self.code.as_deref();
        matches!(
            code,
            Some("TrailNotFoundException" | "ResourceNotFoundException")
        ) && self.api.service() == Service::CloudTrail
    }

    /// When asking again can help, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            FailureKind::BudgetExhausted { retry_after } => Some(retry_after),
            FailureKind::BudgetUnavailable => Some(STORE_BACK),
            _ => None,
        }
    }

    /// The error as coverage tells it.
    pub fn cell_error(&self) -> CellError {
        CellError {
            message: self.to_string(),
            aws_code: self.code.as_deref().map(str::to_owned),
            aws_message: (!self.message.is_empty()).then(|| self.message.clone()),
            request_id: self.request_id.as_deref().map(str::to_owned),
            remembered_for: self.remembered_for,
        }
    }
}

impl From<Refused> for FailureKind {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::TooLate { eta } => Self::BudgetExhausted { retry_after: eta },
            Refused::Unreachable { .. } => Self::BudgetUnavailable,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_write_without_a_clear_answer_may_have_taken_effect() {
        let effect = |api, kind, code: Option<&str>| {
            let error = AwsError {
                api,
                account: "111111111111".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
                kind,
                code: code.map(Into::into),
                message: String::new(),
                request_id: None,
                remembered_for: None,
            };
            error.effect()
        };
        let write = Api::CreateTrail;
        let unclear = [
            (FailureKind::Transient, None),
            (FailureKind::Transient, Some("InternalFailure")),
            (FailureKind::Timeout, None),
            (FailureKind::Other, None),
        ];
        for (kind, code) in unclear {
            assert_eq!(effect(write, kind, code), TookEffect::Unknown, "{kind:?}");
            // Neither a read nor the AssumeRole before a write.
            assert_eq!(effect(Api::GetTrail, kind, code), TookEffect::No);
            assert_eq!(effect(Api::AssumeRole, kind, code), TookEffect::No);
        }
        let clear = [
            FailureKind::Throttled,
            FailureKind::AccessDenied,
            FailureKind::Conflict,
            FailureKind::Cancelled,
            FailureKind::DeadlineExceeded,
            FailureKind::InvalidRequest,
            FailureKind::Other,
        ];
        for kind in clear {
            assert_eq!(
                effect(write, kind, Some("Code")),
                TookEffect::No,
                "{kind:?}"
            );
        }
    }
}
