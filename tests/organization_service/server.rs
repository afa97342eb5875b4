//! The service through the real program, as its callers see it.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;
use trailplane::{
    api::proto::{
        AccountState, CheckOrganizationTrailRequest, DeregisterDelegatedAdministratorRequest,
        EnableAllFeaturesRequest, EnableTrustedAccessRequest, FeatureSet, GetOrganizationRequest,
        ListDelegatedAdministratorsRequest, OrganizationRole, Outcome, PrerequisiteState,
        RegisterDelegatedAdministratorRequest, TrailSpec,
    },
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use super::world::{MANAGEMENT, MEMBERS};
use crate::support::trailplane::{Sandbox, Start, Trailplane};

fn yaml(organization: &str, more: &str) -> String {
    let members = MEMBERS.map(|id| format!("{{id: '{id}', name: m{id}}}"));
    format!(
        "organization: {{{organization}}}\nregions: [us-east-1, eu-west-1]\naccounts: [{}]\n{more}",
        members.join(", ")
    )
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

fn register(account: &str) -> RegisterDelegatedAdministratorRequest {
    RegisterDelegatedAdministratorRequest {
        account_id: account.to_owned(),
        ..RegisterDelegatedAdministratorRequest::default()
    }
}

#[tokio::test]
async fn an_organization_is_prepared_step_by_step() {
    let start = yaml("trusted_access: false, service_linked_role: false", "");
    let trailplane = Start::with_scenario(&start).ready().await;
    let mut client = trailplane.organization().await;
    let found = client
        .get_organization(GetOrganizationRequest {})
        .await
        .unwrap();
    let found = found.into_inner().organization.unwrap();
    assert_eq!(found.feature_set(), FeatureSet::All);
    assert_eq!(found.caller_role(), OrganizationRole::Management);
    assert_eq!(
        (&*found.caller_account_id, found.trusted_access_enabled),
        (MANAGEMENT, Some(false))
    );
    assert!(found.arn.ends_with(&found.id) && found.unread.is_empty());

    let check = CheckOrganizationTrailRequest {
        trail: Some(TrailSpec {
            name: "all".to_owned(),
            home_region: "eu-west-1".to_owned(),
            s3_bucket_name: "logs-of-all".to_owned(),
            is_multi_region_trail: Some(true),
            ..TrailSpec::default()
        }),
        ..CheckOrganizationTrailRequest::default()
    };
    let before = client
        .check_organization_trail(check.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(!before.ready);
    let open = before.prerequisites.iter();
    let open = open.filter(|one| one.state() == PrerequisiteState::NotMet);
    let fixes: Vec<&str> = open.map(|one| one.fix.as_str()).collect();
    assert_eq!(fixes.len(), 2, "{:#?}", before.prerequisites);
    assert!(
        before
            .policies
            .unwrap()
            .s3_bucket_policy
            .contains("AWSLogs/o-trailplane1/*")
    );

    let refused = client
        .register_delegated_administrator(register(MEMBERS[0]))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PREREQUISITE_MISSING");
    let details = refused.get_error_details();
    let first = &details.precondition_failure().unwrap().violations[0];
    assert!(first.description.contains("TRUSTED_ACCESS"));

    let trust = EnableTrustedAccessRequest::default();
    let done = client
        .enable_trusted_access(trust)
        .await
        .unwrap()
        .into_inner()
        .result
        .unwrap();
    assert_eq!(done.outcome(), Outcome::Applied);
    let done = client
        .register_delegated_administrator(register(MEMBERS[0]))
        .await
        .unwrap();
    let done = done.into_inner().result.unwrap();
    assert_eq!(
        (done.outcome(), &*done.account_id),
        (Outcome::Applied, MEMBERS[0])
    );
    assert_eq!(
        done.actions[0].action,
        "cloudtrail:RegisterOrganizationDelegatedAdmin"
    );
    assert_eq!(done.aws_request_ids.len(), 1);

    let after = client
        .check_organization_trail(check)
        .await
        .unwrap()
        .into_inner();
    assert!(after.ready, "{:#?}", after.prerequisites);
    let all = EnableAllFeaturesRequest::default();
    let all = client.enable_all_features(all).await.unwrap().into_inner();
    assert_eq!(all.result.unwrap().outcome(), Outcome::Unchanged);
}

#[tokio::test]
async fn administrators_are_listed_page_by_page_and_taken_away() {
    let two = format!(
        "delegated_administrators: ['{}', '{}']",
        MEMBERS[0], MEMBERS[1]
    );
    let trailplane = Start::with_scenario(&yaml(&two, "")).ready().await;
    let mut client = trailplane.organization().await;
    let mut ask = ListDelegatedAdministratorsRequest {
        page_size: 1,
        page_token: String::new(),
    };
    for member in &MEMBERS[..2] {
        let page = client
            .list_delegated_administrators(ask.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(page.administrators.len(), 1);
        let one = &page.administrators[0];
        assert_eq!(
            (&*one.account_id, one.state()),
            (*member, AccountState::Active)
        );
        assert_eq!(one.account_name, format!("m{member}"));
        ask.page_token = page.next_page_token;
    }
    assert_eq!(ask.page_token, "");
    ask.page_token = "AAAA".to_owned();
    let refused = client.list_delegated_administrators(ask).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_PAGE_TOKEN");

    let away = DeregisterDelegatedAdministratorRequest {
        account_id: MEMBERS[0].to_owned(),
        request_id: "take-away-1".to_owned(),
        ..DeregisterDelegatedAdministratorRequest::default()
    };
    let done = client
        .deregister_delegated_administrator(away)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(done.result.unwrap().outcome(), Outcome::Applied);
    let log = trailplane.process.output();
    let told = log
        .lines()
        .find(|line| line.contains("take-away-1"))
        .unwrap_or_default();
    assert!(
        told.contains("applied") && told.contains(MEMBERS[0]),
        "{log}"
    );
}

#[tokio::test]
async fn refusals_have_their_reasons() {
    let three = format!(
        "delegated_administrators: ['{}', '{}', '{}']",
        MEMBERS[0], MEMBERS[1], MEMBERS[2]
    );
    let trailplane = Start::with_scenario(&yaml(&three, "")).ready().await;
    let mut client = trailplane.organization().await;
    let table = [
        ("7", Code::InvalidArgument, "INVALID_REQUEST"),
        ("999999999999", Code::NotFound, "UNKNOWN_ACCOUNT"),
        (MANAGEMENT, Code::InvalidArgument, "INVALID_REQUEST"),
        (
            MEMBERS[3],
            Code::FailedPrecondition,
            "TOO_MANY_ADMINISTRATORS",
        ),
    ];
    for (account, code, word) in table {
        let refused = client
            .register_delegated_administrator(register(account))
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), &*reason(&refused)),
            (code, word),
            "{account}: {refused}"
        );
        let details = refused.get_error_details();
        match details.bad_request() {
            Some(bad) => assert_eq!(bad.field_violations[0].field, "account_id"),
            None => assert_eq!(word, "TOO_MANY_ADMINISTRATORS"),
        }
    }
    let empty = client
        .check_organization_trail(CheckOrganizationTrailRequest::default())
        .await;
    assert_eq!(reason(&empty.unwrap_err()), "INVALID_REQUEST");

    let denied = "faults: [{scope: {apis: [DescribeOrganization]}, effect: denied}]";
    let trailplane = Start::with_scenario(&yaml("", denied)).ready().await;
    let mut client = trailplane.organization().await;
    let refused = client
        .get_organization(GetOrganizationRequest {})
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), &*reason(&refused)),
        (Code::PermissionDenied, "ACCESS_DENIED")
    );

    let billing = yaml("features: CONSOLIDATED_BILLING", "");
    let trailplane = Start::with_scenario(&billing).ready().await;
    let mut client = trailplane.organization().await;
    let trust = EnableTrustedAccessRequest::default();
    let refused = client.enable_trusted_access(trust).await.unwrap_err();
    assert_eq!(reason(&refused), "ALL_FEATURES_REQUIRED");

    let trailplane = Start::with_scenario(&yaml("in_use: false", ""))
        .ready()
        .await;
    not_in_organization(&trailplane).await;
}

