//! From a selector to cells: who is meant, and in which Regions. Pure, and in one deterministic order.

mod choose;

use std::sync::Arc;

use super::directory::Directory;
use crate::domain::{
    Account, AccountId, AccountState, Authority, Cell, CellReason, CellReport, Deed, LeftOut,
    Partition, Region, TargetSelector, target::UnitRef,
};

pub use choose::Chosen;

use choose::{choose, once_judged, unknown_accounts};

/// What a selector comes down to.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The cells to ask, in order of account and Region.
    pub cells: Vec<TargetCell>,
    /// What is left out beforehand: the cells with their reasons, in the same order.
    pub left_out: LeftOut,
    /// The Regions of the configuration, as it has them.
    pub regions_configured: Vec<Region>,
    /// The partition of all of them.
    pub partition: Partition,
    /// True if the accounts come from an older copy, because Organizations cannot be read.
    pub stale: bool,
}

/// A cell to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetCell {
    /// The cell.
    pub cell: Cell,
    /// The account's name, for people.
    pub account_name: Arc<str>,
    /// Whether the caller named this account or this Region.
    pub named: bool,
}

impl TargetCell {
    /// What is reported of it while nothing has been done.
    pub fn not_attempted(&self) -> CellReport {
        CellReport {
            named: self.named,
            ..CellReport::not_attempted(self.cell.clone(), self.account_name.clone())
        }
    }
}

/// One thing wrong with a selector. `index` is the place in the field's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// `account_ids`: no such account in the fleet.
    UnknownAccount {
        /// The place in the list.
        index: usize,
        /// The account.
        account: AccountId,
    },
    /// `exclude_account_ids`: no such account in the fleet. A mistyped exclusion would include what the
    /// caller meant to leave out.
    UnknownExclusion {
        /// The place in the list.
        index: usize,
        /// The account.
        account: AccountId,
    },
    /// `organizational_units`: no such unit in the organization.
    UnknownUnit {
        /// The place in the list.
        index: usize,
        /// The unit as it was named.
        unit: UnitRef,
    },
    /// `regions`: not one of the configured Regions.
    RegionNotConfigured {
        /// The place in the list.
        index: usize,
        /// The Region.
        region: Region,
    },
}

/// What a selector needs and the fleet does not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The accounts themselves.
    Accounts,
    /// The organizational units.
    Units,
    /// The tags of this many accounts.
    Tags(usize),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accounts => f.write_str("the organization's accounts"),
            Self::Units => f.write_str("the organizational units"),
            Self::Tags(accounts) => write!(f, "the tags of {accounts} accounts"),
        }
    }
}

/// Why a selector cannot be resolved on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unresolved {
    /// The selector is wrong; all that is wrong with it, in order of field and place.
    Wrong(Vec<Violation>),
    /// The fleet does not know enough yet; a later snapshot will.
    NotYet(Missing),
    /// The fleet cannot come to know it, for this reason.
    Never(Missing, Arc<str>),
    /// The caller may not do this in these accounts, which it named; or in none that the selector means.
    NotAllowed(Vec<AccountId>),
}

/// The cells of a selector that the caller may ask.
pub fn targets(
    directory: &Directory,
    configured: &[Region],
    partition: Partition,
    selector: &TargetSelector,
    authority: &Authority,
) -> Result<Targets, Unresolved> {
    let may =
        |account: &Account, region: Option<&Region>| authority.allows(Deed::Call, account, region);
    let visible = |account: &Account| {
        may(account, None) || configured.iter().any(|region| may(account, Some(region)))
    };
    let mut violations = unknown_accounts(directory, selector, visible)?;
    violations.extend(unknown_regions(configured, selector));
    let chosen = choose(directory, selector, violations)?;
    once_judged(directory, authority, &chosen)?;
    let wanted = if selector.regions.is_empty() {
        configured
    } else {
        &selector.regions
    };
    let mut regions = wanted.to_vec();
    regions.sort();
    regions.dedup();
    let mut targets = Targets {
        cells: Vec::with_capacity(chosen.accounts.len() * regions.len()),
        left_out: LeftOut::default(),
        regions_configured: configured.to_vec(),
        partition,
        stale: directory.stale().is_some(),
    };
    let mut refused = Refused::default();
    for (at, named) in chosen.accounts {
        let Some(account) = directory.accounts().get(at) else {
            continue;
        };
        let open = authority.open_regions(Deed::Call, account, &regions);
        let region_named = !selector.regions.is_empty();
        let every_one = named && region_named;
        if open.is_empty() || (every_one && open.len() < regions.len()) {
            refused.add(account.id, named);
        }
        targets.left_out.narrowed |= open.len() < regions.len();
        targets.add(directory, account, &open, named, region_named);
    }
    let any = !targets.cells.is_empty() || !targets.left_out.cells.is_empty();
    refused.into_result(any)?;
    Ok(targets)
}

