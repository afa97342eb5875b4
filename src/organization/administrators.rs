//! The accounts that administer CloudTrail for the organization.

use std::collections::BTreeSet;

use super::{
    Organization,
    act::Act,
    change::{Asked, Changed},
    error::OrganizationError,
    facts::MOST_ADMINISTRATORS,
    seat::Seat,
    wish::{Cost, Wish},
};
use crate::{
    aws::DelegatedAdministrator,
    budget::RequestContext,
    domain::{AccountId, AccountState},
    fleet::SelectError,
};

impl Organization {
    /// The delegated administrators of CloudTrail, in order of id.
    ///
    /// # Errors
    ///
    /// If there is no organization, or it does not let us read them.
    pub async fn administrators(
        &self,
        ctx: &RequestContext,
    ) -> Result<Vec<DelegatedAdministrator>, OrganizationError> {
        let cost = Cost::none();
        let seat = self.seat(ctx, &cost.tally).await?;
        Ok(self.reads(ctx, &cost.tally, &seat).administrators().await?)
    }

    /// Makes a member an administrator of CloudTrail. By CloudTrail's own call, which makes its service-linked role too.
    ///
    /// # Errors
    ///
    /// If it cannot be one, there are as many as there may be, or AWS refuses.
    pub async fn register(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        account: AccountId,
    ) -> Result<Changed, OrganizationError> {
        self.must_be_recorded(asked)?;
        let cost = Cost::none();
        let seat = self.seat(ctx, &cost.tally).await?;
        seat.must_manage()?;
        if account == seat.organization.management {
            return Err(OrganizationError::IsManagement(account));
        }
        seat.must_have_all_features()?;
        let before = self.ids(ctx, &seat, &cost).await?;
        if !before.contains(&account) {
            self.must_be_active(ctx, account).await?;
            if before.len() >= MOST_ADMINISTRATORS {
                return Err(OrganizationError::TooMany(before.into_iter().collect()));
            }
            if !self.reads(ctx, &cost.tally, &seat).trusted().await? {
                return Err(OrganizationError::TrustMissing);
            }
        }
        let after = before.iter().copied().chain([account]).collect();
        let act = Act::Register(account);
        let wish = wish(account, &before, &after, act);
        self.fulfil(ctx, asked, &seat, wish, &cost).await
    }

    /// Takes that from a member. The organization's trails that it made stay.
    ///
    /// # Errors
    ///
    /// If there is no such account, or AWS refuses.
    pub async fn deregister(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        account: AccountId,
    ) -> Result<Changed, OrganizationError> {
        self.must_be_recorded(asked)?;
        let cost = Cost::none();
        let seat = self.seat(ctx, &cost.tally).await?;
        seat.must_manage()?;
        let before = self.ids(ctx, &seat, &cost).await?;
        if !before.contains(&account) {
            self.must_be_known(ctx, account).await?;
        }
        let after = before.iter().copied().filter(|id| *id != account).collect();
        let act = Act::Deregister(account);
        let wish = wish(account, &before, &after, act);
        self.fulfil(ctx, asked, &seat, wish, &cost).await
    }

    async fn ids(
        &self,
        ctx: &RequestContext,
        seat: &Seat,
        cost: &Cost,
    ) -> Result<BTreeSet<AccountId>, OrganizationError> {
        let all = self.reads(ctx, &cost.tally, seat).administrators().await?;
        Ok(all.into_iter().map(|one| one.id).collect())
    }

    async fn must_be_known(
        &self,
        ctx: &RequestContext,
        account: AccountId,
    ) -> Result<AccountState, OrganizationError> {
        match self.fleet.get_account(ctx, account, None).await {
            Ok((known, _)) => Ok(known.state),
            Err(SelectError::Invalid(_)) => Err(OrganizationError::UnknownAccount(account)),
            Err(SelectError::Interrupted(interrupted)) => Err(interrupted.into()),
            Err(other) => Err(OrganizationError::Accounts(other)),
        }
    }

    async fn must_be_active(
        &self,
        ctx: &RequestContext,
        account: AccountId,
    ) -> Result<(), OrganizationError> {
        match self.must_be_known(ctx, account).await? {
            AccountState::Active => Ok(()),
            _ => Err(OrganizationError::NotActive(account)),
        }
    }
}

fn wish(
    account: AccountId,
    before: &BTreeSet<AccountId>,
    after: &BTreeSet<AccountId>,
    act: Act,
) -> Wish {
    Wish {
        act: (before != after).then_some(act),
        account,
        resource: account.to_string(),
        field: "administrators",
        before: json(before),
        after: json(after),
    }
}

fn json(accounts: &BTreeSet<AccountId>) -> String {
    let quoted: Vec<String> = accounts.iter().map(|id| format!("\"{id}\"")).collect();
    format!("[{}]", quoted.join(","))
}
