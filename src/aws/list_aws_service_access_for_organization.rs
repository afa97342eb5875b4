//! Organizations ListAWSServiceAccessForOrganization: the services with trusted access.

use aws_sdk_organizations::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::Api,
};

use super::{
    AwsError, CredentialSource, Door,
    call::Call,
    error::RawFailure,
    list_accounts::{LARGEST_PAGE, Page},
};

impl Door {
    /// Asks for one page of the principals of services that may act in the organization.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_aws_service_access_for_organization(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        token: Option<&str>,
    ) -> Result<Page<String>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(
            ctx,
            tally,
            who,
            Api::ListAWSServiceAccessForOrganization,
            &region,
        );
        let answer = self.call(call, |session| {
            let request = client
                .list_aws_service_access_for_organization()
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let enabled = answer.enabled_service_principals.unwrap_or_default();
                let principals = enabled.into_iter().filter_map(|one| one.service_principal);
                Ok(Page::new(principals.collect(), answer.next_token))
            })
        });
        answer.await
    }
}
