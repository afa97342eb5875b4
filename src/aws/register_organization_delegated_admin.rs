//! CloudTrail RegisterOrganizationDelegatedAdmin: one more account that runs CloudTrail for the organization.

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Makes a member the delegated administrator of CloudTrail. Only the management account may.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn register_organization_delegated_admin(
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
            Api::RegisterOrganizationDelegatedAdmin,
            region,
        );
        let answer = self.call(call, |session| {
            let request = client
                .register_organization_delegated_admin()
                .member_account_id(account.to_string())
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
