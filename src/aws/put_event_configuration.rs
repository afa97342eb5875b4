//! CloudTrail PutEventConfiguration: which events a trail sums up, and what its events carry.

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{
            Aggregation, ContextKeyKind, ContextKeySelector, EventConfiguration, MaxEventSize,
        },
    },
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Sets the event configuration of a trail, in its home Region. An event size of `None` and no context keys are not sent:
    /// CloudTrail has them on event data stores. That nothing is summed up is.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn put_event_configuration(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
        wanted: &EventConfiguration,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::PutEventConfiguration, region);
        let answer = self.call(call, |session| {
            let request = client.put_event_configuration().trail_name(arn.as_str());
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            let request = request.set_max_event_size(wanted.max_event_size.map(size));
            let keys: Result<Vec<_>, _> = wanted.context_keys.iter().map(context).collect();
            let sums: Result<Vec<_>, _> = wanted.aggregations.iter().map(aggregation).collect();
            Box::pin(async move {
                let keys = Some(keys?).filter(|keys| !keys.is_empty());
                let request = request
                    .set_context_key_selectors(keys)
                    .set_aggregation_configurations(Some(sums?));
                let sent = request.customize().config_override(credentials).send();
                let answer = sent.await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}

fn size(wanted: MaxEventSize) -> types::MaxEventSize {
    match wanted {
        MaxEventSize::Standard => types::MaxEventSize::Standard,
        MaxEventSize::Large => types::MaxEventSize::Large,
    }
}

fn context(wanted: &ContextKeySelector) -> Result<types::ContextKeySelector, RawFailure> {
    let kind = match wanted.kind {
        ContextKeyKind::TagContext => types::Type::TagContext,
        ContextKeyKind::RequestContext => types::Type::RequestContext,
        ContextKeyKind::Unknown => {
            return Err(RawFailure::unbuilt(&"an unknown kind of context keys"));
        }
    };
    types::ContextKeySelector::builder()
        .r#type(kind)
        .set_equals(Some(wanted.equals.clone()))
        .build()
        .map_err(|e| RawFailure::unbuilt(&e))
}

fn aggregation(wanted: &Aggregation) -> Result<types::AggregationConfiguration, RawFailure> {
    let templates = wanted.templates.iter().map(|name| name.as_str().into());
    types::AggregationConfiguration::builder()
        .set_templates(Some(templates.collect()))
        .event_category(wanted.category.as_str().into())
        .build()
        .map_err(|e| RawFailure::unbuilt(&e))
}
