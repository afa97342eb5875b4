//! A trail as it should be.

use super::*;

fn regions(names: &[&str]) -> Option<TargetSelector> {
    Some(TargetSelector {
        regions: names.iter().map(|name| (*name).to_owned()).collect(),
        ..TargetSelector::default()
    })
}

fn create(trail: TrailSpec) -> CreateTrailRequest {
    CreateTrailRequest {
        trail: Some(trail),
        ..CreateTrailRequest::default()
    }
}

fn apply(trail: TrailSpec) -> ApplyTrailRequest {
    ApplyTrailRequest {
        trail: Some(trail),
        ..ApplyTrailRequest::default()
    }
}

#[test]
fn home_regions_come_from_the_trail_or_from_the_targets() {
    let homes = |home: &str, targets| {
        let trail = TrailSpec {
            home_region: home.into(),
            ..spec()
        };
        read(CreateTrailRequest {
            targets,
            ..create(trail)
        })
    };
    let names = |request: ChangeRequest| match request.trails {
        Where::At { homes, .. } => homes.iter().map(ToString::to_string).collect(),
        other => vec![format!("{other:?}")],
    };
    let one = homes("eu-west-1", None).unwrap();
    assert_eq!(names(one), ["eu-west-1"]);
    let several = regions(&["us-east-1", "eu-west-1", "us-east-1"]);
    let several = homes("", several).unwrap();
    assert_eq!(names(several), ["eu-west-1", "us-east-1"]);
    for (home, targets, fields) in [
        ("", None, vec!["trail.home_region"]),
        (
            "eu-west-1",
            regions(&["eu-west-1"]),
            vec!["targets.regions"],
        ),
        ("mars", None, vec!["trail.home_region"]),
        ("", regions(&["mars"]), vec!["targets.regions[0]"]),
    ] {
        let status = homes(home, targets).unwrap_err();
        let details = status.get_error_details();
        let listed = &details.bad_request().unwrap().field_violations;
        let found: Vec<&str> = listed.iter().map(|v| &*v.field).collect();
        assert_eq!(found, fields);
    }
}

#[test]
fn a_new_trail_logs_unless_told_not_to_and_an_applied_one_stays_as_it_is() {
    let created = good(create(spec()));
    assert_eq!(created.presence, Presence::New);
    assert_eq!(created.desired.logging, Some(true));
    let quiet = TrailSpec {
        logging: Some(false),
        ..spec()
    };
    // Nothing is recorded less than before, so that this needs no leave.
    assert_eq!(good(create(quiet)).desired.logging, Some(false));
    let applied = good(apply(spec()));
    assert_eq!(applied.presence, Presence::Ensured);
    let bucket = DesiredSettings {
        bucket: Some("logs".into()),
        ..DesiredSettings::default()
    };
    let only_bucket = Desired {
        settings: bucket,
        ..Desired::default()
    };
    assert_eq!(applied.desired, only_bucket);
    let pruned = good(ApplyTrailRequest {
        prune_tags: true,
        ..apply(spec())
    });
    assert_eq!(pruned.desired.tags.remove, TagRemoval::Others);
}

#[test]
fn every_field_of_a_trail_is_read() {
    let full = TrailSpec {
        s3_key_prefix: Some("p".into()),
        sns_topic_name: Some("topic".into()),
        include_global_service_events: Some(true),
        is_multi_region_trail: Some(true),
        is_organization_trail: Some(false),
        enable_log_file_validation: Some(true),
        cloud_watch_logs_log_group_arn: Some(
            "arn:aws:logs:eu-west-1:111111111111:log-group:g:*".into(),
        ),
        cloud_watch_logs_role_arn: Some("arn:aws:iam::111111111111:role/r".into()),
        kms_key_id: Some("alias/k".into()),
        recursive_logging: Some(false),
        tags: HashMap::from([("k".into(), "v".into())]),
        event_selectors: Some(EventSelectors {
            basic: vec![BasicEventSelector::default()],
            ..EventSelectors::default()
        }),
        insight_selectors: Some(proto::InsightSelectors::default()),
        event_configuration: Some(EventConfiguration::default()),
        logging: Some(true),
        ..spec()
    };
    let desired = good(create(full.clone())).desired;
    let set = |text: &str| Wish::Set(text.to_owned());
    let own = &desired.settings;
    assert_eq!(own.prefix, set("p"));
    assert_eq!(own.sns_topic, set("topic"));
    assert_eq!(own.kms_key_id, set("alias/k"));
    assert_eq!(own.log_role_arn, set("arn:aws:iam::111111111111:role/r"));
    assert_eq!(own.regions, Some(RecordedRegions::All));
    assert_eq!(own.accounts, Some(trail::RecordedAccounts::Owner));
    assert_eq!(own.global_service_events, Some(true));
    assert_eq!(own.log_file_validation, Some(true));
    assert_eq!(own.recursive_logging, Some(false));
    assert_eq!(desired.tags.set["k"], "v");
    assert_eq!(desired.insight_selectors, Some(Vec::new()));
    assert_eq!(
        desired.event_selectors,
        Some(trail::EventSelectors::Basic(vec![
            trail::BasicEventSelector {
                read_write: trail::ReadWrite::All,
                management_events: true,
                data_resources: Vec::new(),
                excluded_sources: Vec::new(),
            }
        ]))
    );
    // The same, through a mask that names all.
    let all = [
        "s3_bucket_name",
        "s3_key_prefix",
        "sns_topic_name",
        "include_global_service_events",
        "is_multi_region_trail",
        "is_organization_trail",
        "enable_log_file_validation",
        "cloud_watch_logs_log_group_arn",
        "cloud_watch_logs_role_arn",
        "kms_key_id",
        "recursive_logging",
        "event_selectors",
        "insight_selectors",
        "event_configuration",
    ];
    let updated = good(mask::update(&all, full)).desired;
    let without_the_rest = Desired {
        tags: trail::DesiredTags::default(),
        logging: None,
        ..desired
    };
    assert_eq!(updated, without_the_rest);
}

