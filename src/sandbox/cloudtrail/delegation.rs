//! CloudTrail's own way to delegate: the same administrators as Organizations', and the service-linked role besides.

use serde::Deserialize;

use crate::{
    domain::{AccountId, Region, Service},
    sandbox::{
        faults,
        org_state::{CLOUDTRAIL, MAX_ADMINISTRATORS},
        scenario::FeatureSet,
        sessions::Principal,
        wire::{Answer, ApiError, Call},
        world::World,
    },
};

/// The parameters of both.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    member_account_id: Option<String>,
    delegated_admin_account_id: Option<String>,
}

/// `RegisterOrganizationDelegatedAdmin`.
pub fn register(world: &World, caller: &Principal, region: &Region, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let account = account(request.member_account_id.as_deref())?;
    may_delegate(world, caller, region, "RegisterDelegatedAdministrator")?;
    if account == world.directory.management() {
        return Err(ApiError::new(
            "CannotDelegateManagementAccountException",
            "The management account of an organization cannot be its delegated administrator.",
        ));
    }
    known(world, account)?;
    let may_make_role = !lacks(
        world,
        caller,
        region,
        (Service::Iam, "CreateServiceLinkedRole"),
    );
    let now = world.now();
    world.org_state.change(|facts| {
        if facts.administers(account, CLOUDTRAIL) {
            return Err(ApiError::new(
                "AccountRegisteredException",
                "The account is already registered as the CloudTrail delegated administrator.",
            ));
        }
        if facts.administrators(CLOUDTRAIL) >= MAX_ADMINISTRATORS {
            return Err(ApiError::new(
                "DelegatedAdminAccountLimitExceededException",
                "The maximum number of CloudTrail delegated administrators is reached.",
            ));
        }
        if !facts.service_linked_role && !may_make_role {
            return Err(ApiError::new(
                "InsufficientIAMAccessPermissionException",
                "The caller lacks the permission to create CloudTrail's service-linked role.",
            ));
        }
        facts.delegate(account, CLOUDTRAIL, now);
        facts.service_linked_role = true;
        Ok("{}".to_owned())
    })
}

/// `DeregisterOrganizationDelegatedAdmin`.
pub fn deregister(world: &World, caller: &Principal, region: &Region, call: &Call) -> Answer {
    let request: Request = call.json()?;
    let account = account(request.delegated_admin_account_id.as_deref())?;
    may_delegate(world, caller, region, "DeregisterDelegatedAdministrator")?;
    known(world, account)?;
    world.org_state.change(|facts| {
        if !facts.administers(account, CLOUDTRAIL) {
            return Err(ApiError::new(
                "AccountNotRegisteredException",
                "The account is not registered as the CloudTrail delegated administrator.",
            ));
        }
        facts.undelegate(account, CLOUDTRAIL);
        Ok("{}".to_owned())
    })
}

fn account(text: Option<&str>) -> Result<AccountId, ApiError> {
    text.unwrap_or_default().parse().map_err(|_| {
        ApiError::new(
            "InvalidParameterException",
            "The account id must be 12 digits.",
        )
    })
}

fn known(world: &World, account: AccountId) -> Result<(), ApiError> {
    world.directory.member(account).map(|_| ()).ok_or_else(|| {
        ApiError::new(
            "AccountNotFoundException",
            "The account is not found or not part of an organization.",
        )
    })
}

/// What has to be so before anybody is looked at: the organization, the caller, and what CloudTrail does with the
/// caller's permissions in Organizations and IAM.
fn may_delegate(
    world: &World,
    caller: &Principal,
    region: &Region,
    operation: &str,
) -> Result<(), ApiError> {
    let refused = |code: &str, message: &str| Err(ApiError::new(code, message));
    if !world.scenario.organization.in_use {
        return refused(
            "OrganizationsNotInUseException",
            "The account is not a member of an organization.",
        );
    }
    if caller.account != world.directory.management() {
        return refused(
            "NotOrganizationManagementAccountException",
            "The account making the request is not the organization's management account.",
        );
    }
    let facts = world.org_state.facts();
    if facts.features != FeatureSet::All {
        return refused(
            "OrganizationNotInAllFeaturesModeException",
            "All features must be enabled in the organization.",
        );
    }
    if !facts.trusts(CLOUDTRAIL) {
        return refused(
            "CloudTrailAccessNotEnabledException",
            "Trusted access has not been enabled between CloudTrail and Organizations.",
        );
    }
    if lacks(world, caller, region, (Service::Organizations, operation)) {
        return refused(
            "InsufficientDependencyServiceAccessPermissionException",
            "The caller lacks a permission in AWS Organizations that this operation needs.",
        );
    }
    Ok(())
}

/// Whether a fault denies the caller what CloudTrail would do for it.
fn lacks(
    world: &World,
    caller: &Principal,
    region: &Region,
    (service, operation): (Service, &str),
) -> bool {
    let member = world.directory.member(caller.account);
    member.is_some_and(|m| faults::denies(&world.scenario, m, region, service, operation))
}
