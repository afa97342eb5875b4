//! CloudTrail StopLogging: the trail records no more.

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, TrailArn},
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Lets a trail rest, in its home Region. One that rests already goes on resting.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn stop_logging(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::StopLogging, region);
        let answer = self.call(call, |session| {
            let request = client
                .stop_logging()
                .name(arn.as_str())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}
