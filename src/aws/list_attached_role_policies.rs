//! IAM ListAttachedRolePolicies: the managed policies of a role.

use aws_sdk_iam::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

impl Door {
    /// Asks for one page of the ARNs of the policies that are attached to a role.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_attached_role_policies(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        role: &str,
        token: Option<&str>,
    ) -> Result<Page<String>, AwsError> {
        let client = self.clients().iam();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListAttachedRolePolicies, &region);
        let answer = self.call(call, |session| {
            let request = client
                .list_attached_role_policies()
                .role_name(role)
                .set_marker(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let attached = answer.attached_policies.unwrap_or_default().into_iter();
                let arns = attached.filter_map(|policy| policy.policy_arn);
                Ok(Page::new(arns.collect(), answer.marker))
            })
        });
        answer.await
    }
}
