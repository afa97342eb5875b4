//! Account Management ListRegions: which Regions an account has enabled.

use aws_sdk_account::{config::Builder as Override, types::RegionOptStatus};

use crate::{
    budget::{RequestContext, Tally},
    domain::{AccountId, Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

/// The most that Account Management puts on a page.
const LARGEST_PAGE: i32 = 50;

impl Door {
    /// Asks for one page of the Regions that are *disabled* in an account: `None` for the credentials' own,
    /// which must not be named.
    ///
    /// A Region that is being enabled or disabled is not among them: the calls made in it tell the truth.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_disabled_regions(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        account: Option<AccountId>,
        token: Option<&str>,
    ) -> Result<Page<Region>, AwsError> {
        let client = self.clients().account();
        let region = self.global_region();
        let call = Call::new(ctx, tally, who, Api::ListRegions, &region);
        let page = self.call(call, |session| {
            let request = client
                .list_regions()
                .set_account_id(account.map(|id| id.to_string()))
                .region_opt_status_contains(RegionOptStatus::Disabled)
                .max_results(LARGEST_PAGE)
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let regions = answer.regions.unwrap_or_default().into_iter();
                // Asked for by status, and checked again: an endpoint that ignores the filter sends all.
                let disabled =
                    regions.filter(|r| r.region_opt_status == Some(RegionOptStatus::Disabled));
                let names = disabled.filter_map(|region| region.region_name?.parse().ok());
                Ok(Page::new(names.collect(), answer.next_token))
            })
        });
        page.await
    }
}
