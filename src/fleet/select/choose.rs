//! The account part of a selector: ids, units, exclusions and tags.

use super::{Missing, Unresolved, Violation};
use crate::{
    domain::{Account, AccountId, Authority, TargetSelector},
    fleet::{directory::Directory, learned::Known},
};

/// The accounts that a selector's account part means, as positions in the directory, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Each account's position, and whether the caller named its id.
    pub accounts: Vec<(usize, bool)>,
}

/// The ids that the fleet does not know; an error while it knows none at all.
///
/// Who may not see an account, be there one or not, is told just that: otherwise the answer would tell which there are.
pub(super) fn unknown_accounts(
    directory: &Directory,
    selector: &TargetSelector,
    visible: impl Fn(&Account) -> bool,
) -> Result<Vec<Violation>, Unresolved> {
    match directory.listed() {
        Known::Known(()) => {}
        Known::Pending => return Err(Unresolved::NotYet(Missing::Accounts)),
        Known::Failed(why) => return Err(Unresolved::Never(Missing::Accounts, why.clone())),
    }
    let unknown = |id: &AccountId| directory.position(*id).is_none();
    let hidden = |id: &AccountId| match directory.account(*id) {
        Some(account) => !visible(account),
        None => !visible(&Account::stranger(*id)),
    };
    let (asked, excluded) = (&selector.account_ids, &selector.exclude_account_ids);
    let strangers = asked.iter().filter(|id| unknown(id) && hidden(id));
    let shut = excluded.iter().filter(|id| hidden(id));
    let refused: Vec<AccountId> = strangers.chain(shut).copied().collect();
    if !refused.is_empty() {
        return Err(Unresolved::NotAllowed(refused));
    }
    let places = |ids: &'_ [AccountId]| -> Vec<(usize, AccountId)> {
        let places = ids.iter().copied().enumerate();
        places.filter(|(_, id)| unknown(id)).collect()
    };
    let asked = places(asked)
        .into_iter()
        .map(|(index, account)| Violation::UnknownAccount { index, account });
    let excluded = places(excluded)
        .into_iter()
        .map(|(index, account)| Violation::UnknownExclusion { index, account });
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
    match unread {
        0 => Ok(()),
        unread => Err(tags_missing(directory, unread)),
    }
}

/// Fails while a fact of these accounts that the caller's permissions depend on is not known.
pub(super) fn once_judged(
    directory: &Directory,
    authority: &Authority,
    chosen: &Chosen,
) -> Result<(), Unresolved> {
    let needs = authority.needs();
    if needs.units {
        match directory.units() {
            Known::Known(_) => {}
            Known::Pending => return Err(Unresolved::NotYet(Missing::Units)),
            Known::Failed(why) => return Err(Unresolved::Never(Missing::Units, why.clone())),
        }
    }
    let unread = |(at, _): &&(usize, bool)| {
        let account = directory.accounts().get(*at);
        account.is_some_and(|account| account.tags.is_none())
    };
    match chosen.accounts.iter().filter(unread).count() {
        unread if needs.tags && unread > 0 => Err(tags_missing(directory, unread)),
        _ => Ok(()),
    }
}

fn tags_missing(directory: &Directory, unread: usize) -> Unresolved {
    match directory.tags() {
        Known::Failed(why) => Unresolved::Never(Missing::Tags(unread), why.clone()),
        Known::Pending | Known::Known(()) => Unresolved::NotYet(Missing::Tags(unread)),
    }
}
