//! EventService: parse, call the use case, convert.

use super::Services;
use crate::api::proto::event_service_server::EventService;

/// The service.
pub struct EventApi {}

impl EventApi {
    /// Over these use cases.
    pub fn new(_services: &Services) -> Self {
        Self {}
    }
}

#[tonic::async_trait]
impl EventService for EventApi {}
