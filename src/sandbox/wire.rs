//! AWS's wire formats: what a request says, and how answers and errors are written. Knows nothing of what any
//! operation does.

mod request;

pub use request::{Call, decode};

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::domain::Service;

/// What a handler answers: the body of a success.
pub type Answer = Result<String, ApiError>;

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
            Service::CloudTrail => Self::new("ThrottlingException", "Rate exceeded"),
            Service::Sts => Self::new("Throttling", "Rate exceeded"),
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
        match service {
            Service::Sts => {
                Self::new("InvalidClientTokenId", message).status(StatusCode::FORBIDDEN)
            }
            _ => Self::new("UnrecognizedClientException", message),
        }
    }

    /// The session has ended.
    pub fn expired_token(service: Service) -> Self {
        let message = "The security token included in the request is expired";
        match service {
            Service::Sts => Self::new("ExpiredToken", message).status(StatusCode::FORBIDDEN),
            _ => Self::new("ExpiredTokenException", message),
        }
    }

    /// There is no such operation, or the sandbox has none.
    pub fn unknown_operation(service: Service, name: &str) -> Self {
        match service {
            Service::Sts => Self::new(
                "InvalidAction",
                format!("Could not find operation {name} for version 2011-06-15"),
            ),
            _ => Self::new("UnknownOperationException", String::new()),
        }
    }
}

/// Adds a member to a JSON object.
pub fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value.into());
    }
}

/// Text made fit for XML.
pub fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The response to a call.
pub fn respond(service: Service, answer: Answer, request_id: &str) -> Response<Full<Bytes>> {
    match (service, answer) {
        (Service::Sts, Ok(body)) => response(StatusCode::OK, "text/xml", request_id, body),
        (Service::Account, Ok(body)) => {
            response(StatusCode::OK, "application/json", request_id, body)
        }
        (_, Ok(body)) => response(
            StatusCode::OK,
            "application/x-amz-json-1.1",
            request_id,
            body,
        ),
        (Service::Sts, Err(error)) => {
            let side = if error.status.is_server_error() {
                "Receiver"
            } else {
                "Sender"
            };
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>{side}</Type>\
                 <Code>{}</Code><Message>{}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                xml(&error.code),
                xml(&error.message)
            );
            response(error.status, "text/xml", request_id, body)
        }
        (Service::Account, Err(error)) => {
            let body = json!({"message": error.message}).to_string();
            let mut response = response(error.status, "application/json", request_id, body);
            if let Ok(code) = HeaderValue::from_str(&error.code) {
                response.headers_mut().insert("x-amzn-errortype", code);
            }
            response
        }
        (_, Err(error)) => {
            let mut body =
                json!({"__type": error.code, "message": error.message, "Message": error.message});
            if let Some(reason) = error.reason {
                put(&mut body, "Reason", reason);
            }
            response(
                error.status,
                "application/x-amz-json-1.1",
                request_id,
                body.to_string(),
            )
        }
    }
}

/// A response with this body.
pub fn response(
    status: StatusCode,
    content_type: &'static str,
    request_id: &str,
    body: String,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    response
}
