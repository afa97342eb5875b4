//! CloudTrail GetEventConfiguration: how large a trail's events may be and what they carry besides.

use aws_sdk_cloudtrail::{
    config::Builder as Override, operation::get_event_configuration::GetEventConfigurationOutput,
    types,
};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{
            Aggregation, ContextKeyKind, ContextKeySelector, EventConfiguration, MaxEventSize,
        },
    },
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks for the event configuration of one trail.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_event_configuration(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
    ) -> Result<EventConfiguration, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::GetEventConfiguration, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_event_configuration()
                .trail_name(arn.as_str())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(configuration(answer))
            })
        });
        answer.await
    }
}

fn configuration(answer: GetEventConfigurationOutput) -> EventConfiguration {
    let keys = answer.context_key_selectors.unwrap_or_default();
    let sums = answer.aggregation_configurations.unwrap_or_default();
    EventConfiguration {
        max_event_size: answer.max_event_size.and_then(|size| match size {
            types::MaxEventSize::Standard => Some(MaxEventSize::Standard),
            types::MaxEventSize::Large => Some(MaxEventSize::Large),
            _ => None,
        }),
        context_keys: keys
            .into_iter()
            .map(|key| ContextKeySelector {
                kind: match key.r#type {
                    types::Type::TagContext => ContextKeyKind::TagContext,
                    types::Type::RequestContext => ContextKeyKind::RequestContext,
                    _ => ContextKeyKind::Unknown,
                },
                equals: key.equals,
            })
            .collect(),
        aggregations: sums
            .into_iter()
            .map(|sum| Aggregation {
                templates: sum
                    .templates
                    .iter()
                    .map(|t| t.as_str().to_owned())
                    .collect(),
                category: sum.event_category.as_str().to_owned(),
            })
            .collect(),
    }
}
