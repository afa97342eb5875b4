//! Classes of accounts: see [`super::mentions`].

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{Account, AccountId, Region};

use super::mentions::{Mentions, Tags};

/// What policies can know an account by. Two accounts of one class are treated alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Class {
    /// Set if a policy names this account.
    account: Option<AccountId>,
    /// Those of its units that a policy names.
    units: Vec<String>,
    tags: ClassTags,
    name: Option<Arc<str>>,
    management: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ClassTags {
    Some(Vec<Option<String>>),
    All(Option<BTreeMap<String, String>>),
}

impl Mentions {
    /// The account's class.
    pub(super) fn class(&self, account: &Account) -> Class {
        let named = !self.accounts.is_empty() && self.accounts.contains(&account.id.to_string());
        Class {
            account: named.then_some(account.id),
            units: match self.units.is_empty() {
                true => Vec::new(),
                false => {
                    let mut units = units(account);
                    units.retain(|unit| self.units.contains(unit));
                    units
                }
            },
            tags: self.tags_of(account),
            name: self.name.then(|| Arc::clone(&account.name)),
            management: self.management.then_some(account.management),
        }
    }

    /// The Region, if it can matter.
    pub(super) fn place<'a>(&self, region: Option<&'a Region>) -> Option<&'a Region> {
        region.filter(|_| self.region)
    }

    fn tags_of(&self, account: &Account) -> ClassTags {
        match &self.tags {
            Tags::All => ClassTags::All(account.tags.clone()),
            Tags::Keys(keys) => {
                let tags = account.tags.as_ref();
                let value = |key: &String| tags.and_then(|tags| tags.get(key).cloned());
                ClassTags::Some(keys.iter().map(value).collect())
            }
        }
    }
}

/// The units that an account is in, by path and by id: `/`, `/Prod`, `/Prod/Payments` and theirs.
pub(super) fn units(account: &Account) -> Vec<String> {
    let mut path = String::new();
    let mut units = Vec::with_capacity(account.units.len() * 2 + 1);
    units.push("/".to_owned());
    for unit in &account.units {
        units.push(unit.id.to_string());
        // The root's name is empty, and its path is `/`.
        if !unit.name.is_empty() {
            path = format!("{path}/{}", unit.name);
            units.push(path.clone());
        }
    }
    units
}
