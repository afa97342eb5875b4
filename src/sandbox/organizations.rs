//! AWS Organizations: the accounts and units, and the operations that prepare the organization for its trails.

mod access;
mod accounts;
mod delegation;
mod features;
mod page;

use serde::Deserialize;

use super::{
    scenario::FeatureSet,
    sessions::Principal,
    wire::{Answer, ApiError, Call},
    world::World,
};
use page::page;

/// The parameters of all these operations together; each uses its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    max_results: Option<i64>,
    next_token: Option<String>,
    parent_id: Option<String>,
    child_id: Option<String>,
    account_id: Option<String>,
    resource_id: Option<String>,
    service_principal: Option<String>,
    handshake_id: Option<String>,
    filter: Option<features::Filter>,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Callers {
    /// Every account of the organization.
    Members,
    /// The management account and delegated administrators.
    Readers,
    /// The management account.
    Management,
}

/// The operations that the sandbox has, and who may call them.
fn callers(operation: &str) -> Callers {
    match operation {
        "DescribeOrganization" | "AcceptHandshake" => Callers::Members,
        "EnableAllFeatures"
        | "EnableAWSServiceAccess"
        | "DisableAWSServiceAccess"
        | "RegisterDelegatedAdministrator"
        | "DeregisterDelegatedAdministrator" => Callers::Management,
        _ => Callers::Readers,
    }
}

/// Answers the operation.
pub fn handle(world: &World, caller: &Principal, call: &Call, operation: &'static str) -> Answer {
    if !world.scenario.organization.in_use {
        return Err(ApiError::new(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    let allowed = match callers(operation) {
        Callers::Members => true,
        Callers::Readers => world.may_read_organization(caller.account),
        Callers::Management => caller.account == world.directory.management(),
    };
    if !allowed {
        return Err(access_denied());
    }
    let request: Request = call.json()?;
    match operation {
        "DescribeOrganization" => Ok(accounts::describe_organization(world)),
        "EnableAllFeatures" => features::enable(world),
        "AcceptHandshake" => features::accept(world, caller.account, &request),
        "ListHandshakesForOrganization" => features::list(world, &request, operation),
        "EnableAWSServiceAccess" => access::enable(world, &request),
        "DisableAWSServiceAccess" => access::disable(world, &request),
        "ListAWSServiceAccessForOrganization" => access::list(world, &request, operation),
        "RegisterDelegatedAdministrator" => delegation::register(world, &request),
        "DeregisterDelegatedAdministrator" => delegation::deregister(world, &request),
        "ListDelegatedAdministrators" => delegation::list(world, &request, operation),
        "ListDelegatedServicesForAccount" => delegation::services(world, &request, operation),
        _ => accounts::read(world, &request, operation),
    }
}

fn access_denied() -> ApiError {
    ApiError::new(
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    )
}

/// An input that cannot be.
fn invalid(reason: &'static str, message: &str) -> ApiError {
    ApiError::new("InvalidInputException", message).reason(reason)
}

/// A limit or rule of the organization that forbids it.
fn constraint(reason: &'static str, message: &str) -> ApiError {
    ApiError::new("ConstraintViolationException", message).reason(reason)
}

/// Only an organization with all features may do it.
fn all_features(world: &World) -> Result<(), ApiError> {
    match world.org_state.facts().features {
        FeatureSet::All => Ok(()),
        FeatureSet::ConsolidatedBilling => Err(constraint(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
            "You can't perform this operation on an organization that supports only consolidated billing features.",
        )),
    }
}

/// The service that is meant. Organizations knows its principals; the sandbox takes whatever looks like one.
fn service(request: &Request) -> Result<&str, ApiError> {
    let name = request.service_principal.as_deref().unwrap_or_default();
    if name.is_empty() {
        return Err(invalid(
            "INPUT_REQUIRED",
            "You must provide a ServicePrincipal.",
        ));
    }
    let service = name.strip_suffix(".amazonaws.com");
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    service
        .filter(|service| !service.is_empty() && service.chars().all(legal))
        .map(|_| name)
        .ok_or_else(|| {
            invalid(
                "UNRECOGNIZED_SERVICE_PRINCIPAL",
                "You specified an unrecognized service principal.",
            )
        })
}
