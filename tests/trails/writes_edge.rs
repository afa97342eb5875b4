//! Changes through the real program: each RPC does what it says, and every answer ends with its summary.

use serde_json::Value;
use tonic::Code;
use trailplane::api::proto::{
    AddTagsRequest, AggregationConfiguration, ApplyTrailRequest, BasicEventSelector, CellReason,
    CreateTrailRequest, DeleteTrailRequest, EventConfiguration, EventSelectors, InsightSelector,
    InsightSelectors, InsightType, Outcome, PutEventConfigurationRequest, PutEventSelectorsRequest,
    PutInsightSelectorsRequest, ReadWriteType, RemoveTagsRequest, Rollout, StartLoggingRequest,
    StopLoggingRequest, TrailSpec, UpdateTrailRequest, create_trail_response,
};

use super::edge::{ACCOUNTS, assert_all, change, members, name, read, spec, start};

#[tokio::test]
async fn a_trail_lives_through_every_change() {
    let (_sandbox, server) = start().await;
    let mut client = server.trails().await;
    let create = CreateTrailRequest {
        targets: members(),
        trail: Some(spec()),
        request_id: "change-42".into(),
        rollout: Some(Rollout {
            canary: 1,
            ..Rollout::default()
        }),
        ..CreateTrailRequest::default()
    };
    let plan = CreateTrailRequest {
        validate_only: true,
        ..create.clone()
    };
    assert_all(
        change!(client.create_trail(plan) as create_trail_response),
        Outcome::Planned,
    );
    let made = change!(client.create_trail(create.clone()) as create_trail_response);
    assert_eq!(made.1.request_id, "change-42");
    let canaries = made.0.iter().filter(|result| result.canary).count();
    assert!(canaries == 1 && made.0[0].canary, "{:?}", made.0);
    assert_all(made, Outcome::Applied);
    assert_all(
        change!(client.create_trail(create) as create_trail_response),
        Outcome::Unchanged,
    );
    assert!(
        read(&mut client, ACCOUNTS[0])
            .await
            .status
            .unwrap()
            .is_logging
    );

    let update = UpdateTrailRequest {
        targets: members(),
        trail_name: name(),
        trail: Some(TrailSpec {
            s3_key_prefix: Some("all".into()),
            ..TrailSpec::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["s3_key_prefix".into()],
        }),
        ..UpdateTrailRequest::default()
    };
    assert_all(
        change!(client.update_trail(update) as update_trail_response),
        Outcome::Applied,
    );
    let drift = ApplyTrailRequest {
        targets: members(),
        trail: Some(TrailSpec {
            s3_key_prefix: Some(String::new()),
            ..spec()
        }),
        validate_only: true,
        ..ApplyTrailRequest::default()
    };
    let apply = ApplyTrailRequest {
        validate_only: false,
        ..drift.clone()
    };
    let drifted = change!(client.apply_trail(drift) as apply_trail_response);
    let changes = &drifted.0[0].actions[0].changes;
    assert_eq!(changes[0].path, "trail.s3_key_prefix");
    assert_all(drifted, Outcome::Planned);
    assert_eq!(read(&mut client, ACCOUNTS[1]).await.s3_key_prefix, "all");
    for outcome in [Outcome::Applied, Outcome::Unchanged] {
        let applied = change!(client.apply_trail(apply.clone()) as apply_trail_response);
        assert_all(applied, outcome);
    }
    assert_eq!(read(&mut client, ACCOUNTS[1]).await.s3_key_prefix, "");
}

#[tokio::test]
async fn the_parts_of_a_trail_are_changed_and_less_is_recorded_only_with_leave() {
    let (_sandbox, server) = start().await;
    let mut client = server.trails().await;
    let create = CreateTrailRequest {
        targets: members(),
        trail: Some(spec()),
        ..CreateTrailRequest::default()
    };
    assert_all(
        change!(client.create_trail(create) as create_trail_response),
        Outcome::Applied,
    );
    let fewer = PutEventSelectorsRequest {
        targets: members(),
        trail_name: name(),
        event_selectors: Some(EventSelectors {
            basic: vec![BasicEventSelector {
                read_write_type: ReadWriteType::WriteOnly.into(),
                ..BasicEventSelector::default()
            }],
            ..EventSelectors::default()
        }),
        rollout: Some(Rollout {
            ignore_failures: true,
            ..Rollout::default()
        }),
        ..PutEventSelectorsRequest::default()
    };
    let without_leave =
        change!(client.put_event_selectors(fewer.clone()) as put_event_selectors_response);
    let refused = &without_leave.0[0];
    assert_eq!(refused.reason(), CellReason::Precondition);
    let error = refused.error.as_ref().unwrap();
    assert_eq!(error.code, Code::FailedPrecondition as i32);
    assert_all(without_leave, Outcome::NotApplied);
    let with_leave = PutEventSelectorsRequest {
        allow_reduced_logging: true,
        ..fewer
    };
    assert_all(
        change!(client.put_event_selectors(with_leave) as put_event_selectors_response),
        Outcome::Applied,
    );
    let insights = PutInsightSelectorsRequest {
        targets: members(),
        trail_name: name(),
        insight_selectors: Some(InsightSelectors {
            selectors: vec![InsightSelector {
                insight_type: InsightType::ApiErrorRate.into(),
                ..InsightSelector::default()
            }],
        }),
        ..PutInsightSelectorsRequest::default()
    };
    assert_all(
        change!(client.put_insight_selectors(insights) as put_insight_selectors_response),
        Outcome::Applied,
    );
    let sums = PutEventConfigurationRequest {
        targets: members(),
        trail_name: name(),
        event_configuration: Some(EventConfiguration {
            aggregation_configurations: vec![AggregationConfiguration {
                templates: vec!["API_ACTIVITY".into()],
                event_category: "Data".into(),
            }],
            ..EventConfiguration::default()
        }),
        ..PutEventConfigurationRequest::default()
    };
    assert_all(
        change!(client.put_event_configuration(sums) as put_event_configuration_response),
        Outcome::Applied,
    );
    let trail = read(&mut client, ACCOUNTS[2]).await;
    let selectors = trail.event_selectors.unwrap();
    assert_eq!(
        selectors.basic[0].read_write_type(),
        ReadWriteType::WriteOnly
    );
    let insights = trail.insight_selectors.unwrap().selectors;
    assert_eq!(insights[0].insight_type(), InsightType::ApiErrorRate);
    let sums = trail.event_configuration.unwrap();
    assert_eq!(sums.aggregation_configurations.len(), 1);
}

