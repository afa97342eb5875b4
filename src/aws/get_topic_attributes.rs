//! SNS GetTopicAttributes: who may publish to a topic, and what encrypts it.

use aws_sdk_sns::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// A topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its policy.
    pub policy: Option<String>,
    /// The key that encrypts its messages: id, ARN, alias name or alias ARN.
    pub kms_key_id: Option<String>,
}

impl Door {
    /// Asks for the attributes of a topic, by its ARN, in its Region.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_topic_attributes(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &str,
    ) -> Result<Topic, AwsError> {
        let client = self.clients().sns(region);
        let call = Call::new(ctx, tally, who, Api::GetTopicAttributes, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_topic_attributes()
                .topic_arn(arn)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let mut attributes = answer.attributes.unwrap_or_default();
                let mut take = |name| attributes.remove(name).filter(|text| !text.is_empty());
                Ok(Topic {
                    policy: take("Policy"),
                    kms_key_id: take("KmsMasterKeyId"),
                })
            })
        });
        answer.await
    }
}
