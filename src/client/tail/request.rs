//! What is followed, from arguments to a request. Pure.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    api::proto::TailEventsRequest,
    client::{error::ClientError, targets::Lane, when},
};

use super::Tail;

/// The request of these arguments.
///
/// # Errors
/// A time does not exist.
pub fn of(asked: &Tail, now: Timestamp, zone: &TimeZone) -> Result<TailEventsRequest, ClientError> {
    let start = asked
        .start
        .as_ref()
        .map(|start| start.at(now, zone))
        .transpose();
    let start = start.map_err(|why| ClientError::Asked(format!("--start: {why}")))?;
    Ok(TailEventsRequest {
        targets: asked.targets.to_wire(),
        filters: asked.filters.to_wire(),
        start_time: start.map(when::to_wire),
        page_token: asked.cursor.clone().unwrap_or_default(),
        include_raw_record: asked.raw,
        exclude_global_region: asked.exclude_global_region,
        lane: Lane::to_wire(asked.lane),
        ..TailEventsRequest::default()
    })
}
