//! What the organization is like now, as far as calls can change it: its features, which services it trusts, who
//! administers them for it. Organizations' operations change it; CloudTrail asks it before it makes an
//! organization's trail. Knows nothing of either.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use super::scenario::{FeatureSet, Organization};
use crate::domain::AccountId;

/// CloudTrail's service principal.
pub const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// The organization's state, shared by all calls.
#[derive(Debug)]
pub struct OrgState(Mutex<OrgFacts>);

/// The state at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgFacts {
    /// What the organization may use.
    pub features: FeatureSet,
    /// The service principals that have trusted access.
    pub trusted_services: BTreeSet<String>,
    /// The delegated administrators: for each account the service principals that it administers.
    pub delegated: BTreeMap<AccountId, BTreeSet<String>>,
    /// Whether the management account has CloudTrail's service-linked role.
    pub service_linked_role: bool,
}

impl OrgFacts {
    /// Whether the service has trusted access.
    pub fn trusts(&self, service_principal: &str) -> bool {
        self.trusted_services.contains(service_principal)
    }

    /// Whether the account is a delegated administrator of the service.
    pub fn administers(&self, account: AccountId, service_principal: &str) -> bool {
        self.delegated
            .get(&account)
            .is_some_and(|services| services.contains(service_principal))
    }
}

impl OrgState {
    /// The state that the scenario begins with. Its delegated administrators administer CloudTrail.
    pub fn new(organization: &Organization) -> Self {
        let principal = || BTreeSet::from([CLOUDTRAIL.to_owned()]);
        Self(Mutex::new(OrgFacts {
            features: organization.features,
            trusted_services: organization
                .trusted_access
                .then(principal)
                .unwrap_or_default(),
            delegated: organization
                .delegated_administrators
                .iter()
                .map(|account| (*account, principal()))
                .collect(),
            service_linked_role: organization.service_linked_role,
        }))
    }

    /// The state now.
    pub fn facts(&self) -> OrgFacts {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Looks and changes in one step, so that no other call comes between.
    pub fn change<R>(&self, change: impl FnOnce(&mut OrgFacts) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_as_the_scenario_says_and_changes() {
        let admin = AccountId::from_u64(200_000_000_001).unwrap();
        let state = OrgState::new(&Organization {
            delegated_administrators: vec![admin],
            trusted_access: false,
            ..Organization::default()
        });
        assert!(state.facts().administers(admin, CLOUDTRAIL));
        assert!(!state.facts().trusts(CLOUDTRAIL));
        state.change(|facts| facts.trusted_services.insert(CLOUDTRAIL.to_owned()));
        assert!(state.facts().trusts(CLOUDTRAIL));
        assert!(
            OrgState::new(&Organization::default())
                .facts()
                .trusts(CLOUDTRAIL)
        );
    }
}
