//! The use cases of the account service: list, get, refresh. [`check`] has the fourth.

pub mod check;

use std::sync::Arc;

use super::{Fleet, RefreshError, SelectError, Stale, directory::Directory, select};
use crate::{
    budget::RequestContext,
    domain::{Account, AccountId, AccountState, Authority, Region, TargetSelector, Timestamp},
};

use super::{directory::Changes, select::Unresolved};

/// Which accounts to list. All parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Ids, units and tags, as in every request; Regions say nothing here.
    pub selector: TargetSelector,
    /// Only these states; empty for all.
    pub states: Vec<AccountState>,
    /// Only names that contain this, upper and lower case being the same.
    pub name_contains: Option<String>,
}

/// How fresh the copy of the organization is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// When the accounts were last read; `None` for a static list.
    pub discovered_at: Option<Timestamp>,
    /// Set while Organizations cannot be read and the copy is older than it should be.
    pub stale: Option<Stale>,
}

/// One page of accounts, in order of id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountsPage {
    /// The accounts.
    pub accounts: Vec<Arc<Account>>,
    /// The account to go on after; `None` at the end. It means the same on every replica and at any time.
    pub next: Option<AccountId>,
    /// How many accounts the filter matches, on all pages.
    pub total: usize,
    /// True if the filter means accounts that the caller may not see.
    pub narrowed: bool,
    /// How fresh this is.
    pub freshness: Freshness,
}

/// What a refresh brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refreshed {
    /// How many accounts are known now.
    pub total: usize,
    /// Which of them are new, gone, or different.
    pub changes: Changes,
    /// How fresh the copy is now.
    pub freshness: Freshness,
}

impl Freshness {
    fn of(directory: &Directory) -> Self {
        Self {
            discovered_at: directory.listed_at(),
            stale: directory.stale(),
        }
    }
}

impl Fleet {
    /// One page of at most `size` accounts, from the first after `after` on.
    ///
    /// # Errors
    ///
    /// As [`Fleet::resolve`].
    pub async fn list_accounts(
        &self,
        ctx: &RequestContext,
        filter: &AccountFilter,
        after: Option<AccountId>,
        size: usize,
    ) -> Result<AccountsPage, SelectError> {
        let look = |directory: &Directory| matching(directory, filter, &ctx.authority);
        let (directory, (found, narrowed)) = self.once_known(ctx, look).await?;
        let total = found.len();
        let mut rest = found
            .into_iter()
            .filter(|account| after.is_none_or(|after| account.id > after));
        let accounts: Vec<Arc<Account>> = rest.by_ref().take(size).collect();
        let next = rest.next().and(accounts.last().map(|last| last.id));
        Ok(AccountsPage {
            accounts,
            next,
            total,
            narrowed,
            freshness: Freshness::of(&directory),
        })
    }

    /// One account, in which the caller may do what it asks for: in this Region, or as a whole.
    ///
    /// # Errors
    ///
    /// If the fleet does not know it, or does not know any yet; or the caller may not.
    pub async fn get_account(
        &self,
        ctx: &RequestContext,
        account: AccountId,
        region: Option<&Region>,
    ) -> Result<(Arc<Account>, Freshness), SelectError> {
        let look = |directory: &Directory| select::one(directory, account, region, &ctx.authority);
        let (directory, found) = self.once_known(ctx, look).await?;
        Ok((found, Freshness::of(&directory)))
    }

    /// Reads the organization again, now, and tells what is different.
    ///
    /// # Errors
    ///
    /// As [`Fleet::refresh`].
    pub async fn refresh_accounts(&self, ctx: &RequestContext) -> Result<Refreshed, RefreshError> {
        let changes = self.refresh(ctx).await?;
        let directory = self.directory();
        Ok(Refreshed {
            total: directory.accounts().len(),
            changes,
            freshness: Freshness::of(&directory),
        })
    }
}

fn matching(
    directory: &Directory,
    filter: &AccountFilter,
    authority: &Authority,
) -> Result<(Vec<Arc<Account>>, bool), Unresolved> {
    let wanted = filter.name_contains.as_deref().map(str::to_lowercase);
    let fits = |account: &&Arc<Account>| {
        let state = filter.states.is_empty() || filter.states.contains(&account.state);
        state
            && wanted
                .as_deref()
                .is_none_or(|wanted| account.name.to_lowercase().contains(wanted))
    };
    let (chosen, narrowed) = select::accounts(directory, &filter.selector, authority)?;
    let accounts = chosen.accounts.into_iter();
    let accounts = accounts.filter_map(|(at, _)| directory.accounts().get(at));
    Ok((accounts.filter(fits).cloned().collect(), narrowed))
}
