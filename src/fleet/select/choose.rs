//! The account part of a selector: ids, units, exclusions and tags.

use super::{Missing, Unresolved, Violation};
use crate::{
    domain::{AccountId, TargetSelector},
    fleet::{directory::Directory, learned::Known},
};

/// The accounts that a selector's account part means, as positions in the directory, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Each account's position, and whether the caller named its id.
    pub accounts: Vec<(usize, bool)>,
}

/// The ids that the fleet does not know; an error while it knows none at all.
pub(super) fn unknown_accounts(
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

/// Resolves the account part. `violations` are those found so far: with units that cannot be told yet, they
/// are reported without waiting for the units.
pub(super) fn choose(
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
