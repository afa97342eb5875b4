//! CloudTrail LookupEvents: one page.

mod reading;

use std::sync::Arc;

use aws_sdk_cloudtrail::{
    config::Builder as Override,
    types::{self, LookupAttribute as SdkAttribute, LookupAttributeKey},
};
use aws_smithy_types::DateTime;

use crate::{
    budget::{RequestContext, Tally},
    domain::{
        AccountId, Api, Event, EventKey, LookupAttribute, LookupAttributeKind, Region, ResourceRef,
        TimeWindow, Timestamp,
    },
};

use super::{AwsError, CredentialSource, Door, call::Call, error::RawFailure};

/// The most events that CloudTrail puts on a page.
pub const LARGEST_PAGE: i32 = 50;

/// One page to ask for. A token is only good with exactly the window, attribute and size that it came with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LookupQuery {
    /// The window, both ends inclusive.
    pub window: TimeWindow,
    /// The one attribute that CloudTrail looks up by.
    pub attribute: Option<LookupAttribute>,
    /// Events on a page, 1 to 50.
    pub max_results: i32,
    /// The token of the page before.
    pub token: Option<String>,
}

/// One page, newest first. It may be short or empty and still have a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupPage {
    /// The window that was asked for.
    pub window: TimeWindow,
    /// The events; shared, since one page may be read for many callers.
    pub events: Vec<Arc<Event>>,
    /// The token of the next page; `None` at the end of the window.
    pub token: Option<String>,
}

impl Door {
    /// Asks for one page of one account's event history in one Region. `query` is called when the attempt leaves,
    /// after its wait for a token, so that it can use what was learnt meanwhile.
    ///
    /// # Errors
    ///
    /// Whatever remains after retries; see [`AwsError`].
    pub async fn lookup_events(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        region: &Region,
        query: &(dyn Fn() -> LookupQuery + Send + Sync),
    ) -> Result<LookupPage, AwsError> {
        let client = self.clients().cloudtrail(region);
        let call = Call::new(ctx, tally, who, Api::LookupEvents, region);
        let page = self.call(call, |session| {
            let query = query();
            let window = query.window;
            let request = client
                .lookup_events()
                .start_time(DateTime::from_secs(window.start().seconds()))
                // CloudTrail's times are whole seconds: rounding outwards cuts nothing off.
                .end_time(DateTime::from_secs(window.end().seconds_up()))
                .set_lookup_attributes(
                    query
                        .attribute
                        .as_ref()
                        .and_then(sdk_attribute)
                        .map(|a| vec![a]),
                )
                .max_results(query.max_results)
                .set_next_token(query.token)
                .customize()
                .interceptor(reading::ReadsPages)
                .config_override(
                    Override::new().credentials_provider(session.credentials().clone()),
                );
            let (account, region) = (session.account(), region.clone());
            Box::pin(async move {
                let answer = request.send().await.map_err(|e| RawFailure::from_sdk(&e))?;
                let events = answer.events.unwrap_or_default().into_iter();
                Ok(LookupPage {
                    window,
                    events: events
                        .map(|e| event(account, &region, e).map(Arc::new))
                        .collect::<Result<_, _>>()?,
                    token: answer.next_token.filter(|t| !t.is_empty()),
                })
            })
        });
        page.await
    }
}

fn sdk_attribute(attribute: &LookupAttribute) -> Option<SdkAttribute> {
    let key = match attribute.kind {
        LookupAttributeKind::EventId => LookupAttributeKey::EventId,
        LookupAttributeKind::AccessKeyId => LookupAttributeKey::AccessKeyId,
        LookupAttributeKind::ResourceName => LookupAttributeKey::ResourceName,
        LookupAttributeKind::Username => LookupAttributeKey::Username,
        LookupAttributeKind::EventName => LookupAttributeKey::EventName,
        LookupAttributeKind::ResourceType => LookupAttributeKey::ResourceType,
        LookupAttributeKind::EventSource => LookupAttributeKey::EventSource,
        LookupAttributeKind::ReadOnly => LookupAttributeKey::ReadOnly,
    };
    let built = SdkAttribute::builder()
        .attribute_key(key)
        .attribute_value(&attribute.value);
    built.build().ok()
}

/// An event without a time or an id has no place in the order: rather than lose it, the page is an error.
fn event(account: AccountId, region: &Region, event: types::Event) -> Result<Event, RawFailure> {
    let time = event
        .event_time
        .and_then(|t| Timestamp::from_parts(t.secs(), t.subsec_nanos()))
        .ok_or_else(|| RawFailure::malformed("usable EventTime"))?;
    let event_id: Arc<str> = event
        .event_id
        .ok_or_else(|| RawFailure::malformed("EventId"))?
        .into();
    let resources = event
        .resources
        .unwrap_or_default()
        .into_iter()
        .map(|r| ResourceRef {
            resource_type: r.resource_type,
            resource_name: r.resource_name,
        });
    Ok(Event {
        key: EventKey {
            time,
            account,
            region: region.clone(),
            event_id,
        },
        name: event.event_name.unwrap_or_default().into(),
        source: event.event_source.unwrap_or_default().into(),
        username: event.username.map(Into::into),
        read_only: event.read_only.and_then(|text| text.parse().ok()),
        access_key_id: event
            .access_key_id
            .filter(|key| !key.is_empty())
            .map(Into::into),
        resources: resources.collect(),
        record: event.cloud_trail_event.unwrap_or_default().into(),
    })
}
