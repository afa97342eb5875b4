//! CloudTrail AddTags: tags of a trail, new or with new values.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region, TrailArn},
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Gives a trail these tags, in its home Region. One that it has already gets the new value; others stay.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn add_tags(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
        wanted: &BTreeMap<String, String>,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::AddTags, region);
        let answer = self.call(call, |session| {
            let request = client.add_tags().resource_id(arn.as_str());
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            let tags = tags(wanted);
            Box::pin(async move {
                let request = request.set_tags_list(Some(tags?));
                let sent = request.customize().config_override(credentials).send();
                let answer = sent.await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}

pub(super) fn tags(wanted: &BTreeMap<String, String>) -> Result<Vec<types::Tag>, RawFailure> {
    let tag = |(key, value): (&String, &String)| {
        let tag = types::Tag::builder().key(key).value(value).build();
        tag.map_err(|e| RawFailure::unbuilt(&e))
    };
    wanted.iter().map(tag).collect()
}
