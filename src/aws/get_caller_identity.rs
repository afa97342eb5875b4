//! STS GetCallerIdentity: whose credentials these are.

use aws_sdk_sts::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks which account the credentials belong to.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_caller_identity(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
    ) -> Result<AccountId, AwsError> {
        let client = self.clients().sts(region);
        let call = Call::new(ctx, tally, who, Api::GetCallerIdentity, region);
        let account = self.call(call, |session| {
            let request = client.get_caller_identity().customize().config_override(
                Override::new().credentials_provider(session.credentials().clone()),
            );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let account = answer.account().unwrap_or_default();
                account
                    .parse()
                    .map_err(|_| RawFailure::malformed("Account"))
            })
        });
        account.await
    }
}
