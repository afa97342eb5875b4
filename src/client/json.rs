//! Answers as protobuf's JSON, as grpcurl prints them: by the descriptors that reflection serves.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};

use crate::api::proto;

use super::{error::ClientError, escape::plain_json};

/// A message of the protocol, by its full name.
pub trait Named: prost::Message {
    /// The name.
    const NAME: &'static str;
}

macro_rules! named {
    ($($message:ident),+ $(,)?) => {
        $(impl Named for proto::$message {
            const NAME: &'static str = concat!("trailplane.v1.", stringify!($message));
        })+
    };
}

named!(
    Account,
    Budget,
    CellAccess,
    CheckAccessResponse,
    Event,
    GetAccountResponse,
    GetTrailResponse,
    GetTrailStatusResponse,
    ListAccountsResponse,
    ListBudgetsResponse,
    ListTrailsResponse,
    LookupEventsResponse,
    PlanLookupResponse,
    StreamEventsResponse,
    TailEventsResponse,
    Trail,
    WatchBudgetsResponse,
);

/// Over how many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Indented, as grpcurl does.
    Indented,
    /// One.
    Line,
}

/// What answers are made of, details of errors included.
static POOL: LazyLock<Result<DescriptorPool, String>> = LazyLock::new(|| {
    let failed = |error: &dyn std::error::Error| error.to_string();
    let mut pool = DescriptorPool::decode(proto::DESCRIPTORS).map_err(|error| failed(&error))?;
    let details: prost_types::FileDescriptorSet =
        prost::Message::decode(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .map_err(|error| failed(&error))?;
    // Both have google.rpc.Status, in files of different names.
    let known = |file: &prost_types::FileDescriptorProto| {
        let mut names = file.message_type.iter().map(|message| message.name());
        names.any(|name| {
            pool.get_message_by_name(&format!("{}.{name}", file.package()))
                .is_some()
        })
    };
    let new: Vec<_> = details
        .file
        .into_iter()
        .filter(|file| !known(file))
        .collect();
    pool.add_file_descriptor_protos(new)
        .map_err(|error| failed(&error))?;
    Ok(pool)
});

/// The JSON of a message, with its line end. What a terminal would obey is escaped.
///
/// # Errors
/// A detail is of a type that this program does not know.
pub fn json<M: Named>(message: &M, shape: Shape) -> Result<String, ClientError> {
    let pool = POOL
        .as_ref()
        .map_err(|error| ClientError::Json(error.clone()))?;
    let kind = pool
        .get_message_by_name(M::NAME)
        .ok_or_else(|| ClientError::Json(format!("{} is not known", M::NAME)))?;
    let failed = |error: &dyn std::error::Error| ClientError::Json(error.to_string());
    let dynamic = DynamicMessage::decode(kind, message.encode_to_vec().as_slice())
        .map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let options = SerializeOptions::new();
    match shape {
        Shape::Line => {
            dynamic.serialize_with_options(&mut serde_json::Serializer::new(&mut bytes), &options)
        }
        Shape::Indented => dynamic
            .serialize_with_options(&mut serde_json::Serializer::pretty(&mut bytes), &options),
    }
    .map_err(|error| failed(&error))?;
    bytes.push(b'\n');
    let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
    Ok(plain_json(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use tonic_types::pb::{ErrorInfo, Status};

    use super::*;
    use crate::api::proto::{CellCoverage, Coverage, LookupEventsResponse};

    /// What grpcurl prints: defaults left out, names in camel case, enums by name, 64 bits as text, times in RFC 3339,
    /// details by their type.
    #[test]
    fn it_is_protobufs_json() {
        let info = ErrorInfo {
            reason: "ROLE_NOT_ASSUMABLE".to_owned(),
            ..ErrorInfo::default()
        };
        let error = Status {
            code: 7,
            message: "no role".to_owned(),
            details: vec![prost_types::Any {
                type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
                value: info.encode_to_vec(),
            }],
        };
        let cell = CellCoverage {
            account_id: "100000000001".to_owned(),
            reason: 1,
            scanned: 12,
            covered_to: Some(prost_types::Timestamp {
                seconds: 1_795_803_525,
                nanos: 0,
            }),
            error: Some(error),
            ..CellCoverage::default()
        };
        let answer = LookupEventsResponse {
            coverage: Some(Coverage {
                cells: vec![cell],
                ..Coverage::default()
            }),
            ..LookupEventsResponse::default()
        };
        assert_eq!(
            json(&answer, Shape::Line).unwrap(),
            "{\"coverage\":{\"cells\":[{\"accountId\":\"100000000001\",\"reason\":\"CELL_REASON_ROLE_NOT_ASSUMABLE\",\
             \"coveredTo\":\"2026-11-27T18:18:45Z\",\"scanned\":\"12\",\"error\":{\"code\":7,\"message\":\"no role\",\
             \"details\":[{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"ROLE_NOT_ASSUMABLE\"}]}}]}}\n"
        );
    }

    #[test]
    fn every_named_message_is_known() {
        fn known<M: Named + Default>() {
            assert_eq!(
                json(&M::default(), Shape::Line).unwrap(),
                "{}\n",
                "{}",
                M::NAME
            );
        }
        known::<proto::Account>();
        known::<proto::Budget>();
        known::<proto::CellAccess>();
        known::<proto::CheckAccessResponse>();
        known::<proto::Event>();
        known::<proto::GetTrailStatusResponse>();
        known::<proto::PlanLookupResponse>();
        known::<proto::StreamEventsResponse>();
        known::<proto::TailEventsResponse>();
        known::<proto::Trail>();
        known::<proto::WatchBudgetsResponse>();
    }
}
