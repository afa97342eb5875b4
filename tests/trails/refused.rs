//! Changes that are refused, by the real program: everything that is wrong at once, and no call spent.

use tonic::Status;
use tonic_types::StatusExt;
use trailplane::api::proto::{
    AddTagsRequest, ApplyTrailRequest, BasicEventSelector, CreateTrailRequest, DataResource,
    DeleteTrailRequest, EventSelectors, InsightSelector, InsightSelectors,
    PutEventConfigurationRequest, PutEventSelectorsRequest, PutInsightSelectorsRequest,
    RemoveTagsRequest, Rollout, StartLoggingRequest, StopLoggingRequest, TargetSelector, TrailSpec,
    UpdateTrailRequest,
};

use super::edge::{name, spec, start};

fn told(status: &Status) -> String {
    let details = status.get_error_details();
    let reason = details.error_info().unwrap().reason.clone();
    let listed = details.bad_request().map(|b| b.field_violations.clone());
    let fields = listed.unwrap_or_default().into_iter().map(|v| v.field);
    let fields: Vec<String> = fields.collect();
    format!("{:?} {reason} {}", status.code(), fields.join(" "))
}

#[tokio::test]
async fn what_is_refused_says_everything_and_costs_nothing() {
    let (sandbox, server) = start().await;
    let mut client = server.trails().await;
    let mut refused = Vec::new();
    macro_rules! refuse {
        ($rpc:ident $request:expr) => {
            let status = client.$rpc($request).await.unwrap_err();
            refused.push(told(&status));
        };
    }
    refuse!(create_trail CreateTrailRequest {
        trail: Some(TrailSpec {
            name: "a--b".into(),
            s3_key_prefix: Some("p".repeat(201)),
            is_multi_region_trail: Some(true),
            include_global_service_events: Some(false),
            ..spec()
        }),
        request_id: "not an id".into(),
        ..CreateTrailRequest::default()
    });
    refuse!(apply_trail ApplyTrailRequest::default());
    refuse!(update_trail UpdateTrailRequest {
        trail_name: name(),
        update_mask: Some(prost_types::FieldMask { paths: vec!["*".into(), "name".into()] }),
        ..UpdateTrailRequest::default()
    });
    refuse!(delete_trail DeleteTrailRequest { trail_name: name(), ..DeleteTrailRequest::default() });
    refuse!(stop_logging StopLoggingRequest { trail_name: name(), ..StopLoggingRequest::default() });
    refuse!(start_logging StartLoggingRequest {
        rollout: Some(Rollout { max_parallel: 101, max_failures: 1, ignore_failures: true, canary: 0 }),
        ..StartLoggingRequest::default()
    });
    refuse!(put_event_selectors PutEventSelectorsRequest {
        trail_name: name(),
        event_selectors: Some(EventSelectors {
            basic: vec![BasicEventSelector {
                data_resources: vec![DataResource { r#type: "AWS::EC2::Instance".into(), values: vec![] }],
                ..BasicEventSelector::default()
            }],
            ..EventSelectors::default()
        }),
        ..PutEventSelectorsRequest::default()
    });
    refuse!(put_insight_selectors PutInsightSelectorsRequest {
        trail_name: name(),
        insight_selectors: Some(InsightSelectors { selectors: vec![InsightSelector::default()] }),
        ..PutInsightSelectorsRequest::default()
    });
    refuse!(put_event_configuration PutEventConfigurationRequest {
        trail_arns: vec!["audit".into()],
        ..PutEventConfigurationRequest::default()
    });
    refuse!(add_tags AddTagsRequest {
        trail_name: name(),
        tags: (0..51).map(|n| (format!("k{n}"), String::new())).collect(),
        ..AddTagsRequest::default()
    });
    refuse!(remove_tags RemoveTagsRequest {
        targets: Some(TargetSelector { account_ids: vec!["999999999999".into()], ..TargetSelector::default() }),
        trail_name: name(),
        tag_keys: vec!["k".into()],
        ..RemoveTagsRequest::default()
    });
    refuse!(start_logging StartLoggingRequest {
        trail_arns: vec!["arn:aws:cloudtrail:eu-west-1:999999999999:trail/audit".into()],
        ..StartLoggingRequest::default()
    });
    refuse!(start_logging StartLoggingRequest {
        trail_arns: vec!["arn:aws-us-gov:cloudtrail:us-gov-west-1:300000000001:trail/audit".into()],
        ..StartLoggingRequest::default()
    });
    let resource = "event_selectors.basic[0].data_resources[0]";
    assert_eq!(
        refused,
        [
            "InvalidArgument INVALID_REQUEST request_id trail.name trail.s3_key_prefix trail.include_global_service_events",
            "InvalidArgument INVALID_REQUEST trail.name trail.home_region trail.s3_bucket_name",
            "InvalidArgument INVALID_REQUEST update_mask.paths[0] update_mask.paths[1]",
            "FailedPrecondition REDUCED_LOGGING_NOT_ALLOWED ",
            "FailedPrecondition REDUCED_LOGGING_NOT_ALLOWED ",
            "InvalidArgument INVALID_REQUEST rollout.max_parallel rollout.max_failures trail_name",
            &format!("InvalidArgument INVALID_REQUEST {resource}.values {resource}.type"),
            "InvalidArgument INVALID_REQUEST insight_selectors.selectors[0].insight_type",
            "InvalidArgument INVALID_REQUEST event_configuration trail_arns[0]",
            "InvalidArgument INVALID_REQUEST tags",
            "NotFound UNKNOWN_ACCOUNT targets.account_ids[0]",
            "NotFound UNKNOWN_ACCOUNT trail_arns[0]",
            "InvalidArgument INVALID_REQUEST trail_arns[0]",
        ]
    );
    let spent = sandbox.ledger().await.by_api;
    let of_trails = |api: &&String| {
        let words = [
            "Trail",
            "Selectors",
            "Logging",
            "AddTags",
            "RemoveTags",
            "AssumeRole",
        ];
        words.iter().any(|word| api.contains(word))
    };
    assert_eq!(spent.keys().find(of_trails), None, "{spent:?}");
}
