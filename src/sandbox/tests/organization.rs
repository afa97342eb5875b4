use aws_sdk_cloudtrail::Client as CloudTrail;
use aws_sdk_organizations::{
    Client as Organizations,
    types::{HandshakeFilter, HandshakeState, OrganizationFeatureSet},
};

use super::*;

const PRINCIPAL: &str = "cloudtrail.amazonaws.com";
const MEMBERS: [&str; 4] = [
    "200000000001",
    "200000000002",
    "200000000003",
    "200000000004",
];

/// The management account and four members, of which the first two were invited.
fn scenario(organization: &str) -> Scenario {
    let text = format!(
        "organization: {{invited_accounts: [{}, {}], {organization}}}
accounts: [{}, {{id: '200000000009', name: old, state: SUSPENDED}}]",
        MEMBERS[0],
        MEMBERS[1],
        MEMBERS
            .map(|id| format!("{{id: '{id}', name: m{id}}}"))
            .join(", ")
    );
    Scenario::from_yaml(&text).unwrap()
}

async fn management(sandbox: &Sandbox) -> Organizations {
    Organizations::new(&hub_sdk(sandbox).await)
}

async fn member(sandbox: &Sandbox, account: &str) -> Organizations {
    Organizations::new(&member_sdk(sandbox, account, "us-east-1").await)
}

async fn features(client: &Organizations) -> OrganizationFeatureSet {
    let answer = client.describe_organization().send().await.unwrap();
    answer.organization.unwrap().feature_set.unwrap()
}

/// The code of a failure, and Organizations' reason for it.
macro_rules! refusal {
    ($call:expr) => {{
        let error = $call.send().await.unwrap_err();
        let text = format!("{:?}", error.as_service_error());
        (code(&error), text)
    }};
}

// Below the macro, which it uses.
mod delegation;

#[tokio::test]
async fn all_features_come_when_everybody_invited_has_approved_and_the_management_account_finishes()
{
    let sandbox = sandbox(scenario("features: CONSOLIDATED_BILLING")).await;
    let client = management(&sandbox).await;
    let (refused, _) = refusal!(member(&sandbox, MEMBERS[0]).await.enable_all_features());
    assert_eq!(refused, "AccessDeniedException");
    let asked = client.enable_all_features().send().await.unwrap();
    let handshake = asked.handshake.unwrap();
    assert_eq!(handshake.state(), Some(&HandshakeState::Requested));
    assert_eq!(handshake.action().unwrap().as_str(), "ENABLE_ALL_FEATURES");
    let id = handshake.id().unwrap();
    let (refused, reason) = refusal!(client.enable_all_features());
    assert_eq!(refused, "HandshakeConstraintViolationException");
    assert!(
        reason.contains("OrganizationIsAlreadyPendingAllFeaturesMigration"),
        "{reason}"
    );
    let (refused, _) = refusal!(client.accept_handshake().handshake_id(id));
    assert_eq!(refused, "InvalidHandshakeTransitionException");
    let approvals = client
        .list_handshakes_for_organization()
        .filter(HandshakeFilter::builder().parent_handshake_id(id).build())
        .send()
        .await
        .unwrap();
    assert_eq!(approvals.handshakes().len(), 2);
    for (approval, account) in approvals.handshakes().iter().zip(MEMBERS) {
        assert_eq!(approval.state(), Some(&HandshakeState::Open));
        assert_eq!(approval.parties()[1].id(), account);
        let approval = approval.id().unwrap();
        let (refused, _) = refusal!(client.accept_handshake().handshake_id(approval));
        assert_eq!(refused, "AccessDeniedException");
        let invited = member(&sandbox, account).await;
        let accept = invited.accept_handshake().handshake_id(approval);
        accept.clone().send().await.unwrap();
        assert_eq!(refusal!(accept).0, "HandshakeAlreadyInStateException");
    }
    let listed = client
        .list_handshakes_for_organization()
        .send()
        .await
        .unwrap();
    assert_eq!(listed.handshakes()[0].state(), Some(&HandshakeState::Open));
    assert_eq!(features(&client).await.as_str(), "CONSOLIDATED_BILLING");
    client
        .accept_handshake()
        .handshake_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(features(&client).await.as_str(), "ALL");
    let (_, reason) = refusal!(client.enable_all_features());
    assert!(
        reason.contains("OrganizationAlreadyHasAllFeatures"),
        "{reason}"
    );
}

