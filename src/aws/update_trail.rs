//! CloudTrail UpdateTrail: other settings for a trail.

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{DesiredSettings, Wish},
    },
};

use super::{
    AwsError, CredentialSource, Door, Written,
    call::Call,
    create_trail::{multi_region, of_organization},
    error::RawFailure,
};

/// What is to change of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateTrail {
    /// The trail.
    pub arn: TrailArn,
    /// Its settings. What is left as it is is not sent; what is cleared is sent as an empty text.
    pub settings: DesiredSettings,
}

fn text(wish: &Wish<String>) -> Option<String> {
    match wish {
        Wish::Keep => None,
        Wish::Clear => Some(String::new()),
        Wish::Set(text) => Some(text.clone()),
    }
}

impl Door {
    /// Changes a trail's settings, in its home Region.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn update_trail(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        change: &UpdateTrail,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::UpdateTrail, region);
        let answer = self.call(call, |session| {
            let set = &change.settings;
            let request = client
                .update_trail()
                .name(change.arn.as_str())
                .set_s3_bucket_name(set.bucket.clone())
                .set_s3_key_prefix(text(&set.prefix))
                .set_sns_topic_name(text(&set.sns_topic))
                .set_is_multi_region_trail(multi_region(set))
                .set_is_organization_trail(of_organization(set))
                .set_include_global_service_events(set.global_service_events)
                .set_enable_log_file_validation(set.log_file_validation)
                .set_cloud_watch_logs_log_group_arn(text(&set.log_group_arn))
                .set_cloud_watch_logs_role_arn(text(&set.log_role_arn))
                .set_kms_key_id(text(&set.kms_key_id))
                .set_recursive_logging(set.recursive_logging)
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
