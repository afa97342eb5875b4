//! From a selector to cells: who is meant, and in which Regions. Pure, and in one deterministic order.

mod choose;

use std::sync::Arc;

use super::directory::Directory;
use crate::domain::{
    Account, AccountId, AccountState, Cell, CellReason, CellReport, Partition, Region,
    TargetSelector, target::UnitRef,
};

pub use choose::Chosen;

use choose::{choose, unknown_accounts};

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
