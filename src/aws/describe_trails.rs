//! CloudTrail DescribeTrails, as a probe: can the role read trails there?

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, door::Call, error::RawFailure};

impl Door {
    /// Asks for the trails of one account in one Region and counts them, shadow copies included.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn count_trails(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
    ) -> Result<usize, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call {
            ctx,
            tally,
            who,
            api: Api::DescribeTrails,
            region,
            about: None,
        };
        let count = self.call(call, |session| {
            let request = client.describe_trails().customize().config_override(
                Override::new().credentials_provider(session.credentials().clone()),
            );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(answer.trail_list().len())
            })
        });
        count.await
    }
}
