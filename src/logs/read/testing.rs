//! What tests of this room's parts share.

use crate::domain::{Event, EventKey, Timestamp};

/// An event of this second.
pub fn event(second: i64, id: &str) -> Event {
    Event {
        key: EventKey {
            time: Timestamp::from_seconds(second),
            account: "111122223333".parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            event_id: id.into(),
        },
        name: "PutObject".into(),
        source: "s3.amazonaws.com".into(),
        username: None,
        read_only: None,
        access_key_id: None,
        resources: Vec::new(),
        record: "{}".into(),
    }
}
