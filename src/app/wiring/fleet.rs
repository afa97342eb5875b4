//! Which accounts there are, and how to get into them.

use std::collections::BTreeMap;

use crate::{
    app::AppError,
    config::{self, Config},
    domain::{AccountId, ExternalId, RoleArn},
    fleet::{
        Settings,
        settings::{
            Access, AssumableRole, MemberRole, OrganizationSettings, SessionSettings, StaticAccount,
        },
    },
};

use super::aws::Aws;

/// The fleet's settings.
pub(in crate::app) fn settings(config: &Config, aws: &Aws) -> Result<Settings, AppError> {
    let common = &config.aws;
    let external_id = common.external_id.clone();
    let member_role = common
        .role_name
        .as_ref()
        .map(|name| MemberRole::new(common.partition, name.as_str(), external_id.clone()))
        .transpose()
        .map_err(|error| AppError::Start {
            step: "fleet",
            message: error.to_string(),
        })?;
    let role = |arn: &RoleArn| AssumableRole {
        arn: arn.clone(),
        external_id: external_id.clone(),
    };
    Ok(Settings {
        partition: common.partition,
        regions: common.regions.clone(),
        organization: config
            .fleet
            .organizations
            .then(|| organization(config, role)),
        accounts: accounts(&config.fleet, external_id.as_ref()),
        member_role,
        hub_role: common.hub_role_arn.as_ref().map(role),
        management_account: common.management.account_id,
        management_access: management(&common.management, role),
        sessions: SessionSettings {
            name: common.session_name.as_str().to_owned(),
            duration: common.session_duration,
            sts_region: aws.sts_region.clone(),
            tags: common.session_tags.clone(),
        },
    })
}

fn organization(config: &Config, role: impl Fn(&RoleArn) -> AssumableRole) -> OrganizationSettings {
    let fleet = &config.fleet;
    OrganizationSettings {
        // The hub role is who we are towards the organization, unless the management account has a role for it.
        access: match config
            .aws
            .management
            .role_arn
            .as_ref()
            .or(config.aws.hub_role_arn.as_ref())
        {
            Some(arn) => Access::Role(role(arn)),
            None => Access::OwnCredentials,
        },
        refresh_interval: fleet.refresh_interval,
        details_interval: fleet.details_interval,
        read_tags: fleet.read_tags,
        narrow_regions: fleet.narrow_regions,
    }
}

/// How to get into the management account, if not by the member role.
fn management(
    management: &config::Management,
    role: impl Fn(&RoleArn) -> AssumableRole,
) -> Option<Access> {
    match (&management.role_arn, management.account_id) {
        (Some(arn), _) => Some(Access::Role(role(arn))),
        (None, Some(_)) => Some(Access::OwnCredentials),
        (None, None) => None,
    }
}

fn accounts(
    fleet: &config::Fleet,
    common: Option<&ExternalId>,
) -> BTreeMap<AccountId, StaticAccount> {
    fleet
        .accounts
        .iter()
        .map(|account| {
            let name = Some(account.name.clone()).filter(|name| !name.is_empty());
            let account_settings = StaticAccount {
                name,
                role: account.role_arn.clone(),
                external_id: account.external_id.as_ref().or(common).cloned(),
                tags: account.tags.clone(),
                unit_path: account
                    .organizational_unit_path
                    .as_ref()
                    .map_or_else(Vec::new, |path| path.names().to_vec()),
            };
            (account.id, account_settings)
        })
        .collect()
}
