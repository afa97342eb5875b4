//! Advanced event selectors.

use proptest::prelude::*;

use super::{none, paths};
use crate::domain::trail::{AdvancedEventSelector, Desired, EventSelectors, FieldSelector};

/// A condition, written `field operator value,value`; `=` for an empty operator list.
fn field(text: &str) -> FieldSelector {
    let mut words = text.split(' ');
    let mut made = FieldSelector {
        field: words.next().unwrap().to_owned(),
        ..FieldSelector::default()
    };
    while let (Some(operator), Some(values)) = (words.next(), words.next()) {
        let values = values.split(',').map(str::to_owned).collect();
        match operator {
            "equals" => made.equals = values,
            "starts_with" => made.starts_with = values,
            "ends_with" => made.ends_with = values,
            "not_equals" => made.not_equals = values,
            "not_starts_with" => made.not_starts_with = values,
            "not_ends_with" => made.not_ends_with = values,
            other => panic!("{other}"),
        }
    }
    made
}

fn advanced(selectors: Vec<AdvancedEventSelector>) -> Vec<String> {
    paths(&Desired {
        event_selectors: Some(EventSelectors::Advanced(selectors)),
        ..Desired::default()
    })
}

fn selector(fields: &[&str]) -> AdvancedEventSelector {
    AdvancedEventSelector {
        name: None,
        fields: fields.iter().map(|text| field(text)).collect(),
    }
}

/// What is found in one selector, below its field selectors.
fn wrong(fields: &[&str]) -> Vec<String> {
    let start = "event_selectors.advanced[0].field_selectors";
    let short = |path: String| path.strip_prefix(start).unwrap_or(&path).to_owned();
    advanced(vec![selector(fields)])
        .into_iter()
        .map(short)
        .collect()
}

const MANAGEMENT: &str = "eventCategory equals Management";
const DATA: &str = "eventCategory equals Data";
const NETWORK: &str = "eventCategory equals NetworkActivity";
const OBJECTS: &str = "resources.type equals AWS::S3::Object";
const KMS: &str = "eventSource equals kms.amazonaws.com";
/// What "all" operators are.
const EVERY: &str =
    "equals a starts_with a ends_with a not_equals a not_starts_with a not_ends_with a";

#[test]
fn what_each_category_takes() {
    let every = |field: &str| format!("{field} {EVERY}");
    for right in [
        vec![MANAGEMENT],
        vec![
            MANAGEMENT,
            "readOnly equals true",
            "eventSource not_equals kms.amazonaws.com,rdsdata.amazonaws.com",
        ],
        vec![DATA, OBJECTS],
        vec![
            DATA,
            OBJECTS,
            "readOnly equals false",
            "sessionCredentialFromConsole equals true not_equals false",
        ],
        vec![
            DATA,
            OBJECTS,
            "resources.ARN starts_with arn:aws:s3:::b/ not_equals arn:aws:s3:::b/k",
        ],
        vec![NETWORK, KMS, "errorCode equals VpceAccessDenied"],
    ] {
        assert_eq!(wrong(&right), none(), "{right:?}");
    }
    for field in ["eventName", "eventSource", "eventType", "userIdentity.arn"] {
        assert_eq!(wrong(&[DATA, OBJECTS, &every(field)]), none(), "{field}");
    }
    for field in ["eventName", "vpcEndpointId", "userIdentity.arn"] {
        assert_eq!(wrong(&[NETWORK, KMS, &every(field)]), none(), "{field}");
    }
}

