//! The accounts, units and Regions of the scenario, ready to be asked.

use std::collections::BTreeMap;

use super::{
    hash, id,
    scenario::{Member, MemberState, Scenario},
};
use crate::domain::{AccountId, Region};

/// Who is in the organization, and where.
#[derive(Debug)]
pub struct Directory {
    members: BTreeMap<AccountId, Member>,
    units: Vec<Unit>,
    regions: Vec<Region>,
    listed: usize,
    management: AccountId,
}

/// An organizational unit; the first is the root.
#[derive(Debug)]
pub struct Unit {
    /// `r-…` or `ou-…`.
    pub id: String,
    /// Its own name.
    pub name: String,
    /// Its path of names, `/` for the root.
    pub path: String,
}

impl Directory {
    /// The directory of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let members: BTreeMap<_, _> = scenario.members().into_iter().map(|m| (m.id, m)).collect();
        let mut regions = scenario.regions.clone();
        let listed = regions.len();
        // Organizations and Account Management live in the global Region, whether or not it is listed.
        let globals: Vec<Region> = regions
            .iter()
            .map(|r| r.partition().global_region())
            .collect();
        for global in globals {
            if !regions.contains(&global) {
                regions.push(global);
            }
        }
        let units = units(scenario, &members);
        Self {
            members,
            units,
            regions,
            listed,
            management: scenario.organization.management_account,
        }
    }

    /// Every account, in order of id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The account with this id.
    pub fn member(&self, id: AccountId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// Every Region that can be called, the unlisted global one included.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// The Regions of the scenario.
    pub fn listed_regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter().take(self.listed)
    }

    /// The Region of this name, with its place in the list.
    pub fn region(&self, name: &str) -> Option<(u16, &Region)> {
        (0u16..)
            .zip(&self.regions)
            .find(|(_, region)| region.as_str() == name)
    }

    /// The management account.
    pub fn management(&self) -> AccountId {
        self.management
    }

    /// Whether the account is active and has the Region enabled.
    pub fn region_enabled(&self, account: AccountId, region: &Region) -> bool {
        self.member(account)
            .is_some_and(|m| m.state == MemberState::Active && !m.disabled_regions.contains(region))
    }

    /// The unit (or root) with this id.
    pub fn unit(&self, id: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    /// The unit with this path.
    pub fn unit_at(&self, path: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.path == path)
    }

    /// The units directly below this one.
    pub fn children(&self, parent: &Unit) -> Vec<&Unit> {
        self.units
            .iter()
            .filter(|unit| unit.path != "/" && parent_path(&unit.path) == parent.path)
            .collect()
    }

    /// The accounts directly in this unit.
    pub fn accounts_in(&self, unit: &Unit) -> Vec<&Member> {
        self.members().filter(|m| m.unit == unit.path).collect()
    }
}

/// The path one up: `/Prod` for `/Prod/Web`, `/` for `/Prod`.
pub fn parent_path(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((parent, _)) => parent,
    }
}

fn units(scenario: &Scenario, members: &BTreeMap<AccountId, Member>) -> Vec<Unit> {
    let root_id = &scenario.organization.root_id;
    let mut paths = BTreeMap::new();
    for member in members.values() {
        let mut path = member.unit.as_str();
        while path != "/" {
            let name = path.rsplit('/').next().unwrap_or_default();
            paths.insert(path.to_owned(), name.to_owned());
            path = parent_path(path);
        }
    }
    let root = Unit {
        id: root_id.clone(),
        name: "Root".to_owned(),
        path: "/".to_owned(),
    };
    let suffix = root_id.strip_prefix("r-").unwrap_or(root_id);
    let unit = |(path, name): (String, String)| Unit {
        id: format!(
            "ou-{suffix}-{}",
            id::base32(hash::with_text(scenario.seed, &path) >> 24).to_lowercase()
        ),
        name,
        path,
    };
    std::iter::once(root)
        .chain(paths.into_iter().map(unit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_by_path_and_id() {
        let directory = Directory::new(&Scenario::default());
        let payments = directory.unit_at("/Prod/Payments").unwrap();
        payments
            .id
            .parse::<crate::domain::OrganizationalUnitId>()
            .unwrap();
        assert_eq!(directory.accounts_in(payments).len(), 6);
        let prod = directory.unit_at("/Prod").unwrap();
        let names: Vec<_> = directory
            .children(prod)
            .iter()
            .map(|u| u.name.clone())
            .collect();
        assert_eq!(names, ["Data", "Payments", "Web"]);
        assert_eq!(directory.unit(&payments.id).unwrap().path, "/Prod/Payments");
    }
}
