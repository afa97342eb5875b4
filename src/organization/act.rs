//! The changes of an organization. Each can be asked for again: what is so already stays so.

use super::facts::CLOUDTRAIL;
use crate::domain::AccountId;

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
