//! Organizations ListTagsForResource: an account's tags.

use aws_sdk_organizations::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

impl Door {
    /// Asks for one page of the tags of `account`, as keys and values.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_account_tags(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        account: AccountId,
        token: Option<&str>,
    ) -> Result<Page<(String, String)>, AwsError> {
        let client = self.clients().organizations();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListTagsForResource, &region);
        let page = self.call(call, |session| {
            let request = client
                .list_tags_for_resource()
                .resource_id(account.to_string())
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let tags = answer.tags.unwrap_or_default().into_iter();
                Ok(Page::new(
                    tags.map(|tag| (tag.key, tag.value)).collect(),
                    answer.next_token,
                ))
            })
        });
        page.await
    }
}
