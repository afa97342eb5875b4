//! Trails as rows. Pure.

use jiff::tz::TimeZone;

use crate::{
    api::proto::{Trail, TrailKind, TrailPart, TrailStatus},
    client::{
        table::{Row, Tone},
        when, words,
    },
};

/// The columns of one trail.
pub const FIELDS: &[&str] = &["FIELD", "VALUE"];

const BASIC: &[&str] = &["NAME", "OWNER", "HOME", "KIND", "BUCKET", "UNREAD"];
const FULL: &[&str] = &[
    "NAME", "OWNER", "HOME", "KIND", "LOGGING", "BUCKET", "UNREAD",
];

/// The columns of many.
pub fn titles(full: bool) -> &'static [&'static str] {
    match full {
        true => FULL,
        false => BASIC,
    }
}

/// A trail among many. One that is not logging stands out.
pub fn row(trail: &Trail, full: bool) -> Row {
    let logging = trail.status.as_ref().map(|status| status.is_logging);
    let mut cells = vec![
        trail.name.clone(),
        trail.account_id.clone(),
        trail.home_region.clone(),
        kind(trail),
    ];
    if full {
        cells.push(logging.map_or("", yes).to_owned());
    }
    cells.extend([trail.s3_bucket_name.clone(), unread(trail)]);
    let tone = match (logging, trail.unread.is_empty()) {
        (Some(false), _) => Tone::Bad,
        (_, false) => Tone::Warning,
        _ => Tone::Usual,
    };
    Row::new(cells).toned(tone)
}

/// All of a trail, a field a row; what it does not have is left out.
pub fn fields(trail: &Trail, zone: &TimeZone) -> Vec<Row> {
    let mut fields = vec![
        ("arn", trail.arn.clone()),
        ("kind", kind(trail)),
        ("bucket", trail.s3_bucket_name.clone()),
        ("key prefix", trail.s3_key_prefix.clone()),
        ("topic", trail.sns_topic_arn.clone()),
        (
            "global service events",
            yes(trail.include_global_service_events).to_owned(),
        ),
        (
            "log file validation",
            yes(trail.log_file_validation_enabled).to_owned(),
        ),
        ("log group", trail.cloud_watch_logs_log_group_arn.clone()),
        ("log role", trail.cloud_watch_logs_role_arn.clone()),
        ("KMS key", trail.kms_key_id.clone()),
        (
            "own event selectors",
            yes(trail.has_custom_event_selectors).to_owned(),
        ),
        ("insights", yes(trail.has_insight_selectors).to_owned()),
    ];
    let mut tags: Vec<_> = trail.tags.iter().collect();
    tags.sort_unstable();
    let tags: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    fields.extend([("tags", tags.join(", ")), ("not read", unread(trail))]);
    let mut rows = listed(fields);
    if let Some(known) = &trail.status {
        rows.extend(status(known, zone));
    }
    rows
}

/// Whether it is logging, and how deliveries go. What failed stands out.
pub fn status(status: &TrailStatus, zone: &TimeZone) -> Vec<Row> {
    let time = |time: &Option<prost_types::Timestamp>| when::shown(time.as_ref(), zone);
    let logging = match status.is_logging {
        true => Tone::Usual,
        false => Tone::Bad,
    };
    let mut rows = vec![Row::new(["logging", yes(status.is_logging)]).toned(logging)];
    rows.extend(listed(vec![
        ("started", time(&status.start_logging_time)),
        ("stopped", time(&status.stop_logging_time)),
        ("last delivery", time(&status.latest_delivery_time)),
        ("last notification", time(&status.latest_notification_time)),
        (
            "last to log group",
            time(&status.latest_cloud_watch_logs_delivery_time),
        ),
        ("last digest", time(&status.latest_digest_delivery_time)),
    ]));
    let errors = listed(vec![
        ("delivery error", status.latest_delivery_error.clone()),
        (
            "notification error",
            status.latest_notification_error.clone(),
        ),
        (
            "log group error",
            status.latest_cloud_watch_logs_delivery_error.clone(),
        ),
        ("digest error", status.latest_digest_delivery_error.clone()),
    ]);
    rows.extend(errors.into_iter().map(|row| row.toned(Tone::Bad)));
    rows
}

/// The parts that could not be read.
pub fn unread(trail: &Trail) -> String {
    let parts = trail.unread.iter().map(|part| {
        let known = TrailPart::try_from(*part).ok();
        words::short(known.map(|part| part.as_str_name()), "TRAIL_PART_", *part)
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn listed(fields: Vec<(&str, String)>) -> Vec<Row> {
    let said = fields.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| Row::new([name, &value])).collect()
}

fn kind(trail: &Trail) -> String {
    let known = TrailKind::try_from(trail.kind).ok();
    words::short(
        known.map(|kind| kind.as_str_name()),
        "TRAIL_KIND_",
        trail.kind,
    )
}

fn yes(is: bool) -> &'static str {
    match is {
        true => "yes",
        false => "no",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::table::Table;

    fn trail() -> Trail {
        Trail {
            arn: "arn:aws:cloudtrail:us-east-1:100000000001:trail/audit".to_owned(),
            name: "audit".to_owned(),
            account_id: "100000000001".to_owned(),
            home_region: "us-east-1".to_owned(),
            kind: TrailKind::Organization.into(),
            s3_bucket_name: "logs".to_owned(),
            tags: [("team".to_owned(), "sec".to_owned())].into(),
            status: Some(TrailStatus {
                latest_delivery_time: Some(prost_types::Timestamp {
                    seconds: 1_795_803_525,
                    nanos: 0,
                }),
                latest_delivery_error: "AccessDenied".to_owned(),
                ..TrailStatus::default()
            }),
            ..Trail::default()
        }
    }

    fn text(titles: &'static [&'static str], rows: &[Row]) -> String {
        let text = Table::new(titles, None).text(rows);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn trails_are_a_table() {
        assert_eq!(
            text(titles(true), &[row(&trail(), true)]),
            "\
NAME   OWNER         HOME       KIND          LOGGING  BUCKET  UNREAD
audit  100000000001  us-east-1  ORGANIZATION  no       logs
"
        );
        assert!(text(titles(false), &[row(&trail(), false)]).contains("ORGANIZATION  logs"));
    }

    #[test]
    fn one_trail_is_a_list_of_what_it_has() {
        assert_eq!(
            text(FIELDS, &fields(&trail(), &TimeZone::UTC)),
            "\
FIELD                  VALUE
arn                    arn:aws:cloudtrail:us-east-1:100000000001:trail/audit
kind                   ORGANIZATION
bucket                 logs
global service events  no
log file validation    no
own event selectors    no
insights               no
tags                   team=sec
logging                no
last delivery          2026-11-27 18:18:45Z
delivery error         AccessDenied
"
        );
    }
}
