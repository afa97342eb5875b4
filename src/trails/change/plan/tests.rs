use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    covers::{default_selectors, selectors_cover},
    *,
};
use crate::domain::trail::{
    AdvancedEventSelector, Aggregation, BasicEventSelector, DataResource, DesiredTags,
    EventSelectors, FieldSelector, InsightCategory, InsightKind, InsightSelector, ReadWrite,
    RecordedAccounts, RecordedRegions, TagRemoval, Wish,
};

fn arn() -> TrailArn {
    "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit"
        .parse()
        .unwrap()
}

fn carried_out(found: Option<Found>, steps: &[Step]) -> Option<Found> {
    steps
        .iter()
        .fold(found, |found, step| after(&arn(), found, step))
}

fn made(settings: DesiredSettings) -> Found {
    let desired = Desired {
        settings,
        ..Desired::default()
    };
    let steps = plan(&arn(), None, &desired, Presence::New).unwrap();
    carried_out(None, &steps).unwrap()
}

fn in_bucket() -> DesiredSettings {
    DesiredSettings {
        bucket: Some("logs".to_owned()),
        ..DesiredSettings::default()
    }
}

fn actions(steps: &[Step]) -> Vec<&'static str> {
    let name = |step: &Step| step.call.action().trim_start_matches("cloudtrail:");
    steps.iter().map(name).collect()
}

fn reduces(found: &Found, desired: &Desired) -> bool {
    let steps = plan(&arn(), Some(found), desired, Presence::Existing).unwrap();
    assert!(!steps.is_empty());
    steps.iter().any(|step| step.reduces_logging)
}

#[test]
fn a_created_trail_logs_unless_told_not_to() {
    let create = |logging| {
        let desired = Desired {
            settings: in_bucket(),
            logging,
            ..Desired::default()
        };
        plan(&arn(), None, &desired, Presence::New).unwrap()
    };
    assert_eq!(actions(&create(None)), ["CreateTrail", "StartLogging"]);
    assert_eq!(actions(&create(Some(false))), ["CreateTrail"]);
}

#[test]
fn a_trail_that_never_logged_has_nothing_to_lose() {
    let narrow = Desired {
        settings: in_bucket(),
        event_selectors: Some(EventSelectors::Basic(vec![basic(ReadWrite::WriteOnly)])),
        ..Desired::default()
    };
    let steps = plan(&arn(), None, &narrow, Presence::New).unwrap();
    assert!(steps.iter().all(|step| !step.reduces_logging));
    assert!(reduces(&made(in_bucket()), &narrow));
}

#[test]
fn a_creation_that_was_cut_off_is_completed_and_anything_else_is_left_alone() {
    let desired = Desired {
        settings: in_bucket(),
        event_selectors: Some(EventSelectors::Basic(vec![basic(ReadWrite::WriteOnly)])),
        ..Desired::default()
    };
    let steps = plan(&arn(), None, &desired, Presence::New).unwrap();
    for cut in 1..steps.len() {
        let half = carried_out(None, &steps[..cut]);
        let rest = plan(&arn(), half.as_ref(), &desired, Presence::New).unwrap();
        assert_eq!(rest, steps[cut..], "cut after {cut}");
    }
    let mut other = carried_out(None, &steps).unwrap();
    other.settings.bucket = "other".to_owned();
    let refused = plan(&arn(), Some(&other), &desired, Presence::New).unwrap_err();
    let Impossible::Differs(changes) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(changes[0].path, "trail.s3_bucket_name");
    assert_eq!(
        (&*changes[0].before, &*changes[0].after),
        ("\"other\"", "\"logs\"")
    );
    // Somebody stopped it: that is not a creation cut off.
    let mut stopped = carried_out(None, &steps).unwrap();
    let status = stopped.parts.status.as_mut().unwrap();
    status.logging = false;
    status.stopped = Some(crate::domain::Timestamp::from_nanos(1));
    assert!(plan(&arn(), Some(&stopped), &desired, Presence::New).is_err());
}

#[test]
fn what_is_not_there_is_told() {
    let nothing = Desired::default();
    let missing = plan(&arn(), None, &nothing, Presence::Existing);
    assert_eq!(missing, Err(Impossible::NoSuchTrail));
    assert_eq!(
        plan(&arn(), None, &nothing, Presence::Absent),
        Ok(Vec::new())
    );
    assert_eq!(
        plan(&arn(), None, &nothing, Presence::Ensured),
        Err(Impossible::NoBucket)
    );
}

