//! What the fleet knows at one moment: a snapshot that never changes in place. Pure.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    learned::{Known, Learned, Listed},
    select::Missing,
    settings::{Access, Settings, StaticAccount},
    units::UnitTree,
};
use crate::domain::{
    Account, AccountId, AccountState, OrganizationId, OrganizationalUnitId, Region, RoleArn,
    Timestamp, target::UnitRef,
};

/// A listing is older than it should be, because Organizations could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// When the accounts were last read.
    pub since: Timestamp,
    /// Why they could not be read again.
    pub error: Arc<str>,
}

/// The snapshot. Accounts are in order of id; all else points into them.
#[derive(Debug)]
pub struct Directory {
    accounts: Vec<Arc<Account>>,
    organization: Option<OrganizationId>,
    listed: Known<()>,
    listing_error: Option<Arc<str>>,
    listed_at: Option<Timestamp>,
    units: Known<Arc<UnitTree>>,
    units_error: Option<Arc<str>>,
    members: HashMap<OrganizationalUnitId, Vec<usize>>,
    tags: Known<()>,
    tags_error: Option<Arc<str>>,
    disabled: HashMap<AccountId, Arc<[Region]>>,
}

impl Directory {
    /// The snapshot of what has been learned, over the settings' static accounts. Accounts that did not
    /// change since `before` are shared with it.
    pub fn assemble(settings: &Settings, learned: &Learned, before: Option<&Self>) -> Self {
        let listing = match &learned.listing {
            Known::Known(listing) => listing.as_slice(),
            Known::Pending | Known::Failed(_) => &[],
        };
        let known: HashSet<AccountId> = listing.iter().map(|l| l.id).collect();
        let by_hand = settings
            .accounts
            .iter()
            .filter(|(id, _)| !known.contains(id));
        let by_hand: Vec<(&AccountId, &StaticAccount)> = by_hand.collect();
        let units = with_static_units(&learned.units, &by_hand);
        let builder = Builder {
            settings,
            learned,
            units: &units,
        };
        let mut accounts: Vec<Account> = listing.iter().map(|l| builder.discovered(l)).collect();
        accounts.extend(
            by_hand
                .iter()
                .map(|(id, entry)| builder.by_hand(**id, entry)),
        );
        accounts.sort_by_key(|account| account.id);
        accounts.dedup_by_key(|account| account.id);
        let accounts: Vec<Arc<Account>> = accounts
            .into_iter()
            .map(|account| match before.and_then(|b| b.account(account.id)) {
                Some(same) if **same == account => same.clone(),
                _ => Arc::new(account),
            })
            .collect();
        Self {
            members: members(&accounts),
            accounts,
            organization: learned.organization.clone(),
            listed: learned.listing.without_value(),
            listing_error: learned.listing_error.clone(),
            listed_at: learned.listed_at,
            units,
            units_error: learned.units_error.clone(),
            tags_error: learned.tags_error.clone(),
            tags: learned.tags.without_value(),
            disabled: match &learned.disabled {
                Known::Known(disabled) => disabled.clone(),
                Known::Pending | Known::Failed(_) => HashMap::new(),
            },
        }
    }

    /// Whether the accounts are known.
    pub fn listed(&self) -> &Known<()> {
        &self.listed
    }

    /// The last failure to read what is missing, if there was no success after it.
    pub fn last_error(&self, missing: &Missing) -> Option<&Arc<str>> {
        match missing {
            Missing::Accounts => self.listing_error.as_ref(),
            Missing::Units => self.units_error.as_ref(),
            Missing::Tags(_) => self.tags_error.as_ref(),
        }
    }

    /// The accounts, in order of id.
    pub fn accounts(&self) -> &[Arc<Account>] {
        &self.accounts
    }

    /// The account with this id.
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.position(id).and_then(|at| self.accounts.get(at))
    }

    /// Where the account with this id is among [`Self::accounts`].
    pub fn position(&self, id: AccountId) -> Option<usize> {
        self.accounts.binary_search_by_key(&id, |a| a.id).ok()
    }

    /// The tree of units.
    pub fn units(&self) -> &Known<Arc<UnitTree>> {
        &self.units
    }

    /// The accounts below this unit, at any depth, as positions among [`Self::accounts`].
    pub fn members(&self, unit: &OrganizationalUnitId) -> &[usize] {
        self.members.get(unit).map_or(&[], Vec::as_slice)
    }

    /// Whether tags can be read at all; each account says for itself whether they have been.
    pub fn tags(&self) -> &Known<()> {
        &self.tags
    }

    /// Whether the Region is known to be disabled in the account. What is not known is taken as enabled:
    /// the call itself then tells.
    pub fn disabled(&self, account: AccountId, region: &Region) -> bool {
        self.disabled
            .get(&account)
            .is_some_and(|regions| regions.contains(region))
    }

    /// The configured Regions known to be disabled in the account; `None` while they have not been read.
    pub fn disabled_regions(&self, account: AccountId) -> Option<&[Region]> {
        self.disabled.get(&account).map(|regions| &**regions)
    }

    /// The organization that the accounts are of, once it is known.
    pub fn organization(&self) -> Option<&OrganizationId> {
        self.organization.as_ref()
    }

    /// When the accounts were last read from Organizations.
    pub fn listed_at(&self) -> Option<Timestamp> {
        self.listed_at
    }

    /// Set while Organizations cannot be read and this is an older copy.
    pub fn stale(&self) -> Option<Stale> {
        match (&self.listing_error, self.listed_at) {
            (Some(error), Some(since)) => Some(Stale {
                since,
                error: error.clone(),
            }),
            _ => None,
        }
    }

    /// What is different from an older snapshot.
    pub fn changes_since(&self, before: &Self) -> Changes {
        let ids = before.accounts.iter().map(|account| account.id);
        let mut changes = Changes {
            removed: ids.filter(|id| self.account(*id).is_none()).collect(),
            ..Changes::default()
        };
        for account in &self.accounts {
            match before.account(account.id) {
                None => changes.added.push(account.id),
                Some(old) if changed(old, account) => changes.changed.push(account.id),
                Some(_) => {}
            }
        }
        changes
    }
}

