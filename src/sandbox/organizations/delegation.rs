//! Delegated administrators: member accounts that run a service for the whole organization.

use serde_json::{Value, json};

use super::{
    Request,
    accounts::{account, find},
    all_features, constraint, page, service,
};
use crate::{
    domain::AccountId,
    sandbox::{
        org_state::{MAX_ADMINISTRATORS, OrgFacts},
        scenario::{Member, MemberState},
        wire::{Answer, ApiError, put},
        world::World,
    },
};

/// `RegisterDelegatedAdministrator`. Unlike CloudTrail's own operation it makes no service-linked role.
pub fn register(world: &World, request: &Request) -> Answer {
    let name = service(request)?;
    let member = find(world, request.account_id.as_deref())?;
    all_features(world)?;
    if member.id == world.directory.management() {
        return Err(constraint(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register master account/yourself as delegated administrator for your organization.",
        ));
    }
    if member.state != MemberState::Active {
        return Err(constraint(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        ));
    }
    let now = world.now();
    world.org_state.change(|facts| {
        if facts.administers(member.id, name) {
            return Err(ApiError::new(
                "AccountAlreadyRegisteredException",
                "The provided account is already a delegated administrator for your organization.",
            ));
        }
        if !facts.trusts(name) {
            return Err(constraint(
                "SERVICE_ACCESS_NOT_ENABLED",
                "You must enable service access before you register a delegated administrator.",
            ));
        }
        if facts.administrators(name) >= MAX_ADMINISTRATORS {
            return Err(constraint(
                "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
                "You have reached the maximum number of delegated administrators for the service.",
            ));
        }
        facts.delegate(member.id, name, now);
        Ok(String::new())
    })
}

/// `DeregisterDelegatedAdministrator`.
pub fn deregister(world: &World, request: &Request) -> Answer {
    let name = service(request)?;
    let member = find(world, request.account_id.as_deref())?;
    world.org_state.change(|facts| {
        if !facts.administers(member.id, name) {
            return Err(not_registered());
        }
        facts.undelegate(member.id, name);
        Ok(String::new())
    })
}

fn not_registered() -> ApiError {
    ApiError::new(
        "AccountNotRegisteredException",
        "The provided account is not a registered delegated administrator for your organization.",
    )
}

/// `ListDelegatedAdministrators`: of one service, or of any.
pub fn list(world: &World, request: &Request, operation: &'static str) -> Answer {
    let name = match &request.service_principal {
        Some(_) => Some(service(request)?),
        None => None,
    };
    let facts = world.org_state.facts();
    let administrators: Vec<(&Member, i64)> = world
        .directory
        .members()
        .filter_map(|member| Some((member, since(&facts, member.id, name)?)))
        .collect();
    page(
        world,
        request,
        operation,
        "DelegatedAdministrators",
        &administrators,
        |(member, since)| administrator(world, member, since),
    )
}

/// Since when the account administers this service, or any.
fn since(facts: &OrgFacts, account: AccountId, service: Option<&str>) -> Option<i64> {
    let services = facts.delegated.get(&account)?;
    match service {
        Some(name) => services.get(name).copied(),
        None => services.values().copied().min(),
    }
}

fn administrator(world: &World, member: &Member, since: i64) -> Value {
    let mut value = account(world, member);
    put(&mut value, "DelegationEnabledDate", since);
    value
}

/// `ListDelegatedServicesForAccount`.
pub fn services(world: &World, request: &Request, operation: &'static str) -> Answer {
    let member = find(world, request.account_id.as_deref())?;
    let facts = world.org_state.facts();
    let services = facts.delegated.get(&member.id).ok_or_else(not_registered)?;
    let services: Vec<(&String, &i64)> = services.iter().collect();
    page(
        world,
        request,
        operation,
        "DelegatedServices",
        &services,
        |(name, since)| json!({"ServicePrincipal": name, "DelegationEnabledDate": since}),
    )
}
