//! CloudTrail CreateTrail: a new trail, which does not record yet.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::config::Builder as Override;

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn, TrailName,
        trail::{DesiredSettings, RecordedAccounts, RecordedRegions},
    },
};

use super::{
    AwsError, CredentialSource, Door, Written, add_tags::tags, call::Call, error::RawFailure,
    list_trails::given_arn,
};

/// A trail to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTrail {
    /// Its name.
    pub name: TrailName,
    /// Everything else. There must be a bucket. What is left as it is, or cleared, is not sent: AWS takes its default.
    pub settings: DesiredSettings,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Which Regions, as CloudTrail has it.
pub(super) fn multi_region(wanted: &DesiredSettings) -> Option<bool> {
    wanted
        .regions
        .map(|regions| regions == RecordedRegions::All)
}

/// Whose events, as CloudTrail has it.
pub(super) fn of_organization(wanted: &DesiredSettings) -> Option<bool> {
    wanted
        .accounts
        .map(|accounts| accounts == RecordedAccounts::Organization)
}

impl Door {
    /// Makes a trail, with this Region as its home. It does not record before [`Door::start_logging`].
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have been made all the same.
    pub async fn create_trail(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        new: &CreateTrail,
    ) -> Result<Written<TrailArn>, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::CreateTrail, region);
        let answer = self.call(call, |session| {
            let set = &new.settings;
            let request = client
                .create_trail()
                .name(new.name.as_str())
                .set_s3_bucket_name(set.bucket.clone())
                .set_s3_key_prefix(set.prefix.wanted().cloned())
                .set_sns_topic_name(set.sns_topic.wanted().cloned())
                .set_is_multi_region_trail(multi_region(set))
                .set_is_organization_trail(of_organization(set))
                .set_include_global_service_events(set.global_service_events)
                .set_enable_log_file_validation(set.log_file_validation)
                .set_cloud_watch_logs_log_group_arn(set.log_group_arn.wanted().cloned())
                .set_cloud_watch_logs_role_arn(set.log_role_arn.wanted().cloned())
                .set_kms_key_id(set.kms_key_id.wanted().cloned())
                .set_recursive_logging(set.recursive_logging);
            let bucket = set.bucket.is_some();
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            let tags = (!new.tags.is_empty()).then(|| tags(&new.tags)).transpose();
            Box::pin(async move {
                if !bucket {
                    return Err(RawFailure::unbuilt(&"a trail needs a bucket"));
                }
                let request = request.set_tags_list(tags?);
                let sent = request.customize().config_override(credentials).send();
                let answer = sent.await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of(
                    given_arn(answer.trail_arn.as_deref())?,
                    &answer,
                ))
            })
        });
        answer.await
    }
}
