//! CloudTrail RemoveTags: tags of a trail, gone.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, TrailArn},
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Takes these tags from a trail, whatever their values, in its home Region. One that it does not have is none that it loses.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn remove_tags(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
        keys: &BTreeSet<String>,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::RemoveTags, region);
        let answer = self.call(call, |session| {
            let request = client.remove_tags().resource_id(arn.as_str());
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            let tag = |key: &String| types::Tag::builder().key(key).build();
            let tags: Result<Vec<_>, _> = keys.iter().map(tag).collect();
            Box::pin(async move {
                let tags = tags.map_err(|e| RawFailure::unbuilt(&e))?;
                let request = request.set_tags_list(Some(tags));
                let sent = request.customize().config_override(credentials).send();
                let answer = sent.await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}