#[test]
fn aws_names_things_in_more_than_one_way() {
    let mut found = made(in_bucket());
    found.settings.sns_topic_arn = Some("arn:aws:sns:eu-west-1:111111111111:told".to_owned());
    found.settings.kms_key_id = Some("arn:aws:kms:eu-west-1:111111111111:key/1234".to_owned());
    found.settings.log_group_arn =
        Some("arn:aws:logs:eu-west-1:111111111111:log-group:g:*".to_owned());
    found.settings.log_role_arn = Some("arn:aws:iam::111111111111:role/r".to_owned());
    let same = Desired {
        settings: DesiredSettings {
            sns_topic: Wish::Set("told".to_owned()),
            kms_key_id: Wish::Set("1234".to_owned()),
            log_group_arn: Wish::Set("arn:aws:logs:eu-west-1:111111111111:log-group:g".to_owned()),
            ..DesiredSettings::default()
        },
        ..Desired::default()
    };
    assert_eq!(
        plan(&arn(), Some(&found), &same, Presence::Existing),
        Ok(Vec::new())
    );
    let other = Desired {
        settings: DesiredSettings {
            log_group_arn: Wish::Set("arn:aws:logs:eu-west-1:111111111111:log-group:h".to_owned()),
            ..DesiredSettings::default()
        },
        ..Desired::default()
    };
    let steps = plan(&arn(), Some(&found), &other, Presence::Existing).unwrap();
    let StepCall::Update(update) = &steps[0].call else {
        panic!("{steps:?}")
    };
    // The role goes with the group, though it stays the same.
    assert_eq!(
        update.log_role_arn.wanted(),
        found.settings.log_role_arn.as_ref()
    );
}

#[test]
fn one_region_and_all_regions_carry_global_events_with_them() {
    let single = made(DesiredSettings {
        global_service_events: Some(false),
        ..in_bucket()
    });
    let all = |regions| Desired {
        settings: DesiredSettings {
            regions: Some(regions),
            ..DesiredSettings::default()
        },
        ..Desired::default()
    };
    let steps = plan(
        &arn(),
        Some(&single),
        &all(RecordedRegions::All),
        Presence::Existing,
    );
    let steps = steps.unwrap();
    let paths: Vec<&str> = steps[0].changes.iter().map(|c| &*c.path).collect();
    assert_eq!(
        paths,
        [
            "trail.is_multi_region_trail",
            "trail.include_global_service_events"
        ]
    );
    assert!(!steps[0].reduces_logging);
    let multi = carried_out(Some(single), &steps).unwrap();
    assert!(multi.settings.global_service_events);
    assert!(reduces(&multi, &all(RecordedRegions::Home)));
}

#[test]
fn what_records_less_says_so() {
    let mut whole = made(DesiredSettings {
        regions: Some(RecordedRegions::All),
        accounts: Some(RecordedAccounts::Organization),
        log_file_validation: Some(true),
        log_group_arn: Wish::Set("g".to_owned()),
        log_role_arn: Wish::Set("r".to_owned()),
        prefix: Wish::Set("p".to_owned()),
        ..in_bucket()
    });
    whole.parts.insight_selectors = Some(vec![insight(InsightKind::ApiCallRate)]);
    let with = |edit: &dyn Fn(&mut Desired)| {
        let mut desired = Desired::default();
        edit(&mut desired);
        desired
    };
    let less: [&dyn Fn(&mut Desired); 7] = [
        &|d| d.settings.regions = Some(RecordedRegions::Home),
        &|d| d.settings.accounts = Some(RecordedAccounts::Owner),
        &|d| d.settings.log_file_validation = Some(false),
        &|d| (d.settings.log_group_arn, d.settings.log_role_arn) = (Wish::Clear, Wish::Clear),
        &|d| d.logging = Some(false),
        &|d| d.insight_selectors = Some(Vec::new()),
        &|d| d.event_selectors = Some(EventSelectors::Basic(vec![basic(ReadWrite::ReadOnly)])),
    ];
    for (at, edit) in less.iter().enumerate() {
        assert!(reduces(&whole, &with(edit)), "case {at}");
    }
    let as_much: [&dyn Fn(&mut Desired); 4] = [
        &|d| d.settings.prefix = Wish::Clear,
        &|d| d.settings.bucket = Some("other".to_owned()),
        &|d| {
            let both = [InsightKind::ApiCallRate, InsightKind::ApiErrorRate];
            d.insight_selectors = Some(both.map(insight).to_vec());
        },
        &|d| {
            let mut all = basic(ReadWrite::All);
            all.data_resources = vec![data("AWS::S3::Object", &["arn:aws:s3"])];
            d.event_selectors = Some(EventSelectors::Basic(vec![all]));
        },
    ];
    for (at, edit) in as_much.iter().enumerate() {
        assert!(!reduces(&whole, &with(edit)), "case {at}");
    }
}