#[tokio::test]
async fn tags_logging_and_the_end() {
    let (_sandbox, server) = start().await;
    let mut client = server.trails().await;
    let create = CreateTrailRequest {
        targets: members(),
        trail: Some(spec()),
        ..CreateTrailRequest::default()
    };
    let made = change!(client.create_trail(create) as create_trail_response);
    let arns: Vec<String> = made
        .0
        .iter()
        .map(|result| result.resource.clone())
        .collect();
    let add = AddTagsRequest {
        trail_arns: arns.clone(),
        tags: [("team".to_owned(), "security".to_owned())].into(),
        ..AddTagsRequest::default()
    };
    assert_all(
        change!(client.add_tags(add) as add_tags_response),
        Outcome::Applied,
    );
    assert_eq!(
        read(&mut client, ACCOUNTS[0]).await.tags["team"],
        "security"
    );
    let remove = RemoveTagsRequest {
        trail_arns: arns.clone(),
        tag_keys: vec!["team".into(), "never there".into()],
        ..RemoveTagsRequest::default()
    };
    for outcome in [Outcome::Applied, Outcome::Unchanged] {
        let removed = change!(client.remove_tags(remove.clone()) as remove_tags_response);
        assert_all(removed, outcome);
    }
    let stop = StopLoggingRequest {
        trail_arns: arns.clone(),
        allow_reduced_logging: true,
        ..StopLoggingRequest::default()
    };
    let stopped = change!(client.stop_logging(stop) as stop_logging_response);
    assert!(stopped.0[0].actions[0].reduces_logging);
    assert_all(stopped, Outcome::Applied);
    assert!(
        !read(&mut client, ACCOUNTS[0])
            .await
            .status
            .unwrap()
            .is_logging
    );
    let start = StartLoggingRequest {
        trail_arns: arns.clone(),
        ..StartLoggingRequest::default()
    };
    for outcome in [Outcome::Applied, Outcome::Unchanged] {
        let started = change!(client.start_logging(start.clone()) as start_logging_response);
        assert_all(started, outcome);
    }
    // Gone is gone, by ARN and by name.
    let by_arn = DeleteTrailRequest {
        trail_arns: arns,
        allow_reduced_logging: true,
        ..DeleteTrailRequest::default()
    };
    let by_name = DeleteTrailRequest {
        targets: members(),
        trail_name: name(),
        allow_reduced_logging: true,
        ..DeleteTrailRequest::default()
    };
    for (request, outcome) in [
        (by_arn.clone(), Outcome::Applied),
        (by_arn, Outcome::Unchanged),
        (by_name, Outcome::Unchanged),
    ] {
        let deleted = change!(client.delete_trail(request) as delete_trail_response);
        assert_all(deleted, outcome);
    }
}

#[tokio::test]
async fn the_policies_that_trails_need_come_first_and_once() {
    let (_sandbox, server) = start().await;
    let mut client = server.trails().await;
    let plan = CreateTrailRequest {
        targets: members(),
        trail: Some(spec()),
        validate_only: true,
        ..CreateTrailRequest::default()
    };
    let mut stream = client.create_trail(plan).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap().message.unwrap();
    let create_trail_response::Message::Policies(policies) = first else {
        panic!("policies were expected: {first:?}");
    };
    let bucket: Value = serde_json::from_str(&policies.s3_bucket_policy).unwrap();
    let text = bucket.to_string();
    for account in ACCOUNTS {
        let arn = format!("arn:aws:cloudtrail:eu-west-1:{account}:trail/audit");
        assert!(text.contains(&arn), "{text}");
    }
    assert!(policies.kms_key_policy.is_empty() && policies.sns_topic_policy.is_empty());
    while let Some(message) = stream.message().await.unwrap() {
        let message = message.message.unwrap();
        let again = matches!(message, create_trail_response::Message::Policies(_));
        assert!(!again);
    }
}
