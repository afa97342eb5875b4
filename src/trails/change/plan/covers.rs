//! Whether new event selectors record everything that the old ones did. Pure, and careful: what cannot be proved is
//! taken for a loss, and then needs the caller's leave.

use crate::domain::trail::{
    AdvancedEventSelector, BasicEventSelector, DataResource, EventSelectors, FieldSelector,
    ReadWrite,
};

/// So many simple rules are made of one selector at most; beyond it the selector is compared as a whole.
const MOST_SIMPLE: usize = 4_096;

/// What a trail has that nobody changed: all management events.
pub fn default_selectors() -> EventSelectors {
    EventSelectors::Basic(vec![BasicEventSelector {
        read_write: ReadWrite::All,
        management_events: true,
        data_resources: Vec::new(),
        excluded_sources: Vec::new(),
    }])
}

/// The same selectors in an order that does not depend on how they were written.
pub fn normal(selectors: &EventSelectors) -> EventSelectors {
    let mut selectors = selectors.clone();
    match &mut selectors {
        EventSelectors::Basic(all) => {
            for selector in all.iter_mut() {
                tidy(&mut selector.excluded_sources);
                for resource in &mut selector.data_resources {
                    tidy(&mut resource.values);
                }
                selector.data_resources.sort_by(|a, b| {
                    (&a.resource_type, &a.values).cmp(&(&b.resource_type, &b.values))
                });
            }
            all.sort_by_key(|selector| format!("{selector:?}"));
        }
        EventSelectors::Advanced(all) => {
            for selector in all.iter_mut() {
                if selector.name.as_deref() == Some("") {
                    selector.name = None;
                }
                selector.fields.iter_mut().for_each(tidy_field);
                selector.fields.sort_by(|a, b| a.field.cmp(&b.field));
            }
            all.sort_by_key(|selector| format!("{selector:?}"));
        }
    }
    selectors
}

fn tidy(values: &mut Vec<String>) {
    values.sort();
    values.dedup();
}

fn tidy_field(field: &mut FieldSelector) {
    for values in [
        &mut field.equals,
        &mut field.starts_with,
        &mut field.ends_with,
        &mut field.not_equals,
        &mut field.not_starts_with,
        &mut field.not_ends_with,
    ] {
        tidy(values);
    }
}

/// Whether every event that `old` takes is surely taken by `new`.
pub fn selectors_cover(new: &EventSelectors, old: &EventSelectors) -> bool {
    let new = rules(new);
    let taken = |rule: &Rule| new.iter().any(|wider| within(rule, wider));
    rules(old).iter().flat_map(simple).all(|rule| taken(&rule))
}

/// Conditions that must all hold: an advanced selector, or a part of a basic one.
type Rule = Vec<FieldSelector>;

fn rules(selectors: &EventSelectors) -> Vec<Rule> {
    match selectors {
        EventSelectors::Advanced(all) => all.iter().map(conditions).collect(),
        EventSelectors::Basic(all) => all.iter().flat_map(rules_of_basic).collect(),
    }
}

fn conditions(selector: &AdvancedEventSelector) -> Rule {
    selector.fields.clone()
}

fn equals(field: &str, value: &str) -> FieldSelector {
    FieldSelector {
        field: field.to_owned(),
        equals: vec![value.to_owned()],
        ..FieldSelector::default()
    }
}

fn rules_of_basic(selector: &BasicEventSelector) -> Vec<Rule> {
    let calls = match selector.read_write {
        ReadWrite::All => None,
        ReadWrite::ReadOnly => Some(equals("readOnly", "true")),
        ReadWrite::WriteOnly => Some(equals("readOnly", "false")),
    };
    let mut rules = Vec::new();
    if selector.management_events {
        let mut rule = vec![equals("eventCategory", "Management")];
        rule.extend(calls.clone());
        if !selector.excluded_sources.is_empty() {
            rule.push(FieldSelector {
                field: "eventSource".to_owned(),
                not_equals: selector.excluded_sources.clone(),
                ..FieldSelector::default()
            });
        }
        rules.push(rule);
    }
    for resource in &selector.data_resources {
        let values = resource.values.iter();
        rules.extend(values.map(|value| data_rule(resource, value, calls.as_ref())));
    }
    rules
}

fn data_rule(resource: &DataResource, value: &str, calls: Option<&FieldSelector>) -> Rule {
    let mut rule = vec![
        equals("eventCategory", "Data"),
        equals("resources.type", &resource.resource_type),
    ];
    rule.extend(calls.cloned());
    // `arn:aws:s3`, and what was once written for it, `arn:aws:s3:::`, stand for all.
    if value.trim_end_matches(':').split(':').count() > 3 {
        rule.push(which(&resource.resource_type, value));
    }
    rule
}

/// The resources that a value of a basic selector stands for: `arn:aws:s3:::bucket/` for what begins so, and a
/// function's ARN for that function alone. Of tables AWS does not say; two kinds of conditions are only ever as wide as
/// the very same two.
fn which(resource_type: &str, value: &str) -> FieldSelector {
    let value = || vec![value.to_owned()];
    let (equals, starts_with) = match resource_type {
        "AWS::S3::Object" => (Vec::new(), value()),
        "AWS::Lambda::Function" => (value(), Vec::new()),
        _ => (value(), value()),
    };
    FieldSelector {
        field: "resources.ARN".to_owned(),
        equals,
        starts_with,
        ..FieldSelector::default()
    }
}

