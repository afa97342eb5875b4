//! CloudTrail GetTrail: one trail's settings.

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, Trail, TrailArn},
};

use super::{
    AwsError, CredentialSource, Door, call::Call, describe_trails::settings, error::RawFailure,
};

impl Door {
    /// Asks for the settings of one trail.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_trail(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
    ) -> Result<Trail, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::GetTrail, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_trail()
                .name(arn.as_str())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let trail = answer.trail.ok_or_else(|| RawFailure::malformed("Trail"))?;
                settings(trail)
            })
        });
        answer.await
    }
}
