//! Each change: planned, done, done already, refused.

use trailplane::{
    budget::Tally,
    domain::{Api, Permissions},
    organization::{AllFeatures, FeatureSet, OrganizationError, Outcome, Role},
    sandbox::CLOUDTRAIL,
};

use super::world::{
    MANAGEMENT, MEMBERS, OLD, World, context, id, now, only_plan, scenario, writing,
};

#[tokio::test]
async fn the_organization_is_told_by_what_each_account_may_see_of_it() {
    let admins = format!("delegated_administrators: ['{}']", MEMBERS[0]);
    let world = World::of(scenario(&admins, "")).await;
    let found = world.organization.describe(&context()).await.unwrap();
    assert_eq!(found.organization.features, FeatureSet::All);
    assert_eq!(found.organization.management, id(MANAGEMENT));
    assert_eq!(
        (found.caller, found.role),
        (id(MANAGEMENT), Ok(Role::Management))
    );
    assert_eq!(found.trusted_access, Ok(true));

    let world = World::from_member(scenario(&admins, ""), MEMBERS[0]).await;
    let found = world.organization.describe(&context()).await.unwrap();
    assert_eq!(found.role, Ok(Role::DelegatedAdministrator));
    assert_eq!(
        (found.caller, found.trusted_access),
        (id(MEMBERS[0]), Ok(true))
    );

    let world = World::from_member(scenario(&admins, ""), MEMBERS[1]).await;
    let found = world.organization.describe(&context()).await.unwrap();
    assert_eq!(found.role, Ok(Role::Member));
    let unread = found.trusted_access.unwrap_err();
    assert_eq!(
        unread.action,
        "organizations:ListAWSServiceAccessForOrganization"
    );

    // A principal that lacks the permission is told in other words than an account that may not ask.
    let denied = "faults: [{scope: {apis: [ListDelegatedAdministrators]}, effect: denied}]";
    let world = World::from_member(scenario(&admins, denied), MEMBERS[0]).await;
    let found = world.organization.describe(&context()).await.unwrap();
    let unread = found.role.unwrap_err();
    assert_eq!(unread.action, "organizations:ListDelegatedAdministrators");
    assert!(unread.denied);
}

#[tokio::test]
async fn without_an_organization_there_is_nothing_to_do() {
    let world = World::of(scenario("in_use: false", "")).await;
    let refused = world.organization.describe(&context()).await.unwrap_err();
    assert!(
        matches!(refused, OrganizationError::NotInUse(_)),
        "{refused:?}"
    );
    let timeout = std::time::Duration::from_secs(5);
    let world = World::with(scenario("", ""), timeout, |s| s.organization = None).await;
    let refused = world.organization.describe(&context()).await.unwrap_err();
    assert!(
        matches!(refused, OrganizationError::NotConfigured),
        "{refused:?}"
    );
    let refused = world.organization.administrators(&context()).await;
    assert!(matches!(refused, Err(OrganizationError::NotConfigured)));
}

#[tokio::test]
async fn trusted_access_is_planned_given_and_left_as_it_is() {
    let world = World::of(scenario("trusted_access: false", "")).await;
    let trust = async |asked| {
        let ctx = context();
        let done = world.organization.enable_trusted_access(&ctx, &asked);
        done.await.unwrap()
    };
    let planned = trust(only_plan()).await;
    assert_eq!(planned.outcome, Outcome::Planned);
    let step = planned.action.unwrap();
    assert_eq!(step.action, "organizations:EnableAWSServiceAccess");
    assert_eq!((&*step.before, &*step.after), ("false", "true"));
    assert_eq!(world.calls("EnableAWSServiceAccess"), 0);

    let done = trust(now()).await;
    assert_eq!(
        (done.outcome, done.aws_request_ids.len()),
        (Outcome::Applied, 1)
    );
    assert!(
        done.calls >= 3,
        "organization, services, the write: {}",
        done.calls
    );
    assert!(world.sandbox.organization().trusts(CLOUDTRAIL));

    let again = trust(now()).await;
    assert_eq!((again.outcome, again.action), (Outcome::Unchanged, None));
    assert_eq!(world.calls("EnableAWSServiceAccess"), 1);
}

