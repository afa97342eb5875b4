//! Events for the tests of this room.

use crate::domain::{Event, EventKey, Timestamp};

/// An event in account 111111111111, Region eu-west-1.
pub(crate) fn event(seconds: i64, id: &str) -> Event {
    event_in("111111111111", seconds, id)
}

/// An event in this account, Region eu-west-1.
pub(crate) fn event_in(account: &str, seconds: i64, id: &str) -> Event {
    Event {
        key: EventKey {
            time: Timestamp::from_seconds(seconds),
            account: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            event_id: id.into(),
        },
        name: "DescribeInstances".into(),
        source: "ec2.amazonaws.com".into(),
        username: None,
        read_only: Some(true),
        access_key_id: None,
        resources: Vec::new(),
        record: "{}".into(),
    }
}
