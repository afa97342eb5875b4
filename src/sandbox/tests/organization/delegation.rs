use super::*;

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
