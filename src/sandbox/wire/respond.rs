//! Responses: successes and errors, in each protocol's shape.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::json;

use super::{Answer, ApiError, Protocol, put, xml};
use crate::domain::Service;

/// The response to a call.
pub fn respond(service: Service, answer: Answer, request_id: &str) -> Response<Full<Bytes>> {
    let protocol = Protocol::of(service);
    let body = match answer {
        Ok(body) => body,
        Err(error) => return failed(protocol, &error, request_id),
    };
    let kind = match protocol {
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::RestJson => "application/json",
        Protocol::Query(_) => "text/xml",
        // S3 answers a policy as it is.
        Protocol::RestXml if body.starts_with('{') => "application/json",
        Protocol::RestXml => "application/xml",
    };
    response(StatusCode::OK, kind, request_id, body)
}

fn failed(protocol: Protocol, error: &ApiError, request_id: &str) -> Response<Full<Bytes>> {
    let (code, message) = (xml(&error.code), xml(&error.message));
    match protocol {
        Protocol::Query(namespace) => {
            let side = if error.status.is_server_error() {
                "Receiver"
            } else {
                "Sender"
            };
            let body = format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{side}</Type><Code>{code}</Code>\
                 <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            );
            response(error.status, "text/xml", request_id, body)
        }
        Protocol::RestXml => {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                 <RequestId>{request_id}</RequestId><HostId>sandbox</HostId></Error>"
            );
            response(error.status, "application/xml", request_id, body)
        }
        Protocol::RestJson => {
            let body = json!({"message": error.message}).to_string();
            let mut response = response(error.status, "application/json", request_id, body);
            if let Ok(code) = HeaderValue::from_str(&error.code) {
                response.headers_mut().insert("x-amzn-errortype", code);
            }
            response
        }
        Protocol::Json => {
            let mut body =
                json!({"__type": error.code, "message": error.message, "Message": error.message});
            if let Some(reason) = error.reason {
                put(&mut body, "Reason", reason);
            }
            let body = body.to_string();
            response(error.status, "application/x-amz-json-1.1", request_id, body)
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
        // S3 names it its own way; the others do not mind both.
        headers.insert("x-amz-request-id", id.clone());
        headers.insert("x-amzn-requestid", id);
    }
    response
}
