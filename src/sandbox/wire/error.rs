//! Errors, in each service's own codes and words.

use http::StatusCode;

use super::Protocol;
use crate::domain::Service;

/// An error as AWS tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The code, by which callers classify.
    pub code: String,
    /// The words.
    pub message: String,
    /// Organizations' `Reason`.
    pub reason: Option<&'static str>,
}

impl ApiError {
    /// An error with status 400, as almost all are.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: code.to_owned(),
            message: message.into(),
            reason: None,
        }
    }

    /// The same with another status.
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same with a reason.
    pub fn reason(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// Too many calls, in each service's own words.
    pub fn throttled(service: Service) -> Self {
        match service {
            Service::CloudTrail | Service::Kms | Service::Logs | Service::CloudWatch => {
                Self::new("ThrottlingException", "Rate exceeded")
            }
            Service::ServiceQuotas => Self::new("TooManyRequestsException", "Rate exceeded"),
            Service::Sts | Service::Sns | Service::Iam => Self::new("Throttling", "Rate exceeded"),
            Service::S3 => Self::new("SlowDown", "Please reduce your request rate.")
                .status(StatusCode::SERVICE_UNAVAILABLE),
            Service::Organizations => Self::new(
                "TooManyRequestsException",
                "AWS Organizations can't complete your request because your request rate is too high.",
            ),
            Service::Account => Self::new("TooManyRequestsException", "Rate exceeded")
                .status(StatusCode::TOO_MANY_REQUESTS),
        }
    }

    /// The key or token is none that AWS issued, or the Region is not enabled: AWS says the same to both.
    pub fn unknown_token(service: Service) -> Self {
        let message = "The security token included in the request is invalid.";
        match Protocol::of(service) {
            Protocol::Query(_) => {
                Self::new("InvalidClientTokenId", message).status(StatusCode::FORBIDDEN)
            }
            Protocol::RestXml => Self::new(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
            .status(StatusCode::FORBIDDEN),
            Protocol::Json | Protocol::RestJson => {
                Self::new("UnrecognizedClientException", message)
            }
        }
    }

    /// The session has ended.
    pub fn expired_token(service: Service) -> Self {
        let message = "The security token included in the request is expired";
        match Protocol::of(service) {
            Protocol::Query(_) => Self::new("ExpiredToken", message).status(StatusCode::FORBIDDEN),
            Protocol::RestXml => Self::new("ExpiredToken", "The provided token has expired."),
            Protocol::Json | Protocol::RestJson => Self::new("ExpiredTokenException", message),
        }
    }

    /// There is no such operation, or the sandbox has none.
    pub fn unknown_operation(service: Service, name: &str) -> Self {
        match Protocol::of(service) {
            Protocol::Query(_) => {
                Self::new("InvalidAction", format!("Could not find operation {name}"))
            }
            Protocol::RestXml => Self::new(
                "NotImplemented",
                "A header or query you provided requested a function that is not implemented.",
            )
            .status(StatusCode::NOT_IMPLEMENTED),
            Protocol::Json | Protocol::RestJson => {
                Self::new("UnknownOperationException", String::new())
            }
        }
    }

    /// The caller has no permission, in each service's own code.
    pub fn denied(service: Service, message: impl Into<String>) -> Self {
        let code = match service {
            Service::Sts | Service::Iam | Service::S3 => "AccessDenied",
            Service::Sns => "AuthorizationError",
            Service::CloudTrail
            | Service::Organizations
            | Service::Account
            | Service::Kms
            | Service::Logs
            | Service::CloudWatch
            | Service::ServiceQuotas => "AccessDeniedException",
        };
        let error = Self::new(code, message);
        match Protocol::of(service) {
            Protocol::Json => error,
            Protocol::Query(_) | Protocol::RestXml | Protocol::RestJson => {
                error.status(StatusCode::FORBIDDEN)
            }
        }
    }
}
