use std::time::Duration;

use proptest::prelude::*;
use tonic::Code;
use tonic_types::StatusExt;

use super::*;
use crate::api::proto::{EventAttribute, EventFilter, LookupEventsRequest, TargetSelector};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);

/// As the service reads a page's request, of which only the token `signed` is one of ours.
fn page(wire: LookupEventsRequest, now: Timestamp) -> Result<(LookupRequest, Shape), Status> {
    super::page(wire, now, |token| token == "signed")
}

fn ago(span: Duration) -> Option<prost_types::Timestamp> {
    Some(time::to_wire(NOW.minus(span)))
}

fn ahead(span: Duration) -> Option<prost_types::Timestamp> {
    Some(time::to_wire(NOW.plus(span)))
}

/// The code, the reason and the fields that a request is refused with.
fn refused(wire: LookupEventsRequest) -> (Code, String, Vec<String>) {
    let status = page(wire, NOW).unwrap_err();
    let details = status.get_error_details();
    let reason = details.error_info().unwrap().reason.clone();
    let listed = details.bad_request().map(|b| b.field_violations.clone());
    let fields = listed.unwrap_or_default().into_iter().map(|v| v.field);
    (status.code(), reason, fields.collect())
}

fn filter(attribute: i32, values: &[&str]) -> EventFilter {
    EventFilter {
        attribute,
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    }
}

#[test]
fn a_forged_token_is_told_with_all_else_that_is_wrong() {
    let with = |page_token: &str, page_size| LookupEventsRequest {
        page_token: page_token.to_owned(),
        page_size,
        scan_limit: -1,
        ..LookupEventsRequest::default()
    };
    let (_, _, fields) = refused(with("forged", -1));
    assert_eq!(fields, ["page_size", "scan_limit", "page_token"]);
    let (_, _, fields) = refused(with("signed", -1));
    assert_eq!(fields, ["page_size", "scan_limit"]);
    let alone = LookupEventsRequest {
        page_token: "forged".to_owned(),
        ..LookupEventsRequest::default()
    };
    assert!(
        page(alone, NOW).is_ok(),
        "the lookup refuses it, as an INVALID_PAGE_TOKEN"
    );
}

#[test]
fn bad_input_is_refused_by_field() {
    let name = i32::from(EventAttribute::EventName);
    let base = LookupEventsRequest::default;
    let selector = |targets| LookupEventsRequest {
        targets: Some(targets),
        ..base()
    };
    let accounts = |ids: Vec<String>| {
        selector(TargetSelector {
            account_ids: ids,
            ..TargetSelector::default()
        })
    };
    let regions = |regions: Vec<String>| {
        selector(TargetSelector {
            regions,
            ..TargetSelector::default()
        })
    };
    let times = |start_time, end_time| LookupEventsRequest {
        start_time,
        end_time,
        ..base()
    };
    let filters = |filters| LookupEventsRequest { filters, ..base() };
    let size = |page_size| LookupEventsRequest {
        page_size,
        ..base()
    };
    let table: Vec<(LookupEventsRequest, &[&str])> = vec![
        (accounts(vec!["12345".into()]), &["targets.account_ids[0]"]),
        (
            accounts(vec!["123456789012".into(); 10_000]),
            &["targets.account_ids"],
        ),
        (regions(vec!["mars".into()]), &["targets.regions[0]"]),
        (times(ago(DAY), ago(2 * DAY)), &["start_time"]),
        (times(ahead(DAY), None), &["start_time"]),
        (times(ahead(DAY), ahead(2 * DAY)), &["start_time"]),
        (times(ago(91 * DAY), None), &["start_time"]),
        (times(None, ago(91 * DAY)), &["end_time"]),
        (
            times(ago(92 * DAY), ago(91 * DAY)),
            &["start_time", "end_time"],
        ),
        (size(-1), &["page_size"]),
        (size(1001), &["page_size"]),
        (filters(vec![filter(99, &["x"])]), &["filters[0].attribute"]),
        (
            filters(vec![filter(name, &["a"]), filter(name, &["b"])]),
            &["filters[1].attribute"],
        ),
        (
            filters(vec![filter(name, &[&"x".repeat(2001)])]),
            &["filters[0].values[0]"],
        ),
        (
            LookupEventsRequest {
                scan_limit: -1,
                source: 77,
                lane: 9,
                ..base()
            },
            &["scan_limit", "lane", "source"],
        ),
        (
            LookupEventsRequest {
                page_token: "x".repeat((512 << 10) + 1),
                ..base()
            },
            &["page_token"],
        ),
    ];
    for (wire, fields) in table {
        let shown = format!("{wire:.300?}");
        let refused = refused(wire);
        assert_eq!(refused.0, Code::InvalidArgument, "{shown}");
        assert_eq!(refused.1, "INVALID_REQUEST", "{shown}");
        assert_eq!(refused.2, fields, "{shown}");
    }
}

