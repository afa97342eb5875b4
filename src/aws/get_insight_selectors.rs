//! CloudTrail GetInsightSelectors: which unusual activity a trail records.

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{InsightCategory, InsightKind, InsightSelector},
    },
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// What AWS answers for a trail that has none.
const NOT_ENABLED: &str = "InsightNotEnabledException";

impl Door {
    /// Asks for the insight selectors of one trail. That it has none is an empty answer, though AWS makes it an error.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_insight_selectors(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
    ) -> Result<Vec<InsightSelector>, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::GetInsightSelectors, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_insight_selectors()
                .trail_name(arn.as_str())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let selectors = answer.insight_selectors.unwrap_or_default();
                Ok(selectors.into_iter().map(selector).collect())
            })
        });
        match answer.await {
            Err(error) if error.code.as_deref() == Some(NOT_ENABLED) => Ok(Vec::new()),
            other => other,
        }
    }
}

fn selector(selector: types::InsightSelector) -> InsightSelector {
    let categories = selector.event_categories.unwrap_or_default().into_iter();
    InsightSelector {
        kind: match selector.insight_type {
            Some(types::InsightType::ApiCallRateInsight) => InsightKind::ApiCallRate,
            Some(types::InsightType::ApiErrorRateInsight) => InsightKind::ApiErrorRate,
            _ => InsightKind::Unknown,
        },
        categories: categories
            .map(|category| match category {
                types::SourceEventCategory::Management => InsightCategory::Management,
                types::SourceEventCategory::Data => InsightCategory::Data,
                _ => InsightCategory::Unknown,
            })
            .collect(),
    }
}
