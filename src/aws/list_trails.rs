//! CloudTrail ListTrails: one page of an account's trails, whatever their Regions.

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, TrailArn},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_accounts::Page};

impl Door {
    /// Asks for one page of the trails of an account: of all Regions, whichever is asked, the organization's included.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_trails(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        token: Option<&str>,
    ) -> Result<Page<TrailArn>, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::ListTrails, region);
        let answer = self.call(call, |session| {
            let request = client
                .list_trails()
                .set_next_token(token.map(str::to_owned))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let trails = answer.trails.unwrap_or_default();
                let arns = trails
                    .iter()
                    .map(|trail| given_arn(trail.trail_arn.as_deref()));
                Ok(Page::new(
                    arns.collect::<Result<_, _>>()?,
                    answer.next_token,
                ))
            })
        });
        answer.await
    }
}

/// A trail without a usable ARN cannot be told from one that is missing: rather than lose it, the answer is an error.
pub(super) fn given_arn(text: Option<&str>) -> Result<TrailArn, RawFailure> {
    text.and_then(TrailArn::given_by_aws)
        .ok_or_else(|| RawFailure::malformed("usable TrailARN"))
}
