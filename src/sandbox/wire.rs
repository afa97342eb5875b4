//! AWS's wire formats: what a request says, and how answers and errors are written. Knows nothing of what any
//! operation does.

mod error;
mod request;
mod respond;

pub use error::ApiError;
pub use request::{Call, decode};
pub use respond::{respond, response};

use serde_json::Value;

use crate::domain::Service;

/// What a handler answers: the body of a success.
pub type Answer = Result<String, ApiError>;

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// One path, the operation in a header, JSON both ways.
    Json,
    /// A path for each operation, JSON both ways.
    RestJson,
    /// Form parameters there, XML in this namespace back.
    Query(&'static str),
    /// Method, path and query string there, XML back.
    RestXml,
}

impl Protocol {
    /// The protocol of this service.
    pub fn of(service: Service) -> Self {
        match service {
            Service::CloudTrail
            | Service::Organizations
            | Service::Kms
            | Service::Logs
            | Service::CloudWatch
            | Service::ServiceQuotas => Self::Json,
            Service::Account => Self::RestJson,
            Service::Sts => Self::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
            Service::Sns => Self::Query("http://sns.amazonaws.com/doc/2010-03-31/"),
            Service::Iam => Self::Query("https://iam.amazonaws.com/doc/2010-05-08/"),
            Service::S3 => Self::RestXml,
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

/// Percent-encoding, as IAM writes policies: all but what RFC 3986 leaves unreserved.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The body of a success in a query protocol.
pub fn envelope(service: Service, operation: &str, result: &str, request_id: &str) -> String {
    let Protocol::Query(namespace) = Protocol::of(service) else {
        return result.to_owned();
    };
    format!(
        "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
}
