//! `TargetSelector`: which accounts and Regions.

use std::collections::{BTreeMap, HashMap};

use crate::{
    api::{proto, violations::Violations},
    domain::{AccountId, Region, TargetSelector, target::UnitRef},
};

/// Account ids in one list.
pub const MAX_ACCOUNTS: usize = 1000;
/// Organizational units.
pub const MAX_UNITS: usize = 200;
/// Tags.
pub const MAX_TAGS: usize = 50;
/// Regions.
pub const MAX_REGIONS: usize = 100;

/// The longest key of a tag.
const MAX_NAME: usize = 128;
/// The longest value of a tag.
const MAX_VALUE: usize = 256;

/// Reads a selector; fields are named below `targets`.
pub fn parse(found: &mut Violations, wire: Option<proto::TargetSelector>) -> TargetSelector {
    let wire = wire.unwrap_or_default();
    TargetSelector {
        account_ids: accounts(found, "targets.account_ids", &wire.account_ids),
        organizational_units: units(
            found,
            "targets.organizational_units",
            &wire.organizational_units,
        ),
        account_tags: tags(found, "targets.account_tags", wire.account_tags),
        exclude_account_ids: accounts(
            found,
            "targets.exclude_account_ids",
            &wire.exclude_account_ids,
        ),
        regions: list(
            found,
            "targets.regions",
            &wire.regions,
            MAX_REGIONS,
            |text| text.parse::<Region>(),
        ),
    }
}

/// Reads a list of account ids.
fn accounts(found: &mut Violations, field: &str, wire: &[String]) -> Vec<AccountId> {
    list(found, field, wire, MAX_ACCOUNTS, |text| text.parse())
}

/// Reads a list of organizational units.
pub fn units(found: &mut Violations, field: &str, wire: &[String]) -> Vec<UnitRef> {
    list(found, field, wire, MAX_UNITS, |text| text.parse())
}

/// Reads tags.
pub fn tags(
    found: &mut Violations,
    field: &str,
    wire: HashMap<String, String>,
) -> BTreeMap<String, String> {
    if !found.at_most(field, wire.len(), MAX_TAGS) {
        return BTreeMap::new();
    }
    let tags: BTreeMap<String, String> = wire.into_iter().collect();
    for (key, value) in &tags {
        let shown: String = key.chars().take(32).collect();
        let field = format!("{field}[{shown:?}]");
        if !(1..=MAX_NAME).contains(&key.chars().count()) {
            found.add(&field, format_args!("a key has 1 to {MAX_NAME} characters"));
        }
        if value.chars().count() > MAX_VALUE {
            found.add(
                &field,
                format_args!("a value has at most {MAX_VALUE} characters"),
            );
        }
    }
    tags
}

fn list<T, E: std::fmt::Display>(
    found: &mut Violations,
    field: &str,
    wire: &[String],
    limit: usize,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    if !found.at_most(field, wire.len(), limit) {
        return Vec::new();
    }
    let items = wire.iter().enumerate();
    items
        .filter_map(|(at, text)| found.keep(format!("{field}[{at}]"), parse(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(wire: proto::TargetSelector) -> Vec<(String, String)> {
        let mut found = Violations::new();
        parse(&mut found, Some(wire));
        let listed = found.to_field_violations().into_iter();
        listed.map(|v| (v.field, v.description)).collect()
    }

    #[test]
    fn a_good_selector_is_read_whole() {
        let mut found = Violations::new();
        let wire = proto::TargetSelector {
            account_ids: vec!["000000000042".into()],
            organizational_units: vec![
                "ou-ab12-34cd56ef".into(),
                "/Prod/Payments/".into(),
                "/".into(),
            ],
            account_tags: HashMap::from([("env".into(), "prod".into())]),
            exclude_account_ids: vec!["111111111111".into()],
            regions: vec!["eu-west-1".into()],
        };
        let selector = parse(&mut found, Some(wire));
        assert!(found.is_empty());
        assert_eq!(selector.account_ids[0].as_u64(), 42);
        assert_eq!(
            selector.organizational_units[1..],
            [
                UnitRef::Path(vec!["Prod".into(), "Payments".into()]),
                UnitRef::Path(vec![])
            ]
        );
        assert_eq!(selector.account_tags["env"], "prod");
        assert_eq!(parse(&mut found, None), TargetSelector::default());
    }

    #[test]
    fn everything_wrong_is_named_by_its_path() {
        let fields: Vec<String> = violations(proto::TargetSelector {
            account_ids: vec!["111111111111".into(), "42".into()],
            organizational_units: vec!["Prod".into(), "/a//b".into(), "/1/2/3/4/5/6".into()],
            account_tags: HashMap::from([(String::new(), "x".repeat(257))]),
            exclude_account_ids: vec!["x".into()],
            regions: vec!["mars".into()],
        })
        .into_iter()
        .map(|(field, _)| field)
        .collect();
        assert_eq!(
            fields,
            [
                "targets.account_ids[1]",
                "targets.organizational_units[0]",
                "targets.organizational_units[1]",
                "targets.organizational_units[2]",
                "targets.account_tags[\"\"]",
                "targets.account_tags[\"\"]",
                "targets.exclude_account_ids[0]",
                "targets.regions[0]",
            ]
        );
    }

    #[test]
    fn ten_thousand_accounts_are_one_violation_that_names_the_limit() {
        let listed = violations(proto::TargetSelector {
            account_ids: vec!["not even an id".into(); 10_000],
            ..Default::default()
        });
        assert_eq!(
            listed,
            [(
                "targets.account_ids".to_owned(),
                "10000 values; at most 1000 are allowed".to_owned()
            )]
        );
    }
}
