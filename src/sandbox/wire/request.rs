//! What a request says: who signed it, for which service and Region, and what it asks for.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::de::DeserializeOwned;

use super::ApiError;
use crate::domain::Service;

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
    /// The path, and the query string behind it: S3 says in them what is meant.
    pub path: String,
    /// The query string.
    pub query: String,
    /// Whose the caller expects a bucket to be.
    pub expected_owner: Option<String>,
    /// Who the client says that it is.
    pub user_agent: String,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// Reads a request. The signature itself is not checked, only that there is one.
    pub fn read(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Self, (Service, ApiError)> {
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
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
        let operation = operation(service, method, (path, query), text("x-amz-target"), &body)
            .ok_or_else(|| (service, ApiError::unknown_operation(service, path)))?;
        Ok(Self {
            service,
            operation,
            access_key_id: scope.access_key_id.to_owned(),
            token: text("x-amz-security-token").map(str::to_owned),
            region: scope.region.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            expected_owner: text("x-amz-expected-bucket-owner").map(str::to_owned),
            user_agent: text("user-agent").unwrap_or_default().to_owned(),
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
            "s3" => Service::S3,
            "sns" => Service::Sns,
            "kms" => Service::Kms,
            "iam" => Service::Iam,
            "logs" => Service::Logs,
            "monitoring" => Service::CloudWatch,
            "servicequotas" => Service::ServiceQuotas,
            _ => return None,
        })
    }
}

fn operation(
    service: Service,
    method: &Method,
    (path, query): (&str, &str),
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
        Service::Organizations => after(target, "AWSOrganizationsV20161128."),
        Service::Kms => after(target, "TrentService."),
        Service::Logs => after(target, "Logs_20140328."),
        Service::CloudWatch => after(target, "GraniteServiceVersion20100801."),
        Service::ServiceQuotas => after(target, "ServiceQuotasV20190624."),
        Service::Account => {
            let name = path.strip_prefix('/').filter(|_| method == Method::POST)?;
            let mut letters = name.chars();
            let first = letters.next()?.to_ascii_uppercase();
            Some(std::iter::once(first).chain(letters).collect())
        }
        Service::Sts | Service::Sns | Service::Iam => {
            let text = std::str::from_utf8(body).ok()?;
            text.split('&')
                .find_map(|p| p.strip_prefix("Action="))
                .map(decode)
        }
        Service::S3 => s3_operation(method, path, query),
    }
}

fn after(target: Option<&str>, prefix: &str) -> Option<String> {
    target?.strip_prefix(prefix).map(str::to_owned)
}

/// S3's operations on a bucket, which have no names on the wire.
fn s3_operation(method: &Method, path: &str, query: &str) -> Option<String> {
    let bucket = path.trim_matches('/');
    if bucket.is_empty() || bucket.contains('/') {
        return None;
    }
    let asks = |what: &str| {
        query
            .split('&')
            .any(|part| part.split('=').next() == Some(what))
    };
    let name = match *method {
        Method::HEAD => "HeadBucket",
        Method::GET if asks("policy") => "GetBucketPolicy",
        Method::GET if asks("location") => "GetBucketLocation",
        Method::GET if asks("list-type") => "ListObjectsV2",
        _ => return None,
    };
    Some(name.to_owned())
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