#[tokio::test]
async fn changes_are_refused_before_a_call_is_spent_where_they_cannot_be() {
    let billing = "features: CONSOLIDATED_BILLING, trusted_access: false";
    let world = World::of(scenario(billing, "")).await;
    let refused = world
        .organization
        .enable_trusted_access(&context(), &now())
        .await;
    assert!(
        matches!(refused, Err(OrganizationError::FeaturesMissing(_))),
        "{refused:?}"
    );
    let refused = world
        .organization
        .register(&context(), &now(), id(MEMBERS[0]))
        .await;
    assert!(
        matches!(refused, Err(OrganizationError::FeaturesMissing(_))),
        "{refused:?}"
    );

    let world = World::from_member(scenario("", ""), MEMBERS[0]).await;
    let (ctx, now) = (context(), now());
    let all = [
        world.organization.enable_trusted_access(&ctx, &now).await,
        world
            .organization
            .register(&ctx, &now, id(MEMBERS[1]))
            .await,
        world
            .organization
            .deregister(&ctx, &now, id(MEMBERS[1]))
            .await,
        world
            .organization
            .enable_all_features(&ctx, &now)
            .await
            .map(|done| done.changed),
    ];
    for refused in all {
        let Err(OrganizationError::NotManagement { caller, management }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((caller, management), (id(MEMBERS[0]), id(MANAGEMENT)));
    }

    let world = World::of(scenario("trusted_access: false", "")).await;
    let refused = world
        .organization
        .register(&ctx, &now, id(MEMBERS[0]))
        .await;
    assert!(
        matches!(refused, Err(OrganizationError::TrustMissing)),
        "{refused:?}"
    );
    for api in [
        "EnableAWSServiceAccess",
        "EnableAllFeatures",
        "RegisterOrganizationDelegatedAdmin",
        "DeregisterOrganizationDelegatedAdmin",
    ] {
        assert_eq!(world.calls(api), 0, "{api}");
    }
}

#[tokio::test]
async fn administrators_are_registered_up_to_three_and_taken_away() {
    let world = World::of(scenario("service_linked_role: false", "")).await;
    let organization = &world.organization;
    let (ctx, now) = (context(), now());
    let plan = organization
        .register(&ctx, &only_plan(), id(MEMBERS[0]))
        .await
        .unwrap();
    let step = plan.action.unwrap();
    assert_eq!((&*step.before, &*step.after), ("[]", "[\"200000000001\"]"));
    for member in &MEMBERS[..3] {
        let done = organization.register(&ctx, &now, id(member)).await.unwrap();
        assert_eq!((done.outcome, done.account), (Outcome::Applied, id(member)));
        assert_eq!(&*done.account_name, &format!("m{member}"));
    }
    assert!(world.sandbox.organization().service_linked_role);
    let listed = organization.administrators(&ctx).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|one| one.id.to_string()).collect();
    assert_eq!(ids, MEMBERS[..3]);
    assert!(listed.iter().all(|one| one.since.is_some()));

    let again = organization
        .register(&ctx, &now, id(MEMBERS[1]))
        .await
        .unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
    let fourth = organization.register(&ctx, &now, id(MEMBERS[3])).await;
    let Err(OrganizationError::TooMany(all)) = fourth else {
        panic!("{fourth:?}");
    };
    assert_eq!(all.len(), 3);
    assert_eq!(world.calls("RegisterOrganizationDelegatedAdmin"), 3);

    for outcome in [Outcome::Applied, Outcome::Unchanged] {
        let gone = organization
            .deregister(&ctx, &now, id(MEMBERS[0]))
            .await
            .unwrap();
        assert_eq!(gone.outcome, outcome);
    }
    assert_eq!(world.calls("DeregisterOrganizationDelegatedAdmin"), 1);
    assert_eq!(organization.administrators(&ctx).await.unwrap().len(), 2);
}