/// The accounts of a selector that the caller may ask about as a whole, whatever their state; and whether there are
/// others.
pub fn accounts(
    directory: &Directory,
    selector: &TargetSelector,
    authority: &Authority,
) -> Result<(Chosen, bool), Unresolved> {
    let visible = |account: &Account| authority.allows(Deed::Call, account, None);
    let violations = unknown_accounts(directory, selector, visible)?;
    let mut chosen = choose(directory, selector, violations)?;
    once_judged(directory, authority, &chosen)?;
    let mut refused = Refused::default();
    chosen.accounts.retain(|(at, named)| {
        let Some(account) = directory.accounts().get(*at) else {
            return false;
        };
        let allowed = visible(account);
        if !allowed {
            refused.add(account.id, *named);
        }
        allowed
    });
    let narrowed = refused.any;
    refused.into_result(!chosen.accounts.is_empty())?;
    Ok((chosen, narrowed))
}

/// One account in which the caller may do what it asks for, in this Region or as a whole, whatever the account's state.
pub fn one(
    directory: &Directory,
    account: AccountId,
    region: Option<&Region>,
    authority: &Authority,
) -> Result<Arc<Account>, Unresolved> {
    let only = TargetSelector {
        account_ids: vec![account],
        ..TargetSelector::default()
    };
    let visible = |account: &Account| authority.allows(Deed::Call, account, region);
    let violations = unknown_accounts(directory, &only, visible)?;
    let chosen = choose(directory, &only, violations)?;
    once_judged(directory, authority, &chosen)?;
    let Some(found) = directory.account(account) else {
        return Err(Unresolved::Wrong(vec![Violation::UnknownAccount {
            index: 0,
            account,
        }]));
    };
    if visible(found) {
        Ok(Arc::clone(found))
    } else {
        Err(Unresolved::NotAllowed(vec![account]))
    }
}

/// Accounts in which the caller may do nothing of what it asks for.
#[derive(Default)]
struct Refused {
    any: bool,
    named: Vec<AccountId>,
}

impl Refused {
    fn add(&mut self, account: AccountId, named: bool) {
        self.any = true;
        if named {
            self.named.push(account);
        }
    }

    /// Nothing is left out silently that was asked for by name; and where nothing at all is left there is no answer.
    fn into_result(self, others: bool) -> Result<(), Unresolved> {
        if self.any && (!others || !self.named.is_empty()) {
            return Err(Unresolved::NotAllowed(self.named));
        }
        Ok(())
    }
}

impl Targets {
    fn add(
        &mut self,
        directory: &Directory,
        account: &Account,
        regions: &[&Region],
        named: bool,
        region_named: bool,
    ) {
        for region in regions {
            let cell = Cell {
                account: account.id,
                region: (*region).clone(),
            };
            let name = account.name.clone();
            if account.state != AccountState::Active {
                let reason = CellReason::AccountNotActive;
                self.left_out
                    .cells
                    .push(CellReport::skipped(cell, name, reason, named));
            } else if directory.disabled(account.id, region) {
                let reason = CellReason::RegionDisabled;
                let named = named || region_named;
                self.left_out
                    .cells
                    .push(CellReport::skipped(cell, name, reason, named));
            } else {
                self.cells.push(TargetCell {
                    cell,
                    account_name: name,
                    named: named || region_named,
                });
            }
        }
    }
}

fn unknown_regions(configured: &[Region], selector: &TargetSelector) -> Vec<Violation> {
    let regions = selector.regions.iter().enumerate();
    regions
        .filter(|(_, region)| !configured.contains(region))
        .map(|(index, region)| Violation::RegionNotConfigured {
            index,
            region: region.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
