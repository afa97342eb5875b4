//! CloudTrail PutEventSelectors: which events a trail records.

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{
            AdvancedEventSelector, BasicEventSelector, EventSelectors, FieldSelector, ReadWrite,
        },
    },
};

use super::{AwsError, CredentialSource, Door, Written, call::Call, error::RawFailure};

impl Door {
    /// Sets the event selectors of a trail, all at once, in its home Region. Those of the other kind are gone.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; [`AwsError::effect`] tells whether it may have happened all the same.
    pub async fn put_event_selectors(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
        wanted: &EventSelectors,
    ) -> Result<Written, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::PutEventSelectors, region);
        let answer = self.call(call, |session| {
            let request = client.put_event_selectors().trail_name(arn.as_str());
            let credentials = Override::new().credentials_provider(session.credentials().clone());
            let request = match wanted {
                EventSelectors::Basic(selectors) => {
                    let selectors = selectors.iter().map(basic).collect();
                    Ok(request.set_event_selectors(Some(selectors)))
                }
                EventSelectors::Advanced(selectors) => {
                    let selectors = selectors.iter().map(advanced).collect::<Result<_, _>>();
                    selectors.map(|all| request.set_advanced_event_selectors(Some(all)))
                }
            };
            Box::pin(async move {
                let request = request?;
                let sent = request.customize().config_override(credentials).send();
                let answer = sent.await.map_err(|e| RawFailure::from_sdk(&e))?;
                Ok(Written::of((), &answer))
            })
        });
        answer.await
    }
}

fn basic(wanted: &BasicEventSelector) -> types::EventSelector {
    let resources = wanted.data_resources.iter().map(|resource| {
        types::DataResource::builder()
            .r#type(&resource.resource_type)
            .set_values(Some(resource.values.clone()))
            .build()
    });
    types::EventSelector::builder()
        .read_write_type(match wanted.read_write {
            ReadWrite::ReadOnly => types::ReadWriteType::ReadOnly,
            ReadWrite::WriteOnly => types::ReadWriteType::WriteOnly,
            ReadWrite::All => types::ReadWriteType::All,
        })
        .include_management_events(wanted.management_events)
        .set_data_resources(Some(resources.collect()))
        .set_exclude_management_event_sources(Some(wanted.excluded_sources.clone()))
        .build()
}

fn advanced(wanted: &AdvancedEventSelector) -> Result<types::AdvancedEventSelector, RawFailure> {
    let fields = wanted.fields.iter().map(condition);
    types::AdvancedEventSelector::builder()
        .set_name(wanted.name.clone())
        .set_field_selectors(Some(fields.collect::<Result<_, _>>()?))
        .build()
        .map_err(|e| RawFailure::unbuilt(&e))
}

/// An operator without values is left out: CloudTrail refuses an empty list of them.
fn condition(wanted: &FieldSelector) -> Result<types::AdvancedFieldSelector, RawFailure> {
    let given = |values: &Vec<String>| (!values.is_empty()).then(|| values.clone());
    types::AdvancedFieldSelector::builder()
        .field(&wanted.field)
        .set_equals(given(&wanted.equals))
        .set_starts_with(given(&wanted.starts_with))
        .set_ends_with(given(&wanted.ends_with))
        .set_not_equals(given(&wanted.not_equals))
        .set_not_starts_with(given(&wanted.not_starts_with))
        .set_not_ends_with(given(&wanted.not_ends_with))
        .build()
        .map_err(|e| RawFailure::unbuilt(&e))
}
