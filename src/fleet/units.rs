//! The tree of organizational units. Pure.

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{OrganizationalUnit, OrganizationalUnitId, target::UnitRef};

/// Organizations allows five levels below the root; anything deeper is a broken answer, and is cut here.
const DEEPEST: usize = 16;

/// Every unit of the organization, with its name and its parent. Roots have neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitTree {
    units: BTreeMap<OrganizationalUnitId, Unit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    name: Arc<str>,
    parent: Option<OrganizationalUnitId>,
}

impl UnitTree {
    /// Adds a root.
    pub fn add_root(&mut self, id: OrganizationalUnitId) {
        let root = Unit {
            name: "".into(),
            parent: None,
        };
        self.units.insert(id, root);
    }

    /// Adds a unit below its parent.
    pub fn add(&mut self, parent: OrganizationalUnitId, id: OrganizationalUnitId, name: &str) {
        let unit = Unit {
            name: name.into(),
            parent: Some(parent),
        };
        self.units.insert(id, unit);
    }

    /// Whether the unit exists.
    pub fn contains(&self, id: &OrganizationalUnitId) -> bool {
        self.units.contains_key(id)
    }

    /// The way from the root down to this unit; empty if it is not known.
    pub fn chain(&self, id: &OrganizationalUnitId) -> Vec<OrganizationalUnit> {
        let mut chain = Vec::new();
        let mut next = Some(id);
        while let Some((id, unit)) = next.and_then(|id| self.units.get_key_value(id)) {
            if chain.len() == DEEPEST {
                break;
            }
            chain.push(OrganizationalUnit {
                id: id.clone(),
                name: unit.name.clone(),
            });
            next = unit.parent.as_ref();
        }
        chain.reverse();
        chain
    }

    /// The unit that a caller names; `None` if there is none.
    ///
    /// Names are unique below one parent, and an organization has one root: a path means one unit at most.
    pub fn find(&self, wanted: &UnitRef) -> Option<OrganizationalUnitId> {
        match wanted {
            UnitRef::Id(id) => self.contains(id).then(|| id.clone()),
            UnitRef::Path(names) => {
                let mut at = self.child(None, "")?;
                for name in names {
                    at = self.child(Some(at), name)?;
                }
                Some(at.clone())
            }
        }
    }

    /// The unit with this path of names, made if there is none. Made units have ids of our own, which say
    /// `0000` where an id of AWS's names its root.
    pub fn grow(&mut self, names: &[String]) -> Option<OrganizationalUnitId> {
        let mut at = match self.child(None, "") {
            Some(root) => root.clone(),
            None => {
                let root: OrganizationalUnitId = "r-0000".parse().ok()?;
                self.add_root(root.clone());
                root
            }
        };
        for name in names {
            at = match self.child(Some(&at), name) {
                Some(child) => child.clone(),
                None => {
                    let id: OrganizationalUnitId = made_id(&at, name).parse().ok()?;
                    self.add(at, id.clone(), name);
                    id
                }
            };
        }
        Some(at)
    }

    fn child(
        &self,
        parent: Option<&OrganizationalUnitId>,
        name: &str,
    ) -> Option<&OrganizationalUnitId> {
        self.units
            .iter()
            .find(|(_, unit)| unit.parent.as_ref() == parent && &*unit.name == name)
            .map(|(id, _)| id)
    }
}

/// The same unit has the same id on every replica: FNV-1a over its parent and its name.
fn made_id(parent: &OrganizationalUnitId, name: &str) -> String {
    let bytes = parent.as_str().bytes().chain([b'/']).chain(name.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("ou-0000-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> OrganizationalUnitId {
        text.parse().unwrap()
    }

    fn tree() -> UnitTree {
        let mut tree = UnitTree::default();
        tree.add_root(id("r-ab12"));
        tree.add(id("r-ab12"), id("ou-ab12-00000001"), "Prod");
        tree.add(id("r-ab12"), id("ou-ab12-00000002"), "Test");
        tree.add(id("ou-ab12-00000001"), id("ou-ab12-00000003"), "Payments");
        tree.add(id("ou-ab12-00000002"), id("ou-ab12-00000004"), "Payments");
        tree
    }

    fn path(names: &[&str]) -> UnitRef {
        UnitRef::Path(names.iter().map(|n| (*n).to_owned()).collect())
    }

    #[test]
    fn chains_start_at_the_root() {
        let names: Vec<String> = tree()
            .chain(&id("ou-ab12-00000004"))
            .iter()
            .map(|u| u.name.to_string())
            .collect();
        assert_eq!(names, ["", "Test", "Payments"]);
        assert!(tree().chain(&id("ou-ab12-00000009")).is_empty());
    }

    #[test]
    fn paths_and_ids_name_one_unit() {
        let tree = tree();
        assert_eq!(
            tree.find(&path(&["Prod", "Payments"])),
            Some(id("ou-ab12-00000003"))
        );
        assert_eq!(tree.find(&path(&[])), Some(id("r-ab12")));
        assert_eq!(tree.find(&path(&["Payments"])), None);
        assert_eq!(tree.find(&path(&["prod"])), None);
        assert_eq!(tree.find(&UnitRef::Id(id("ou-ab12-00000009"))), None);
    }

    #[test]
    fn a_tree_grows_only_where_nothing_is() {
        let mut tree = tree();
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let known = tree.grow(&names(&["Prod", "Payments"]));
        assert_eq!(known, Some(id("ou-ab12-00000003")));
        assert_eq!(tree.units.len(), 5);
        let made = tree.grow(&names(&["Prod", "New"])).unwrap();
        assert_eq!(tree.find(&path(&["Prod", "New"])), Some(made.clone()));
        assert_eq!(tree.grow(&names(&["Prod", "New"])), Some(made));
        assert_eq!(tree.units.len(), 6);
        assert_eq!(UnitTree::default().grow(&[]), Some(id("r-0000")));
    }

    #[test]
    fn a_circle_is_cut() {
        let mut tree = tree();
        tree.add(id("ou-ab12-00000003"), id("ou-ab12-00000001"), "Prod");
        assert_eq!(tree.chain(&id("ou-ab12-00000001")).len(), DEEPEST);
    }
}
