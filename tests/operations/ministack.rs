//! ministack: trails, their home Regions, and the policies of what they deliver to and with.

use std::collections::{BTreeMap, BTreeSet};

use trailplane::{
    aws::{AwsError, CreateTrail, FailureKind, TookEffect, UpdateTrail},
    domain::{
        CellReason, Region, TrailArn,
        trail::{
            AdvancedEventSelector, BasicEventSelector, DataResource, DesiredSettings,
            EventSelectors, FieldSelector, ReadWrite, RecordedAccounts, RecordedRegions, Wish,
        },
    },
};

use super::{World, op};

fn new_trail() -> CreateTrail {
    CreateTrail {
        name: "main".parse().unwrap(),
        settings: DesiredSettings {
            bucket: Some("logs-111111111111".to_owned()),
            prefix: Wish::Set("trails".to_owned()),
            kms_key_id: Wish::Clear,
            regions: Some(RecordedRegions::All),
            accounts: Some(RecordedAccounts::Owner),
            global_service_events: Some(true),
            log_file_validation: Some(true),
            ..DesiredSettings::default()
        },
        tags: BTreeMap::from([("team".to_owned(), "audit".to_owned())]),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, AwsError>, kind: FailureKind) -> AwsError {
    let error = answer.unwrap_err();
    assert_eq!(error.kind, kind, "{error:?}");
    assert_eq!(error.effect(), TookEffect::No);
    error
}

#[tokio::test]
async fn a_trail_lives_from_create_to_delete() {
    let world = World::ministack().await;
    let (home, abroad): (_, Region) = (world.region.clone(), "us-east-1".parse().unwrap());
    let made = op!(world.create_trail(&home, &new_trail())).unwrap();
    assert!(made.request_id.is_some());
    let arn = made.out;
    let text = "arn:aws:cloudtrail:eu-west-1:111111111111:trail/main";
    assert_eq!(arn.as_str(), text);
    let again = op!(world.create_trail(&home, &new_trail()));
    let again = refused(again, FailureKind::AlreadyExists);
    assert_eq!(again.reason(), CellReason::AlreadyExists);

    let trail = op!(world.get_trail(&home, &arn)).unwrap();
    assert_eq!(trail.regions, RecordedRegions::All);
    assert_eq!(trail.bucket, "logs-111111111111");
    assert_eq!(trail.prefix.as_deref(), Some("trails"));
    assert!(trail.log_file_validation);

    op!(world.start_logging(&home, &arn)).unwrap();
    assert!(op!(world.get_trail_status(&home, &arn)).unwrap().logging);
    op!(world.stop_logging(&home, &arn)).unwrap();
    assert!(!op!(world.get_trail_status(&home, &arn)).unwrap().logging);
    let abroad = op!(world.start_logging(&abroad, &arn));
    refused(abroad, FailureKind::WrongHomeRegion);

    let change = UpdateTrail {
        arn: arn.clone(),
        settings: DesiredSettings {
            prefix: Wish::Clear,
            regions: Some(RecordedRegions::Home),
            global_service_events: Some(false),
            ..DesiredSettings::default()
        },
    };
    op!(world.update_trail(&home, &change)).unwrap();
    let trail = op!(world.get_trail(&home, &arn)).unwrap();
    assert_eq!((trail.prefix, trail.regions), (None, RecordedRegions::Home));
    // What was not named stays.
    assert!(trail.log_file_validation);

    op!(world.delete_trail(&home, &arn)).unwrap();
    refused(op!(world.get_trail(&home, &arn)), FailureKind::NotFound);
    let gone = refused(op!(world.delete_trail(&home, &arn)), FailureKind::NotFound);
    assert_eq!(gone.reason(), CellReason::TrailNotFound);
}

async fn made(world: &World) -> TrailArn {
    op!(world.create_trail(&world.region, &new_trail()))
        .unwrap()
        .out
}

#[tokio::test]
async fn selectors_are_replaced_as_a_whole() {
    let world = World::ministack().await;
    let arn = made(&world).await;
    let basic = EventSelectors::Basic(vec![BasicEventSelector {
        read_write: ReadWrite::WriteOnly,
        management_events: true,
        data_resources: vec![DataResource {
            resource_type: "AWS::S3::Object".to_owned(),
            values: vec!["arn:aws:s3:::bucket/".to_owned()],
        }],
        excluded_sources: vec!["kms.amazonaws.com".to_owned()],
    }]);
    let condition = |field: &str, value: &str| FieldSelector {
        field: field.to_owned(),
        equals: vec![value.to_owned()],
        ..FieldSelector::default()
    };
    let advanced = EventSelectors::Advanced(vec![AdvancedEventSelector {
        name: Some("objects that are deleted".to_owned()),
        fields: vec![
            condition("eventCategory", "Data"),
            condition("resources.type", "AWS::S3::Object"),
            FieldSelector {
                starts_with: vec!["Delete".to_owned()],
                ..condition("eventName", "DeleteObject")
            },
        ],
    }]);
    for wanted in [&basic, &advanced, &basic] {
        op!(world.put_event_selectors(&world.region, &arn, wanted)).unwrap();
        let found = op!(world.get_event_selectors(&world.region, &arn)).unwrap();
        assert_eq!(&found, wanted);
    }
}

#[tokio::test]
async fn tags_come_and_go() {
    let world = World::ministack().await;
    let arn = made(&world).await;
    let tags = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    };
    let listed = async || {
        let listed = op!(world.list_trail_tags(&world.region, std::slice::from_ref(&arn)));
        listed.unwrap().remove(&arn).unwrap_or_default()
    };
    let first = tags(&[("team", "audit"), ("cost", "1")]);
    op!(world.add_tags(&world.region, &arn, &first)).unwrap();
    assert_eq!(listed().await, first);
    op!(world.add_tags(&world.region, &arn, &tags(&[("cost", "2")]))).unwrap();
    assert_eq!(listed().await, tags(&[("team", "audit"), ("cost", "2")]));
    let keys = BTreeSet::from(["team".to_owned(), "never-had".to_owned()]);
    op!(world.remove_tags(&world.region, &arn, &keys)).unwrap();
    assert_eq!(listed().await, tags(&[("cost", "2")]));
}
