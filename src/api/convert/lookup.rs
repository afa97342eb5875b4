//! Requests for events: the page, the stream, and the tail.

use tonic::Status;

use super::{filters, page, selector, time};
use crate::{
    api::{
        proto,
        status::{Failure, Reason},
        violations::Violations,
    },
    domain::{AccountId, Deed, LookupAttributeKind, Region, Timestamp},
    events::{Attribute, CursorError, LookupRequest, Order, request::HISTORY},
    fleet::Sight,
};

/// Whole records on a page, in bytes: a page must fit into the 4 MiB that gRPC clients take by default, with
/// what stands around the records. A page that is cut for it has a token like any other.
const PAGE_BYTES: usize = 3 << 20;

/// What an answer looks like; it does not change what is found.
#[derive(Debug, Clone)]
pub struct Shape {
    /// With the whole record.
    pub raw_record: bool,
    /// With complete cells in the coverage.
    pub all_cells: bool,
    /// With the secrets in records, where this request may see them.
    pub secrets: Option<Sight>,
}

impl Shape {
    /// The same of a request that sees accounts so, if it wants their secrets.
    #[must_use]
    pub fn seen(self, asked: &LookupRequest, sight: Sight) -> Self {
        let secrets = asked.with_secrets.then_some(sight);
        Self { secrets, ..self }
    }

    /// Whether the secrets in records of this account and Region may be shown.
    pub fn shows_secrets(&self, account: AccountId, region: &Region) -> bool {
        let sight = self.secrets.as_ref();
        sight.is_some_and(|sight| sight.may(Deed::SeeSecrets, account, Some(region)))
    }
}

/// Fields that both requests have, under the names that both have.
struct Common {
    targets: Option<proto::TargetSelector>,
    start_time: Option<prost_types::Timestamp>,
    end_time: Option<prost_types::Timestamp>,
    filters: Vec<proto::EventFilter>,
    page_token: String,
    scan_limit: i64,
    exclude_global_region: bool,
    collapse_shared_events: bool,
    source: i32,
    lane: i32,
    include_raw_record: bool,
    include_secrets: bool,
}

/// Reads a request for a page. `signed` tells whether a page token is one of ours at all.
pub fn page(
    wire: proto::LookupEventsRequest,
    now: Timestamp,
    signed: impl Fn(&str) -> bool,
) -> Result<(LookupRequest, Shape), Status> {
    below("", wire, now, signed)
}

/// The same for one that is only planned: it is the field `lookup` of another.
pub fn planned(
    wire: proto::LookupEventsRequest,
    now: Timestamp,
    signed: impl Fn(&str) -> bool,
) -> Result<(LookupRequest, Shape), Status> {
    below("lookup.", wire, now, signed)
}

fn below(
    at: &str,
    wire: proto::LookupEventsRequest,
    now: Timestamp,
    signed: impl Fn(&str) -> bool,
) -> Result<(LookupRequest, Shape), Status> {
    let mut found = Violations::new();
    let size = page::size(&mut found, wire.page_size);
    let shape = Shape {
        raw_record: wire.include_raw_record,
        all_cells: wire.include_all_cells,
        secrets: None,
    };
    let common = Common {
        targets: wire.targets,
        start_time: wire.start_time,
        end_time: wire.end_time,
        filters: wire.filters,
        page_token: wire.page_token,
        scan_limit: wire.scan_limit,
        exclude_global_region: wire.exclude_global_region,
        collapse_shared_events: wire.collapse_shared_events,
        source: wire.source,
        lane: wire.lane,
        include_raw_record: wire.include_raw_record,
        include_secrets: wire.include_secrets,
    };
    let mut request = common.parse(&mut found, now, signed)?;
    let by_id = Attribute::Lookup(LookupAttributeKind::EventId);
    if wire.stop_at_first_match && request.filters.values(by_id).is_none() {
        found.add("stop_at_first_match", "needs a filter on EVENT_ID");
    }
    request.first_is_enough = wire.stop_at_first_match;
    request.page_size = found.below(at).finish(size)?;
    request.page_bytes = shape.raw_record.then_some(PAGE_BYTES);
    request.whole_records = shape.raw_record;
    Ok((request, shape))
}

/// Reads a request for a stream. `signed` tells whether a page token is one of ours at all.
pub fn stream(
    wire: proto::StreamEventsRequest,
    now: Timestamp,
    signed: impl Fn(&str) -> bool,
) -> Result<(LookupRequest, Order, Shape), Status> {
    let mut found = Violations::new();
    let order = match proto::Order::try_from(wire.order) {
        Ok(proto::Order::Unspecified | proto::Order::EventTime) => Some(Order::EventTime),
        Ok(proto::Order::Arrival) => Some(Order::Arrival),
        Err(_) => {
            found.add("order", format_args!("{} is not an order", wire.order));
            None
        }
    };
    let shape = Shape {
        raw_record: wire.include_raw_record,
        all_cells: wire.include_all_cells,
        secrets: None,
    };
    let common = Common {
        targets: wire.targets,
        start_time: wire.start_time,
        end_time: wire.end_time,
        filters: wire.filters,
        page_token: wire.page_token,
        scan_limit: wire.scan_limit,
        exclude_global_region: wire.exclude_global_region,
        collapse_shared_events: wire.collapse_shared_events,
        source: wire.source,
        lane: wire.lane,
        include_raw_record: wire.include_raw_record,
        include_secrets: wire.include_secrets,
    };
    let mut request = common.parse(&mut found, now, signed)?;
    request.whole_records = shape.raw_record;
    Ok((request, found.finish(order)?, shape))
}

