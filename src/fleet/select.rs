//! From a selector to cells: who is meant, and in which Regions. Pure, and in one deterministic order.

use std::sync::Arc;

use super::{directory::Directory, learned::Known};
use crate::domain::{
    Account, AccountId, AccountState, Cell, CellReason, CellReport, Partition, Region,
    TargetSelector, target::UnitRef,
};

/// What a selector comes down to.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The cells to ask, in order of account and Region.
    pub cells: Vec<TargetCell>,
    /// The cells left out beforehand, each with its reason, in the same order.
    pub skipped: Vec<CellReport>,
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
}

/// The accounts that a selector's account part means, as positions in the directory, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Each account's position, and whether the caller named its id.
    pub accounts: Vec<(usize, bool)>,
}

/// The cells of a selector.
pub fn targets(
    directory: &Directory,
    configured: &[Region],
    partition: Partition,
    selector: &TargetSelector,
) -> Result<Targets, Unresolved> {
    let mut violations = unknown_accounts(directory, selector)?;
    violations.extend(unknown_regions(configured, selector));
    let chosen = choose(directory, selector, violations)?;
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
        skipped: Vec::new(),
        regions_configured: configured.to_vec(),
        partition,
        stale: directory.stale().is_some(),
    };
    for (at, named) in chosen.accounts {
        if let Some(account) = directory.accounts().get(at) {
            let region_named = !selector.regions.is_empty();
            targets.add(directory, account, &regions, named, region_named);
        }
    }
    Ok(targets)
}

/// The accounts of a selector, whatever their state.
pub fn accounts(directory: &Directory, selector: &TargetSelector) -> Result<Chosen, Unresolved> {
    let violations = unknown_accounts(directory, selector)?;
    choose(directory, selector, violations)
}

impl Targets {
    fn add(
        &mut self,
        directory: &Directory,
        account: &Account,
        regions: &[Region],
        named: bool,
        region_named: bool,
    ) {
        for region in regions {
            let cell = Cell {
                account: account.id,
                region: region.clone(),
            };
            let name = account.name.clone();
            if account.state != AccountState::Active {
                let reason = CellReason::AccountNotActive;
                self.skipped
                    .push(CellReport::skipped(cell, name, reason, named));
            } else if directory.disabled(account.id, region) {
                let reason = CellReason::RegionDisabled;
                let named = named || region_named;
                self.skipped
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

fn unknown_accounts(
    directory: &Directory,
    selector: &TargetSelector,
) -> Result<Vec<Violation>, Unresolved> {
    match directory.listed() {
        Known::Known(()) => {}
        Known::Pending => return Err(Unresolved::NotYet(Missing::Accounts)),
        Known::Failed(why) => return Err(Unresolved::Never(Missing::Accounts, why.clone())),
    }
    let unknown = |(_, id): &(usize, &AccountId)| directory.position(**id).is_none();
    let asked = selector.account_ids.iter().enumerate().filter(unknown);
    let excluded = selector.exclude_account_ids.iter().enumerate();
    let asked = asked.map(|(index, id)| Violation::UnknownAccount {
        index,
        account: *id,
    });
    let excluded = excluded
        .filter(unknown)
        .map(|(index, id)| Violation::UnknownExclusion {
            index,
            account: *id,
        });
    Ok(asked.chain(excluded).collect())
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

/// Resolves the account part. `violations` are those found so far: with units that cannot be told yet, they
/// are reported without waiting for the units.
fn choose(
    directory: &Directory,
    selector: &TargetSelector,
    mut violations: Vec<Violation>,
) -> Result<Chosen, Unresolved> {
    let total = directory.accounts().len();
    let everyone = selector.account_ids.is_empty() && selector.organizational_units.is_empty();
    let mut taken = vec![everyone; total];
    let mut named = vec![false; total];
    let units = mark_units(directory, selector, &mut taken);
    match units {
        Ok(unknown) => violations.extend(unknown),
        Err(unresolved) if violations.is_empty() => return Err(unresolved),
        Err(_) => {}
    }
    if !violations.is_empty() {
        return Err(Unresolved::Wrong(violations));
    }
    for at in positions(directory, &selector.account_ids) {
        mark(&mut taken, at, true);
        mark(&mut named, at, true);
    }
    for at in positions(directory, &selector.exclude_account_ids) {
        mark(&mut taken, at, false);
    }
    let mut accounts: Vec<(usize, bool)> = taken
        .into_iter()
        .zip(named)
        .enumerate()
        .filter_map(|(at, (taken, named))| taken.then_some((at, named)))
        .collect();
    keep_tagged(directory, selector, &mut accounts)?;
    Ok(Chosen { accounts })
}

fn positions<'a>(
    directory: &'a Directory,
    ids: &'a [AccountId],
) -> impl Iterator<Item = usize> + 'a {
    ids.iter().filter_map(|id| directory.position(*id))
}

fn mark(flags: &mut [bool], at: usize, value: bool) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = value;
    }
}

fn mark_units(
    directory: &Directory,
    selector: &TargetSelector,
    taken: &mut [bool],
) -> Result<Vec<Violation>, Unresolved> {
    if selector.organizational_units.is_empty() {
        return Ok(Vec::new());
    }
    let tree = match directory.units() {
        Known::Known(tree) => tree,
        Known::Pending => return Err(Unresolved::NotYet(Missing::Units)),
        Known::Failed(why) => return Err(Unresolved::Never(Missing::Units, why.clone())),
    };
    let mut unknown = Vec::new();
    for (index, unit) in selector.organizational_units.iter().enumerate() {
        match tree.find(unit) {
            Some(id) => {
                for at in directory.members(&id) {
                    mark(taken, *at, true);
                }
            }
            None => unknown.push(Violation::UnknownUnit {
                index,
                unit: unit.clone(),
            }),
        }
    }
    Ok(unknown)
}

/// Keeps the accounts with all the tags asked for. Only the tags of accounts that are still in question
/// need to be known.
fn keep_tagged(
    directory: &Directory,
    selector: &TargetSelector,
    accounts: &mut Vec<(usize, bool)>,
) -> Result<(), Unresolved> {
    if selector.account_tags.is_empty() {
        return Ok(());
    }
    let mut unread = 0;
    accounts.retain(
        |(at, _)| match directory.accounts().get(*at).map(|a| a.tags.as_ref()) {
            Some(Some(tags)) => selector
                .account_tags
                .iter()
                .all(|(key, value)| tags.get(key) == Some(value)),
            Some(None) => {
                unread += 1;
                false
            }
            None => false,
        },
    );
    match directory.tags() {
        _ if unread == 0 => Ok(()),
        Known::Failed(why) => Err(Unresolved::Never(Missing::Tags(unread), why.clone())),
        Known::Pending | Known::Known(()) => Err(Unresolved::NotYet(Missing::Tags(unread))),
    }
}

#[cfg(test)]
mod tests;
