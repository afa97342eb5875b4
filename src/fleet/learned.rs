//! What has been learned of the organization, as far as it has been read. Pure: it is told what was read.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{discovery::Listing, sessions::is_refusal, units::UnitTree};
use crate::{
    aws::{AwsError, FailureKind},
    domain::{AccountId, AccountState, OrganizationId, OrganizationalUnitId, Region, Timestamp},
};

/// Something that is read in the background: not yet, in vain, or known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<T> {
    /// Being read.
    Pending,
    /// Reading failed and asking again soon will not help (a permission is missing); with the reason.
    Failed(Arc<str>),
    /// Known.
    Known(T),
}

/// An account as Organizations lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Arc<str>,
    /// Its owner's e-mail address.
    pub email: Option<Arc<str>>,
    /// Its state.
    pub state: AccountState,
    /// The unit directly above it, where the listing says so.
    pub parent: Option<OrganizationalUnitId>,
}

/// What has been learned so far. The refresher owns and changes it; a snapshot is assembled from it.
#[derive(Debug, Clone)]
pub struct Learned {
    /// Every account of the organization; empty without one.
    pub listing: Known<Vec<Listed>>,
    /// The last failure to list, while there has been no success since.
    pub listing_error: Option<Arc<str>>,
    /// When the listing was read.
    pub listed_at: Option<Timestamp>,
    /// The organization's management account.
    pub management: Option<AccountId>,
    /// The organization.
    pub organization: Option<OrganizationId>,
    /// The tree of units.
    pub units: Known<Arc<UnitTree>>,
    /// The unit directly above each account, read from the tree's side.
    pub parents: HashMap<AccountId, OrganizationalUnitId>,
    /// The last failure to read the units, while there has been no success since.
    pub units_error: Option<Arc<str>>,
    /// The last failure to read an account's tags, while there has been no success since.
    pub tags_error: Option<Arc<str>>,
    /// Tags, as far as they have been read; `Failed` if they cannot be.
    pub tags: Known<HashMap<AccountId, BTreeMap<String, String>>>,
    /// The configured Regions that are disabled, of each account whose Regions have been read.
    pub disabled: Known<HashMap<AccountId, Arc<[Region]>>>,
}

impl Learned {
    /// Nothing is known yet of the organization.
    pub fn nothing() -> Self {
        Self {
            listing: Known::Pending,
            listing_error: None,
            listed_at: None,
            management: None,
            organization: None,
            units: Known::Pending,
            parents: HashMap::new(),
            units_error: None,
            tags_error: None,
            tags: Known::Known(HashMap::new()),
            disabled: Known::Known(HashMap::new()),
        }
    }

    /// There is no organization: the static list is all there is to know.
    pub fn no_organization() -> Self {
        Self {
            listing: Known::Known(Vec::new()),
            units: Known::Known(Arc::default()),
            ..Self::nothing()
        }
    }
}

impl<T> Known<T> {
    /// The same without what is known.
    pub(super) fn without_value(&self) -> Known<()> {
        match self {
            Self::Pending => Known::Pending,
            Self::Failed(reason) => Known::Failed(reason.clone()),
            Self::Known(_) => Known::Known(()),
        }
    }
}

impl<K, V> Known<HashMap<K, V>> {
    /// Reading is refused. What was read before stays; if nothing was, nothing will be.
    pub(super) fn give_up(&mut self, why: &Arc<str>) {
        if matches!(self, Self::Known(read) if read.is_empty()) {
            *self = Self::Failed(why.clone());
        }
    }
}

impl Learned {
    /// The accounts were listed. `known` are their ids; what was learned of others is dropped.
    pub(super) fn listed(&mut self, listing: Listing, known: &HashSet<AccountId>, at: Timestamp) {
        self.management = Some(listing.management);
        self.organization = listing.organization;
        self.listed_at = Some(at);
        self.listing_error = None;
        self.parents.retain(|id, _| known.contains(id));
        if let Known::Known(tags) = &mut self.tags {
            tags.retain(|id, _| known.contains(id));
        }
        if let Known::Known(disabled) = &mut self.disabled {
            disabled.retain(|id, _| known.contains(id));
        }
        let accounts = listing.accounts.into_iter().map(|account| Listed {
            id: account.id,
            name: account.name,
            email: account.email,
            state: account.state,
            parent: account.parent,
        });
        self.listing = Known::Known(accounts.collect());
    }

    /// They could not be listed. What was known stays.
    pub(super) fn listing_failed(&mut self, error: &AwsError) {
        let why: Arc<str> = error.to_string().into();
        let hopeless = is_refusal(error.kind) || error.kind == FailureKind::NoCredentials;
        if hopeless && !matches!(self.listing, Known::Known(_)) {
            self.listing = Known::Failed(why.clone());
        }
        self.listing_error = Some(why);
    }

    /// Somebody may have granted what was refused before.
    pub(super) fn try_again(&mut self) {
        if matches!(self.tags, Known::Failed(_)) {
            self.tags = Self::nothing().tags;
        }
        if matches!(self.disabled, Known::Failed(_)) {
            self.disabled = Self::nothing().disabled;
        }
    }

    /// Each account, and whether it is active.
    pub(super) fn accounts(&self) -> Vec<(AccountId, bool)> {
        let Known::Known(listing) = &self.listing else {
            return Vec::new();
        };
        let active = |account: &Listed| account.state == AccountState::Active;
        listing.iter().map(|a| (a.id, active(a))).collect()
    }

    /// How many accounts there are.
    pub(super) fn size(&self) -> u32 {
        let Known::Known(listing) = &self.listing else {
            return 0;
        };
        u32::try_from(listing.len()).unwrap_or(u32::MAX)
    }

    /// Whether some account does not say which unit it is in.
    pub(super) fn needs_parents(&self) -> bool {
        let Known::Known(listing) = &self.listing else {
            return true;
        };
        listing.iter().any(|account| account.parent.is_none())
    }

    /// Whether this account's tags are still to be read.
    pub(super) fn wants_tags(&self, account: AccountId) -> bool {
        matches!(&self.tags, Known::Known(tags) if !tags.contains_key(&account))
    }

    /// Whether this account's Regions are still to be read.
    pub(super) fn wants_regions(&self, account: AccountId) -> bool {
        matches!(&self.disabled, Known::Known(disabled) if !disabled.contains_key(&account))
    }

    /// This account's tags were read.
    pub(super) fn has_tags(&mut self, account: AccountId, tags: BTreeMap<String, String>) {
        self.tags_error = None;
        if let Known::Known(known) = &mut self.tags {
            known.insert(account, tags);
        }
    }

    /// This account's disabled Regions were read.
    pub(super) fn has_disabled(&mut self, account: AccountId, regions: Arc<[Region]>) {
        if let Known::Known(known) = &mut self.disabled {
            known.insert(account, regions);
        }
    }
}
