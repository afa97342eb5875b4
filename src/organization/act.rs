//! The changes of an organization. Each can be asked for again: what is so already stays so.

use super::facts::CLOUDTRAIL;
use crate::domain::{AccountId, Api, Permissions};

/// What it takes to look how far the features are.
const FEATURES: &[Api] = &[
    Api::DescribeOrganization,
    Api::ListHandshakesForOrganization,
];

/// What it takes to look who administers CloudTrail.
const ADMINISTRATORS: &[Api] = &[
    Api::DescribeOrganization,
    Api::ListAWSServiceAccessForOrganization,
    Api::ListDelegatedAdministrators,
];

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Begin to enable all features; accounts that were invited must approve.
    BeginAllFeatures,
    /// Finish it, once all have approved.
    FinishAllFeatures {
        /// The handshake to accept.
        handshake: String,
    },
    /// Let CloudTrail act in all accounts.
    EnableTrustedAccess,
    /// Make this account an administrator of CloudTrail.
    Register(AccountId),
    /// Take that from it.
    Deregister(AccountId),
}

impl Act {
    /// The action as a policy names it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::BeginAllFeatures => "organizations:EnableAllFeatures",
            Self::FinishAllFeatures { .. } => "organizations:AcceptHandshake",
            Self::EnableTrustedAccess => "organizations:EnableAWSServiceAccess",
            Self::Register(_) => "cloudtrail:RegisterOrganizationDelegatedAdmin",
            Self::Deregister(_) => "cloudtrail:DeregisterOrganizationDelegatedAdmin",
        }
    }

    /// What a session needs to make it, and to look what came of it. CloudTrail does in Organizations and IAM what it is
    /// asked for with the caller's permissions.
    pub fn permissions(&self) -> Permissions {
        let (api, looks, more): (_, &[Api], &[&str]) = match self {
            Self::BeginAllFeatures => (Api::EnableAllFeatures, FEATURES, &[]),
            Self::FinishAllFeatures { .. } => (Api::AcceptHandshake, FEATURES, &[]),
            Self::EnableTrustedAccess => (
                Api::EnableAWSServiceAccess,
                &[Api::ListAWSServiceAccessForOrganization],
                &[],
            ),
            Self::Register(_) => (
                Api::RegisterOrganizationDelegatedAdmin,
                ADMINISTRATORS,
                &[
                    "iam:CreateServiceLinkedRole",
                    "iam:GetRole",
                    "organizations:RegisterDelegatedAdministrator",
                ],
            ),
            Self::Deregister(_) => (
                Api::DeregisterOrganizationDelegatedAdmin,
                ADMINISTRATORS,
                &["organizations:DeregisterDelegatedAdministrator"],
            ),
        };
        let looks = looks.iter().copied();
        Permissions::calls(looks.chain([api])).and(more)
    }

    /// What it acts on, for the log.
    pub fn about(&self, organization: &str) -> String {
        match self {
            Self::BeginAllFeatures => organization.to_owned(),
            Self::FinishAllFeatures { handshake } => handshake.clone(),
            Self::EnableTrustedAccess => CLOUDTRAIL.to_owned(),
            Self::Register(account) | Self::Deregister(account) => account.to_string(),
        }
    }
}
