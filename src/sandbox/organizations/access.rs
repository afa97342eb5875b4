//! Trusted access: which services may act in all accounts.

use serde_json::json;

use super::{Request, all_features, page, service};
use crate::sandbox::{wire::Answer, world::World};

/// `EnableAWSServiceAccess`. Doing it again changes nothing.
pub fn enable(world: &World, request: &Request) -> Answer {
    let name = service(request)?;
    all_features(world)?;
    let now = world.now();
    world.org_state.change(|facts| {
        let since = facts.trusted_services.entry(name.to_owned());
        since.or_insert(now);
    });
    Ok(String::new())
}

/// `DisableAWSServiceAccess`. Doing it again changes nothing.
pub fn disable(world: &World, request: &Request) -> Answer {
    let name = service(request)?;
    all_features(world)?;
    world
        .org_state
        .change(|facts| facts.trusted_services.remove(name));
    Ok(String::new())
}

/// `ListAWSServiceAccessForOrganization`.
pub fn list(world: &World, request: &Request, operation: &'static str) -> Answer {
    let facts = world.org_state.facts();
    let services: Vec<(&String, &i64)> = facts.trusted_services.iter().collect();
    page(
        world,
        request,
        operation,
        "EnabledServicePrincipals",
        &services,
        |(name, since)| json!({"ServicePrincipal": name, "DateEnabled": since}),
    )
}
