//! Events, and answers made of them, for the wire.

use std::sync::Arc;

use prost::Message as _;
use tonic::Status;

use super::{coverage, filters, lookup::Shape, time};
use crate::{
    api::{
        proto::{self, stream_events_response::Message},
        status::{Failure, draining},
    },
    domain::{AccountId, Event, ResourceRef},
    events::{
        LookupAnswer, Record, RecordField, StreamItem,
        lookup::Facts,
        redact::redact,
        stream::{Batch, Progress, Summary},
    },
};

/// The largest message of a stream, in bytes: a quarter of what gRPC clients accept by default.
const MESSAGE: usize = 1 << 20;

/// A page. `name` tells an account's name.
pub fn page(
    answer: LookupAnswer,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
) -> proto::LookupEventsResponse {
    let facts = &answer.facts;
    let mut covered = coverage::to_wire(&answer.coverage, facts.accounts_stale, shape.all_cells);
    covered.earlier_gaps = answer.earlier_gaps;
    let events = answer.events.into_iter();
    proto::LookupEventsResponse {
        events: events.map(|e| event(e, &name, shape)).collect(),
        next_page_token: answer.next_page_token.unwrap_or_default(),
        coverage: Some(covered),
        scanned: answer.scanned,
        matched: answer.matched,
        settled_through: Some(time::to_wire(facts.settled_through)),
        pushed_down: filters::pushed_down(facts.pushed_down).into(),
        added_regions: added_regions(facts),
        window: Some(time::window_to_wire(facts.window)),
    }
}

/// The messages of one item of a stream, or why there is no answer; large batches become several.
///
/// `name` tells an account's name.
pub fn item(
    item: StreamItem,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
) -> Result<Vec<proto::StreamEventsResponse>, Status> {
    let messages = match item {
        StreamItem::Batch(found) => batches(found, name, shape),
        StreamItem::Progress(far) => vec![Message::Progress(progress(far))],
        StreamItem::Summary(end) => vec![Message::Summary(summary(&end, shape))],
        StreamItem::Exhausted(exhausted) => return Err(Failure::from(*exhausted).into_status()),
        // Whoever is still there when the request is cancelled learns that the process drains.
        StreamItem::Cancelled => return Err(draining()),
    };
    let whole = |message| proto::StreamEventsResponse {
        message: Some(message),
    };
    Ok(messages.into_iter().map(whole).collect())
}

fn batches(
    found: Batch,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
) -> Vec<Message> {
    let cut = cut(found, name, shape).into_iter();
    cut.map(Message::Batch).collect()
}

/// Cuts a batch into messages that clients accept. The cursor and the watermark hold for the whole batch, so they
/// stand in its last message.
pub(super) fn cut(
    found: Batch,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
) -> Vec<proto::EventBatch> {
    let cell = found.cell.as_ref().map(|(cell, _)| proto::Cell {
        account_id: cell.account.to_string(),
        region: cell.region.to_string(),
    });
    let mut full = Vec::new();
    let mut open = proto::EventBatch {
        cell: cell.clone(),
        ..Default::default()
    };
    let mut size = 0;
    for found in found.events {
        let event = event(found, &name, shape);
        let more = event.encoded_len();
        if size + more > MESSAGE && !open.events.is_empty() {
            let next = proto::EventBatch {
                cell: cell.clone(),
                ..Default::default()
            };
            full.push(std::mem::replace(&mut open, next));
            size = 0;
        }
        size += more;
        open.events.push(event);
    }
    open.cursor = found.cursor.unwrap_or_default();
    open.watermark = found
        .cell
        .and_then(|(_, down_to)| down_to)
        .map(time::to_wire);
    full.push(open);
    full
}

fn progress(far: Progress) -> proto::StreamEventsProgress {
    proto::StreamEventsProgress {
        cells_done: u32::try_from(far.cells_done).unwrap_or(u32::MAX),
        cells_total: u32::try_from(far.cells_total).unwrap_or(u32::MAX),
        pages: far.counts.pages,
        events: far.counts.events,
        scanned: far.counts.scanned,
        matched: far.counts.matched,
        calls: far.counts.calls,
        throttles: far.counts.throttles,
        estimated_remaining: far.estimated_remaining.map(time::span_to_wire),
        cursor: far.cursor,
        oldest_time_reached: far.oldest_time_reached.map(time::to_wire),
        window: Some(time::window_to_wire(far.window)),
    }
}

fn summary(end: &Summary, shape: &Shape) -> proto::StreamEventsSummary {
    let facts = &end.facts;
    let mut covered = coverage::to_wire(&end.coverage, facts.accounts_stale, shape.all_cells);
    covered.earlier_gaps = end.earlier_gaps;
    proto::StreamEventsSummary {
        coverage: Some(covered),
        events: end.counts.events,
        pages: end.counts.pages,
        scanned: end.counts.scanned,
        matched: end.counts.matched,
        calls: end.counts.calls,
        throttles: end.counts.throttles,
        settled_through: Some(time::to_wire(facts.settled_through)),
        pushed_down: filters::pushed_down(facts.pushed_down).into(),
        added_regions: added_regions(facts),
        window: Some(time::window_to_wire(facts.window)),
    }
}

