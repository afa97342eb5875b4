//! The CloudTrail record, as far as it is read: known fields borrowed from the text, everything else passed over.
//! Fields are read by name and unknown ones ignored, so newer event versions are read as well.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::filter::RecordField;

/// The fields of one record. Borrowed from its text where JSON allows.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Record<'a> {
    /// The error that the call ended in.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Cow<'a, str>>,
    /// The error in words.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<Cow<'a, str>>,
    /// Where the call came from: an address, or the name of an AWS service.
    #[serde(
        borrow,
        rename = "sourceIPAddress",
        skip_serializing_if = "Option::is_none"
    )]
    pub source_ip_address: Option<Cow<'a, str>>,
    /// The program that made the call.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Cow<'a, str>>,
    /// The kind of record: `AwsApiCall` and so on.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub event_type: Option<Cow<'a, str>>,
    /// `Management`, `Data`, `Insight` or `NetworkActivity`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub event_category: Option<Cow<'a, str>>,
    /// The id that copies in several accounts share.
    #[serde(
        borrow,
        rename = "sharedEventID",
        skip_serializing_if = "Option::is_none"
    )]
    pub shared_event_id: Option<Cow<'a, str>>,
    /// The account that received the event.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub recipient_account_id: Option<Cow<'a, str>>,
    /// AWS's request id.
    #[serde(borrow, rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<Cow<'a, str>>,
    /// Who made the call.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user_identity: Option<UserIdentity<'a>>,
}

/// `userIdentity`, as far as it is read.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UserIdentity<'a> {
    /// `IAMUser`, `AssumedRole`, `Root` and so on.
    #[serde(borrow, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Cow<'a, str>>,
    /// The identity's ARN.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Cow<'a, str>>,
    /// The identity's account.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Cow<'a, str>>,
    /// The session, for temporary credentials.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub session_context: Option<SessionContext<'a>>,
}

/// `userIdentity.sessionContext`, as far as it is read.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SessionContext<'a> {
    /// Where the session came from.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub session_issuer: Option<SessionIssuer<'a>>,
}

/// `sessionIssuer`, as far as it is read.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct SessionIssuer<'a> {
    /// The ARN of the role, or of the user.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Cow<'a, str>>,
}

impl<'a> Record<'a> {
    /// Reads the record. One that is no JSON object of the expected shape has no fields: the event itself is
    /// kept, with what CloudTrail lifted out of it.
    pub fn parse(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The record with the fields that are read here and no others: what is kept of it where nobody asked for the
    /// whole one, at a fraction of the memory.
    pub fn slim(text: &'a str) -> Box<str> {
        let slim = serde_json::to_string(&Self::parse(text));
        slim.unwrap_or_default().into()
    }

    /// The ARN of the role behind the session; `None` if the identity is no assumed role.
    pub fn role_arn(&self) -> Option<&str> {
        let identity = self.user_identity.as_ref()?;
        let issuer = identity.session_context.as_ref()?.session_issuer.as_ref()?;
        issuer.arn.as_deref().filter(|arn| arn.contains(":role/"))
    }

    /// The field that a condition compares.
    pub fn field(&self, field: RecordField) -> Option<&str> {
        let identity = self.user_identity.as_ref();
        match field {
            RecordField::ErrorCode => self.error_code.as_deref(),
            RecordField::SourceIpAddress => self.source_ip_address.as_deref(),
            RecordField::UserAgent => self.user_agent.as_deref(),
            RecordField::RoleArn => self.role_arn(),
            RecordField::IdentityArn => identity?.arn.as_deref(),
            RecordField::IdentityType => identity?.kind.as_deref(),
            RecordField::EventType => self.event_type.as_deref(),
            RecordField::SharedEventId => self.shared_event_id.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_and_unknown_ones_ignored() {
        let text = r#"{"eventVersion":"1.99","new":{"deep":[1,2]},"errorCode":"Access\u0044enied","sourceIPAddress":"1.2.3.4",
            "sharedEventID":"s","requestID":"r","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/R/s",
            "sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111111111111:role/R"},"attributes":{}}}}"#;
        let record = Record::parse(text);
        let field = |f| record.field(f);
        assert_eq!(field(RecordField::ErrorCode), Some("AccessDenied"));
        assert_eq!(field(RecordField::SourceIpAddress), Some("1.2.3.4"));
        assert_eq!(
            field(RecordField::RoleArn),
            Some("arn:aws:iam::111111111111:role/R")
        );
        assert_eq!(field(RecordField::IdentityType), Some("AssumedRole"));
        assert_eq!(field(RecordField::UserAgent), None);
        assert_eq!(record.request_id.as_deref(), Some("r"));
    }

    #[test]
    fn a_slim_record_reads_the_same_and_is_small() {
        let noise = "x".repeat(1_000);
        let text = format!(
            r#"{{"errorCode":"AccessDenied","userAgent":"a \"quoted\" one","requestParameters":{{"n":"{noise}"}},
            "userIdentity":{{"type":"Root","accountId":"111111111111","principalId":"p"}},"eventCategory":"Management"}}"#
        );
        let slim = Record::slim(&text);
        assert_eq!(Record::parse(&slim), Record::parse(&text));
        assert!(slim.len() < 200, "{slim}");
        assert_eq!(&*Record::slim("no record"), "{}");
    }

    #[test]
    fn what_is_no_record_has_no_fields() {
        for text in ["", "null", "[]", "{", r#"{"errorCode":7}"#] {
            assert_eq!(Record::parse(text), Record::default(), "{text}");
        }
    }
}
