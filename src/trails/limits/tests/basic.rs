//! Basic event selectors.

use proptest::prelude::*;

use super::{none, paths};
use crate::domain::trail::{BasicEventSelector, DataResource, Desired, EventSelectors, ReadWrite};

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