fn insight(kind: InsightKind) -> InsightSelector {
    InsightSelector {
        kind,
        categories: vec![InsightCategory::Management],
    }
}

fn basic(read_write: ReadWrite) -> BasicEventSelector {
    BasicEventSelector {
        read_write,
        management_events: true,
        data_resources: Vec::new(),
        excluded_sources: Vec::new(),
    }
}

fn data(resource_type: &str, values: &[&str]) -> DataResource {
    DataResource {
        resource_type: resource_type.to_owned(),
        values: values.iter().map(ToString::to_string).collect(),
    }
}

fn field(name: &str, operator: &str, values: &[&str]) -> FieldSelector {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    let mut field = FieldSelector {
        field: name.to_owned(),
        ..FieldSelector::default()
    };
    *match operator {
        "=" => &mut field.equals,
        "^" => &mut field.starts_with,
        "$" => &mut field.ends_with,
        "!=" => &mut field.not_equals,
        "!^" => &mut field.not_starts_with,
        _ => &mut field.not_ends_with,
    } = values;
    field
}

fn advanced(selectors: Vec<Vec<FieldSelector>>) -> EventSelectors {
    let all = selectors.into_iter();
    EventSelectors::Advanced(
        all.map(|fields| AdvancedEventSelector { name: None, fields })
            .collect(),
    )
}

#[test]
fn selectors_of_both_kinds_are_compared_by_what_they_take() {
    let management = field("eventCategory", "=", &["Management"]);
    let all = advanced(vec![vec![management.clone()]]);
    let halves = advanced(vec![
        vec![management.clone(), field("readOnly", "=", &["true"])],
        vec![management.clone(), field("readOnly", "=", &["false"])],
    ]);
    let no_kms = advanced(vec![vec![
        management.clone(),
        field("eventSource", "!=", &["kms.amazonaws.com"]),
    ]]);
    let same = [
        (&all, &default_selectors()),
        (&default_selectors(), &all),
        (&halves, &default_selectors()),
        (&all, &halves),
        (&all, &no_kms),
    ];
    for (new, old) in same {
        assert!(selectors_cover(new, old), "{new:?} {old:?}");
    }
    assert!(!selectors_cover(&no_kms, &all));
    let read = advanced(vec![vec![management, field("readOnly", "=", &["true"])]]);
    assert!(!selectors_cover(&read, &all));
    let objects = |fields: Vec<FieldSelector>| {
        let mut rule = vec![
            field("eventCategory", "=", &["Data"]),
            field("resources.type", "=", &["AWS::S3::Object"]),
        ];
        rule.extend(fields);
        advanced(vec![rule])
    };
    let bucket = "arn:aws:s3:::b/";
    let wide = objects(vec![field("resources.ARN", "^", &[bucket])]);
    let narrow = objects(vec![field("resources.ARN", "^", &["arn:aws:s3:::b/deep/"])]);
    let without = objects(vec![field(
        "resources.ARN",
        "!^",
        &["arn:aws:s3:::b/deep/"],
    )]);
    let of_basic = EventSelectors::Basic(vec![BasicEventSelector {
        management_events: false,
        data_resources: vec![data("AWS::S3::Object", &[bucket])],
        ..basic(ReadWrite::All)
    }]);
    assert!(selectors_cover(&wide, &narrow) && !selectors_cover(&narrow, &wide));
    assert!(selectors_cover(&wide, &of_basic) && selectors_cover(&of_basic, &wide));
    assert!(selectors_cover(&objects(Vec::new()), &without));
    assert!(!selectors_cover(&without, &objects(Vec::new())));
}

