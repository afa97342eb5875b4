//! IAM GetPolicy: which version of a managed policy is in force.

use aws_sdk_iam::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks for the id of the version of a managed policy that is in force.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_policy(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        arn: &str,
    ) -> Result<String, AwsError> {
        let client = self.clients().iam();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::GetPolicy, &region);
        let answer = self.call(call, |session| {
            let request = client
                .get_policy()
                .policy_arn(arn)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let version = answer.policy.and_then(|policy| policy.default_version_id);
                version.ok_or_else(|| RawFailure::malformed("DefaultVersionId"))
            })
        });
        answer.await
    }
}
