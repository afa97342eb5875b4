//! CloudTrail DescribeTrails: the settings of trails; and as a probe: can the role read trails there?

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, Trail, TrailArn,
        trail::{RecordedAccounts, RecordedRegions},
    },
};

use super::{
    AwsError, CredentialSource, Door, call::Call, error::RawFailure, list_trails::given_arn,
};

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
        let call = Call::new(ctx, tally, who, Api::DescribeTrails, region);
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
    /// Asks for the settings of these trails, by their ARNs; or, of an empty list, of every trail that shows in the
    /// Region, shadow copies included. A trail that does not exist is left out of the answer.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn describe_trails(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arns: &[TrailArn],
    ) -> Result<Vec<Trail>, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::DescribeTrails, region);
        let answer = self.call(call, |session| {
            let names = arns.iter().map(ToString::to_string).collect();
            let request = client
                .describe_trails()
                // Without shadows a member is not told of the organization's trails.
                .include_shadow_trails(true)
                .set_trail_name_list((!arns.is_empty()).then_some(names))
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let trails = answer.trail_list.unwrap_or_default().into_iter();
                trails.map(settings).collect()
            })
        });
        answer.await
    }
}

/// A trail as CloudTrail describes it.
pub(super) fn settings(trail: types::Trail) -> Result<Trail, RawFailure> {
    let text = |text: Option<String>| text.filter(|t| !t.is_empty());
    Ok(Trail {
        arn: given_arn(trail.trail_arn.as_deref())?,
        regions: match trail.is_multi_region_trail {
            Some(true) => RecordedRegions::All,
            _ => RecordedRegions::Home,
        },
        accounts: match trail.is_organization_trail {
            Some(true) => RecordedAccounts::Organization,
            _ => RecordedAccounts::Owner,
        },
        bucket: trail.s3_bucket_name.unwrap_or_default(),
        prefix: text(trail.s3_key_prefix),
        sns_topic_arn: text(trail.sns_topic_arn),
        global_service_events: trail.include_global_service_events.unwrap_or_default(),
        log_file_validation: trail.log_file_validation_enabled.unwrap_or_default(),
        log_group_arn: text(trail.cloud_watch_logs_log_group_arn),
        log_role_arn: text(trail.cloud_watch_logs_role_arn),
        kms_key_id: text(trail.kms_key_id),
        recursive_logging: trail.recursive_logging.unwrap_or_default(),
        custom_event_selectors: trail.has_custom_event_selectors.unwrap_or_default(),
        insight_selectors: trail.has_insight_selectors,
    })
}
