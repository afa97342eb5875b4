//! Which records are wanted, told before they are parsed where that is possible. Pure.

use memchr::memmem::Finder;

use crate::{
    domain::{LookupAttributeKind, TimeWindow},
    events::{Attribute, Filters},
};

/// Values that are looked for as they stand; with more it is cheaper to parse.
const MOST_VALUES: usize = 8;

/// What is wanted of each file.
#[derive(Debug)]
pub struct Wants {
    /// Of this time.
    pub window: TimeWindow,
    /// That meet these conditions.
    pub filters: Filters,
    /// With its whole record.
    pub whole_records: bool,
    /// For each condition whose values stand in the record letter by letter: one of them must.
    marks: Vec<Vec<Finder<'static>>>,
}

impl Wants {
    /// All in this window that meets these conditions.
    pub fn new(window: TimeWindow, filters: Filters, whole_records: bool) -> Self {
        let stands = filters.iter().filter(|(attribute, values)| {
            values.len() <= MOST_VALUES && stands_in_records(*attribute, values)
        });
        let marks = stands.map(|(_, values)| {
            let finders = values.iter().map(|value| Finder::new(value).into_owned());
            finders.collect()
        });
        let marks = marks.collect();
        Self {
            window,
            filters,
            whole_records,
            marks,
        }
    }

    /// False only if the record meets not all conditions. JSON may write any letter of a text otherwise, but not without a
    /// backslash.
    pub fn may_meet(&self, record: &[u8]) -> bool {
        let has = |finders: &Vec<Finder<'_>>| finders.iter().any(|f| f.find(record).is_some());
        self.marks.iter().all(has) || memchr::memchr(b'\\', record).is_some()
    }
}

/// Whether a value of this attribute stands in the record's text. Not where we say it in words of our own.
fn stands_in_records(attribute: Attribute, values: &[String]) -> bool {
    // What has to be escaped stands there otherwise.
    let plain =
        |value: &String| !value.contains(|c: char| matches!(c, '"' | '\\') || c.is_control());
    match attribute {
        Attribute::Lookup(LookupAttributeKind::ReadOnly) => false,
        Attribute::Lookup(LookupAttributeKind::Username) if values.iter().any(|v| v == "root") => {
            false
        }
        Attribute::Lookup(_) | Attribute::Record(_) => values.iter().all(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::Timestamp, events::RecordField};

    fn wants(attribute: Attribute, value: &str) -> Wants {
        let mut filters = Filters::none();
        assert!(filters.add(attribute, vec![value.to_owned()]));
        Wants::new(TimeWindow::at(Timestamp::from_seconds(0)), filters, false)
    }

    #[test]
    fn what_cannot_meet_a_condition_is_not_parsed_and_what_may_is() {
        let name = Attribute::Lookup(LookupAttributeKind::EventName);
        let name = wants(name, "DeleteBucket");
        assert!(name.may_meet(br#"{"eventName":"DeleteBucket"}"#));
        assert!(!name.may_meet(br#"{"eventName":"ListBuckets"}"#));
        assert!(name.may_meet(br#"{"eventName":"Delete\u0042ucket"}"#));
        let read_only = wants(Attribute::Lookup(LookupAttributeKind::ReadOnly), "true");
        assert!(read_only.may_meet(b"{}"));
        let root = wants(Attribute::Lookup(LookupAttributeKind::Username), "root");
        assert!(root.may_meet(b"{}"));
        let quoted = wants(Attribute::Record(RecordField::UserAgent), "a \"b\"");
        assert!(quoted.may_meet(b"{}"));
    }
}