/// Which accounts a refresh changed, each list in order of id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Not there before.
    pub added: Vec<AccountId>,
    /// Not there any more.
    pub removed: Vec<AccountId>,
    /// With another name, e-mail address, state, role, unit or tag.
    pub changed: Vec<AccountId>,
}

/// Units and tags come later than the listing: that they are known now is no change.
fn changed(before: &Account, now: &Account) -> bool {
    let other_units =
        !before.units.is_empty() && !now.units.is_empty() && before.units != now.units;
    let other_tags = before.tags.is_some() && now.tags.is_some() && before.tags != now.tags;
    before.name != now.name
        || before.email != now.email
        || before.state != now.state
        || before.role != now.role
        || other_units
        || other_tags
}

fn members(accounts: &[Arc<Account>]) -> HashMap<OrganizationalUnitId, Vec<usize>> {
    let mut members: HashMap<OrganizationalUnitId, Vec<usize>> = HashMap::new();
    for (at, account) in accounts.iter().enumerate() {
        for unit in &account.units {
            members.entry(unit.id.clone()).or_default().push(at);
        }
    }
    members
}

/// The tree, with the units of static accounts that are not in it.
fn with_static_units(
    units: &Known<Arc<UnitTree>>,
    by_hand: &[(&AccountId, &StaticAccount)],
) -> Known<Arc<UnitTree>> {
    let mut units = units.clone();
    if let Known::Known(tree) = &mut units
        && !by_hand.is_empty()
    {
        let tree = Arc::make_mut(tree);
        for (_, entry) in by_hand {
            tree.grow(&entry.unit_path);
        }
    }
    units
}

struct Builder<'a> {
    settings: &'a Settings,
    learned: &'a Learned,
    units: &'a Known<Arc<UnitTree>>,
}

impl Builder<'_> {
    fn discovered(&self, listed: &Listed) -> Account {
        let management = self.learned.management.or(self.settings.management_account);
        let management = management == Some(listed.id);
        let parent = listed
            .parent
            .as_ref()
            .or_else(|| self.learned.parents.get(&listed.id));
        let units = match (self.units, parent) {
            (Known::Known(tree), Some(parent)) => tree.chain(parent),
            _ => Vec::new(),
        };
        let tags = match &self.learned.tags {
            Known::Known(tags) => tags.get(&listed.id).cloned(),
            Known::Pending | Known::Failed(_) => None,
        };
        Account {
            id: listed.id,
            name: self.name(listed.id).unwrap_or_else(|| listed.name.clone()),
            email: listed.email.clone(),
            state: listed.state,
            units,
            tags,
            management,
            role: self.role(listed.id, management),
        }
    }

    /// An account that is in the settings and in no organization: taken to be active.
    fn by_hand(&self, id: AccountId, entry: &StaticAccount) -> Account {
        let units = match self.units {
            Known::Known(tree) => tree
                .find(&UnitRef::Path(entry.unit_path.clone()))
                .map(|unit| tree.chain(&unit))
                .unwrap_or_default(),
            Known::Pending | Known::Failed(_) => Vec::new(),
        };
        let management = self.settings.management_account == Some(id);
        Account {
            id,
            name: self.name(id).unwrap_or_else(|| "".into()),
            email: None,
            state: AccountState::Active,
            units,
            tags: Some(entry.tags.clone()),
            management,
            role: self.role(id, management),
        }
    }

    fn name(&self, id: AccountId) -> Option<Arc<str>> {
        let entry = self.settings.accounts.get(&id)?;
        entry.name.as_deref().map(Into::into)
    }

    fn role(&self, id: AccountId, management: bool) -> Option<RoleArn> {
        match self.settings.access(id, management).ok()? {
            Access::OwnCredentials => None,
            Access::Role(role) => Some(role.arn),
        }
    }
}
