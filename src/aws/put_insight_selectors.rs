//! CloudTrail PutInsightSelectors: which unusual activity a trail records.

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{InsightCategory, InsightKind, InsightSelector},
    },
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Sets the insight selectors of a trail, all at once, in its home Region. None of them turns Insights off.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn put_insight_selectors(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
        wanted: &[InsightSelector],
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::PutInsightSelectors, region);
        let answer = self.call(call, |session| {
            let request = client.put_insight_selectors().trail_name(arn.as_str());
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            let selectors: Result<Vec<_>, _> = wanted.iter().map(selector).collect();
            Box::pin(async move {
                let request = request.set_insight_selectors(Some(selectors?));
                let sent = request.customize().config_override(credentials).send();
                let answer = sent.await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}

fn selector(wanted: &InsightSelector) -> Result<types::InsightSelector, RawFailure> {
    let kind = match wanted.kind {
        InsightKind::ApiCallRate => types::InsightType::ApiCallRateInsight,
        InsightKind::ApiErrorRate => types::InsightType::ApiErrorRateInsight,
        InsightKind::Unknown => return Err(RawFailure::unbuilt(&"an unknown type of insight")),
    };
    let category = |category: &InsightCategory| match category {
        InsightCategory::Management => Ok(types::SourceEventCategory::Management),
        InsightCategory::Data => Ok(types::SourceEventCategory::Data),
        InsightCategory::Unknown => Err(RawFailure::unbuilt(&"an unknown category of events")),
    };
    let categories: Vec<_> = wanted
        .categories
        .iter()
        .map(category)
        .collect::<Result<_, _>>()?;
    Ok(types::InsightSelector::builder()
        .insight_type(kind)
        .set_event_categories((!categories.is_empty()).then_some(categories))
        .build())
}
