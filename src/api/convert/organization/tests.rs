//! Requests as they come, and answers as they go.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    aws::{AwsError, FailureKind},
    domain::{AccountState, Api, trail::RecordedRegions},
    organization::change::Action,
};

fn made_up() -> Arc<str> {
    "made-up".into()
}

fn account(number: u64) -> AccountId {
    AccountId::from_u64(number).unwrap()
}

fn one_change(outcome: Outcome, failure: Option<AwsError>) -> Changed {
    Changed {
        account: account(7),
        account_name: "seven".into(),
        region: "us-east-1".parse().unwrap(),
        resource: "cloudtrail.amazonaws.com".to_owned(),
        outcome,
        failure,
        action: Some(Action {
            action: "organizations:EnableAWSServiceAccess",
            resource: "cloudtrail.amazonaws.com".to_owned(),
            region: "us-east-1".parse().unwrap(),
            field: "organization.trusted_access_enabled",
            before: "false".to_owned(),
            after: "true".to_owned(),
        }),
        calls: 3,
        aws_request_ids: vec!["r-1".to_owned()],
        source_identity: None,
        elapsed: Duration::from_millis(1500),
    }
}

#[test]
fn everything_that_is_wrong_with_a_request_is_told_at_once() {
    let wrong = asked_of("42", false, "a b".to_owned(), made_up).unwrap_err();
    assert!(wrong.names("account_id") && wrong.names("request_id"));
    let (id, good) = asked_of("000000000042", true, String::new(), made_up).unwrap();
    assert_eq!((id, &*good.request_id), (account(42), "made-up"));
    assert!(good.validate_only);
}

#[test]
fn a_change_is_told_with_its_step_and_its_error() {
    let failure = AwsError {
        api: Api::EnableAWSServiceAccess,
        account: account(7),
        region: "us-east-1".parse().unwrap(),
        kind: FailureKind::Timeout,
        code: None,
        message: "no answer".to_owned(),
        request_id: None,
        remembered_for: None,
    };
    let wire = changed(one_change(Outcome::Unknown, Some(failure)));
    assert_eq!(wire.outcome(), proto::Outcome::Unknown);
    assert_eq!(wire.reason(), proto::CellReason::UpstreamError);
    assert_eq!(wire.actions[0].changes[0].after, "true");
    assert_eq!((wire.calls, &*wire.aws_request_ids[0]), (3, "r-1"));
    assert!(
        wire.error
            .unwrap()
            .message
            .contains("whether it happened is not known")
    );
    let wire = changed(one_change(Outcome::Applied, None));
    assert_eq!(wire.error, None);
    assert_eq!(wire.reason(), proto::CellReason::Unspecified);
}

#[test]
fn progress_is_told_with_who_must_still_approve() {
    let waiting = FeaturesChanged {
        changed: one_change(Outcome::Applied, None),
        progress: Some(AllFeatures::Waiting {
            pending: vec![account(1), account(2)],
            expires: None,
        }),
    };
    let wire = features(waiting);
    assert_eq!(wire.progress(), proto::AllFeaturesProgress::Waiting);
    assert_eq!(wire.pending_account_ids, ["000000000001", "000000000002"]);
}

fn administrators(count: u64) -> Vec<Administrator> {
    (1..=count)
        .map(|number| Administrator {
            id: account(number),
            name: format!("name-{number}"),
            email: None,
            state: AccountState::Active,
            since: None,
        })
        .collect()
}

#[test]
fn administrators_come_in_pages_whose_tokens_go_on() {
    let page = |token: String| {
        let asked = Listing::parse(proto::ListDelegatedAdministratorsRequest {
            page_size: 2,
            page_token: token,
        });
        asked.unwrap().answer(administrators(3))
    };
    let first = page(String::new());
    assert_eq!(first.administrators.len(), 2);
    let second = page(first.next_page_token);
    assert_eq!(second.administrators[0].account_id, "000000000003");
    assert_eq!(second.next_page_token, "");
    let foreign = proto::ListDelegatedAdministratorsRequest {
        page_size: 2,
        page_token: Listed::default().token(account(1)),
    };
    assert!(Listing::parse(foreign).is_err());
}

fn spec() -> proto::TrailSpec {
    proto::TrailSpec {
        name: "all".to_owned(),
        home_region: "eu-west-1".to_owned(),
        s3_bucket_name: "logs-of-all".to_owned(),
        is_multi_region_trail: Some(true),
        ..proto::TrailSpec::default()
    }
}

fn checked(
    change: impl FnOnce(&mut proto::CheckOrganizationTrailRequest),
) -> Result<Checked, Violations> {
    let mut wire = proto::CheckOrganizationTrailRequest {
        trail: Some(spec()),
        ..proto::CheckOrganizationTrailRequest::default()
    };
    change(&mut wire);
    Checked::parse(wire)
}

#[test]
fn a_trail_to_check_is_read() {
    let read = checked(|wire| wire.account_id = "000000000042".to_owned());
    let trail = read.unwrap().trail;
    assert_eq!(trail.name.as_str(), "all");
    assert_eq!(trail.regions, RecordedRegions::All);
    assert_eq!(
        (trail.creator, trail.bucket_owner),
        (Some(account(42)), None)
    );
}

#[test]
fn a_trail_that_aws_would_refuse_is_not_checked() {
    let wrong = checked(|wire| {
        let trail = wire.trail.as_mut().unwrap();
        trail.name = "a--b".to_owned();
        trail.home_region = "mars".to_owned();
        trail.s3_bucket_name = String::new();
        trail.s3_key_prefix = Some("x".repeat(201));
        trail.is_organization_trail = Some(false);
        trail.include_global_service_events = Some(false);
        wire.account_id = "7".to_owned();
        wire.s3_bucket_account_id = "8".to_owned();
    });
    let wrong = wrong.map(|_| ()).unwrap_err();
    for field in [
        "trail.name",
        "trail.home_region",
        "trail.s3_bucket_name",
        "trail.s3_key_prefix",
        "trail.is_organization_trail",
        "trail.include_global_service_events",
        "account_id",
        "s3_bucket_account_id",
    ] {
        assert!(wrong.names(field), "{field}: {}", wrong.summary());
    }
    let empty = Checked::parse(proto::CheckOrganizationTrailRequest::default());
    assert!(empty.map(|_| ()).unwrap_err().names("trail.name"));
}