/// Reads a request to follow events. `signed` tells whether a page token is one of ours at all.
pub fn tail(
    wire: proto::TailEventsRequest,
    now: Timestamp,
    signed: impl Fn(&str) -> bool,
) -> Result<(LookupRequest, Shape), Status> {
    let mut found = Violations::new();
    let shape = Shape {
        raw_record: wire.include_raw_record,
        all_cells: false,
        secrets: None,
    };
    let common = Common {
        targets: wire.targets,
        start_time: wire.start_time,
        end_time: None,
        filters: wire.filters,
        page_token: wire.page_token,
        scan_limit: 0,
        exclude_global_region: wire.exclude_global_region,
        collapse_shared_events: wire.collapse_shared_events,
        source: proto::LookupSource::Unspecified.into(),
        lane: wire.lane,
        include_raw_record: wire.include_raw_record,
        include_secrets: wire.include_secrets,
    };
    let mut request = common.parse(&mut found, now, signed)?;
    request.whole_records = shape.raw_record;
    Ok((found.finish(Some(request))?, shape))
}

impl Common {
    fn parse(
        self,
        found: &mut Violations,
        now: Timestamp,
        signed: impl Fn(&str) -> bool,
    ) -> Result<LookupRequest, Status> {
        let start = time::timestamp(found, "start_time", self.start_time.as_ref());
        let end = time::timestamp(found, "end_time", self.end_time.as_ref());
        let page_token = page::token(found, self.page_token);
        if page_token.is_none() {
            window(found, start, end, now);
        }
        let scan_limit = u64::try_from(self.scan_limit).ok();
        if scan_limit.is_none() {
            let what = format_args!("is {}; must not be negative", self.scan_limit);
            found.add("scan_limit", what);
        }
        if proto::Lane::try_from(self.lane).is_err() {
            found.add("lane", format_args!("{} is not a lane", self.lane));
        }
        let source = proto::LookupSource::try_from(self.source);
        if source.is_err() {
            found.add("source", format_args!("{} is not a source", self.source));
        }
        let request = LookupRequest {
            targets: selector::parse(found, self.targets),
            start,
            end,
            filters: filters::parse(found, self.filters),
            page_size: page::DEFAULT_SIZE,
            page_bytes: None,
            whole_records: false,
            page_token,
            scan_limit: scan_limit.filter(|limit| *limit > 0),
            first_is_enough: false,
            exclude_global_region: self.exclude_global_region,
            with_secrets: self.include_secrets,
        };
        if self.include_secrets && !self.include_raw_record {
            found.add(
                "include_secrets",
                "needs include_raw_record: they are in it",
            );
        }
        // A token that is the only thing wrong is for the lookup to refuse, which knows whose request it belongs to.
        let forged = |token: &String| !found.is_empty() && !signed(token);
        if request.page_token.as_ref().is_some_and(forged) {
            found.add("page_token", CursorError::NotOurs);
        }
        if found.is_empty() {
            built(source.unwrap_or_default(), self.collapse_shared_events)?;
        }
        Ok(request)
    }
}

/// Options of the contract that are not built yet are refused, not passed over.
fn built(source: proto::LookupSource, collapse: bool) -> Result<(), Status> {
    use proto::LookupSource as Source;
    let option = match source {
        Source::LogFiles | Source::Auto | Source::Athena => "source",
        Source::Unspecified | Source::EventHistory if collapse => "collapse_shared_events",
        Source::Unspecified | Source::EventHistory => return Ok(()),
    };
    Err(Failure::new(
        Reason::NotImplementedYet,
        format!("this value of {option} is part of the contract and not implemented yet"),
    )
    .with("option", option)
    .into_status())
}

/// Everything that is wrong with a window. With a page token the window is the token's, and this is not asked.
fn window(
    found: &mut Violations,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    now: Timestamp,
) {
    let earliest = now.minus(HISTORY);
    for (field, at) in [("start_time", start), ("end_time", end)] {
        if let Some(at) = at.filter(|at| *at < earliest) {
            let what = format_args!(
                "{at} is more than 90 days ago, and CloudTrail keeps no older events; the earliest is {earliest}"
            );
            found.add(field, what);
        }
    }
    let Some(start) = start else { return };
    match end.filter(|end| *end <= now) {
        Some(end) if start > end => {
            found.add(
                "start_time",
                format_args!("{start} is after end_time {end}"),
            );
        }
        None if start > now => {
            found.add(
                "start_time",
                format_args!("{start} is in the future; it is {now}"),
            );
        }
        Some(_) | None => {}
    }
}

#[cfg(test)]
mod tests;
