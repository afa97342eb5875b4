//! Which cells are wanted, made out again and again: accounts come and go.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    events::{Events, LookupError, LookupRequest},
    fleet::{SelectError, TargetCell, Violation},
};

use super::{Settings, piece::context};

/// The cells after so long, or why they cannot be made out. A lookup's own plan, so that it is the cells that a lookup would
/// read: with the global Region, without what is suspended or disabled.
pub(super) async fn after(
    wait: Duration,
    events: &Events,
    settings: &Settings,
    cancel: &CancellationToken,
) -> Result<Vec<TargetCell>, String> {
    sleep(wait).await;
    let request = LookupRequest {
        targets: settings.targets.clone(),
        ..LookupRequest::default()
    };
    let ctx = context(settings, cancel);
    let plan = events.plan(&ctx, &request, None).await;
    plan.map(|plan| plan.cells).map_err(|error| why(&error))
}

/// In words that name the configuration.
fn why(error: &LookupError) -> String {
    let LookupError::Targets(SelectError::Invalid(wrong)) = error else {
        return error.to_string();
    };
    let wrong: Vec<String> = wrong.iter().map(describe).collect();
    format!("events.warm_up: {}", wrong.join(", "))
}

fn describe(wrong: &Violation) -> String {
    match wrong {
        Violation::UnknownAccount { index, account } => {
            format!("account_ids[{index}]: {account} is no account of the fleet")
        }
        Violation::UnknownExclusion { index, account } => {
            format!("exclude_account_ids[{index}]: {account} is no account of the fleet")
        }
        Violation::UnknownUnit { index, unit } => {
            format!("organizational_units[{index}]: {unit} is no unit of the organization")
        }
        Violation::RegionNotConfigured { index, region } => {
            format!("regions[{index}]: {region} is not in aws.regions")
        }
    }
}
