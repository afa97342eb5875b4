//! Organizations ListAccountsForParent: the accounts directly below a root or a unit.

use aws_sdk_organizations::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, OrganizationalUnitId},
};

use super::{
    AwsError, CredentialSource, Door,
    call::Call,
    error::RawFailure,
    list_accounts::{LARGEST_PAGE, Page, account_id},
};

impl Door {
    /// Asks for one page of the ids of the accounts directly below `parent`.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_accounts_for_parent(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        parent: &OrganizationalUnitId,
        token: Option<&str>,
    ) -> Result<Page<AccountId>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListAccountsForParent, &region);
        let page = self.call(call, |session| {
            let request = client
                .list_accounts_for_parent()
                .parent_id(parent.as_str())
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let accounts = answer.accounts.unwrap_or_default().into_iter();
                let accounts = accounts.map(|account| account_id(account.id.as_deref()));
                Ok(Page::new(
                    accounts.collect::<Result<_, _>>()?,
                    answer.next_token,
                ))
            })
        });
        page.await
    }
}