#[tokio::test]
async fn accounts_that_cannot_administer_are_refused_by_name() {
    let world = World::of(scenario("", "")).await;
    let (ctx, now) = (context(), now());
    let register = async |account: &str| {
        let refused = world.organization.register(&ctx, &now, id(account)).await;
        refused.unwrap_err()
    };
    let unknown = register("999999999999").await;
    assert!(
        matches!(unknown, OrganizationError::UnknownAccount(_)),
        "{unknown:?}"
    );
    let management = register(MANAGEMENT).await;
    assert!(
        matches!(management, OrganizationError::IsManagement(_)),
        "{management:?}"
    );
    let old = register(OLD).await;
    assert!(matches!(old, OrganizationError::NotActive(_)), "{old:?}");
    let unknown = world
        .organization
        .deregister(&ctx, &now, id("999999999999"))
        .await;
    assert!(
        matches!(unknown, Err(OrganizationError::UnknownAccount(_))),
        "{unknown:?}"
    );
    assert_eq!(world.calls("RegisterOrganizationDelegatedAdmin"), 0);
}

#[tokio::test]
async fn all_features_are_asked_for_awaited_and_finished() {
    let invited = format!(
        "features: CONSOLIDATED_BILLING, invited_accounts: ['{}', '{}']",
        MEMBERS[0], MEMBERS[1]
    );
    let world = World::of(scenario(&invited, "")).await;
    let step = async |asked| {
        let ctx = context();
        let done = world.organization.enable_all_features(&ctx, &asked);
        let done = done.await.unwrap();
        (done.changed.outcome, done.progress.unwrap())
    };
    let (outcome, progress) = step(only_plan()).await;
    assert_eq!(
        (outcome, progress),
        (Outcome::Planned, AllFeatures::NotBegun)
    );
    for expected in [Outcome::Applied, Outcome::Unchanged] {
        let (outcome, progress) = step(now()).await;
        let AllFeatures::Waiting { pending, expires } = progress else {
            panic!("{progress:?}");
        };
        assert_eq!(outcome, expected);
        assert_eq!(pending, [id(MEMBERS[0]), id(MEMBERS[1])]);
        assert!(expires.is_some());
    }
    assert_eq!(world.calls("EnableAllFeatures"), 1);

    approve(&world, &MEMBERS[..2]).await;
    let (outcome, progress) = step(only_plan()).await;
    assert_eq!(outcome, Outcome::Planned);
    assert!(
        matches!(progress, AllFeatures::Ready { .. }),
        "{progress:?}"
    );
    assert_eq!(step(now()).await, (Outcome::Applied, AllFeatures::Enabled));
    assert_eq!(
        step(now()).await,
        (Outcome::Unchanged, AllFeatures::Enabled)
    );
}

/// What the owners of the accounts do in theirs.
async fn approve(world: &World, accounts: &[&str]) {
    use trailplane::aws::HandshakesOf;
    let (ctx, tally, door) = (context(), Tally::default(), &world.rig.door);
    let who = world.fleet.organization_credentials().unwrap();
    let sent = HandshakesOf::EnablingAllFeatures;
    let sent = door.list_handshakes_for_organization(&ctx, &tally, &*who, sent, None);
    let parent = sent.await.unwrap().items.remove(0).id;
    let mut token = None;
    let mut asked = Vec::new();
    loop {
        let of = HandshakesOf::Parent(&parent);
        let page = door.list_handshakes_for_organization(&ctx, &tally, &*who, of, token.as_deref());
        let page = page.await.unwrap();
        asked.extend(page.items);
        token = page.token;
        if token.is_none() {
            break;
        }
    }
    for account in accounts {
        let one = asked
            .iter()
            .find(|one| one.accounts.contains(&id(account)))
            .unwrap();
        let writing = writing(Permissions::calls([Api::AcceptHandshake]));
        let member = world.fleet.writer(id(account), &writing);
        door.accept_handshake(&ctx, &tally, &*member.who, &one.id)
            .await
            .unwrap();
    }
}
