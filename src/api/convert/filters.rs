//! Filters: conditions on events.

use crate::{
    api::{
        proto::{self, EventAttribute as Wire},
        violations::Violations,
    },
    domain::LookupAttributeKind as Kind,
    events::{Attribute, Filters, RecordField},
};

/// Filters in one request.
pub const MAX_FILTERS: usize = 20;
/// Values in one filter.
pub const MAX_VALUES: usize = 50;
/// The longest value, by AWS's way of counting.
pub const MAX_LENGTH: usize = 2000;

/// Reads filters.
pub fn parse(found: &mut Violations, wire: Vec<proto::EventFilter>) -> Filters {
    let mut filters = Filters::none();
    if !found.at_most("filters", wire.len(), MAX_FILTERS) {
        return filters;
    }
    for (at, filter) in wire.into_iter().enumerate() {
        let attribute = attribute(filter.attribute);
        let Some(attribute) = attribute else {
            let number = filter.attribute;
            let what = format_args!("{number} is not an attribute that events can be filtered by");
            found.add(format!("filters[{at}].attribute"), what);
            continue;
        };
        let good = values(
            found,
            &format!("filters[{at}].values"),
            attribute,
            &filter.values,
        );
        if filters.values(attribute).is_some() {
            let what = "another filter has this attribute: put all values into one";
            found.add(format!("filters[{at}].attribute"), what);
        } else if good {
            filters.add(attribute, filter.values);
        }
    }
    filters
}

fn values(found: &mut Violations, field: &str, attribute: Attribute, values: &[String]) -> bool {
    let before = found.len();
    if values.is_empty() {
        found.add(field, "must have at least one value");
    }
    if found.at_most(field, values.len(), MAX_VALUES) {
        for (at, value) in values.iter().enumerate() {
            let length = length(value);
            if !(1..=MAX_LENGTH).contains(&length) {
                let what = format_args!(
                    "has {length} characters, counting '_', ',', space and newline twice; 1 to {MAX_LENGTH} are allowed"
                );
                found.add(format!("{field}[{at}]"), what);
            } else if attribute == Attribute::Lookup(Kind::ReadOnly)
                && !matches!(value.as_str(), "true" | "false")
            {
                found.add(format!("{field}[{at}]"), "must be true or false");
            }
        }
    }
    found.len() == before
}

/// AWS counts some characters of a lookup value twice (`AttributeValue` in the API model of LookupEvents).
fn length(value: &str) -> usize {
    let twice = |c: char| matches!(c, '_' | ' ' | ',' | '\n');
    value.chars().map(|c| if twice(c) { 2 } else { 1 }).sum()
}

fn attribute(wire: i32) -> Option<Attribute> {
    Some(match Wire::try_from(wire).ok()? {
        Wire::Unspecified => return None,
        Wire::EventId => Attribute::Lookup(Kind::EventId),
        Wire::EventName => Attribute::Lookup(Kind::EventName),
        Wire::ReadOnly => Attribute::Lookup(Kind::ReadOnly),
        Wire::Username => Attribute::Lookup(Kind::Username),
        Wire::ResourceType => Attribute::Lookup(Kind::ResourceType),
        Wire::ResourceName => Attribute::Lookup(Kind::ResourceName),
        Wire::EventSource => Attribute::Lookup(Kind::EventSource),
        Wire::AccessKeyId => Attribute::Lookup(Kind::AccessKeyId),
        Wire::ErrorCode => Attribute::Record(RecordField::ErrorCode),
        Wire::SourceIpAddress => Attribute::Record(RecordField::SourceIpAddress),
        Wire::UserAgent => Attribute::Record(RecordField::UserAgent),
        Wire::RoleArn => Attribute::Record(RecordField::RoleArn),
        Wire::IdentityArn => Attribute::Record(RecordField::IdentityArn),
        Wire::IdentityType => Attribute::Record(RecordField::IdentityType),
        Wire::EventType => Attribute::Record(RecordField::EventType),
        Wire::SharedEventId => Attribute::Record(RecordField::SharedEventId),
    })
}

/// The attribute that was pushed down, for the wire.
pub fn pushed_down(kind: Option<Kind>) -> Wire {
    match kind {
        None => Wire::Unspecified,
        Some(Kind::EventId) => Wire::EventId,
        Some(Kind::EventName) => Wire::EventName,
        Some(Kind::ReadOnly) => Wire::ReadOnly,
        Some(Kind::Username) => Wire::Username,
        Some(Kind::ResourceType) => Wire::ResourceType,
        Some(Kind::ResourceName) => Wire::ResourceName,
        Some(Kind::EventSource) => Wire::EventSource,
        Some(Kind::AccessKeyId) => Wire::AccessKeyId,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(attribute: Wire, values: &[&str]) -> proto::EventFilter {
        proto::EventFilter {
            attribute: attribute.into(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }
    }

    fn fields(wire: Vec<proto::EventFilter>) -> Vec<String> {
        let mut found = Violations::new();
        parse(&mut found, wire);
        let listed = found.to_field_violations().into_iter();
        listed.map(|v| v.field).collect()
    }

    #[test]
    fn every_attribute_of_the_contract_is_known() {
        for number in 1..=16 {
            let wire = Wire::try_from(number).unwrap();
            let value = if wire == Wire::ReadOnly { "true" } else { "x" };
            assert!(fields(vec![filter(wire, &[value])]).is_empty(), "{wire:?}");
        }
        assert!(
            Wire::try_from(17).is_err(),
            "a new attribute needs a line here"
        );
        for kind in Kind::BY_SELECTIVITY {
            let wire = pushed_down(Some(kind));
            assert_eq!(attribute(wire.into()), Some(Attribute::Lookup(kind)));
        }
    }

    #[test]
    fn wrong_filters_are_all_named() {
        let long = "_".repeat(1001);
        let mut unknown = filter(Wire::EventName, &["x"]);
        unknown.attribute = 99;
        assert_eq!(
            fields(vec![
                filter(Wire::EventName, &["a"]),
                filter(Wire::EventName, &["b"]),
                unknown,
                filter(Wire::Unspecified, &["x"]),
                filter(Wire::ReadOnly, &["yes"]),
                filter(Wire::Username, &[]),
                filter(Wire::UserAgent, &["ok", "", &long]),
            ]),
            [
                "filters[1].attribute",
                "filters[2].attribute",
                "filters[3].attribute",
                "filters[4].values[0]",
                "filters[5].values",
                "filters[6].values[1]",
                "filters[6].values[2]",
            ]
        );
        assert_eq!(
            fields(vec![filter(Wire::EventName, &["x"; 51])]),
            ["filters[0].values"]
        );
        assert_eq!(
            fields(vec![filter(Wire::EventName, &["x"]); 21]),
            ["filters"]
        );
    }

    #[test]
    fn length_is_counted_as_aws_counts_it() {
        assert_eq!(length("a_b, c\n"), 3 + 4 * 2);
        assert!(fields(vec![filter(Wire::EventName, &[&"_".repeat(1000)])]).is_empty());
        assert!(fields(vec![filter(Wire::EventName, &[&"x".repeat(2000)])]).is_empty());
        assert_eq!(
            fields(vec![filter(Wire::EventName, &[&"x".repeat(2001)])]).len(),
            1
        );
    }
}
