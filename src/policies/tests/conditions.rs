//! The operators of conditions, one by one, and wildcards.

use proptest::prelude::*;

use crate::policies::{
    condition::{Context, Truth, holds},
    glob,
    parse::Condition,
};

const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit";

fn truth(operator: &str, key: &str, values: &[&str]) -> Truth {
    let context = Context::default()
        .with("aws:SourceArn", ARN)
        .with("aws:SecureTransport", "true")
        .without("aws:SourceVpc");
    let condition = Condition {
        operator: operator.to_owned(),
        key: key.to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    };
    holds(&condition, &context)
}

#[test]
fn operators() {
    let arn = "AWS:sourcearn";
    let pattern = "arn:aws:cloudtrail:*:111111111111:trail/*";
    let across = "arn:aws:*:trail/audit";
    for (operator, key, values, expected) in [
        ("StringEquals", arn, vec![ARN], Truth::Yes),
        ("StringEquals", arn, vec!["x", ARN], Truth::Yes),
        ("StringEquals", arn, vec![pattern], Truth::No),
        ("StringEquals", arn, vec![], Truth::No),
        ("StringNotEquals", arn, vec![ARN], Truth::No),
        ("StringNotEquals", arn, vec!["x", ARN], Truth::No),
        ("StringNotEquals", arn, vec!["x"], Truth::Yes),
        (
            "StringEqualsIgnoreCase",
            arn,
            vec!["ARN:aws:cloudtrail:eu-west-1:111111111111:trail/AUDIT"],
            Truth::Yes,
        ),
        ("StringLike", arn, vec![pattern], Truth::Yes),
        ("StringLike", arn, vec![across], Truth::Yes),
        (
            "StringLike",
            arn,
            vec!["arn:aws:cloudtrail:*:222222222222:trail/*"],
            Truth::No,
        ),
        ("StringNotLike", arn, vec![pattern], Truth::No),
        ("ArnLike", arn, vec![pattern], Truth::Yes),
        ("ArnEquals", arn, vec![pattern], Truth::Yes),
        (
            "ArnEquals",
            arn,
            vec!["arn:aws:cloudtrail:*:*:trail/other"],
            Truth::No,
        ),
        ("ArnNotLike", arn, vec![pattern], Truth::No),
        (
            "ArnNotEquals",
            arn,
            vec!["arn:aws:cloudtrail:*:*:trail/other"],
            Truth::Yes,
        ),
        ("Bool", "aws:SecureTransport", vec!["TRUE"], Truth::Yes),
        ("Bool", "aws:SecureTransport", vec!["false"], Truth::No),
        ("Null", arn, vec!["false"], Truth::Yes),
        ("Null", arn, vec!["true"], Truth::No),
        ("Null", "aws:SourceVpc", vec!["true"], Truth::Yes),
        ("StringEquals", "aws:SourceVpc", vec!["x"], Truth::No),
        (
            "StringEqualsIfExists",
            "aws:SourceVpc",
            vec!["x"],
            Truth::Yes,
        ),
        ("StringNotEquals", "aws:SourceVpc", vec!["x"], Truth::Yes),
        ("StringEqualsIfExists", arn, vec!["x"], Truth::No),
        ("ArnLikeIfExists", arn, vec![pattern], Truth::Yes),
        ("BoolIfExists", "aws:SourceVpc", vec!["x"], Truth::Yes),
    ] {
        assert_eq!(
            truth(operator, key, &values),
            expected,
            "{operator} {values:?}"
        );
    }
}

#[test]
fn what_cannot_be_told_is_said_to_be_so() {
    for (operator, key, value) in [
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
        ("ForAnyValue:StringLike", "aws:SourceArn", ARN),
        ("StringEquals", "aws:SourceOrgID", "o-exampleorg1"),
        ("StringEqualsIfExists", "aws:SourceOrgID", "o-exampleorg1"),
        ("Null", "aws:SourceOrgID", "true"),
        ("StringLike", "aws:SourceArn", "${aws:PrincipalArn}"),
        ("ArnLike", "aws:SourceArn", "arn:aws:*"),
    ] {
        let truth = truth(operator, key, &[value]);
        assert!(
            matches!(truth, Truth::Unknown(_)),
            "{operator} {key}: {truth:?}"
        );
    }
    // One value that fits is enough, whatever the others are.
    let sure = truth("StringLike", "aws:SourceArn", &["${aws:PrincipalArn}", ARN]);
    assert_eq!(sure, Truth::Yes);
}

/// Wildcards, read as one reads them.
fn slowly(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|at| slowly(rest, &text[at..])),
        ['?', rest @ ..] => !text.is_empty() && slowly(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && slowly(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn wildcards(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
        let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(glob::fits(&pattern, &text), slowly(&p, &t));
    }

    #[test]
    fn opposites_are_opposite(pattern in "[ab*?]{0,4}", value in "[ab]{0,4}") {
        for (operator, opposite) in [("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike")] {
            let context = Context::default().with("k", value.clone());
            let condition = |operator: &str| Condition {
                operator: operator.to_owned(),
                key: "k".to_owned(),
                values: vec![pattern.clone()],
            };
            let (one, other) = (holds(&condition(operator), &context), holds(&condition(opposite), &context));
            prop_assert_eq!(one, other.not());
        }
    }
}
