//! CloudTrail GetEventSelectors: which events a trail records.

use aws_sdk_cloudtrail::{config::Builder as Override, types};

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        Api, Region, TrailArn,
        trail::{
            AdvancedEventSelector, BasicEventSelector, DataResource, EventSelectors, FieldSelector,
            ReadWrite,
        },
    },
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

impl Door {
    /// Asks for the event selectors of one trail.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn get_event_selectors(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        arn: &TrailArn,
    ) -> Result<EventSelectors, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::GetEventSelectors, region);
        let answer = self.call(call, |session| {
            let request = client
                .get_event_selectors()
                .trail_name(arn.as_str())
                .customize()
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let advanced = answer.advanced_event_selectors.unwrap_or_default();
                if !advanced.is_empty() {
                    return Ok(EventSelectors::Advanced(
                        advanced.into_iter().map(self::advanced).collect(),
                    ));
                }
                let basic = answer.event_selectors.unwrap_or_default();
                Ok(EventSelectors::Basic(
                    basic.into_iter().map(self::basic).collect(),
                ))
            })
        });
        answer.await
    }
}

/// Members that are left out are what AWS documents as their defaults: all calls, and management events.
fn basic(selector: types::EventSelector) -> BasicEventSelector {
    let resources = selector.data_resources.unwrap_or_default().into_iter();
    BasicEventSelector {
        read_write: match selector.read_write_type {
            Some(types::ReadWriteType::ReadOnly) => ReadWrite::ReadOnly,
            Some(types::ReadWriteType::WriteOnly) => ReadWrite::WriteOnly,
            _ => ReadWrite::All,
        },
        management_events: selector.include_management_events.unwrap_or(true),
        data_resources: resources
            .map(|resource| DataResource {
                resource_type: resource.r#type.unwrap_or_default(),
                values: resource.values.unwrap_or_default(),
            })
            .collect(),
        excluded_sources: selector
            .exclude_management_event_sources
            .unwrap_or_default(),
    }
}

fn advanced(selector: types::AdvancedEventSelector) -> AdvancedEventSelector {
    let fields = selector.field_selectors.into_iter();
    AdvancedEventSelector {
        name: selector.name.filter(|name| !name.is_empty()),
        fields: fields
            .map(|field| FieldSelector {
                field: field.field,
                equals: field.equals.unwrap_or_default(),
                starts_with: field.starts_with.unwrap_or_default(),
                ends_with: field.ends_with.unwrap_or_default(),
                not_equals: field.not_equals.unwrap_or_default(),
                not_starts_with: field.not_starts_with.unwrap_or_default(),
                not_ends_with: field.not_ends_with.unwrap_or_default(),
            })
            .collect(),
    }
}
