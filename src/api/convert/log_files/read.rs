//! The events of log files, on the wire.

use std::{collections::BTreeSet, sync::Arc};

use tonic::Status;

use super::{
    super::{
        coverage::{self, Problem},
        events, filters,
        lookup::Shape,
        page, selector, time,
    },
    list,
};
use crate::{
    api::{
        proto::{self, read_log_events_response::Message},
        status::Failure,
        violations::Violations,
    },
    domain::{AccountId, Timestamp},
    events::{Order, stream::Batch},
    fleet::Sight,
    logs::{
        Kind,
        read::{FileProblem, ReadItem, ReadProgress, ReadRequest, ReadSummary},
    },
};

/// Reads a request, whether it wants secrets, and what its answer looks like.
pub fn parse(wire: proto::ReadLogEventsRequest) -> Result<(ReadRequest, bool, Shape), Violations> {
    let mut found = Violations::new();
    let page_token = page::token(&mut found, wire.page_token);
    let start = list::start(&mut found, wire.start_time.as_ref());
    let end = time::timestamp(&mut found, "end_time", wire.end_time.as_ref());
    if proto::Lane::try_from(wire.lane).is_err() {
        found.add("lane", format_args!("{} is not a lane", wire.lane));
    }
    let scan_limit = u64::try_from(wire.scan_limit).ok();
    if scan_limit.is_none() {
        let what = format_args!("is {}; must not be negative", wire.scan_limit);
        found.add("scan_limit", what);
    }
    if wire.include_secrets && !wire.include_raw_record {
        let what = "needs include_raw_record: they are in it";
        found.add("include_secrets", what);
    }
    let request = ReadRequest {
        targets: selector::parse(&mut found, wire.targets),
        start: start.unwrap_or(Timestamp::from_seconds(0)),
        end,
        filters: filters::parse(&mut found, wire.filters),
        order: order(&mut found, wire.order),
        kinds: kinds(&mut found, &wire.kinds),
        trails: list::trails(&mut found, &wire.trail_arns),
        page_token,
        scan_limit: scan_limit.filter(|limit| *limit > 0),
        whole_records: wire.include_raw_record,
    };
    let shape = Shape {
        raw_record: wire.include_raw_record,
        all_cells: wire.include_all_cells,
        secrets: None,
    };
    found.finish(Some((request, wire.include_secrets, shape)))
}

fn order(found: &mut Violations, wire: i32) -> Order {
    match proto::Order::try_from(wire) {
        Ok(proto::Order::Unspecified | proto::Order::EventTime) => Order::EventTime,
        Ok(proto::Order::Arrival) => Order::Arrival,
        Err(_) => {
            found.add("order", format_args!("{wire} is not an order"));
            Order::EventTime
        }
    }
}

/// Digests and sums hold no events.
fn kinds(found: &mut Violations, wire: &[i32]) -> BTreeSet<Kind> {
    let kinds = list::kinds(found, wire);
    let no_events = |kind: &Kind| match kind {
        Kind::Events | Kind::Insight | Kind::NetworkActivity => false,
        Kind::Aggregated | Kind::Digest | Kind::BackfillDigest => true,
    };
    if kinds.iter().any(no_events) {
        let what = "only files of the kinds EVENTS, INSIGHT and NETWORK_ACTIVITY hold events";
        found.add("kinds", what);
    }
    kinds
}

/// The same shape for a request that sees accounts so, if it wants their secrets.
pub fn seen(shape: Shape, with_secrets: bool, sight: Sight) -> Shape {
    Shape {
        secrets: with_secrets.then_some(sight),
        ..shape
    }
}

/// The messages of one item, or why there is no answer; large batches become several. `name` tells an account's name.
pub fn item(
    item: ReadItem,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
) -> Result<Vec<proto::ReadLogEventsResponse>, Status> {
    let messages = match item {
        ReadItem::Batch(found, cursor) => {
            let batch = Batch {
                events: found,
                cursor: Some(cursor),
                cell: None,
            };
            let cut = events::cut(batch, name, shape).into_iter();
            cut.map(Message::Batch).collect()
        }
        ReadItem::Progress(far) => vec![Message::Progress(progress(far))],
        ReadItem::Problem(problem) => vec![Message::Problem(to_wire(&problem))],
        ReadItem::Summary(end) => vec![Message::Summary(summary(&end, shape))],
        ReadItem::Failed(error) => return Err(Failure::from(error).into_status()),
    };
    let whole = |message| proto::ReadLogEventsResponse {
        message: Some(message),
    };
    Ok(messages.into_iter().map(whole).collect())
}

fn progress(far: ReadProgress) -> proto::LogFileProgress {
    proto::LogFileProgress {
        files_done: far.counts.files,
        files_total: far.counts.known,
        bytes: far.counts.bytes,
        events: far.counts.events,
        scanned: far.counts.scanned,
        matched: far.counts.matched,
        estimated_remaining: None,
        cursor: far.cursor,
    }
}

fn to_wire(problem: &FileProblem) -> proto::LogFileProblem {
    let place = &problem.place;
    let error = Problem {
        reason: problem.trouble.reason,
        error: &problem.trouble.error,
        account: place.account,
        region: Some(&place.region),
        preconditions: &[],
    };
    proto::LogFileProblem {
        bucket: place.bucket.to_string(),
        key: place.key.to_string(),
        error: error.into_wire(),
        records_read: problem.records,
    }
}

fn summary(end: &ReadSummary, shape: &Shape) -> proto::ReadLogEventsSummary {
    let counts = &end.counts;
    proto::ReadLogEventsSummary {
        coverage: Some(proto::Coverage {
            earlier_gaps: end.earlier_gaps,
            ..coverage::to_wire(&end.coverage, end.stale, shape.all_cells)
        }),
        events: counts.events,
        scanned: counts.scanned,
        matched: counts.matched,
        files: counts.files,
        problems: counts.problems,
        window: Some(time::window_to_wire(end.window)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wire = proto::ReadLogEventsRequest {
            kinds: vec![proto::LogFileKind::Digest.into()],
            order: 99,
            scan_limit: -1,
            include_secrets: true,
            lane: 99,
            trail_arns: vec!["main".to_owned()],
            ..proto::ReadLogEventsRequest::default()
        };
        let found = parse(wire).unwrap_err();
        let fields = [
            "start_time",
            "kinds",
            "order",
            "scan_limit",
            "include_secrets",
            "lane",
            "trail_arns[0]",
        ];
        for field in fields {
            assert!(found.names(field), "{field}: {found:?}");
        }
        assert_eq!(found.len(), fields.len());
    }

    #[test]
    fn newest_first_is_meant_where_nothing_is_said() {
        let start = prost_types::Timestamp {
            seconds: 5,
            nanos: 0,
        };
        let wire = proto::ReadLogEventsRequest {
            start_time: Some(start),
            ..proto::ReadLogEventsRequest::default()
        };
        let (request, with_secrets, shape) = parse(wire).unwrap();
        assert_eq!(request.order, Order::EventTime);
        assert_eq!(request.kinds, BTreeSet::from([Kind::Events]));
        assert_eq!(request.scan_limit, None);
        assert!(!with_secrets && !shape.raw_record);
    }
}
