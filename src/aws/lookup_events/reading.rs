//! Reads a page of LookupEvents in place of the SDK, whose reader goes over each record four times, byte by byte: that was a
//! sixth of all CPU that an event took here.
//!
//! Only pages: what is no success is left to the SDK, so that errors are what they are everywhere else.

use aws_sdk_cloudtrail::{
    operation::lookup_events::LookupEventsOutput,
    types::{self, builders::EventBuilder},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeDeserializationInterceptorContextRef, Error, Output},
            dyn_dispatch_hint,
        },
        orchestrator::{HttpResponse, OrchestratorError},
        runtime_components::RuntimeComponents,
        ser_de::{DeserializeResponse, SharedResponseDeserializer},
    },
};
use aws_smithy_types::{DateTime, config_bag::ConfigBag};
use serde::Deserialize;

/// Puts our reader in the SDK's place for the answer that has come.
#[derive(Debug)]
pub(super) struct ReadsPages;

#[dyn_dispatch_hint]
impl Intercept for ReadsPages {
    fn name(&self) -> &'static str {
        "ReadsPages"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // There is one attempt, so that it is never left in place for another answer.
        if context.response().status().is_success() {
            let reader = SharedResponseDeserializer::new(PageReader);
            cfg.interceptor_state().store_put(reader);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct PageReader;

impl DeserializeResponse for PageReader {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().unwrap_or_default();
        match page(body) {
            Ok(page) => Ok(Output::erase(page)),
            Err(error) => Err(OrchestratorError::response(error.into())),
        }
    }
}

fn page(body: &[u8]) -> serde_json::Result<LookupEventsOutput> {
    let page: Page = serde_json::from_slice(body)?;
    let events = page
        .events
        .map(|found| found.into_iter().map(Into::into).collect());
    let output = LookupEventsOutput::builder();
    Ok(output
        .set_events(events)
        .set_next_token(page.next_token)
        .build())
}

/// The answer, as CloudTrail's model has it. What is not known is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    events: Option<Vec<Event>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    event_id: Option<String>,
    event_name: Option<String>,
    read_only: Option<String>,
    access_key_id: Option<String>,
    /// Seconds since 1970.
    event_time: Option<f64>,
    event_source: Option<String>,
    username: Option<String>,
    resources: Option<Vec<Resource>>,
    cloud_trail_event: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    resource_type: Option<String>,
    resource_name: Option<String>,
}

impl From<Event> for types::Event {
    fn from(event: Event) -> Self {
        let resources = event
            .resources
            .map(|r| r.into_iter().map(Into::into).collect());
        EventBuilder::default()
            .set_event_id(event.event_id)
            .set_event_name(event.event_name)
            .set_read_only(event.read_only)
            .set_access_key_id(event.access_key_id)
            .set_event_time(event.event_time.map(DateTime::from_secs_f64))
            .set_event_source(event.event_source)
            .set_username(event.username)
            .set_resources(resources)
            .set_cloud_trail_event(event.cloud_trail_event)
            .build()
    }
}

impl From<Resource> for types::Resource {
    fn from(resource: Resource) -> Self {
        Self::builder()
            .set_resource_type(resource.resource_type)
            .set_resource_name(resource.resource_name)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_an_event_is_read_and_what_is_not_known_passed_over() {
        let body = br#"{"Events":[{"EventId":"e-1","EventName":"PutObject","ReadOnly":"false","AccessKeyId":"ASIA1",
            "EventTime":1.8E9,"EventSource":"s3.amazonaws.com","Username":"m\u00e4x","New":{"deep":[1]},
            "Resources":[{"ResourceType":"AWS::S3::Bucket","ResourceName":"b"},{}],
            "CloudTrailEvent":"{\"userAgent\":\"a \\\"quoted\\\" one\"}"}],"NextToken":"t","More":1}"#;
        let page = page(body).unwrap();
        assert_eq!(page.next_token(), Some("t"));
        let [event] = page.events() else {
            panic!("{page:?}");
        };
        let resource = types::Resource::builder();
        let resource = resource.resource_type("AWS::S3::Bucket").resource_name("b");
        let expected = types::Event::builder()
            .event_id("e-1")
            .event_name("PutObject")
            .read_only("false")
            .access_key_id("ASIA1")
            .event_time(DateTime::from_secs(1_800_000_000))
            .event_source("s3.amazonaws.com")
            .username("mäx")
            .resources(resource.build())
            .resources(types::Resource::builder().build())
            .cloud_trail_event(r#"{"userAgent":"a \"quoted\" one"}"#);
        assert_eq!(*event, expected.build());
    }

    #[test]
    fn what_is_missing_or_null_is_missing() {
        for body in ["{}", r#"{"Events":null,"NextToken":null}"#] {
            let page = page(body.as_bytes()).unwrap();
            assert!(page.events().is_empty() && page.next_token().is_none());
        }
        let bare = page(br#"{"Events":[{"Resources":null,"EventTime":null}]}"#).unwrap();
        assert_eq!(bare.events(), [types::Event::builder().build()]);
        let parts = page(br#"{"Events":[{"EventTime":1.5}]}"#).unwrap();
        let time = parts.events().first().and_then(types::Event::event_time);
        assert_eq!(time, Some(&DateTime::from_secs_f64(1.5)));
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for body in [
            "",
            "[]",
            "{",
            r#"{"Events":[7]}"#,
            r#"{"Events":[{"EventTime":"x"}]}"#,
        ] {
            assert!(page(body.as_bytes()).is_err(), "{body}");
        }
    }
}
