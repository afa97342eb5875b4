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

/// Delegated administrators of one service at most. AWS says 3 for CloudTrail; other services have other limits.
pub const MAX_ADMINISTRATORS: usize = 3;

/// When what the scenario begins with came to be.
const LONG_AGO: i64 = 1_600_000_000;

/// The organization's state, shared by all calls.
#[derive(Debug)]
pub struct OrgState(Mutex<OrgFacts>);

/// The state at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgFacts {
    /// What the organization may use.
    pub features: FeatureSet,
    /// How far the change to all features is.
    pub migration: Migration,
    /// The service principals that have trusted access, and since which second.
    pub trusted_services: BTreeMap<String, i64>,
    /// The delegated administrators: for each account the service principals that it administers, and since when.
    pub delegated: BTreeMap<AccountId, BTreeMap<String, i64>>,
    /// Whether the management account has CloudTrail's service-linked role.
    pub service_linked_role: bool,
}

/// How far the change from consolidated billing to all features is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Migration {
    /// Nobody has asked for it.
    NotBegun,
    /// Asked for. When nobody is waited for any more, the management account can finish it.
    Begun {
        /// When, in seconds.
        at: i64,
        /// The invited accounts that have not approved.
        waiting: BTreeSet<AccountId>,
    },
    /// Finished by a call; an organization that had all features from the start has never begun.
    Finished {
        /// When it was asked for, in seconds.
        at: i64,
    },
}

impl OrgFacts {
    /// Whether the service has trusted access.
    pub fn trusts(&self, service_principal: &str) -> bool {
        self.trusted_services.contains_key(service_principal)
    }

    /// Whether the account is a delegated administrator of the service.
    pub fn administers(&self, account: AccountId, service_principal: &str) -> bool {
        self.delegated
            .get(&account)
            .is_some_and(|services| services.contains_key(service_principal))
    }

    /// Those who administer the service.
    pub fn administrators(&self, service_principal: &str) -> usize {
        let count = self.delegated.keys();
        count
            .filter(|account| self.administers(**account, service_principal))
            .count()
    }

    /// Makes the account an administrator of the service.
    pub fn delegate(&mut self, account: AccountId, service_principal: &str, now: i64) {
        let services = self.delegated.entry(account).or_default();
        services.insert(service_principal.to_owned(), now);
    }

    /// Takes that away again.
    pub fn undelegate(&mut self, account: AccountId, service_principal: &str) {
        if let Some(services) = self.delegated.get_mut(&account) {
            services.remove(service_principal);
            if services.is_empty() {
                self.delegated.remove(&account);
            }
        }
    }
}

impl OrgState {
    /// The state that the scenario begins with. Its delegated administrators administer CloudTrail.
    pub fn new(organization: &Organization) -> Self {
        let principal = || BTreeMap::from([(CLOUDTRAIL.to_owned(), LONG_AGO)]);
        Self(Mutex::new(OrgFacts {
            features: organization.features,
            migration: Migration::NotBegun,
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
        state.change(|facts| facts.trusted_services.insert(CLOUDTRAIL.to_owned(), 1));
        assert!(state.facts().trusts(CLOUDTRAIL));
        assert!(
            OrgState::new(&Organization::default())
                .facts()
                .trusts(CLOUDTRAIL)
        );
    }
}
