//! CloudTrail ListTags: the tags of up to 20 trails.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, TrailArn},
};

use super::{
    AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_trails::given_arn,
};

/// The most trails that CloudTrail takes in one call.
pub const LARGEST_BATCH: usize = 20;

impl Door {
    /// Asks for the tags of at most [`LARGEST_BATCH`] trails. One that does not exist makes the whole call fail. The token of
    /// the answer is reserved by AWS and never set.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn list_trail_tags(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arns: &[TrailArn],
    ) -> Result<BTreeMap<TrailArn, BTreeMap<String, String>>, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::ListTags, region);
        let answer = self.call(call, |session| {
            let request = client
                .list_tags()
                .set_resource_id_list(Some(arns.iter().map(ToString::to_string).collect()))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let listed = answer.resource_tag_list.unwrap_or_default().into_iter();
                listed
                    .map(|resource| {
                        let tags = resource.tags_list.unwrap_or_default().into_iter();
                        let tags = tags.map(|tag| (tag.key, tag.value.unwrap_or_default()));
                        Ok((given_arn(resource.resource_id.as_deref())?, tags.collect()))
                    })
                    .collect()
            })
        });
        answer.await
    }
}