#[test]
fn everything_wrong_is_told_at_once() {
    let (_, _, fields) = refused(LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec!["x".into()],
            regions: vec!["mars".into()],
            ..TargetSelector::default()
        }),
        start_time: ago(DAY),
        end_time: ago(2 * DAY),
        filters: vec![filter(99, &["x"])],
        page_size: -1,
        ..LookupEventsRequest::default()
    });
    assert_eq!(
        fields,
        [
            "page_size",
            "start_time",
            "targets.account_ids[0]",
            "targets.regions[0]",
            "filters[0].attribute"
        ]
    );
}

#[test]
fn a_good_request_is_read_whole() {
    let (request, shape) = page(
        LookupEventsRequest {
            start_time: ago(90 * DAY),
            end_time: ahead(DAY),
            page_size: 7,
            scan_limit: 100,
            include_raw_record: true,
            exclude_global_region: true,
            ..LookupEventsRequest::default()
        },
        NOW,
    )
    .unwrap();
    assert_eq!(request.start, Some(NOW.minus(90 * DAY)));
    assert_eq!(request.end, Some(NOW.plus(DAY)));
    assert_eq!((request.page_size, request.scan_limit), (7, Some(100)));
    assert!(request.exclude_global_region && shape.raw_record && !shape.all_cells);
    let (open, _) = page(LookupEventsRequest::default(), NOW).unwrap();
    assert_eq!((open.page_size, open.scan_limit), (50, None));
}

#[test]
fn a_later_page_may_have_grown_older_than_the_history() {
    let wire = LookupEventsRequest {
        start_time: ago(91 * DAY),
        page_token: "a token".into(),
        ..LookupEventsRequest::default()
    };
    let (request, _) = page(wire, NOW).unwrap();
    assert_eq!(request.page_token.as_deref(), Some("a token"));
}

#[test]
fn to_stop_at_the_first_match_needs_an_event_id() {
    let asking = |attribute: proto::EventAttribute| LookupEventsRequest {
        filters: vec![proto::EventFilter {
            attribute: attribute.into(),
            values: vec!["a".to_owned()],
        }],
        stop_at_first_match: true,
        ..LookupEventsRequest::default()
    };
    let by_name = page(asking(proto::EventAttribute::EventName), NOW).unwrap_err();
    assert_eq!(by_name.code(), Code::InvalidArgument);
    let details = by_name.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!(violations[0].field, "stop_at_first_match");
    let (by_id, _) = page(asking(proto::EventAttribute::EventId), NOW).unwrap();
    assert!(by_id.first_is_enough);
}

#[test]
fn options_that_are_not_built_are_refused_and_not_passed_over() {
    for (wire, option) in [
        (
            LookupEventsRequest {
                source: proto::LookupSource::Athena.into(),
                ..LookupEventsRequest::default()
            },
            "source",
        ),
        (
            LookupEventsRequest {
                collapse_shared_events: true,
                ..LookupEventsRequest::default()
            },
            "collapse_shared_events",
        ),
    ] {
        let status = page(wire, NOW).unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["option"], option);
    }
}

#[test]
fn everything_wrong_with_a_tail_is_told_at_once() {
    let wire = proto::TailEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec!["12345".into()],
            regions: vec!["mars".into()],
            ..TargetSelector::default()
        }),
        start_time: ago(91 * DAY),
        filters: vec![filter(99, &["x"])],
        lane: 9,
        ..proto::TailEventsRequest::default()
    };
    let status = tail(wire, NOW, |_| false).unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let mut fields: Vec<_> = details
        .bad_request()
        .unwrap()
        .field_violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    fields.sort_unstable();
    let wanted = [
        "filters[0].attribute",
        "lane",
        "start_time",
        "targets.account_ids[0]",
        "targets.regions[0]",
    ];
    assert_eq!(fields, wanted);
    let collapsed = proto::TailEventsRequest {
        collapse_shared_events: true,
        ..proto::TailEventsRequest::default()
    };
    let status = tail(collapsed, NOW, |_| false).unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

proptest! {
    /// Whatever the bytes, reading them ends in a request or in a proper refusal that fits into trailers.
    #[test]
    fn no_request_breaks_the_reader(
        ids in prop::collection::vec(".{0,40}", 0..40),
        units in prop::collection::vec(".{0,40}", 0..40),
        values in prop::collection::vec(".{0,30}", 0..60),
        numbers in prop::array::uniform6(any::<i32>()),
        seconds in any::<i64>(),
    ) {
        let [nanos, size, source, lane, attribute, limit] = numbers;
        let wire = LookupEventsRequest {
            targets: Some(TargetSelector {
                account_ids: ids.clone(),
                organizational_units: units,
                regions: ids,
                ..TargetSelector::default()
            }),
            start_time: Some(prost_types::Timestamp { seconds, nanos }),
            filters: vec![EventFilter { attribute: attribute % 20, values }; 3],
            page_size: size,
            scan_limit: limit.into(),
            source: source % 6,
            lane: lane % 6,
            ..LookupEventsRequest::default()
        };
        if let Err(status) = page(wire, NOW) {
            prop_assert!(matches!(status.code(), Code::InvalidArgument | Code::Unimplemented));
            prop_assert!(status.details().len() * 4 / 3 < 8192, "{} bytes", status.details().len());
        }
    }
}
