//! An account of the organization, as the fleet knows it.

use std::{collections::BTreeMap, sync::Arc};

use super::{AccountId, OrganizationalUnitId, RoleArn};

/// Where an account is in its life (Organizations `State`, with the retired `Status` mapped onto it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountState {
    /// Sign-up is not complete; nothing can be called in it.
    PendingActivation,
    /// The only state in which an account takes part in a fan-out.
    Active,
    /// Restricted by AWS, or closed within the last 90 days.
    Suspended,
    /// Closing is under way.
    PendingClosure,
    /// Closed.
    Closed,
    /// A state that this version does not know: treated as not active, and said so.
    Unknown,
}

/// One account. Cheap to clone behind an `Arc`; never changed in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The id.
    pub id: AccountId,
    /// The name in Organizations, or the one given in the configuration. May be empty.
    pub name: Arc<str>,
    /// The owner's e-mail address, where Organizations tells it.
    pub email: Option<Arc<str>>,
    /// Where it is in its life.
    pub state: AccountState,
    /// Its organizational units, the root first and its direct parent last. Empty if not known.
    pub units: Vec<OrganizationalUnit>,
    /// Its tags; `None` while they have not been read.
    pub tags: Option<BTreeMap<String, String>>,
    /// True for the organization's management account.
    pub management: bool,
    /// The role assumed in it; `None` when its own credentials are used directly.
    pub role: Option<RoleArn>,
}

/// An organizational unit on an account's way up to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationalUnit {
    /// The id; a root's id for the first.
    pub id: OrganizationalUnitId,
    /// The name, as paths such as `/Prod/Payments` use it; empty for the root.
    pub name: Arc<str>,
}

impl Account {
    /// An account of which nothing but its id is known: not one of the fleet's.
    pub fn stranger(id: AccountId) -> Self {
        Self {
            id,
            name: "".into(),
            email: None,
            state: AccountState::Unknown,
            units: Vec::new(),
            tags: Some(BTreeMap::new()),
            management: false,
            role: None,
        }
    }

    /// The path of organizational unit names: `/Prod/Payments`, or `/` directly under the root.
    pub fn path(&self) -> String {
        let names: Vec<&str> = self.units.iter().skip(1).map(|unit| &*unit.name).collect();
        format!("/{}", names.join("/"))
    }
}
