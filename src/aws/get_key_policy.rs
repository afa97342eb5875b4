//! KMS GetKeyPolicy: who may do what with a key.

use aws_sdk_kms::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks for the policy of a key by its id or ARN (no alias), in its Region.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_key_policy(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        key: &str,
    ) -> Result<String, AwsError> {
        let client = self.clients().kms(region);
        let call = Call::new(ctx, tally, who, Api::GetKeyPolicy, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_key_policy()
                .key_id(key)
                // The only one that there is.
                .policy_name("default")
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                answer.policy.ok_or_else(|| RawFailure::malformed("Policy"))
            })
        });
        answer.await
    }
}
