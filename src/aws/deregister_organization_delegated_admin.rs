//! CloudTrail DeregisterOrganizationDelegatedAdmin: one account less that runs CloudTrail for the organization.

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Takes a member out of the delegated administrators of CloudTrail. Its organization trails stay.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn deregister_organization_delegated_admin(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        account: AccountId,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(
            ctx,
            tally,
            who,
            Api::DeregisterOrganizationDelegatedAdmin,
            region,
        );
        let answer = self.call(call, |session| {
            let request = client
                .deregister_organization_delegated_admin()
                .delegated_admin_account_id(account.to_string())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}
