//! IAM GetPolicyVersion: what a managed policy says.

use aws_sdk_iam::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, get_role::document};

impl Door {
    /// Asks for a version of a managed policy.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_policy_version(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        arn: &str,
        version: &str,
    ) -> Result<String, AwsError> {
        let client = self.clients().iam();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::GetPolicyVersion, &region);
        let answer = self.call(call, |session| {
            let request = client
                .get_policy_version()
                .policy_arn(arn)
                .version_id(version)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let text = answer.policy_version.and_then(|found| found.document);
                text.as_deref()
                    .map(document)
                    .ok_or_else(|| RawFailure::malformed("Document"))
            })
        });
        answer.await
    }
}