#[test]
fn what_a_category_does_not_take() {
    for (fields, path) in [
        (vec![MANAGEMENT, "eventName equals x"], "[1].field"),
        (vec![MANAGEMENT, OBJECTS], "[1].field"),
        (vec![MANAGEMENT, "eventType equals x"], "[1].field"),
        (vec![MANAGEMENT, "userIdentity.arn equals x"], "[1].field"),
        (vec![MANAGEMENT, KMS], "[1].equals"),
        (
            vec![
                MANAGEMENT,
                "eventSource not_equals kms.amazonaws.com,s3.amazonaws.com",
            ],
            "[1].not_equals[1]",
        ),
        (
            vec![MANAGEMENT, "readOnly not_equals true"],
            "[1].not_equals",
        ),
        (vec![MANAGEMENT, "readOnly equals maybe"], "[1].equals[0]"),
        (vec![MANAGEMENT, "readOnly equals true,false"], "[1].equals"),
        (
            vec![DATA, OBJECTS, "errorCode equals VpceAccessDenied"],
            "[2].field",
        ),
        (vec![DATA, OBJECTS, "vpcEndpointId equals x"], "[2].field"),
        (
            vec![DATA, OBJECTS, "sessionCredentialFromConsole starts_with t"],
            "[2].starts_with",
        ),
        (
            vec![DATA, OBJECTS, "resources.ARN equals b/k"],
            "[2].equals[0]",
        ),
        (
            vec![
                DATA,
                "resources.type equals AWS::S3::Object,AWS::SNS::Topic",
            ],
            "[1].equals",
        ),
        (
            vec![DATA, "resources.type starts_with AWS::S3"],
            "[1].starts_with",
        ),
        (vec![DATA, "resources.type equals s3"], "[1].equals[0]"),
        (vec![DATA], ""),
        (vec![NETWORK], ""),
        (
            vec![
                NETWORK,
                "eventSource equals kms.amazonaws.com,ec2.amazonaws.com",
            ],
            "[1].equals",
        ),
        (
            vec![NETWORK, "eventSource not_equals kms.amazonaws.com"],
            "[1].not_equals",
        ),
        (
            vec![NETWORK, KMS, "errorCode equals AccessDenied"],
            "[2].equals[0]",
        ),
        (
            vec![NETWORK, KMS, "errorCode not_equals VpceAccessDenied"],
            "[2].not_equals",
        ),
        (vec![NETWORK, KMS, "readOnly equals true"], "[2].field"),
        (vec![], ""),
        (vec![OBJECTS], ""),
        (vec!["eventCategory not_equals Data"], "[0].equals"),
        (vec!["eventCategory equals Data,Management"], "[0].equals"),
        (vec!["eventCategory equals Insight"], "[0].equals"),
        (
            vec!["eventCategory equals Management not_equals Data"],
            "[0].not_equals",
        ),
        (vec![MANAGEMENT, MANAGEMENT], "[1].field"),
        (
            vec![DATA, OBJECTS, "resources.type equals AWS::SNS::Topic"],
            "[2].field",
        ),
        (vec![MANAGEMENT, "readOnly"], "[1]"),
    ] {
        assert_eq!(wrong(&fields), [path], "{fields:?}");
    }
}

#[test]
fn advanced_selectors_have_lengths() {
    let named = |length| AdvancedEventSelector {
        name: Some("n".repeat(length)),
        ..selector(&[MANAGEMENT])
    };
    assert_eq!(advanced(vec![]), ["event_selectors.advanced"]);
    assert_eq!(advanced(vec![named(0), named(1000)]), none());
    assert_eq!(
        advanced(vec![named(1001)]),
        ["event_selectors.advanced[0].name"]
    );
    let value = |length| {
        wrong(&[
            DATA,
            OBJECTS,
            &format!("eventName equals {}", "v".repeat(length)),
        ])
    };
    assert_eq!(value(1), none());
    assert_eq!(value(2048), none());
    assert_eq!(value(2049), ["[2].equals[0]"]);
    assert_eq!(value(0), ["[2].equals[0]"]);
    let long = |length: usize| wrong(&[MANAGEMENT, &format!("{} equals x", "f".repeat(length))]);
    // The first is no field that management events have; the second is no field at all.
    assert_eq!(long(1000), ["[1].field"]);
    assert_eq!(long(1001), ["[1].field", "[1].field"]);
}

#[test]
fn five_hundred_values_over_all_conditions() {
    let names = |count: usize| {
        let names: Vec<String> = (0..count).map(|n| format!("n{n}")).collect();
        selector(&[
            DATA,
            OBJECTS,
            &format!("eventName equals {}", names.join(",")),
        ])
    };
    // Each selector has two values besides the names.
    assert_eq!(advanced(vec![names(248), names(248)]), none());
    assert_eq!(
        advanced(vec![names(248), names(249)]),
        ["event_selectors.advanced"]
    );
}

proptest! {
    /// Selectors past the first are numbered, and everything wrong is told at once.
    #[test]
    fn all_is_told_at_once(right in 0..4usize, bad in 1..5usize) {
        let mut selectors = vec![selector(&[MANAGEMENT]); right];
        selectors.extend(vec![selector(&[DATA, "errorCode equals X"]); bad]);
        let mut expected = Vec::new();
        for at in right..right + bad {
            expected.push(format!("event_selectors.advanced[{at}].field_selectors[1].field"));
            expected.push(format!("event_selectors.advanced[{at}].field_selectors"));
        }
        prop_assert_eq!(advanced(selectors), expected);
    }
}
