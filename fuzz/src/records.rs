//! CloudTrail's records: what is read of them, compared with filters, and taken out.
//!
//! A filter on what a field holds finds it. A record that is cut down to the fields that are read says the same. And
//! after redaction no secret is where CloudTrail writes them, and nothing else has changed.

use serde_json::Value;
use trailplane::{
    domain::{Event, EventKey, Timestamp},
    events::{Attribute, Filters, Record, RecordField, redact},
};

const FIELDS: [RecordField; 8] = [
    RecordField::ErrorCode,
    RecordField::SourceIpAddress,
    RecordField::UserAgent,
    RecordField::RoleArn,
    RecordField::IdentityArn,
    RecordField::IdentityType,
    RecordField::EventType,
    RecordField::SharedEventId,
];

const SECRETS: [&str; 2] = [
    "/responseElements/credentials/sessionToken",
    "/responseElements/credentials/secretAccessKey",
];

fn event(record: &str) -> Event {
    Event {
        key: EventKey {
            time: Timestamp::from_seconds(1_800_000_000),
            account: "111111111111".parse().expect("an account"),
            region: "eu-west-1".parse().expect("a Region"),
            event_id: "id".into(),
        },
        name: "AssumeRole".into(),
        source: "sts.amazonaws.com".into(),
        username: None,
        read_only: None,
        access_key_id: None,
        resources: Vec::new(),
        record: record.into(),
    }
}

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let record = Record::parse(text);
    assert_eq!(Record::parse(&Record::slim(text)), record);
    let event = event(text);
    for field in FIELDS {
        let Some(value) = record.field(field) else {
            continue;
        };
        let mut filters = Filters::none();
        filters.add(Attribute::Record(field), vec![value.to_owned()]);
        assert!(filters.matches(&event), "{field:?} is {value:?}");
    }
    redacted(text, event);
}

fn redacted(text: &str, mut event: Event) {
    let changed = redact::redact(&mut event);
    assert_eq!(changed, *event.record != *text);
    let Ok(mut before) = serde_json::from_str::<Value>(text) else {
        return;
    };
    for secret in SECRETS {
        if let Some(value) = before.pointer_mut(secret) {
            assert!(changed, "{secret} is shown");
            *value = "REDACTED".into();
        }
    }
    let after: Value = serde_json::from_str(&event.record).expect("a record stays JSON");
    // Where nobody can tell where the secrets stand, all of it is taken out.
    assert!(
        after == before || after == "REDACTED",
        "{after} of {before}"
    );
}