#[test]
fn all_buckets_are_written_in_two_ways() {
    let of = |value: &str| {
        EventSelectors::Basic(vec![BasicEventSelector {
            data_resources: vec![data("AWS::S3::Object", &[value])],
            ..basic(ReadWrite::All)
        }])
    };
    let (now, once) = (of("arn:aws:s3"), of("arn:aws:s3:::"));
    assert!(selectors_cover(&now, &once) && selectors_cover(&once, &now));
    assert!(!selectors_cover(&of("arn:aws:s3:::b/"), &once));
}

/// AWS: "Lambda function ARNs are exact". Of tables it says nothing.
#[test]
fn a_function_stands_for_itself_alone_and_a_table_for_what_nobody_says() {
    let of = |resource_type: &str, value: &str| {
        EventSelectors::Basic(vec![BasicEventSelector {
            data_resources: vec![data(resource_type, &[value])],
            ..basic(ReadWrite::All)
        }])
    };
    let (lambda, table) = ("AWS::Lambda::Function", "AWS::DynamoDB::Table");
    let one = "arn:aws:lambda:eu-west-1:111111111111:function:pay";
    let other = "arn:aws:lambda:eu-west-1:111111111111:function:pay2";
    let users = "arn:aws:dynamodb:eu-west-1:111111111111:table/users";
    let users2 = "arn:aws:dynamodb:eu-west-1:111111111111:table/users2";
    assert!(!selectors_cover(&of(lambda, one), &of(lambda, other)));
    assert!(!selectors_cover(&of(table, users), &of(table, users2)));
    assert!(!selectors_cover(&of(table, users2), &of(table, users)));
    assert!(selectors_cover(
        &of(lambda, "arn:aws:lambda"),
        &of(lambda, one)
    ));
    assert!(selectors_cover(
        &of(table, "arn:aws:dynamodb"),
        &of(table, users)
    ));
    assert!(selectors_cover(&of(table, users), &of(table, users)));
    let exactly = advanced(vec![
        vec![field("eventCategory", "=", &["Management"])],
        vec![
            field("eventCategory", "=", &["Data"]),
            field("resources.type", "=", &[lambda]),
            field("resources.ARN", "=", &[one]),
        ],
    ]);
    assert!(selectors_cover(&exactly, &of(lambda, one)));
    assert!(selectors_cover(&of(lambda, one), &exactly));
}

fn wishes() -> impl Strategy<Value = Wish<String>> {
    prop_oneof![
        Just(Wish::Keep),
        Just(Wish::Clear),
        prop::sample::select(vec!["a", "b"]).prop_map(|text| Wish::Set(text.to_owned())),
    ]
}

fn flags() -> impl Strategy<Value = Option<bool>> {
    proptest::option::of(any::<bool>())
}

prop_compose! {
    fn settings()(
        bucket in prop::sample::select(vec!["logs", "more-logs"]),
        texts in prop::collection::vec(wishes(), 4),
        multi in flags(),
        organization in flags(),
        global in flags(),
        validation in flags(),
        recursive in flags(),
    ) -> DesiredSettings {
        let regions = multi.map(|m| if m { RecordedRegions::All } else { RecordedRegions::Home });
        let accounts = organization.map(|o| match o {
            true => RecordedAccounts::Organization,
            false => RecordedAccounts::Owner,
        });
        DesiredSettings {
            bucket: Some(bucket.to_owned()),
            prefix: texts[0].clone(),
            sns_topic: texts[1].clone(),
            log_group_arn: texts[2].clone(),
            // CloudTrail takes both or neither; the limits see to that.
            log_role_arn: texts[2].clone(),
            kms_key_id: texts[3].clone(),
            regions,
            accounts,
            global_service_events: global,
            log_file_validation: validation,
            recursive_logging: recursive,
        }
    }
}

prop_compose! {
    fn any_selectors()(kind in 0..4) -> Option<EventSelectors> {
        match kind {
            0 => None,
            1 => Some(default_selectors()),
            2 => Some(EventSelectors::Basic(vec![basic(ReadWrite::ReadOnly), basic(ReadWrite::WriteOnly)])),
            _ => Some(advanced(vec![vec![field("eventCategory", "=", &["Management"])]])),
        }
    }
}

