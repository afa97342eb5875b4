//! S3 GetBucketPolicy: who may do what with a bucket.

use aws_sdk_s3::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// What S3 answers for a bucket that has none.
const NO_POLICY: &str = "NoSuchBucketPolicy";

impl Door {
    /// Asks for the policy of a bucket, in its Region. `None` if it has none.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_bucket_policy(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        bucket: &str,
    ) -> Result<Option<String>, AwsError> {
        let client = self.clients().s3(region);
        let call = Call::new(ctx, tally, who, Api::GetBucketPolicy, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_bucket_policy()
                .bucket(bucket)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(answer.policy.filter(|policy| !policy.is_empty()))
            })
        });
        match answer.await {
            Err(error) if error.code.as_deref() == Some(NO_POLICY) => Ok(None),
            other => other,
        }
    }
}
