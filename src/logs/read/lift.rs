//! From a record of a log file to the event that a lookup would have found. Pure.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::{Cell, Event, EventKey, ResourceRef, Timestamp};

/// Why a record is no event. It was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoEvent {
    /// It is not good JSON, or its fields are not what CloudTrail writes.
    #[error("is no record: {0}")]
    Malformed(String),
    /// Without an id or a time it has no place in any order.
    #[error("has no eventID, or no eventTime such as 2026-11-22T08:30:00Z")]
    NoPlace,
}

/// What lookups tell of an event besides its record, as far as the record has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow, rename = "eventID")]
    event_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event_time: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event_source: Option<Cow<'a, str>>,
    read_only: Option<bool>,
    #[serde(borrow)]
    user_identity: Option<Identity<'a>>,
    #[serde(borrow)]
    resources: Option<Vec<Resource<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    principal_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    access_key_id: Option<Cow<'a, str>>,
}

impl Identity<'_> {
    /// As the event history has it: a user's name, a session's name, or `root`.
    fn username(&self) -> Option<&str> {
        match (self.kind.as_deref(), self.user_name.as_deref()) {
            (Some("Root"), None) => Some("root"),
            (_, Some(name)) => Some(name),
            _ => {
                let (_, session) = self.principal_id.as_deref()?.split_once(':')?;
                Some(session)
            }
        }
    }
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, rename = "ARN")]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

impl Resource<'_> {
    /// By its ARN, and by its name alone: lookups find it by either.
    fn refs(&self) -> impl Iterator<Item = ResourceRef> {
        let arn = self.arn.as_deref();
        let short = arn.and_then(|arn| arn.rsplit([':', '/']).next());
        let short = short.filter(|name| !name.is_empty() && Some(*name) != arn);
        let names = match (arn, short) {
            (None, _) => vec![None],
            (arn, None) => vec![arn],
            (arn, short) => vec![arn, short],
        };
        names.into_iter().map(|name| ResourceRef {
            resource_type: self.kind.as_deref().map(str::to_owned),
            resource_name: name.map(str::to_owned),
        })
    }
}

/// A record that is read as far as it takes to tell whether it is wanted.
pub struct Lifted<'a> {
    raw: Raw<'a>,
    text: &'a str,
    /// When it happened.
    pub time: Timestamp,
}

impl<'a> Lifted<'a> {
    /// Reads the record.
    ///
    /// # Errors
    ///
    /// If it is no event.
    pub fn read(record: &'a [u8]) -> Result<Self, NoEvent> {
        let malformed = |why: &dyn std::fmt::Display| NoEvent::Malformed(why.to_string());
        let text = std::str::from_utf8(record).map_err(|why| malformed(&why))?;
        let raw: Raw<'a> = serde_json::from_str(text).map_err(|why| malformed(&why))?;
        let time = raw.event_time.as_deref().and_then(|at| at.parse().ok());
        match (time, raw.event_id.as_deref()) {
            (Some(time), Some(id)) if !id.is_empty() => Ok(Self { raw, text, time }),
            _ => Err(NoEvent::NoPlace),
        }
    }

    /// The event, as of this account and Region: those of the folder, which the caller may see.
    pub fn event(&self, cell: &Cell) -> Event {
        let raw = &self.raw;
        let text = |field: &Option<Cow<'a, str>>| field.as_deref().unwrap_or_default().into();
        let identity = raw.user_identity.as_ref();
        let key = identity.and_then(|identity| identity.access_key_id.as_deref());
        let resources = raw.resources.iter().flatten();
        Event {
            key: EventKey {
                time: self.time,
                account: cell.account,
                region: cell.region.clone(),
                event_id: raw.event_id.as_deref().unwrap_or_default().into(),
            },
            name: text(&raw.event_name),
            source: text(&raw.event_source),
            username: identity.and_then(Identity::username).map(Into::into),
            read_only: raw.read_only,
            access_key_id: key.filter(|key| !key.is_empty()).map(Into::into),
            resources: resources.flat_map(Resource::refs).collect(),
            record: self.text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lift(record: &str) -> Result<Event, NoEvent> {
        let cell = Cell {
            account: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        };
        Lifted::read(record.as_bytes()).map(|lifted| lifted.event(&cell))
    }

    fn name_of(identity: &str) -> Option<String> {
        let place = r#""eventID":"e","eventTime":"2026-11-22T08:30:00Z""#;
        let event = lift(&format!("{{{place},\"userIdentity\":{identity}}}")).unwrap();
        event.username.as_deref().map(str::to_owned)
    }

    #[test]
    fn a_record_becomes_the_event_that_a_lookup_finds() {
        let record = r#"{"eventID":"e-1","eventTime":"2026-11-22T08:30:00Z","eventName":"PutObject",
            "eventSource":"s3.amazonaws.com","readOnly":false,"eventCategory":"Data",
            "userIdentity":{"type":"AssumedRole","principalId":"AROA:ann","accessKeyId":"ASIA1"},
            "resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::ledger/2026/a"},{"type":"AWS::S3::Bucket"}]}"#;
        let event = lift(record).unwrap();
        assert_eq!(event.key.time, "2026-11-22T08:30:00Z".parse().unwrap());
        assert_eq!(&*event.key.event_id, "e-1");
        let called = (&*event.name, &*event.source);
        assert_eq!(called, ("PutObject", "s3.amazonaws.com"));
        assert_eq!(event.username.as_deref(), Some("ann"));
        assert_eq!(event.access_key_id.as_deref(), Some("ASIA1"));
        assert_eq!(event.read_only, Some(false));
        let names = event.resources.iter().map(|r| r.resource_name.as_deref());
        let expected = [Some("arn:aws:s3:::ledger/2026/a"), Some("a"), None];
        assert_eq!(names.collect::<Vec<_>>(), expected);
        assert_eq!(&*event.record, record);
    }

    #[test]
    fn names_are_those_of_users_sessions_and_root() {
        let some = |name: &str| Some(name.to_owned());
        let user = r#"{"type":"IAMUser","principalId":"AIDA","userName":"ann"}"#;
        assert_eq!(name_of(user), some("ann"));
        let session = r#"{"type":"AssumedRole","principalId":"AROA:job"}"#;
        assert_eq!(name_of(session), some("job"));
        let root = r#"{"type":"Root","principalId":"111122223333"}"#;
        assert_eq!(name_of(root), some("root"));
        let service = r#"{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}"#;
        assert_eq!(name_of(service), None);
    }

    #[test]
    fn what_has_no_place_is_no_event() {
        for record in [
            r#"{"eventID":"e"}"#,
            r#"{"eventTime":"2026-11-22T08:30:00Z"}"#,
            r#"{"eventID":"e","eventTime":"today"}"#,
            r#"{"eventID":"","eventTime":"2026-11-22T08:30:00Z"}"#,
        ] {
            assert_eq!(lift(record).unwrap_err(), NoEvent::NoPlace, "{record}");
        }
        for record in ["{\"eventID\":}", "{\"eventID\":\"\u{1}\"}"] {
            let found = lift(record).unwrap_err();
            assert!(matches!(found, NoEvent::Malformed(_)), "{found}");
        }
        assert!(Lifted::read(b"{\"eventID\":\"\xff\"}").is_err());
    }
}