async fn not_in_organization(trailplane: &Trailplane) {
    let mut client = trailplane.organization().await;
    let refused = client
        .get_organization(GetOrganizationRequest {})
        .await
        .unwrap_err();
    let found = (refused.code(), &*reason(&refused));
    assert_eq!(found, (Code::FailedPrecondition, "NOT_IN_ORGANIZATION"));
}

#[tokio::test]
async fn a_change_that_has_left_is_finished_before_the_process_ends() {
    let slow = "faults: [{scope: {apis: [EnableAWSServiceAccess]}, effect: {latency: {constant: {ms: 1500}}}}]";
    let sandbox = Sandbox::start(Some(&yaml("trusted_access: false", slow))).await;
    let mut trailplane = Start::with_config(
        "aws:\n  regions: [us-east-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         drain: {delay: 0s}\n",
    )
    .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
    .ready()
    .await;
    let mut client = trailplane.organization().await;
    let call = tokio::spawn(async move {
        let asked = EnableTrustedAccessRequest {
            request_id: "while-draining".to_owned(),
            ..EnableTrustedAccessRequest::default()
        };
        client.enable_trusted_access(asked).await
    });
    while !sandbox
        .ledger()
        .await
        .by_api
        .contains_key("EnableAWSServiceAccess")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The caller goes at once, and the process is told to.
    call.abort();
    trailplane.process.signal("TERM");
    let status = trailplane.process.wait(Duration::from_secs(20)).await;
    let output = trailplane.process.output();
    assert_eq!(status.code(), Some(0), "{output}");
    let told = output.lines().find(|line| line.contains("while-draining"));
    assert!(
        told.is_some_and(|line| line.contains("\"applied\"")),
        "{output}"
    );
}
