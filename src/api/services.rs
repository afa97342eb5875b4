//! The services that are built, one file each: parse, call the use case, convert. RPCs that are not built are
//! answered by a layer.

pub mod accounts;
pub mod budgets;
pub mod events;
pub mod log_files;
pub mod organization;
pub mod trails;

use std::sync::Arc;

use tokio::time::Instant;
use tonic::{Request, Status};

use super::{
    layers::{audit, authorize::Granted, deadline::Call},
    proto,
    status::{self, Failure},
};
use crate::{
    budget::{Budgets, Interrupted, Lane, RequestContext},
    domain::WallClock,
    events::Events,
    fleet::Fleet,
    logs::Logs,
    organization::Organization,
    trails::Trails,
};

/// The use cases that the services call.
#[derive(Clone)]
pub struct Services {
    /// The accounts.
    pub fleet: Fleet,
    /// The lookups.
    pub events: Events,
    /// The organization.
    pub organization: Organization,
    /// The trails.
    pub trails: Trails,
    /// The log files.
    pub logs: Logs,
    /// The budgets, to be shown.
    pub budgets: Budgets,
    /// The time of day, by which windows are checked; the same as the lookups'.
    pub clock: WallClock,
}

/// The context of a request, in the lane that it asks for or the RPC's usual one, and no faster than it may.
fn context<T>(
    request: &Request<T>,
    lane: proto::Lane,
    usual: Lane,
) -> Result<RequestContext, Status> {
    let around = |layer| status::internal(&format!("a request came around the {layer} layer"));
    let extensions = request.extensions();
    let call = extensions.get::<Call>().ok_or_else(|| around("deadline"))?;
    let granted = extensions.get::<Granted>();
    let granted = granted.ok_or_else(|| around("authorize"))?;
    let lane = granted.lane(lane, usual)?;
    let authority = match audit::asked(extensions) {
        Some(asked) => granted.authority().exercised_in(asked.origin()),
        None => granted.authority(),
    };
    Ok(call.context(lane, authority))
}

/// Notes of a request that could change something that it is only a plan.
fn only_plans(asked: Option<audit::Asked>, validate_only: bool) {
    if let (Some(asked), true) = (asked, validate_only) {
        asked.plans();
    }
}

/// An id for a request whose caller gave none.
fn new_id() -> Arc<str> {
    format!("{:032x}", rand::random::<u128>()).into()
}

/// Why a stream ended before its last message: the process drains (of a caller who left nobody hears it) or the deadline came,
/// or else it is a defect.
fn unfinished(ctx: &RequestContext, defect: &str) -> Status {
    if ctx.cancel.is_cancelled() {
        status::draining()
    } else if Instant::now() >= ctx.deadline {
        Failure::from(Interrupted::DeadlineExceeded).into_status()
    } else {
        status::internal(defect)
    }
}
