//! Classes of accounts: see [`super::mentions`].

use std::{collections::BTreeMap, sync::Arc};

use crate::domain::{Account, AccountId};

use super::mentions::{Mentions, Tags};

/// What policies can know an account by. Two accounts of one class are treated alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Class {
    /// Set if a policy names this account.
    account: Option<AccountId>,
    /// Those of its units that a policy names, by their numbers among the mentioned.
    units: Vec<usize>,
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
        Class {
            account: (self.accounts.contains(&account.id)).then_some(account.id),
            units: self.units_of(account),
            tags: self.tags_of(account),
            name: self.name.then(|| Arc::clone(&account.name)),
            management: self.management.then_some(account.management),
        }
    }

    fn units_of(&self, account: &Account) -> Vec<usize> {
        let mut mentioned = Vec::new();
        if !self.units.is_empty() {
            for_each_unit(account, |unit| {
                mentioned.extend(self.units.get(unit).copied());
            });
        }
        mentioned
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
pub(super) fn for_each_unit(account: &Account, mut each: impl FnMut(&str)) {
    let mut path = String::new();
    each("/");
    for unit in &account.units {
        each(unit.id.as_str());
        // The root's name is empty, and its path is `/`.
        if !unit.name.is_empty() {
            path.push('/');
            path.push_str(&unit.name);
            each(&path);
        }
    }
}
