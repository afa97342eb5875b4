//! Events as rows. Pure, but for where they go.

use jiff::tz::TimeZone;

use crate::{
    api::proto::{Event, LookupEventsResponse},
    client::{
        error::ClientError,
        escape::plain,
        output::{Form, Output},
        table::{Row, Table, Tone},
        when, words,
    },
};

use super::Question;

/// The columns.
pub const TITLES: &[&str] = &[
    "TIME", "ACCOUNT", "REGION", "EVENT", "USER", "RESOURCE", "FROM", "ERROR",
];

/// A page, in the form that is asked for.
pub fn page(
    page: &LookupEventsResponse,
    question: &Question,
    table: &mut Table,
    output: &mut Output,
) -> Result<(), ClientError> {
    match output.form {
        Form::Json => output.message(page),
        Form::Table | Form::Ndjson => rows(&page.events, question.raw, table, output),
    }
}

/// Events, one a line. A batch is written at once, and nothing is kept of it.
pub fn rows(
    events: &[Event],
    raw: bool,
    table: &mut Table,
    output: &mut Output,
) -> Result<(), ClientError> {
    if output.form != Form::Table {
        return events.iter().try_for_each(|event| output.message(event));
    }
    let rows: Vec<Row> = events
        .iter()
        .map(|event| row(event, &output.zone))
        .collect();
    let text = table.text(&rows);
    if !raw {
        return output.say(&text);
    }
    // The record stands below the row of its event; titles come before the first.
    let titles = text.lines().count().saturating_sub(rows.len());
    let mut lines = text.lines();
    let mut shown: String = lines
        .by_ref()
        .take(titles)
        .map(|line| format!("{line}\n"))
        .collect();
    for (line, event) in lines.zip(events) {
        shown.push_str(&format!("{line}\n  {}\n", plain(&event.raw_record)));
    }
    output.say(&shown)
}

fn row(event: &Event, zone: &TimeZone) -> Row {
    let tone = match event.error_code.is_empty() {
        true => Tone::Usual,
        false => Tone::Bad,
    };
    Row::new([
        when::shown(event.event_time.as_ref(), zone),
        words::account(&event.account_id, &event.account_name),
        event.region.clone(),
        event.event_name.clone(),
        event.username.clone(),
        resources(event),
        event.source_ip_address.clone(),
        event.error_code.clone(),
    ])
    .toned(tone)
}

/// The first resource, and how many more there are.
fn resources(event: &Event) -> String {
    match event.resources.as_slice() {
        [] => String::new(),
        [only] => only.resource_name.clone(),
        [first, more @ ..] => format!("{} +{}", first.resource_name, more.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::proto::EventResource;

    #[test]
    fn an_event_is_a_row() {
        let resource = |name: &str| EventResource {
            resource_name: name.to_owned(),
            ..EventResource::default()
        };
        let event = Event {
            event_time: Some(prost_types::Timestamp {
                seconds: 1_795_803_525,
                nanos: 0,
            }),
            event_name: "DeleteBucket".to_owned(),
            account_id: "100000000012".to_owned(),
            account_name: "payments".to_owned(),
            region: "eu-west-1".to_owned(),
            username: "ann\u{1b}[31m".to_owned(),
            resources: vec![resource("logs"), resource("arn:aws:s3:::logs")],
            source_ip_address: "203.0.113.7".to_owned(),
            error_code: "AccessDenied".to_owned(),
            ..Event::default()
        };
        let mut table = Table::new(TITLES, None);
        let text = table.text(&[row(&event, &TimeZone::UTC)]);
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "\
TIME                  ACCOUNT                REGION     EVENT         USER           RESOURCE  FROM         ERROR
2026-11-27 18:18:45Z  100000000012 payments  eu-west-1  DeleteBucket  ann\\u{1b}[31m  logs +1   203.0.113.7  AccessDenied
"
        );
    }
}
