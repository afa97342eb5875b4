//! Whether an organization's trail can be created: from what was seen to what is missing. Pure.
//!
//! What could not be read is unknown, never "not met": a missing permission of ours says nothing of the trail.

mod delivery;
mod home;
#[cfg(test)]
mod tests;

pub use delivery::misplaced;

use super::{
    evidence::{Evidence, OrganizationTrail, Seen, Unread},
    facts::{CLOUDTRAIL, Role},
    prerequisite::{Finding, Prerequisite, PrerequisiteKind},
};
use crate::aws::FeatureSet;

/// The role by which CloudTrail acts for the organization.
pub const SERVICE_LINKED_ROLE: &str = "AWSServiceRoleForCloudTrail";

/// Every prerequisite of the trail, in the order of their kinds.
pub fn check(trail: &OrganizationTrail, seen: &Evidence) -> Vec<Prerequisite> {
    vec![
        all_features(seen),
        trusted_access(seen),
        service_linked_role(seen),
        caller(seen),
        delivery::bucket(trail, seen),
        delivery::key(trail, seen),
        delivery::topic(trail, seen),
        delivery::logs(trail, seen),
        home::region(trail, seen),
    ]
}

/// One prerequisite in the making: what it is, and what it is about.
struct Need {
    kind: PrerequisiteKind,
    resource: String,
}

impl Need {
    fn new(kind: PrerequisiteKind, resource: impl Into<String>) -> Self {
        Self {
            kind,
            resource: resource.into(),
        }
    }

    fn found(self, evidence: impl Into<String>, finding: Finding) -> Prerequisite {
        Prerequisite {
            kind: self.kind,
            resource: self.resource,
            evidence: evidence.into(),
            finding,
        }
    }

    fn met(self, evidence: impl Into<String>) -> Prerequisite {
        self.found(evidence, Finding::Met)
    }

    fn not_met(self, evidence: impl Into<String>, fix: impl Into<String>) -> Prerequisite {
        self.found(evidence, Finding::NotMet { fix: fix.into() })
    }

    fn unknown(self, evidence: impl Into<String>, fix: impl Into<String>) -> Prerequisite {
        self.found(evidence, Finding::Unknown { fix: fix.into() })
    }

    fn not_applicable(self, evidence: impl Into<String>) -> Prerequisite {
        self.found(evidence, Finding::NotApplicable)
    }

    /// It could not be read; `also` is what else is to be said of the fix.
    fn unread(self, unread: &Unread, also: &str) -> Prerequisite {
        let Unread {
            action,
            account,
            why,
            denied,
        } = unread;
        let fix = if *denied {
            format!("allow {action} to the role that Trailplane uses in account {account}{also}")
        } else {
            format!("check again, or look by {action} in account {account}{also}")
        };
        self.unknown(format!("{action} failed in account {account}: {why}"), fix)
    }
}

fn all_features(seen: &Evidence) -> Prerequisite {
    let organization = &seen.organization;
    let arn = organization.arn.as_deref().unwrap_or(&organization.id);
    let need = Need::new(PrerequisiteKind::AllFeatures, arn);
    let id = &organization.id;
    match organization.features {
        FeatureSet::All => need.met(format!("organization {id} has all features")),
        FeatureSet::ConsolidatedBilling => need.not_met(
            format!("organization {id} has consolidated billing only"),
            "call EnableAllFeatures; accounts that were invited must approve it",
        ),
        FeatureSet::Unknown => need.unknown(
            format!("organization {id} has a feature set that Trailplane does not know"),
            "look at the organization's settings in the management account",
        ),
    }
}

fn trusted_access(seen: &Evidence) -> Prerequisite {
    let need = Need::new(PrerequisiteKind::TrustedAccess, CLOUDTRAIL);
    match &seen.trusted_access {
        Seen::Known(true) => need.met(format!("{CLOUDTRAIL} has trusted access")),
        Seen::Known(false) => need.not_met(
            format!("{CLOUDTRAIL} is not among the services with trusted access"),
            "call EnableTrustedAccess",
        ),
        Seen::Unread(unread) => need.unread(unread, "; CreateTrail itself needs it too"),
    }
}

fn service_linked_role(seen: &Evidence) -> Prerequisite {
    let management = seen.organization.management;
    let need = Need::new(
        PrerequisiteKind::ServiceLinkedRole,
        format!("{SERVICE_LINKED_ROLE} in account {management}"),
    );
    match &seen.service_linked_role {
        Seen::Known(true) => need.met(format!(
            "management account {management} has the role {SERVICE_LINKED_ROLE}"
        )),
        Seen::Known(false) => need.not_met(
            format!("management account {management} has no role {SERVICE_LINKED_ROLE}"),
            format!(
                "make it there with `aws iam create-service-linked-role --aws-service-name {CLOUDTRAIL}`, or call \
                 RegisterDelegatedAdministrator, which makes it too"
            ),
        ),
        Seen::Unread(unread) => need.unread(unread, "; CreateTrail itself needs it too"),
    }
}

fn caller(seen: &Evidence) -> Prerequisite {
    let (account, management) = (seen.creator, seen.organization.management);
    let need = Need::new(PrerequisiteKind::Caller, account.to_string());
    match &seen.creator_role {
        Seen::Known(Role::Management) => {
            need.met(format!("account {account} is the management account"))
        }
        Seen::Known(Role::DelegatedAdministrator) => need.met(format!(
            "account {account} is a delegated administrator of CloudTrail; the trail will belong to management \
             account {management}"
        )),
        Seen::Known(Role::Member) => need.not_met(
            format!(
                "account {account} is a member that does not administer CloudTrail; the management account is \
                 {management}"
            ),
            format!(
                "create the trail from account {management}, or call RegisterDelegatedAdministrator for account \
                 {account}"
            ),
        ),
        Seen::Unread(unread) => need.unread(unread, ""),
    }
}
