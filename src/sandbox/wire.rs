//! AWS's wire formats: what a request says, and how answers and errors are written. Knows nothing of what any
//! operation does.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use serde::de::DeserializeOwned;
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

/// One request, told apart by how it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The service.
    pub service: Service,
    /// The operation, as the caller named it.
    pub operation: String,
    /// The access key that signed it.
    pub access_key_id: String,
    /// The session token that came with it.
    pub token: Option<String>,
    /// The Region that it was signed for.
    pub region: String,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// Reads a request. The signature itself is not checked, only that there is one.
    pub fn read(
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Self, (Service, ApiError)> {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let fallback = if text("x-amz-target").is_some() {
            Service::CloudTrail
        } else {
            Service::Sts
        };
        let authorization = text("authorization").ok_or_else(|| {
            let error = ApiError::new(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            );
            (fallback, error.status(StatusCode::FORBIDDEN))
        })?;
        let scope = Scope::read(authorization).ok_or_else(|| {
            let message = "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.";
            (fallback, ApiError::new("IncompleteSignatureException", message).status(StatusCode::FORBIDDEN))
        })?;
        let Some(service) = scope.service() else {
            let message = format!("The sandbox has no service {:?}", scope.service);
            return Err((
                fallback,
                ApiError::new("UnknownOperationException", message),
            ));
        };
        let operation = operation(service, method, path, text("x-amz-target"), &body)
            .ok_or_else(|| (service, ApiError::unknown_operation(service, path)))?;
        Ok(Self {
            service,
            operation,
            access_key_id: scope.access_key_id.to_owned(),
            token: text("x-amz-security-token").map(str::to_owned),
            region: scope.region.to_owned(),
            body,
        })
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body: &[u8] = if self.body.is_empty() {
            b"{}"
        } else {
            &self.body
        };
        serde_json::from_slice(body)
            .map_err(|e| ApiError::new("SerializationException", e.to_string()))
    }

    /// The body as query parameters.
    pub fn form(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.body);
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        };
        text.split('&')
            .filter(|p| !p.is_empty())
            .map(pair)
            .collect()
    }
}

/// The credential scope of a SigV4 `Authorization` header.
#[derive(Debug)]
struct Scope<'a> {
    access_key_id: &'a str,
    region: &'a str,
    service: &'a str,
}

impl<'a> Scope<'a> {
    fn read(authorization: &'a str) -> Option<Self> {
        let parameters = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
        let parameter = |name: &str| {
            parameters
                .split(',')
                .find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='))
        };
        parameter("SignedHeaders").filter(|h| !h.is_empty())?;
        parameter("Signature").filter(|s| s.len() == 64)?;
        let mut parts = parameter("Credential")?.split('/');
        let (key, _date, region, service) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (parts.next()? == "aws4_request").then_some(Self {
            access_key_id: key,
            region,
            service,
        })
    }

    fn service(&self) -> Option<Service> {
        Some(match self.service {
            "cloudtrail" => Service::CloudTrail,
            "sts" => Service::Sts,
            "organizations" => Service::Organizations,
            "account" => Service::Account,
            _ => return None,
        })
    }
}

fn operation(
    service: Service,
    method: &Method,
    path: &str,
    target: Option<&str>,
    body: &[u8],
) -> Option<String> {
    match service {
        Service::CloudTrail => {
            let (prefix, name) = target?.rsplit_once('.')?;
            prefix
                .ends_with("CloudTrail_20131101")
                .then(|| name.to_owned())
        }
        Service::Organizations => target?
            .strip_prefix("AWSOrganizationsV20161128.")
            .map(str::to_owned),
        Service::Account => {
            let name = path.strip_prefix('/').filter(|_| method == Method::POST)?;
            let mut letters = name.chars();
            let first = letters.next()?.to_ascii_uppercase();
            Some(std::iter::once(first).chain(letters).collect())
        }
        Service::Sts => {
            let text = std::str::from_utf8(body).ok()?;
            text.split('&')
                .find_map(|p| p.strip_prefix("Action="))
                .map(decode)
        }
    }
}

/// Percent-decoding, with `+` for a blank.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (hex(rest.next()), hex(rest.next())) {
                (Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or(b'?'),
                _ => b'?',
            },
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
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
