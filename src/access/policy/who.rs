//! Who calls, with the groups that the operator puts callers into.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::access::Identity;

/// A caller and all of its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The caller.
    pub identity: Identity,
    /// Those that its proof names, and those of the operator's that it is in.
    pub groups: BTreeSet<Arc<str>>,
}

/// The operator's groups: `groups.json` beside the policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    of_member: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Groups {
    /// From names of groups to names of callers: `{"auditors": ["spiffe://example.org/ns/audit/sa/reader"]}`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn parse(json: &str) -> Result<Self, String> {
        let read: BTreeMap<Arc<str>, Vec<Arc<str>>> = serde_json::from_str(json)
            .map_err(|error| format!("expected groups, each a list of callers: {error}"))?;
        let mut of_member: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
        for (group, members) in read {
            // A token's groups have a colon: nobody is in an operator's group because an issuer says so.
            if group.is_empty() || group.contains(':') {
                return Err(format!(
                    "{group:?}: expected a group's name without a colon"
                ));
            }
            for member in members {
                of_member
                    .entry(member)
                    .or_default()
                    .insert(Arc::clone(&group));
            }
        }
        Ok(Self { of_member })
    }

    /// The caller with its groups.
    pub fn who(&self, identity: &Identity) -> Who {
        let mut groups = identity.groups().clone();
        if let Some(more) = self.of_member.get(identity.name()) {
            groups.extend(more.iter().cloned());
        }
        Who {
            identity: identity.clone(),
            groups,
        }
    }
}