#[test]
fn an_empty_text_is_a_mistake_in_a_new_trail_and_clears_an_old_one() {
    let empty = TrailSpec {
        s3_key_prefix: Some(String::new()),
        sns_topic_name: Some(String::new()),
        cloud_watch_logs_log_group_arn: Some(String::new()),
        cloud_watch_logs_role_arn: Some(String::new()),
        kms_key_id: Some(String::new()),
        ..spec()
    };
    assert_eq!(
        wrong(create(empty.clone())),
        [
            "trail.s3_key_prefix",
            "trail.sns_topic_name",
            "trail.cloud_watch_logs_log_group_arn",
            "trail.cloud_watch_logs_role_arn",
            "trail.kms_key_id",
        ]
    );
    let own = good(apply(empty)).desired.settings;
    for wish in [
        own.prefix,
        own.sns_topic,
        own.log_group_arn,
        own.log_role_arn,
        own.kms_key_id,
    ] {
        assert_eq!(wish, Wish::Clear);
    }
}

#[test]
fn all_that_is_wrong_with_a_new_trail_is_told_at_once() {
    let nothing = CreateTrailRequest {
        request_id: "a b".into(),
        ..CreateTrailRequest::default()
    };
    let all = [
        "request_id",
        "trail.name",
        "trail.home_region",
        "trail.s3_bucket_name",
    ];
    assert_eq!(wrong(nothing), all);
    let nothing = ApplyTrailRequest::default();
    assert_eq!(wrong(nothing), all[1..]);
    let selectors = EventSelectors {
        basic: vec![
            BasicEventSelector::default(),
            BasicEventSelector {
                read_write_type: 9,
                ..BasicEventSelector::default()
            },
        ],
        ..EventSelectors::default()
    };
    let parts = TrailSpec {
        s3_bucket_name: String::new(),
        event_selectors: Some(selectors),
        event_configuration: Some(EventConfiguration {
            max_event_size: 9,
            ..EventConfiguration::default()
        }),
        ..spec()
    };
    assert_eq!(
        wrong(create(parts)),
        [
            "trail.s3_bucket_name",
            "trail.event_selectors.basic[1].read_write_type",
            "trail.event_configuration.max_event_size",
        ]
    );
}

#[test]
fn what_aws_would_refuse_is_told_by_its_path_with_all_else_that_is_wrong() {
    let several = TrailSpec {
        home_region: String::new(),
        is_multi_region_trail: Some(true),
        include_global_service_events: Some(false),
        s3_bucket_name: "Logs".into(),
        s3_key_prefix: Some("p".repeat(201)),
        ..spec()
    };
    let request = CreateTrailRequest {
        targets: regions(&["eu-west-1", "us-east-1"]),
        request_id: "a b".into(),
        ..create(several)
    };
    let mut found = wrong(request);
    found.sort();
    found.dedup();
    assert_eq!(
        found,
        [
            "request_id",
            "trail.include_global_service_events",
            "trail.is_multi_region_trail",
            "trail.s3_bucket_name",
            "trail.s3_key_prefix",
        ]
    );
    // The log group must be in the trail's home, which an ARN names as well.
    let elsewhere = TrailSpec {
        cloud_watch_logs_log_group_arn: Some(
            "arn:aws:logs:us-east-1:111111111111:log-group:g:*".into(),
        ),
        cloud_watch_logs_role_arn: Some("arn:aws:iam::111111111111:role/r".into()),
        ..TrailSpec::default()
    };
    let paths = [
        "cloud_watch_logs_log_group_arn",
        "cloud_watch_logs_role_arn",
    ];
    let by_arn = UpdateTrailRequest {
        trail_name: String::new(),
        trail_arns: vec![ARN.into()],
        ..mask::update(&paths, elsewhere)
    };
    assert_eq!(wrong(by_arn), ["trail.cloud_watch_logs_log_group_arn"]);
}
