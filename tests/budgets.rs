//! Budgets as callers see them: what they stand at, what a lookup would cost of them, and what they refuse.

mod planned;
mod refused;
mod shown;

use trailplane::api::proto::{LookupEventsRequest, TargetSelector};

/// Only these accounts.
fn accounts(ids: &[&str]) -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..TargetSelector::default()
    })
}

/// The newest ten events of these accounts.
fn newest(ids: &[&str]) -> LookupEventsRequest {
    LookupEventsRequest {
        targets: accounts(ids),
        page_size: 10,
        ..LookupEventsRequest::default()
    }
}
