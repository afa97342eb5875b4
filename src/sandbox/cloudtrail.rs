//! AWS CloudTrail: looking events up, and trails with everything that can be done to them.

mod answer;
mod delegation;
mod lookup;
mod read;
mod snapshot;
mod store;
mod target;
mod token;
mod trail;
mod validate;
mod view;
mod write;

pub use snapshot::TrailSnapshot;
pub use store::TrailStore;
pub use trail::Trail;

use super::{
    sessions::Principal,
    wire::{Answer, ApiError, Call},
    world::World,
};
use crate::domain::{Region, Service};
use view::Viewer;

/// A call about trails: who asks from where, and for what.
#[derive(Debug, Clone, Copy)]
struct Asking<'a> {
    world: &'a World,
    viewer: Viewer<'a>,
    call: &'a Call,
}

/// Answers the operation.
pub fn handle(
    world: &World,
    caller: &Principal,
    region: &Region,
    call: &Call,
    operation: &'static str,
) -> Answer {
    let account = caller.account;
    let asking = Asking {
        world,
        viewer: Viewer { account, region },
        call,
    };
    match operation {
        "RegisterOrganizationDelegatedAdmin" => delegation::register(world, caller, region, call),
        "DeregisterOrganizationDelegatedAdmin" => {
            delegation::deregister(world, caller, region, call)
        }
        "LookupEvents" => lookup::lookup_events(world, account, region, call),
        "DescribeTrails" => read::describe_trails(asking),
        "ListTrails" => read::list_trails(asking),
        "GetTrail" => read::get_trail(asking),
        "GetTrailStatus" => read::get_trail_status(asking),
        "GetEventSelectors" => read::parts::get_event_selectors(asking),
        "GetInsightSelectors" => read::parts::get_insight_selectors(asking),
        "GetEventConfiguration" => read::parts::get_event_configuration(asking),
        "ListTags" => read::parts::list_tags(asking),
        "CreateTrail" => write::create::create_trail(asking),
        "UpdateTrail" => write::update::update_trail(asking),
        "DeleteTrail" => write::life::delete_trail(asking),
        "StartLogging" => write::life::start_logging(asking),
        "StopLogging" => write::life::stop_logging(asking),
        "PutEventSelectors" => write::parts::put_event_selectors(asking),
        "PutInsightSelectors" => write::parts::put_insight_selectors(asking),
        "PutEventConfiguration" => write::parts::put_event_configuration(asking),
        "AddTags" => write::tags::add_tags(asking),
        "RemoveTags" => write::tags::remove_tags(asking),
        other => Err(ApiError::unknown_operation(Service::CloudTrail, other)),
    }
}
