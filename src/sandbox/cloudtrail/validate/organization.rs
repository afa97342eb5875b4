//! Who may have and change an organization's trails, and what the organization must be for that.

use crate::{
    domain::{AccountId, Service},
    sandbox::{
        cloudtrail::view::Viewer,
        faults,
        org_state::{CLOUDTRAIL, OrgFacts},
        scenario::FeatureSet,
        wire::ApiError,
        world::World,
    },
};

/// What CloudTrail asks Organizations with the caller's own permissions.
const ASKED: [&str; 3] = [
    "DescribeOrganization",
    "ListAccounts",
    "ListAWSServiceAccessForOrganization",
];

/// Whether an organization's trail may be created, by this account.
pub fn may_create(
    world: &World,
    organization: &OrgFacts,
    caller: Viewer<'_>,
) -> Result<(), ApiError> {
    if !world.scenario.organization.in_use {
        return Err(ApiError::new(
            "OrganizationsNotInUseException",
            "The account is not a member of an organization.",
        ));
    }
    let management = world.directory.management();
    let account = caller.account;
    if account != management && !organization.administers(account, CLOUDTRAIL) {
        return Err(not_management(account));
    }
    may_ask(world, caller)?;
    if organization.features != FeatureSet::All {
        return Err(ApiError::new(
            "OrganizationNotInAllFeaturesModeException",
            "All features must be enabled in Organizations to create an organization trail.",
        ));
    }
    if !organization.trusts(CLOUDTRAIL) {
        return Err(ApiError::new(
            "CloudTrailAccessNotEnabledException",
            "Trusted access has not been enabled between CloudTrail and Organizations.",
        ));
    }
    has_role(organization)
}

/// Whether the caller may ask Organizations what CloudTrail has to know.
fn may_ask(world: &World, caller: Viewer<'_>) -> Result<(), ApiError> {
    let member = world.directory.member(caller.account);
    let lacks = |operation: &&str| {
        let denies = |m| {
            faults::denies(
                &world.scenario,
                m,
                caller.region,
                Service::Organizations,
                operation,
            )
        };
        member.is_some_and(denies)
    };
    if let Some(operation) = ASKED.into_iter().find(lacks) {
        return Err(ApiError::new(
            "InsufficientDependencyServiceAccessPermissionException",
            format!("The caller lacks the permission organizations:{operation}."),
        ));
    }
    Ok(())
}

/// Whether an account other than the owner may change an organization's trail.
pub fn administers(organization: &OrgFacts, caller: AccountId) -> Result<(), ApiError> {
    if !organization.administers(caller, CLOUDTRAIL) {
        return Err(not_management(caller));
    }
    has_role(organization)
}

/// Only the management account makes an account's trail the organization's, and the other way round.
pub fn may_convert(
    world: &World,
    organization: &OrgFacts,
    caller: Viewer<'_>,
) -> Result<(), ApiError> {
    if caller.account != world.directory.management() {
        return Err(not_management(caller.account));
    }
    may_create(world, organization, caller)
}

fn has_role(organization: &OrgFacts) -> Result<(), ApiError> {
    if organization.service_linked_role {
        return Ok(());
    }
    Err(ApiError::new(
        "NoManagementAccountSLRExistsException",
        "The management account does not have the service-linked role AWSServiceRoleForCloudTrail.",
    ))
}

fn not_management(caller: AccountId) -> ApiError {
    let message = format!(
        "The account {caller} is not the organization's management account, nor its delegated administrator."
    );
    ApiError::new("NotOrganizationMasterAccountException", message)
}
