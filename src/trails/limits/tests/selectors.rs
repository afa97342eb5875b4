//! Basic and advanced event selectors.

use proptest::prelude::*;

use super::paths;
use crate::domain::trail::{
    AdvancedEventSelector, BasicEventSelector, DataResource, Desired, EventSelectors,
    FieldSelector, ReadWrite,
};

fn management() -> BasicEventSelector {
    BasicEventSelector {
        read_write: ReadWrite::All,
        management_events: true,
        data_resources: Vec::new(),
        excluded_sources: Vec::new(),
    }
}

fn data(resource_type: &str, values: &[String]) -> BasicEventSelector {
    BasicEventSelector {
        management_events: false,
        data_resources: vec![DataResource {
            resource_type: resource_type.to_owned(),
            values: values.to_vec(),
        }],
        ..management()
    }
}

fn basic(selectors: Vec<BasicEventSelector>) -> Vec<String> {
    paths(&Desired {
        event_selectors: Some(EventSelectors::Basic(selectors)),
        ..Desired::default()
    })
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn one_to_five_basic_selectors() {
    assert_eq!(basic(vec![]), ["event_selectors.basic"]);
    assert_eq!(basic(vec![management()]), none());
    assert_eq!(basic(vec![management(); 5]), none());
    assert_eq!(basic(vec![management(); 6]), ["event_selectors.basic"]);
}

#[test]
fn a_basic_selector_takes_something() {
    let nothing = BasicEventSelector {
        management_events: false,
        ..management()
    };
    assert_eq!(basic(vec![nothing]), ["event_selectors.basic[0]"]);
    let empty = "event_selectors.basic[0].data_resources[0].values";
    assert_eq!(basic(vec![data("AWS::S3::Object", &[])]), [empty]);
}

fn buckets(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("arn:aws:s3:::bucket{n}/"))
        .collect()
}

#[test]
fn two_hundred_and_fifty_data_resources_over_all_selectors() {
    let object = |values: &[String]| data("AWS::S3::Object", values);
    let all = ["arn:aws:s3".to_owned(), "arn:aws:s3:::".to_owned()];
    let functions = data("AWS::Lambda::Function", &["arn:aws:lambda".to_owned()]);
    let tables = data("AWS::DynamoDB::Table", &["arn:aws:dynamodb".to_owned()]);
    let rest = [object(&all), functions, tables];
    let with = |first: usize, second: usize| {
        let counted = [object(&buckets(first)), object(&buckets(second))];
        basic([&counted[..], &rest].concat())
    };
    assert_eq!(with(100, 150), none());
    assert_eq!(with(100, 151), ["event_selectors.basic"]);
}

proptest! {
    #[test]
    fn the_sum_decides_however_it_is_spread(counts in proptest::collection::vec(1..90usize, 1..=5)) {
        let selectors = counts.iter().map(|n| data("AWS::S3::Object", &buckets(*n)));
        let allowed = counts.iter().sum::<usize>() <= 250;
        prop_assert_eq!(basic(selectors.collect()).is_empty(), allowed);
    }
}

#[test]
fn data_resources_have_the_shape_of_their_type() {
    let place = "eu-west-1:111111111111";
    for (kind, right, wrong) in [
        (
            "AWS::S3::Object",
            vec![
                "arn:aws:s3".into(),
                "arn:aws:s3:::".into(),
                "arn:aws:s3:::b/".into(),
                "arn:aws:s3:::b/k/x".into(),
            ],
            vec![
                "".into(),
                "b/".into(),
                "arn:aws:s3:::b".into(),
                "arn:aws:s3:::*".into(),
                "arn:aws:s3:::*/x".into(),
                "arn:aws:lambda".into(),
                format!("arn:aws:s3:{place}:b/"),
                "arn:aws-cn:s3".into(),
                "arn:aws-cn:s3:::b/".into(),
            ],
        ),
        (
            "AWS::Lambda::Function",
            vec![
                "arn:aws:lambda".into(),
                format!("arn:aws:lambda:{place}:function:f"),
                format!("arn:aws:lambda:{place}:function:f:live"),
            ],
            vec![
                "arn:aws:lambda:::".into(),
                "arn:aws:lambda:*".into(),
                format!("arn:aws:lambda:{place}:function:"),
                "arn:aws:lambda:::function:f".into(),
                "arn:aws:s3".into(),
            ],
        ),
        (
            "AWS::DynamoDB::Table",
            vec![
                "arn:aws:dynamodb".into(),
                format!("arn:aws:dynamodb:{place}:table/t"),
            ],
            vec![
                "arn:aws:dynamodb:::".into(),
                format!("arn:aws:dynamodb:{place}:table"),
                format!("arn:aws:dynamodb:{place}:t"),
                "t".into(),
            ],
        ),
    ] {
        for value in right {
            assert_eq!(
                basic(vec![data(kind, &[String::clone(&value)])]),
                none(),
                "{value}"
            );
        }
        for value in wrong {
            let path = "event_selectors.basic[0].data_resources[0].values[0]";
            assert_eq!(
                basic(vec![data(kind, &[String::clone(&value)])]),
                [path],
                "{value}"
            );
        }
    }
    let path = "event_selectors.basic[0].data_resources[0].type";
    assert_eq!(basic(vec![data("AWS::SNS::Topic", &["x".into()])]), [path]);
}

#[test]
fn only_two_sources_are_left_out_and_only_of_management_events() {
    let excluding = |management_events, sources: &[&str]| BasicEventSelector {
        excluded_sources: sources.iter().map(|s| (*s).to_owned()).collect(),
        management_events,
        ..data("AWS::S3::Object", &buckets(1))
    };
    let both = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];
    assert_eq!(basic(vec![excluding(true, &both)]), none());
    let path = |at| format!("event_selectors.basic[0].exclude_management_event_sources[{at}]");
    assert_eq!(
        basic(vec![excluding(
            true,
            &["kms.amazonaws.com", "s3.amazonaws.com"]
        )]),
        [path(1)]
    );
    assert_eq!(basic(vec![excluding(false, &both)]), [path(0), path(1)]);
}

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
