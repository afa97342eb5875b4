//! Advanced event selectors, by the rules for trails (event data stores take more).

use std::collections::BTreeSet;

use super::{
    Found,
    fields::{CATEGORY, Category, RESOURCE_ARN, RESOURCE_TYPE, Rule},
    shown,
};
use crate::domain::{
    Arn,
    trail::{AdvancedEventSelector, FieldSelector},
};

/// The most values of all conditions of all selectors of a trail.
pub(super) const VALUES: usize = 500;
/// The longest name of a selector.
const NAME: usize = 1000;
/// The longest name of a field.
const FIELD: usize = 1000;
/// The longest value.
const VALUE: usize = 2048;

/// The operators of a condition, by the names that they have in the request.
fn operators(field: &FieldSelector) -> [(&'static str, &[String]); 6] {
    [
        ("equals", &field.equals),
        ("starts_with", &field.starts_with),
        ("ends_with", &field.ends_with),
        ("not_equals", &field.not_equals),
        ("not_starts_with", &field.not_starts_with),
        ("not_ends_with", &field.not_ends_with),
    ]
}

pub(super) fn check(found: &mut Found, selectors: &[AdvancedEventSelector]) {
    const LIST: &str = "event_selectors.advanced";
    found.check(
        !selectors.is_empty(),
        LIST,
        "has no selectors; at least one is needed",
    );
    let fields = selectors.iter().flat_map(|selector| &selector.fields);
    let values: usize = fields
        .flat_map(operators)
        .map(|(_, values)| values.len())
        .sum();
    found.check(
        values <= VALUES,
        LIST,
        format_args!("has {values} values over all conditions; at most {VALUES} are allowed"),
    );
    for (at, each) in selectors.iter().enumerate() {
        selector(found, &format!("{LIST}[{at}]"), each);
    }
}

fn selector(found: &mut Found, path: &str, selector: &AdvancedEventSelector) {
    if let Some(name) = &selector.name {
        found.length(format_args!("{path}.name"), name, 0..=NAME);
    }
    let list = format!("{path}.field_selectors");
    let mut seen = BTreeSet::new();
    for (at, field) in selector.fields.iter().enumerate() {
        let path = format!("{list}[{at}]");
        found.check(
            seen.insert(field.field.as_str()),
            format_args!("{path}.field"),
            format_args!("{} is there twice in one selector", shown(&field.field)),
        );
        sound(found, &path, field);
    }
    let Some(category) = category(found, &list, selector) else {
        return;
    };
    for (at, field) in selector.fields.iter().enumerate() {
        allowed(found, &format!("{list}[{at}]"), category, field);
    }
    if let Some(required) = category.required() {
        found.check(
            seen.contains(required),
            &list,
            format_args!(
                "has no {required}; a selector of category {} needs it",
                category.name()
            ),
        );
    }
}

/// What holds for every condition: a field, an operator, values of a legal length.
fn sound(found: &mut Found, path: &str, field: &FieldSelector) {
    let name = format!("{path}.field");
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if found.length(&name, &field.field, 1..=FIELD) {
        found.check(
            field.field.chars().all(legal),
            &name,
            format_args!("{} is no field", shown(&field.field)),
        );
    }
    found.check(
        operators(field)
            .iter()
            .any(|(_, values)| !values.is_empty()),
        path,
        "has no values; at least one operator with a value is needed",
    );
    for (operator, values) in operators(field) {
        for (at, value) in values.iter().enumerate() {
            let path = format!("{path}.{operator}[{at}]");
            if found.length(&path, value, 1..=VALUE) {
                found.check(!value.contains('\n'), &path, "has a line break");
            }
        }
    }
}

/// The category, if there is one. All else that a selector may hold depends on it.
fn category(found: &mut Found, list: &str, selector: &AdvancedEventSelector) -> Option<Category> {
    let named = |(_, field): &(usize, &FieldSelector)| field.field == CATEGORY;
    let Some((at, field)) = selector.fields.iter().enumerate().find(named) else {
        found.add(
            list,
            "has no eventCategory; every selector needs one (Management, Data or NetworkActivity)",
        );
        return None;
    };
    let [value] = &field.equals[..] else {
        found.add(
            format_args!("{list}[{at}].equals"),
            format_args!(
                "has {} values; eventCategory equals exactly one",
                field.equals.len()
            ),
        );
        return None;
    };
    let category = Category::of(value);
    found.check(
        category.is_some(),
        format_args!("{list}[{at}].equals"),
        format_args!(
            "{} is not Management, Data or NetworkActivity",
            shown(value)
        ),
    );
    category
}

fn allowed(found: &mut Found, path: &str, category: Category, field: &FieldSelector) {
    let fields = category.fields();
    let rule = fields.iter().find(|(name, _)| *name == field.field);
    let Some((name, rule)) = rule else {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        found.add(
            format_args!("{path}.field"),
            format_args!(
                "{} is not for trails' selectors of category {}: {}",
                shown(&field.field),
                category.name(),
                names.join(", ")
            ),
        );
        return;
    };
    for (operator, values) in operators(field) {
        if values.is_empty() {
            continue;
        }
        let path = format!("{path}.{operator}");
        let usable = rule.operators.is_empty() || rule.operators.contains(&operator);
        found.check(
            usable,
            &path,
            format_args!("{name} takes only {} here", rule.operators.join(" and ")),
        );
        // The category was looked at already.
        if usable && *name != CATEGORY {
            of_rule(found, &path, name, *rule, values);
            if *name == RESOURCE_TYPE {
                resource_types(found, &path, values);
            }
            if *name == RESOURCE_ARN && ["equals", "not_equals"].contains(&operator) {
                whole_arns(found, &path, values);
            }
        }
    }
}

fn of_rule(found: &mut Found, path: &str, name: &str, rule: Rule, values: &[String]) {
    found.check(
        !rule.single || values.len() == 1,
        path,
        format_args!(
            "has {} values; {name} takes exactly one in a selector, so add a selector for each",
            values.len()
        ),
    );
    let Some(legal) = rule.values else { return };
    for (at, value) in values.iter().enumerate() {
        found.check(
            legal.contains(&value.as_str()),
            format_args!("{path}[{at}]"),
            format_args!("{} is not {}", shown(value), legal.join(" or ")),
        );
    }
}

fn resource_types(found: &mut Found, path: &str, values: &[String]) {
    for (at, value) in values.iter().enumerate() {
        let word = |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric());
        let shape = matches!(
            value.split("::").collect::<Vec<_>>()[..],
            ["AWS", service, kind] if word(service) && word(kind)
        );
        found.check(
            shape,
            format_args!("{path}[{at}]"),
            format_args!(
                "{} is not a resource type such as AWS::S3::Object",
                shown(value)
            ),
        );
    }
}

/// "if you use Equals or NotEquals, the value must exactly match the ARN of a valid resource".
fn whole_arns(found: &mut Found, path: &str, values: &[String]) {
    for (at, value) in values.iter().enumerate() {
        found.check(
            Arn::parse(value).is_some(),
            format_args!("{path}[{at}]"),
            format_args!(
                "{} is not a whole ARN; for its beginning use starts_with",
                shown(value)
            ),
        );
    }
}
