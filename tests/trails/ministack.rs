//! Against ministack, an AWS that others wrote: through the documented role, in several accounts and Regions.
//!
//! Where it deviates (the AWS API reference is right): its ListTrails tells of the asked Region's and of multi-Region
//! trails only, not of all that the account has. So a single-Region trail of another Region is not found by one call
//! there. AWS "lists trails that are in the current account", whatever the Region; the sandbox does as AWS.

use std::{collections::BTreeMap, process::Command};

use serde::Deserialize;
use trailplane::api::proto::{
    GetEventSelectorsRequest, GetTrailRequest, GetTrailStatusRequest, ListTagsRequest,
    ListTrailsRequest, ListTrailsResponse, TargetSelector, TrailKind, TrailReference, TrailView,
};

use crate::{
    security::Organization,
    support::{
        emulator::Emulator,
        tools::{project, run, tool},
    },
};

/// What botocore says of a trail.
#[derive(Deserialize)]
struct Expected {
    account: String,
    home_region: String,
    bucket: String,
    prefix: String,
    multi_region: bool,
    validation: bool,
    logging: bool,
    selectors: usize,
    tags: BTreeMap<String, String>,
}

impl Expected {
    /// The deviation of the module's comment: us-east-1 is asked.
    fn found_by_ministack(&self) -> bool {
        self.multi_region || self.home_region == "us-east-1"
    }
}

fn everything(regions: &[&str]) -> ListTrailsRequest {
    let accounts = ["222222222222", "333333333333"];
    ListTrailsRequest {
        targets: Some(TargetSelector {
            account_ids: accounts.iter().map(|&id| id.to_owned()).collect(),
            regions: regions.iter().map(|&name| name.to_owned()).collect(),
            ..TargetSelector::default()
        }),
        view: TrailView::Full.into(),
        ..ListTrailsRequest::default()
    }
}

fn compare(answer: &ListTrailsResponse, expected: &BTreeMap<String, Expected>) {
    assert!(
        answer.coverage.as_ref().unwrap().complete,
        "{:?}",
        answer.coverage
    );
    let found: Vec<&str> = answer.trails.iter().map(|trail| &*trail.arn).collect();
    let there = expected
        .iter()
        .filter(|(_, trail)| trail.found_by_ministack());
    let there: Vec<&str> = there.map(|(arn, _)| &**arn).collect();
    assert_eq!(found, there);
    for trail in &answer.trails {
        let by_botocore = &expected[&trail.arn];
        assert_eq!(trail.account_id, by_botocore.account);
        assert_eq!(trail.home_region, by_botocore.home_region);
        assert_eq!(trail.s3_bucket_name, by_botocore.bucket);
        assert_eq!(trail.s3_key_prefix, by_botocore.prefix);
        assert_eq!(
            trail.kind() == TrailKind::MultiRegion,
            by_botocore.multi_region
        );
        assert_eq!(trail.log_file_validation_enabled, by_botocore.validation);
        assert_eq!(
            trail.status.as_ref().unwrap().is_logging,
            by_botocore.logging
        );
        let selectors = trail.event_selectors.as_ref().unwrap();
        assert_eq!(selectors.basic.len(), by_botocore.selectors);
        let tags: BTreeMap<String, String> = trail.tags.clone().into_iter().collect();
        assert_eq!(tags, by_botocore.tags);
        assert!(trail.unread.is_empty(), "{:?}", trail.unread);
    }
}

#[tokio::test]
async fn trails_of_two_accounts_are_read_as_botocore_reads_them() {
    let ministack = Emulator::ministack().await;
    let organization = Organization::set_up(&ministack).await;
    let mut command = Command::new(tool("ministack/bin/python"));
    command
        .arg(project().join("tests/python/ministack_trails.py"))
        .arg(ministack.endpoint());
    let made = run(command).await.expect_ok();
    let expected: BTreeMap<String, Expected> = serde_json::from_str(&made).unwrap();
    assert_eq!(expected.len(), 4);
    let secret = &organization.secret_access_key;
    let start = organization.start(&ministack, &organization.external_id, secret);
    let trailplane = start.ready().await;
    let mut trails = trailplane.trails().await;

    let answer = trails.list_trails(everything(&[])).await.unwrap();
    compare(&answer.into_inner(), &expected);
    // Asked of another Region: the multi-Region trails' shadow copies there, and what is at home there.
    let west = trails
        .list_trails(everything(&["eu-west-1"]))
        .await
        .unwrap();
    let west = west.into_inner();
    let mut names: Vec<&str> = west.trails.iter().map(|trail| &*trail.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["far-away", "main", "main"]);

    // By its ARN every trail is found, also the one that ministack's listing leaves out.
    for (arn, by_botocore) in &expected {
        let reference = Some(TrailReference {
            arn: arn.clone(),
            ..TrailReference::default()
        });
        let get = GetTrailRequest {
            trail: reference.clone(),
            ..GetTrailRequest::default()
        };
        let trail = trails
            .get_trail(get)
            .await
            .unwrap()
            .into_inner()
            .trail
            .unwrap();
        assert_eq!(
            (&trail.arn, &trail.s3_bucket_name),
            (arn, &by_botocore.bucket)
        );
        let status = GetTrailStatusRequest {
            trail: reference.clone(),
            ..GetTrailStatusRequest::default()
        };
        let status = trails.get_trail_status(status).await.unwrap().into_inner();
        assert_eq!(status.status.unwrap().is_logging, by_botocore.logging);
        let selectors = GetEventSelectorsRequest { trail: reference };
        let selectors = trails
            .get_event_selectors(selectors)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            selectors.event_selectors.unwrap().basic.len(),
            by_botocore.selectors
        );
    }
    let tags = ListTagsRequest {
        trail_arns: expected.keys().cloned().collect(),
    };
    let tags = trails.list_tags(tags).await.unwrap().into_inner();
    assert!(tags.coverage.unwrap().complete);
    assert_eq!(tags.trail_tags.len(), 4);
}
