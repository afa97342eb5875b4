//! The same through the real program, as its callers see it.

use prost_types::FieldMask;
use tonic::Code;
use tonic_types::StatusExt;
use trailplane::api::proto::{
    CellReason, GetInsightSelectorsRequest, GetTrailRequest, GetTrailStatusRequest,
    ListTagsRequest, ListTrailsRequest, TargetSelector, TrailKind, TrailReference, TrailSpec,
    TrailView, UpdateTrailRequest,
};

use crate::support::trailplane::Trailplane;

const SHARED: &str = "arn:aws:cloudtrail:us-east-1:100000000001:trail/organization-trail";
const STOPPED: &str = "arn:aws:cloudtrail:eu-west-1:100000000012:trail/payments-audit";

fn by_arn(arn: &str) -> Option<TrailReference> {
    Some(TrailReference {
        arn: arn.to_owned(),
        ..TrailReference::default()
    })
}

/// Whoever reads the log at night needs AWS's own words and its id of the request, not only ours.
#[tokio::test]
async fn what_aws_refuses_is_in_the_log_in_its_words() {
    let trailplane = Trailplane::sandbox().await;
    let mut trails = trailplane.trails().await;
    let request = UpdateTrailRequest {
        trail_arns: vec![STOPPED.to_owned()],
        trail: Some(TrailSpec {
            is_organization_trail: Some(true),
            ..TrailSpec::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["is_organization_trail".to_owned()],
        }),
        ..UpdateTrailRequest::default()
    };
    let mut stream = trails.update_trail(request).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {}
    let log = trailplane.process.output();
    let mut lines = log.lines();
    let ended = lines.find(|line| line.contains("a change of a trail ended"));
    let ended = ended.unwrap_or_else(|| panic!("{log}"));
    for told in [
        "NotOrganizationMasterAccountException",
        "not the organization's management account",
        "refused_aws_request_id",
        STOPPED,
    ] {
        assert!(ended.contains(told), "{told} {ended}");
    }
}

#[tokio::test]
async fn the_built_in_organization_has_two_trails() {
    let trailplane = Trailplane::sandbox().await;
    let mut trails = trailplane.trails().await;
    let full = ListTrailsRequest {
        view: TrailView::Full.into(),
        page_size: 1,
        ..ListTrailsRequest::default()
    };
    let first = trails.list_trails(full.clone()).await.unwrap().into_inner();
    assert_eq!(first.trails.len(), 1);
    let second = ListTrailsRequest {
        page_token: first.next_page_token.clone(),
        ..full.clone()
    };
    let second = trails.list_trails(second).await.unwrap().into_inner();
    assert!(second.next_page_token.is_empty());
    let (stopped, shared) = (&first.trails[0], &second.trails[0]);
    assert_eq!((&*stopped.arn, &*shared.arn), (STOPPED, SHARED));
    assert_eq!(shared.kind(), TrailKind::Organization);
    assert_eq!(stopped.kind(), TrailKind::SingleRegion);
    assert!(shared.status.as_ref().unwrap().is_logging);
    assert!(!stopped.status.as_ref().unwrap().is_logging);
    assert_eq!(shared.tags["owner"], "security");
    assert_eq!(
        shared.insight_selectors.as_ref().unwrap().selectors.len(),
        1
    );
    let coverage = second.coverage.unwrap();
    assert!(!coverage.complete && coverage.earlier_gaps);
    assert_eq!(coverage.counts.unwrap().total, 200);
    let gaps = coverage.cells.iter().filter(|cell| cell.gap);
    let gaps: Vec<_> = gaps.map(|c| (&*c.account_id, c.reason())).collect();
    assert_eq!(gaps, [("100000000048", CellReason::RoleNotAssumable); 4]);

    // A token is good for its own request only.
    let other = ListTrailsRequest {
        page_token: first.next_page_token,
        name: "payments-audit".to_owned(),
        ..full
    };
    let refused = trails.list_trails(other).await.unwrap_err();
    let info = refused.get_error_details();
    assert_eq!(info.error_info().unwrap().reason, "INVALID_PAGE_TOKEN");
}

#[tokio::test]
async fn single_trails_and_their_errors() {
    let trailplane = Trailplane::sandbox().await;
    let mut trails = trailplane.trails().await;
    let status = GetTrailStatusRequest {
        trail: by_arn(STOPPED),
        ..GetTrailStatusRequest::default()
    };
    let status = trails.get_trail_status(status).await.unwrap().into_inner();
    assert!(!status.status.unwrap().is_logging);
    assert_eq!(status.region, "eu-west-1");
    let insights = GetInsightSelectorsRequest {
        trail: by_arn(STOPPED),
    };
    let insights = trails.get_insight_selectors(insights).await.unwrap();
    assert!(
        insights
            .into_inner()
            .insight_selectors
            .unwrap()
            .selectors
            .is_empty()
    );
    let tags = ListTagsRequest {
        trail_arns: vec![SHARED.to_owned(), STOPPED.to_owned()],
    };
    let tags = trails.list_tags(tags).await.unwrap().into_inner();
    assert!(tags.coverage.unwrap().complete);
    assert_eq!(tags.trail_tags.len(), 2);

    let get = |trail| GetTrailRequest {
        trail,
        view: TrailView::Full.into(),
    };
    let whole = trails.get_trail(get(by_arn(SHARED))).await.unwrap();
    assert!(
        whole
            .into_inner()
            .trail
            .unwrap()
            .event_configuration
            .is_some()
    );
    let refused = [
        (
            STOPPED.replace("audit", "none"),
            Code::NotFound,
            "TRAIL_NOT_FOUND",
        ),
        (
            STOPPED.replace("100000000012", "999999999999"),
            Code::NotFound,
            "UNKNOWN_ACCOUNT",
        ),
        (
            STOPPED.replace("100000000012", "100000000048"),
            Code::PermissionDenied,
            "ROLE_NOT_ASSUMABLE",
        ),
        (
            STOPPED.replace("100000000012", "100000000049"),
            Code::FailedPrecondition,
            "ACCOUNT_NOT_ACTIVE",
        ),
        (
            STOPPED.replace("-audit", "--audit"),
            Code::InvalidArgument,
            "INVALID_REQUEST",
        ),
    ];
    for (arn, code, reason) in refused {
        let error = trails.get_trail(get(by_arn(&arn))).await.unwrap_err();
        let details = error.get_error_details();
        assert_eq!(error.code(), code, "{arn}: {error}");
        assert_eq!(details.error_info().unwrap().reason, reason, "{arn}");
    }
    let unknown = ListTrailsRequest {
        targets: Some(TargetSelector {
            account_ids: vec!["999999999999".to_owned()],
            ..TargetSelector::default()
        }),
        ..ListTrailsRequest::default()
    };
    let unknown = trails.list_trails(unknown).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}
