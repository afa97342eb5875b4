//! IAM GetRolePolicy: a policy inside a role.

use aws_sdk_iam::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, get_role::document};

impl Door {
    /// Asks for a policy that is part of a role.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_role_policy(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        role: &str,
        policy: &str,
    ) -> Result<String, AwsError> {
        let client = self.clients().iam();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::GetRolePolicy, &region);
        let answer = self.call(call, |session| {
            let request = client
                .get_role_policy()
                .role_name(role)
                .policy_name(policy)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(document(&answer.policy_document))
            })
        });
        answer.await
    }
}
