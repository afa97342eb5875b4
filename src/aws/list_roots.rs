//! Organizations ListRoots: the tops of the unit tree (AWS has one).

use aws_sdk_organizations::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, OrganizationalUnitId},
};

use super::{
    AwsError, CredentialSource, Door,
    call::Call,
    error::RawFailure,
    list_accounts::{LARGEST_PAGE, Page},
};

impl Door {
    /// Asks for one page of roots.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_roots(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        token: Option<&str>,
    ) -> Result<Page<OrganizationalUnitId>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListRoots, &region);
        let page = self.call(call, |session| {
            let request = client
                .list_roots()
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let roots = answer.roots.unwrap_or_default().into_iter();
                let roots = roots.map(|root| unit_id(root.id.as_deref()));
                Ok(Page::new(
                    roots.collect::<Result<_, _>>()?,
                    answer.next_token,
                ))
            })
        });
        page.await
    }
}

pub(super) fn unit_id(id: Option<&str>) -> Result<OrganizationalUnitId, RawFailure> {
    id.and_then(|id| id.parse().ok())
        .ok_or_else(|| RawFailure::malformed("usable unit Id"))
}
