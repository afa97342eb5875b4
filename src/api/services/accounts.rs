//! AccountService: parse, call the use case, convert.

use super::Services;
use crate::api::proto::account_service_server::AccountService;

/// The service.
pub struct AccountApi {}

impl AccountApi {
    /// Over these use cases.
    pub fn new(_services: &Services) -> Self {
        Self {}
    }
}

#[tonic::async_trait]
impl AccountService for AccountApi {}
