//! AWS CloudTrail: looking events up, and reading trails.

mod delegation;
mod lookup;
mod token;
mod trails;

use super::{
    sessions::Principal,
    wire::{Answer, ApiError, Call},
    world::World,
};
use crate::domain::{Region, Service};

/// Answers the operation.
pub fn handle(
    world: &World,
    caller: &Principal,
    region: &Region,
    call: &Call,
    operation: &'static str,
) -> Answer {
    let account = caller.account;
    match operation {
        "RegisterOrganizationDelegatedAdmin" => delegation::register(world, caller, region, call),
        "DeregisterOrganizationDelegatedAdmin" => {
            delegation::deregister(world, caller, region, call)
        }
        "LookupEvents" => lookup::lookup_events(world, account, region, call),
        "DescribeTrails" => trails::describe_trails(world, account, region, call),
        "ListTrails" => trails::list_trails(world, account, call),
        "GetTrail" => trails::get_trail(world, account, region, call),
        "GetTrailStatus" => trails::get_trail_status(world, account, region, call),
        "GetEventSelectors" => trails::get_event_selectors(world, account, region, call),
        "GetInsightSelectors" => trails::get_insight_selectors(world, account, region, call),
        "GetEventConfiguration" => trails::get_event_configuration(world, account, region, call),
        "ListTags" => trails::list_tags(world, account, call),
        other => Err(ApiError::unknown_operation(Service::CloudTrail, other)),
    }
}