fn added_regions(facts: &Facts) -> Vec<String> {
    facts
        .added_regions
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// One event. Fields that CloudTrail does not lift out are read from the record.
/// Secrets in it are taken out, unless they were asked for and the caller may see them: who may read events may not
/// thereby act as somebody else.
pub fn event(
    mut event: Event,
    name: impl Fn(AccountId) -> Option<Arc<str>>,
    shape: &Shape,
) -> proto::Event {
    let shown = || shape.shows_secrets(event.key.account, &event.key.region);
    let redacted = shape.raw_record && !shown() && redact(&mut event);
    let record = Record::parse(&event.record);
    let identity = record.user_identity.as_ref();
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let raw_record = if shape.raw_record { &*event.record } else { "" };
    proto::Event {
        event_id: event.key.event_id.to_string(),
        event_time: Some(time::to_wire(event.key.time)),
        event_name: event.name.to_string(),
        event_source: event.source.to_string(),
        account_id: event.key.account.to_string(),
        region: event.key.region.to_string(),
        username: owned(event.username.as_deref()),
        read_only: event.read_only,
        access_key_id: owned(event.access_key_id.as_deref()),
        resources: event.resources.iter().map(resource).collect(),
        error_code: owned(record.error_code.as_deref()),
        source_ip_address: owned(record.source_ip_address.as_deref()),
        raw_record: raw_record.to_owned(),
        user_agent: owned(record.user_agent.as_deref()),
        error_message: owned(record.error_message.as_deref()),
        identity_arn: owned(identity.and_then(|i| i.arn.as_deref())),
        identity_type: owned(identity.and_then(|i| i.kind.as_deref())),
        event_type: owned(record.event_type.as_deref()),
        event_category: owned(record.event_category.as_deref()),
        shared_event_id: owned(record.shared_event_id.as_deref()),
        recipient_account_id: owned(record.recipient_account_id.as_deref()),
        request_id: owned(record.request_id.as_deref()),
        account_name: owned(name(event.key.account).as_deref()),
        identity_account_id: owned(identity.and_then(|i| i.account_id.as_deref())),
        role_arn: owned(record.field(RecordField::RoleArn)),
        redacted,
        collapsed_copies: Vec::new(),
    }
}

fn resource(found: &ResourceRef) -> proto::EventResource {
    proto::EventResource {
        resource_type: found.resource_type.clone().unwrap_or_default(),
        resource_name: found.resource_name.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{EventKey, Timestamp};

    const WHOLE: Shape = Shape {
        raw_record: true,
        all_cells: false,
        secrets: None,
    };

    fn found(source: &str, record: &str) -> Event {
        Event {
            key: EventKey {
                time: Timestamp::from_seconds(1_800_000_000),
                account: "000000000042".parse().unwrap(),
                region: "eu-west-1".parse().unwrap(),
                event_id: "e-1".into(),
            },
            name: "DeleteBucket".into(),
            source: source.into(),
            username: Some("mallory".into()),
            read_only: Some(false),
            access_key_id: None,
            resources: vec![ResourceRef {
                resource_type: Some("AWS::S3::Bucket".into()),
                resource_name: Some("ledger".into()),
            }],
            record: record.into(),
        }
    }

    #[test]
    fn fields_come_from_the_record_and_the_record_only_on_request() {
        let record = r#"{"errorCode":"AccessDenied","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli",
            "sharedEventID":"s-1","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::000000000042:assumed-role/r/s",
            "sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::000000000042:role/r"}}}}"#;
        let event = found("s3.amazonaws.com", record);
        let name = |_| Some(Arc::from("Ledger"));
        let wire = super::event(event.clone(), name, &WHOLE);
        assert_eq!(wire.account_id, "000000000042");
        assert_eq!(wire.account_name, "Ledger");
        assert_eq!(wire.error_code, "AccessDenied");
        assert_eq!(wire.source_ip_address, "192.0.2.1");
        assert_eq!(wire.identity_type, "AssumedRole");
        assert_eq!(wire.role_arn, "arn:aws:iam::000000000042:role/r");
        assert_eq!(wire.shared_event_id, "s-1");
        assert_eq!(wire.resources[0].resource_name, "ledger");
        assert_eq!((&*wire.raw_record, wire.redacted), (record, false));
        let bare = Shape {
            raw_record: false,
            ..WHOLE
        };
        assert_eq!(super::event(event, name, &bare).raw_record, "");
    }

    #[test]
    fn session_tokens_never_leave() {
        let record = r#"{"eventName":"AssumeRole","responseElements":{"credentials":
            {"accessKeyId":"ASIAEXAMPLE","sessionToken":"very-secret","expiration":"soon"}}}"#;
        let wire = event(found("sts.amazonaws.com", record), |_| None, &WHOLE);
        assert!(wire.redacted && !wire.raw_record.contains("very-secret"));
        assert!(wire.raw_record.contains("ASIAEXAMPLE"));
        let harmless = r#"{"eventName":"GetCallerIdentity","responseElements":null}"#;
        let wire = event(found("sts.amazonaws.com", harmless), |_| None, &WHOLE);
        assert_eq!((&*wire.raw_record, wire.redacted), (harmless, false));
    }

    #[test]
    fn large_batches_are_cut_and_the_cursor_is_last() {
        let record = format!("{{\"userAgent\":\"{}\"}}", "x".repeat(300_000));
        let batch = Batch {
            events: vec![found("s3.amazonaws.com", &record); 9],
            cursor: Some("c".into()),
            cell: None,
        };
        let messages = item(StreamItem::Batch(batch), |_| None, &WHOLE).unwrap();
        assert!(messages.len() > 2);
        let mut events = 0;
        for (at, message) in messages.iter().enumerate() {
            assert!(message.encoded_len() < 2 * MESSAGE);
            let Some(Message::Batch(batch)) = &message.message else {
                panic!("not a batch");
            };
            events += batch.events.len();
            assert_eq!(batch.cursor.is_empty(), at + 1 < messages.len());
        }
        assert_eq!(events, 9);
    }
}