prop_compose! {
    fn wish()(
        settings in settings(),
        event_selectors in any_selectors(),
        insights in proptest::option::of(0usize..3),
        sums in proptest::option::of(any::<bool>()),
        tags in prop::collection::btree_map("[a-c]", "[x-y]", 0..3),
        removed in prop::collection::btree_set("[a-c]", 0..3),
        prune in 0..3,
        logging in flags(),
    ) -> Desired {
        let kinds = [InsightKind::ApiCallRate, InsightKind::ApiErrorRate];
        let aggregation = Aggregation { templates: vec!["API_ACTIVITY".to_owned()], category: "Data".to_owned() };
        let removed: BTreeSet<String> = removed.into_iter().filter(|key| !tags.contains_key(key)).collect();
        Desired {
            settings,
            event_selectors,
            insight_selectors: insights.map(|n| kinds[..n].iter().copied().map(insight).collect()),
            event_configuration: sums.map(|some| EventConfiguration {
                aggregations: if some { vec![aggregation] } else { Vec::new() },
                ..EventConfiguration::default()
            }),
            tags: DesiredTags {
                set: tags,
                remove: match prune {
                    0 => TagRemoval::Nothing,
                    1 => TagRemoval::Keys(removed),
                    _ => TagRemoval::Others,
                },
            },
            logging,
        }
    }
}

proptest! {
    /// Whatever is there and whatever is wanted: what a plan leads to is what was wanted, so that the same wish plans
    /// nothing more; and a plan cut off anywhere is taken up again to the same end.
    #[test]
    fn a_plan_carried_out_leaves_nothing_to_plan(first in wish(), second in wish(), cut in 0usize..9) {
        let steps = plan(&arn(), None, &first, Presence::Ensured).unwrap();
        let there = carried_out(None, &steps);
        prop_assert_eq!(plan(&arn(), there.as_ref(), &first, Presence::Ensured), Ok(Vec::new()));
        for presence in [Presence::New, Presence::Ensured] {
            let steps = plan(&arn(), None, &first, presence).unwrap();
            let (begun, left) = steps.split_at(cut.clamp(1, steps.len()));
            let half = carried_out(None, begun);
            prop_assert_eq!(plan(&arn(), half.as_ref(), &first, presence), Ok(left.to_vec()));
        }
        let change = plan(&arn(), there.as_ref(), &second, Presence::Ensured).unwrap();
        let end = carried_out(there.clone(), &change);
        prop_assert_eq!(plan(&arn(), end.as_ref(), &second, Presence::Ensured), Ok(Vec::new()));
        let half = carried_out(there, &change[..cut.min(change.len())]);
        let rest = plan(&arn(), half.as_ref(), &second, Presence::Ensured).unwrap();
        prop_assert_eq!(carried_out(half, &rest), end);
    }

    /// A step is planned only for a change that can be named, and one that names none is never planned.
    #[test]
    fn every_step_names_what_it_changes(first in wish(), second in wish()) {
        let there = carried_out(None, &plan(&arn(), None, &first, Presence::Ensured).unwrap());
        for step in plan(&arn(), there.as_ref(), &second, Presence::Existing).unwrap() {
            prop_assert!(!step.changes.is_empty());
            for change in &step.changes {
                prop_assert_ne!(&change.before, &change.after, "{:?}", step);
            }
        }
    }
}

#[test]
fn tags_of_aws_stay_and_room_is_made_before_it_is_used() {
    let mut found = made(in_bucket());
    found.parts.tags = Some(BTreeMap::from([
        ("aws:made-by".to_owned(), "x".to_owned()),
        ("old".to_owned(), "1".to_owned()),
    ]));
    let desired = Desired {
        tags: DesiredTags {
            set: BTreeMap::from([("new".to_owned(), "2".to_owned())]),
            remove: TagRemoval::Others,
        },
        ..Desired::default()
    };
    let steps = plan(&arn(), Some(&found), &desired, Presence::Existing).unwrap();
    assert_eq!(actions(&steps), ["RemoveTags", "AddTags"]);
    let StepCall::RemoveTags(gone) = &steps[0].call else {
        panic!("{steps:?}")
    };
    assert_eq!(gone.keys().collect::<Vec<_>>(), ["old"]);
}