/// The rule as several that are easier to find a place for: reading and writing apart, and each value on its own.
fn simple(rule: &Rule) -> Vec<Rule> {
    let mut whole = rule.clone();
    if !whole.iter().any(|field| field.field == "readOnly") {
        let mut both = equals("readOnly", "true");
        both.equals.push("false".to_owned());
        whole.push(both);
    }
    let mut rules: Vec<Rule> = vec![Vec::new()];
    for field in &whole {
        let choices = choices(field);
        if rules.len().saturating_mul(choices.len()) > MOST_SIMPLE {
            return vec![rule.clone()];
        }
        rules = rules
            .iter()
            .flat_map(|rule| {
                choices.iter().map(|choice| {
                    let mut rule = rule.clone();
                    rule.push(choice.clone());
                    rule
                })
            })
            .collect();
    }
    rules
}

/// The condition by its values, where it is a plain list of alternatives.
fn choices(field: &FieldSelector) -> Vec<FieldSelector> {
    let one = |values: &Vec<String>, of: fn(&mut FieldSelector) -> &mut Vec<String>| {
        let each = values.iter().map(|value| {
            let mut single = field.clone();
            *of(&mut single) = vec![value.clone()];
            single
        });
        each.collect::<Vec<_>>()
    };
    match (&field.equals, &field.starts_with, &field.ends_with) {
        (values, a, b) if !values.is_empty() && a.is_empty() && b.is_empty() => {
            one(values, |field| &mut field.equals)
        }
        (a, values, b) if !values.is_empty() && a.is_empty() && b.is_empty() => {
            one(values, |field| &mut field.starts_with)
        }
        _ => vec![field.clone()],
    }
}

/// Whether everything that meets the one rule meets the other.
fn within(narrow: &Rule, wide: &Rule) -> bool {
    wide.iter().all(|condition| {
        let mut known = narrow.iter().filter(|field| field.field == condition.field);
        known.any(|field| implies(field, condition))
    })
}

/// Whether what meets `known` meets `asked`: a condition on the same field.
fn implies(known: &FieldSelector, asked: &FieldSelector) -> bool {
    // With two kinds of alternatives AWS does not say which must hold; only sameness is sure then.
    let kinds = [&asked.equals, &asked.starts_with, &asked.ends_with];
    let positive = kinds.iter().filter(|values| !values.is_empty()).count();
    if positive > 1 {
        return positives_equal(known, asked) && negatives_hold(known, asked);
    }
    let all = |values: &[String], test: &dyn Fn(&str) -> bool| {
        !values.is_empty() && values.iter().all(|value| test(value))
    };
    let is_one = |value: &str| asked.equals.iter().any(|v| v == value);
    let begins = |value: &str| {
        asked
            .starts_with
            .iter()
            .any(|v| value.starts_with(v.as_str()))
    };
    let ends = |value: &str| asked.ends_with.iter().any(|v| value.ends_with(v.as_str()));
    let only_equals = known.starts_with.is_empty() && known.ends_with.is_empty();
    let only_starts = known.equals.is_empty() && known.ends_with.is_empty();
    let only_ends = known.equals.is_empty() && known.starts_with.is_empty();
    let held = positive == 0
        || !asked.equals.is_empty() && only_equals && all(&known.equals, &is_one)
        || !asked.starts_with.is_empty()
            && (only_equals && all(&known.equals, &begins)
                || only_starts && all(&known.starts_with, &begins))
        || !asked.ends_with.is_empty()
            && (only_equals && all(&known.equals, &ends)
                || only_ends && all(&known.ends_with, &ends));
    held && negatives_hold(known, asked)
}

fn positives_equal(known: &FieldSelector, asked: &FieldSelector) -> bool {
    known.equals == asked.equals
        && known.starts_with == asked.starts_with
        && known.ends_with == asked.ends_with
}

/// Whether nothing that meets `known` is shut out by `asked`.
fn negatives_hold(known: &FieldSelector, asked: &FieldSelector) -> bool {
    let only_equals =
        !known.equals.is_empty() && known.starts_with.is_empty() && known.ends_with.is_empty();
    let none_is =
        |test: &dyn Fn(&str) -> bool| only_equals && !known.equals.iter().any(|value| test(value));
    asked.not_equals.iter().all(|out| {
        known.not_equals.contains(out)
            || known
                .not_starts_with
                .iter()
                .any(|v| out.starts_with(v.as_str()))
            || known
                .not_ends_with
                .iter()
                .any(|v| out.ends_with(v.as_str()))
            || none_is(&|value| value == out)
    }) && asked.not_starts_with.iter().all(|out| {
        known
            .not_starts_with
            .iter()
            .any(|v| out.starts_with(v.as_str()))
            || none_is(&|value| value.starts_with(out.as_str()))
    }) && asked.not_ends_with.iter().all(|out| {
        known
            .not_ends_with
            .iter()
            .any(|v| out.ends_with(v.as_str()))
            || none_is(&|value| value.ends_with(out.as_str()))
    })
}
