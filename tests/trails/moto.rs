//! Against moto, a second AWS that others wrote: what ministack lacks is read from it, Insights above all.
//!
//! Where it deviates (the AWS API reference is right): without selectors it answers none instead of the default one, it lists
//! no trail of another Region but multi-Region ones, and its HasInsightSelectors is always false. See `tests/contract/`.

use std::{collections::BTreeMap, process::Command};

use serde::Deserialize;
use trailplane::api::proto::{
    GetEventSelectorsRequest, GetInsightSelectorsRequest, GetTrailRequest, GetTrailStatusRequest,
    InsightType, ListTagsRequest, ListTrailsRequest, TrailKind, TrailReference, TrailView,
};

use crate::support::{
    emulator::Emulator,
    tools::{project, run, tool},
    trailplane::{Start, Trailplane},
};

const ACCOUNTS: [&str; 2] = ["222222222222", "333333333333"];

/// What botocore made, and says of it.
#[derive(Deserialize)]
struct Made {
    account: String,
    bucket: String,
    multi_region: bool,
    logging: bool,
    basic: usize,
    advanced: usize,
    insights: Vec<String>,
    tags: BTreeMap<String, String>,
}

async fn set_up() -> (Emulator, Trailplane, BTreeMap<String, Made>) {
    let moto = Emulator::moto().await;
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/moto_trails.py"))
        .arg(moto.endpoint())
        .args(ACCOUNTS);
    let made = serde_json::from_str(&run(command).await.expect_ok()).unwrap();
    // moto has no Account Management to ask for Regions.
    let config = format!(
        "aws: {{regions: [us-east-1, eu-west-1], role_name: Trailplane}}\n\
         fleet: {{organizations: false, narrow_regions: false, accounts: [{{id: \"{}\"}}, {{id: \"{}\"}}]}}\n",
        ACCOUNTS[0], ACCOUNTS[1]
    );
    let start = Start::with_config(&config).aws(&moto.endpoint(), "AKIDEXAMPLE", "any");
    let server = start.ready().await;
    (moto, server, made)
}

fn type_of(name: &str) -> InsightType {
    match name {
        "ApiCallRateInsight" => InsightType::ApiCallRate,
        "ApiErrorRateInsight" => InsightType::ApiErrorRate,
        other => panic!("{other}"),
    }
}

fn reference(arn: &str) -> Option<TrailReference> {
    Some(TrailReference {
        arn: arn.to_owned(),
        ..TrailReference::default()
    })
}

#[tokio::test]
async fn trails_are_listed_as_botocore_made_them() {
    let (_moto, server, made) = set_up().await;
    let mut trails = server.trails().await;
    let request = ListTrailsRequest {
        view: TrailView::Full.into(),
        ..ListTrailsRequest::default()
    };
    let answer = trails.list_trails(request).await.unwrap().into_inner();
    let coverage = answer.coverage.unwrap();
    assert!(coverage.complete, "{coverage:?}");
    let found: Vec<&str> = answer.trails.iter().map(|trail| &*trail.arn).collect();
    assert_eq!(found, made.keys().collect::<Vec<_>>());
    for trail in &answer.trails {
        let made = &made[&trail.arn];
        assert_eq!(
            (&trail.account_id, &trail.s3_bucket_name),
            (&made.account, &made.bucket)
        );
        let multi_region = trail.kind() == TrailKind::MultiRegion;
        assert_eq!(multi_region, made.multi_region);
        assert_eq!(trail.status.as_ref().unwrap().is_logging, made.logging);
        let selectors = trail.event_selectors.as_ref().unwrap();
        assert_eq!(selectors.basic.len(), made.basic);
        assert_eq!(selectors.advanced.len(), made.advanced);
        // HasInsightSelectors says that there are none, so nobody asks which.
        let insights = trail.insight_selectors.as_ref().unwrap();
        assert!(insights.selectors.is_empty(), "{trail:?}");
        let tags: BTreeMap<String, String> = trail.tags.clone().into_iter().collect();
        assert_eq!(tags, made.tags);
    }
}

#[tokio::test]
async fn each_trail_and_its_insights_are_read_as_botocore_made_them() {
    let (_moto, server, made) = set_up().await;
    let mut trails = server.trails().await;
    for (arn, made) in &made {
        let request = GetTrailRequest {
            trail: reference(arn),
            ..GetTrailRequest::default()
        };
        let trail = trails.get_trail(request).await.unwrap().into_inner();
        assert_eq!(trail.trail.unwrap().s3_bucket_name, made.bucket);
        let request = GetTrailStatusRequest {
            trail: reference(arn),
            ..GetTrailStatusRequest::default()
        };
        let status = trails.get_trail_status(request).await.unwrap().into_inner();
        assert_eq!(status.status.unwrap().is_logging, made.logging);
        let request = GetEventSelectorsRequest {
            trail: reference(arn),
        };
        let selectors = trails.get_event_selectors(request).await.unwrap();
        let selectors = selectors.into_inner().event_selectors.unwrap();
        let counts = (selectors.basic.len(), selectors.advanced.len());
        assert_eq!(counts, (made.basic, made.advanced));
        let request = GetInsightSelectorsRequest {
            trail: reference(arn),
        };
        let insights = trails.get_insight_selectors(request).await.unwrap();
        let insights = insights.into_inner().insight_selectors.unwrap();
        let insights = insights.selectors.iter().map(|one| one.insight_type());
        let wanted = made.insights.iter().map(|name| type_of(name));
        assert!(insights.eq(wanted), "{arn}");
    }
    let request = ListTagsRequest {
        trail_arns: made.keys().cloned().collect(),
    };
    let tags = trails.list_tags(request).await.unwrap().into_inner();
    assert!(tags.coverage.unwrap().complete);
    for one in tags.trail_tags {
        let tags: BTreeMap<String, String> = one.tags.into_iter().collect();
        assert_eq!(tags, made[&one.trail_arn].tags);
    }
}