#[tokio::test]
async fn trusted_access_is_given_taken_and_listed() {
    let sandbox = sandbox(scenario("trusted_access: false, empty_pages: false")).await;
    let client = management(&sandbox).await;
    let services = || async {
        let mut names = Vec::new();
        let mut pages = client
            .list_aws_service_access_for_organization()
            .max_results(1)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            assert!(page.enabled_service_principals().len() <= 1);
            for service in page.enabled_service_principals() {
                assert!(service.date_enabled().is_some());
                names.push(service.service_principal().unwrap().to_owned());
            }
        }
        names
    };
    assert!(services().await.is_empty());
    for name in [PRINCIPAL, PRINCIPAL, "config.amazonaws.com"] {
        let call = client.enable_aws_service_access().service_principal(name);
        call.send().await.unwrap();
    }
    assert_eq!(services().await, [PRINCIPAL, "config.amazonaws.com"]);
    for _ in 0..2 {
        let call = client.disable_aws_service_access();
        call.service_principal(PRINCIPAL).send().await.unwrap();
    }
    assert_eq!(services().await, ["config.amazonaws.com"]);
    let (refused, reason) = refusal!(
        client
            .enable_aws_service_access()
            .service_principal("nonsense")
    );
    assert_eq!(refused, "InvalidInputException");
    assert!(reason.contains("UnrecognizedServicePrincipal"), "{reason}");
    let other = member(&sandbox, MEMBERS[2]).await;
    let call = other.enable_aws_service_access();
    let (refused, _) = refusal!(call.service_principal(PRINCIPAL));
    assert_eq!(refused, "AccessDeniedException");
    let (refused, _) = refusal!(other.list_aws_service_access_for_organization());
    assert_eq!(refused, "AccessDeniedException");
}

#[tokio::test]
async fn with_one_bill_only_nothing_is_trusted() {
    let sandbox = sandbox(scenario(
        "features: CONSOLIDATED_BILLING, trusted_access: false",
    ))
    .await;
    let client = management(&sandbox).await;
    let (refused, reason) = refusal!(
        client
            .enable_aws_service_access()
            .service_principal(PRINCIPAL)
    );
    assert_eq!(refused, "ConstraintViolationException");
    assert!(
        reason.contains("OrganizationNotInAllFeaturesMode"),
        "{reason}"
    );
    let trails = CloudTrail::new(&hub_sdk(&sandbox).await);
    let register = trails.register_organization_delegated_admin();
    let (refused, _) = refusal!(register.member_account_id(MEMBERS[0]));
    assert_eq!(refused, "OrganizationNotInAllFeaturesModeException");
}

#[tokio::test]
async fn without_an_organization_there_is_nothing_to_ask() {
    let sandbox = sandbox(scenario("in_use: false")).await;
    let client = management(&sandbox).await;
    assert_eq!(
        refusal!(client.describe_organization()).0,
        "AWSOrganizationsNotInUseException"
    );
    assert_eq!(
        refusal!(client.enable_all_features()).0,
        "AWSOrganizationsNotInUseException"
    );
    let trails = CloudTrail::new(&hub_sdk(&sandbox).await);
    let register = trails.register_organization_delegated_admin();
    let (refused, _) = refusal!(register.member_account_id(MEMBERS[0]));
    assert_eq!(refused, "OrganizationsNotInUseException");
}
