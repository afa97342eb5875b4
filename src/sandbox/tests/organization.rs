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
async fn delegated_administrators_are_registered_by_the_rules() {
    let sandbox = sandbox(scenario("trusted_access: false")).await;
    let client = management(&sandbox).await;
    let register = |account: &str| {
        client
            .register_delegated_administrator()
            .account_id(account)
            .service_principal(PRINCIPAL)
    };
    let (_, reason) = refusal!(register(MEMBERS[0]));
    assert!(reason.contains("ServiceAccessNotEnabled"), "{reason}");
    let trust = client.enable_aws_service_access();
    trust.service_principal(PRINCIPAL).send().await.unwrap();
    assert!(
        member(&sandbox, MEMBERS[0])
            .await
            .list_accounts()
            .send()
            .await
            .is_err()
    );
    for account in &MEMBERS[..3] {
        register(account).send().await.unwrap();
    }
    for (account, code, reason) in [
        (MEMBERS[0], "AccountAlreadyRegisteredException", ""),
        (
            MEMBERS[3],
            "ConstraintViolationException",
            "MaxDelegatedAdministratorsForServiceLimitExceeded",
        ),
        (
            "200000000009",
            "ConstraintViolationException",
            "CannotRegisterSuspendedAccountAsDelegatedAdministrator",
        ),
        (
            "100000000001",
            "ConstraintViolationException",
            "CannotRegisterMasterAsDelegatedAdministrator",
        ),
        ("999999999999", "AccountNotFoundException", ""),
        ("12", "InvalidInputException", "InvalidPattern"),
    ] {
        let (refused, text) = refusal!(register(account));
        assert_eq!(refused, code, "{account}");
        assert!(text.contains(reason), "{text}");
    }
    // An administrator may read the organization, and change nothing.
    let administrator = member(&sandbox, MEMBERS[0]).await;
    let listed = administrator
        .list_delegated_administrators()
        .service_principal(PRINCIPAL)
        .send()
        .await
        .unwrap();
    let ids: Vec<_> = listed
        .delegated_administrators()
        .iter()
        .map(|a| a.id().unwrap())
        .collect();
    assert_eq!(ids, &MEMBERS[..3]);
    assert!(
        listed.delegated_administrators()[0]
            .delegation_enabled_date()
            .is_some()
    );
    assert_eq!(
        listed.delegated_administrators()[0]
            .joined_method()
            .unwrap()
            .as_str(),
        "INVITED"
    );
    let none = client
        .list_delegated_administrators()
        .service_principal("config.amazonaws.com")
        .send()
        .await
        .unwrap();
    assert!(none.delegated_administrators().is_empty());
    let services = client
        .list_delegated_services_for_account()
        .account_id(MEMBERS[1])
        .send()
        .await
        .unwrap();
    assert_eq!(
        services.delegated_services()[0].service_principal(),
        Some(PRINCIPAL)
    );
    let remove = |client: &Organizations| {
        client
            .deregister_delegated_administrator()
            .account_id(MEMBERS[0])
            .service_principal(PRINCIPAL)
    };
    assert_eq!(refusal!(remove(&administrator)).0, "AccessDeniedException");
    remove(&client).send().await.unwrap();
    assert_eq!(refusal!(remove(&client)).0, "AccountNotRegisteredException");
    assert_eq!(
        refusal!(administrator.list_accounts()).0,
        "AccessDeniedException"
    );
    assert_eq!(
        refusal!(
            client
                .list_delegated_services_for_account()
                .account_id(MEMBERS[0])
        )
        .0,
        "AccountNotRegisteredException"
    );
}

#[tokio::test]
async fn cloudtrail_delegates_by_its_own_operation_too_and_makes_its_role() {
    let sandbox = sandbox(scenario(
        "service_linked_role: false, trusted_access: false",
    ))
    .await;
    let client = management(&sandbox).await;
    let trails = CloudTrail::new(&hub_sdk(&sandbox).await);
    let register = |account: &str| {
        trails
            .register_organization_delegated_admin()
            .member_account_id(account)
    };
    let deregister = |account: &str| {
        trails
            .deregister_organization_delegated_admin()
            .delegated_admin_account_id(account)
    };
    assert_eq!(
        refusal!(register(MEMBERS[0])).0,
        "CloudTrailAccessNotEnabledException"
    );
    let trust = client.enable_aws_service_access();
    trust.service_principal(PRINCIPAL).send().await.unwrap();
    for account in &MEMBERS[..3] {
        register(account).send().await.unwrap();
    }
    assert!(sandbox.world.org_state.facts().service_linked_role);
    for (account, code) in [
        (MEMBERS[0], "AccountRegisteredException"),
        (MEMBERS[3], "DelegatedAdminAccountLimitExceededException"),
        ("100000000001", "CannotDelegateManagementAccountException"),
        ("999999999999", "AccountNotFoundException"),
        ("nobody", "InvalidParameterException"),
    ] {
        assert_eq!(refusal!(register(account)).0, code, "{account}");
    }
    let listed = client.list_delegated_administrators().send().await.unwrap();
    assert_eq!(listed.delegated_administrators().len(), 3);
    deregister(MEMBERS[0]).send().await.unwrap();
    assert_eq!(
        refusal!(deregister(MEMBERS[0])).0,
        "AccountNotRegisteredException"
    );
    assert_eq!(
        refusal!(deregister("999999999999")).0,
        "AccountNotFoundException"
    );
    let member = CloudTrail::new(&member_sdk(&sandbox, MEMBERS[1], "us-east-1").await);
    let (refused, _) = refusal!(
        member
            .register_organization_delegated_admin()
            .member_account_id(MEMBERS[3])
    );
    assert_eq!(refused, "NotOrganizationManagementAccountException");
}

#[tokio::test]
async fn what_the_caller_may_not_do_in_organizations_cloudtrail_cannot_do_for_it() {
    let denied = Fault::new(Effect::Denied).on("RegisterDelegatedAdministrator");
    let sandbox = sandbox(scenario("").with_fault(denied)).await;
    let trails = CloudTrail::new(&hub_sdk(&sandbox).await);
    let register = trails.register_organization_delegated_admin();
    let (refused, _) = refusal!(register.member_account_id(MEMBERS[0]));
    assert_eq!(
        refused,
        "InsufficientDependencyServiceAccessPermissionException"
    );
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
