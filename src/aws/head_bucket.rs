//! S3 HeadBucket: where a bucket is.

use aws_sdk_s3::{
    config::Builder as Override, error::SdkError, operation::head_bucket::HeadBucketError,
};

use crate::{
    budget::{RequestContext, Tally},
    domain::{Api, Region},
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks in which Region a bucket is. S3 tells it to everybody, whatever the endpoint asked and also who may not have more.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn head_bucket(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        bucket: &str,
    ) -> Result<Region, AwsError> {
        let client = self.clients().s3(region);
        let call = Call::new(ctx, tally, who, Api::HeadBucket, region);
        let answer = self.call(call, |session| {
            let request = client
                .head_bucket()
                .bucket(bucket)
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            let asked = region.clone();
            Box::pin(async move {
                let answer = request.send().await;
                let place = match &answer {
                    Ok(found) => found.bucket_region(),
                    Err(error) => error
                        .raw_response()
                        .and_then(|raw| raw.headers().get("x-amz-bucket-region")),
                };
                match (place.and_then(|name| name.parse().ok()), answer) {
                    (Some(region), _) => Ok(region),
                    // An endpoint that has one Region alone need not say which.
                    (None, Ok(_)) => Ok(asked),
                    (None, Err(error)) => Err(refusal(&error)),
                }
            })
        });
        answer.await
    }
}

/// An answer to HEAD has no body, and so no code.
fn refusal(error: &SdkError<HeadBucketError>) -> RawFailure {
    let mut raw = RawFailure::from_sdk(error);
    if raw.code.is_none() {
        raw.code = match raw.status {
            Some(403) => Some("AccessDenied".to_owned()),
            Some(404) => Some("NoSuchBucket".to_owned()),
            _ => None,
        };
    }
    raw
}
