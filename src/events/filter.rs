//! What to look for: conditions on events, which of them AWS applies, and how the rest is applied here. Pure.

use std::collections::BTreeMap;

use crate::domain::{Event, LookupAttributeKind};

use super::record::Record;

/// What a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// One of CloudTrail's own lookup attributes: AWS can apply it.
    Lookup(LookupAttributeKind),
    /// A field that only the record holds.
    Record(RecordField),
}

/// A field of the record that conditions can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordField {
    /// `errorCode`.
    ErrorCode,
    /// `sourceIPAddress`.
    SourceIpAddress,
    /// `userAgent`.
    UserAgent,
    /// The ARN of the role behind an assumed-role session.
    RoleArn,
    /// `userIdentity.arn`.
    IdentityArn,
    /// `userIdentity.type`.
    IdentityType,
    /// `eventType`.
    EventType,
    /// `sharedEventID`.
    SharedEventId,
}

/// The name at the end of an ARN; `None` if it is none.
fn short_name(value: &str) -> Option<&str> {
    let resource = value.strip_prefix("arn:")?;
    let name = resource.rsplit([':', '/']).next()?;
    (!name.is_empty()).then_some(name)
}

/// Conditions that must all hold: for each attribute, one of its values. An attribute stands in it once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters(BTreeMap<Attribute, Vec<String>>);

impl Filters {
    /// No condition: every event.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a condition; `false` if the attribute has one already, or without a value.
    ///
    /// An event names a resource by its ARN or by its name alone, as the service likes: whoever asks for the ARN means
    /// both.
    pub fn add(&mut self, attribute: Attribute, mut values: Vec<String>) -> bool {
        if values.is_empty() || self.0.contains_key(&attribute) {
            return false;
        }
        if attribute == Attribute::Lookup(LookupAttributeKind::ResourceName) {
            for name in values.clone().iter().filter_map(|value| short_name(value)) {
                if !values.iter().any(|value| value == name) {
                    values.push(name.to_owned());
                }
            }
        }
        self.0.insert(attribute, values);
        true
    }

    /// The conditions, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, &[String])> {
        self.0
            .iter()
            .map(|(attribute, values)| (*attribute, values.as_slice()))
    }

    /// The values that this attribute may have, if there is a condition on it.
    pub fn values(&self, attribute: Attribute) -> Option<&[String]> {
        self.0.get(&attribute).map(Vec::as_slice)
    }

    /// All but the condition on this attribute.
    pub(super) fn without(&self, attribute: Attribute) -> Self {
        let mut rest = self.clone();
        rest.0.remove(&attribute);
        rest
    }

    /// Whether the event meets every condition. The record is parsed only if a condition needs it; one that
    /// cannot be parsed has none of its fields, so it meets no condition on them.
    pub fn matches(&self, event: &Event) -> bool {
        let mut record = None;
        self.0.iter().all(|(attribute, values)| match attribute {
            Attribute::Lookup(kind) => lookup_matches(*kind, values, event),
            Attribute::Record(field) => {
                let record: &Record = record.get_or_insert_with(|| Record::parse(&event.record));
                let found = record.field(*field);
                found.is_some_and(|found| values.iter().any(|value| value == found))
            }
        })
    }
}

/// Whether the event has one of these values of the attribute, by the rule of LookupEvents: exact, and of any resource.
pub(in crate::events) fn lookup_matches(
    kind: LookupAttributeKind,
    values: &[String],
    event: &Event,
) -> bool {
    let any =
        |found: Option<&str>| found.is_some_and(|found| values.iter().any(|value| value == found));
    match kind {
        LookupAttributeKind::EventId => any(Some(&event.key.event_id)),
        LookupAttributeKind::EventName => any(Some(&event.name)),
        LookupAttributeKind::EventSource => any(Some(&event.source)),
        LookupAttributeKind::Username => any(event.username.as_deref()),
        LookupAttributeKind::AccessKeyId => any(event.access_key_id.as_deref()),
        LookupAttributeKind::ReadOnly => any(event
            .read_only
            .map(|yes| if yes { "true" } else { "false" })),
        LookupAttributeKind::ResourceName => event
            .resources
            .iter()
            .any(|r| any(r.resource_name.as_deref())),
        LookupAttributeKind::ResourceType => event
            .resources
            .iter()
            .any(|r| any(r.resource_type.as_deref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::event;

    fn filters(conditions: &[(Attribute, &[&str])]) -> Filters {
        let mut filters = Filters::none();
        for (attribute, values) in conditions {
            assert!(filters.add(*attribute, values.iter().map(|v| (*v).to_owned()).collect()));
        }
        filters
    }

    const NAME: Attribute = Attribute::Lookup(LookupAttributeKind::EventName);
    const KEY: Attribute = Attribute::Lookup(LookupAttributeKind::AccessKeyId);
    const ERROR: Attribute = Attribute::Record(RecordField::ErrorCode);

    #[test]
    fn a_resource_is_known_by_its_short_name_as_well() {
        let resource = Attribute::Lookup(LookupAttributeKind::ResourceName);
        let names = |given: &[&str]| {
            let filters = filters(&[(resource, given)]);
            filters.values(resource).unwrap().join(" ")
        };
        assert_eq!(names(&["trail", "x"]), "trail x");
        let arn = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit";
        assert_eq!(names(&[arn]), format!("{arn} audit"));
        assert_eq!(names(&[arn, "audit"]), format!("{arn} audit"));
        assert_eq!(
            names(&["arn:aws:s3:::bucket"]),
            "arn:aws:s3:::bucket bucket"
        );
        assert_eq!(names(&["arn:aws:x:::y/"]), "arn:aws:x:::y/");
        assert_eq!(filters(&[(NAME, &[arn])]).values(NAME).unwrap().len(), 1);
    }

    #[test]
    fn all_conditions_must_hold_and_one_value_of_each() {
        let mut found = event(10, "a");
        found.name = "StopLogging".into();
        found.record = r#"{"errorCode":"AccessDenied"}"#.into();
        assert!(
            filters(&[
                (NAME, &["DeleteTrail", "StopLogging"]),
                (ERROR, &["AccessDenied"])
            ])
            .matches(&found)
        );
        assert!(!filters(&[(NAME, &["DeleteTrail"]), (ERROR, &["AccessDenied"])]).matches(&found));
        assert!(!filters(&[(NAME, &["StopLogging"]), (ERROR, &["Throttling"])]).matches(&found));
        assert!(
            !filters(&[(KEY, &["AKIA1"])]).matches(&found),
            "an event without a key has none"
        );
        assert!(Filters::none().matches(&found));
    }

    #[test]
    fn a_second_condition_on_an_attribute_is_refused() {
        let mut twice = filters(&[(NAME, &["StopLogging"])]);
        assert!(!twice.add(NAME, vec!["DeleteTrail".to_owned()]));
        assert_eq!(twice, filters(&[(NAME, &["StopLogging"])]));
    }
}
