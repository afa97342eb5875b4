//! Organizations ListDelegatedAdministrators: who runs a service for the organization.

use aws_sdk_organizations::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, AccountState, Api, Timestamp},
};

use super::{
    AwsError, CredentialSource, Door,
    call::Call,
    error::RawFailure,
    list_accounts::{LARGEST_PAGE, Page, account_id, state},
};

/// An account that runs a service for the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedAdministrator {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its owner's e-mail address.
    pub email: Option<String>,
    /// Its state.
    pub state: AccountState,
    /// Since when it is an administrator.
    pub since: Option<Timestamp>,
}

impl Door {
    /// Asks for one page of the delegated administrators of a service, by its principal.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_delegated_administrators(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        principal: &str,
        token: Option<&str>,
    ) -> Result<Page<DelegatedAdministrator>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListDelegatedAdministrators, &region);
        let answer = self.call(call, |session| {
            let request = client
                .list_delegated_administrators()
                .service_principal(principal)
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let listed = answer.delegated_administrators.unwrap_or_default();
                let listed = listed.into_iter().map(administrator);
                Ok(Page::new(
                    listed.collect::<Result<_, _>>()?,
                    answer.next_token,
                ))
            })
        });
        answer.await
    }
}

fn administrator(
    from: types::DelegatedAdministrator,
) -> Result<DelegatedAdministrator, RawFailure> {
    Ok(DelegatedAdministrator {
        id: account_id(from.id.as_deref())?,
        name: from.name.unwrap_or_default(),
        email: from.email,
        state: state(from.state.as_ref(), from.status.as_ref()).0,
        since: from
            .delegation_enabled_date
            .and_then(|at| Timestamp::from_parts(at.secs(), at.subsec_nanos())),
    })
}
