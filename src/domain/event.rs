//! One CloudTrail event, its place in the total order, and the attributes CloudTrail can look up by.

use std::{cmp::Ordering, str::FromStr, sync::Arc};

use super::{AccountId, InvalidId, Region, Timestamp};

/// An event's place in the answer: newest first, then account, Region and event id ascending. A total
/// order over everything a lookup can return, so that one key is a whole cursor.
///
/// `Ord` is the order of the answer: the *smaller* key comes first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventKey {
    /// When the event happened.
    pub time: Timestamp,
    /// The account whose history holds it.
    pub account: AccountId,
    /// The Region whose history holds it.
    pub region: Region,
    /// CloudTrail's event id.
    pub event_id: Arc<str>,
}

impl Ord for EventKey {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .time
            .cmp(&self.time)
            .then_with(|| self.account.cmp(&other.account))
            .then_with(|| self.region.cmp(&other.region))
            .then_with(|| self.event_id.cmp(&other.event_id))
    }
}

impl PartialOrd for EventKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A resource that an event touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRef {
    /// Its type, such as `AWS::S3::Bucket`; CloudTrail does not always tell.
    pub resource_type: Option<String>,
    /// Its name or ARN.
    pub resource_name: Option<String>,
}

/// One event as LookupEvents returns it: the fields CloudTrail lifts out, and the record itself as text.
/// The record is parsed only when a filter or the answer needs more of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the order (time, account, Region, event id).
    pub key: EventKey,
    /// The API or console action: `StopLogging`.
    pub name: Box<str>,
    /// The service: `cloudtrail.amazonaws.com`.
    pub source: Box<str>,
    /// Who, as CloudTrail's `Username` has it.
    pub username: Option<Box<str>>,
    /// Whether the call only read; `None` where CloudTrail does not say.
    pub read_only: Option<bool>,
    /// The access key that signed the call.
    pub access_key_id: Option<Box<str>>,
    /// What it touched.
    pub resources: Vec<ResourceRef>,
    /// `CloudTrailEvent`: the record as JSON text, unchanged.
    pub record: Box<str>,
}

impl Event {
    /// The same event with another record, without copying the one it has.
    pub fn with_record(&self, record: Box<str>) -> Self {
        Self {
            key: self.key.clone(),
            name: self.name.clone(),
            source: self.source.clone(),
            username: self.username.clone(),
            read_only: self.read_only,
            access_key_id: self.access_key_id.clone(),
            resources: self.resources.clone(),
            record,
        }
    }

    /// About how many bytes of memory this event holds; what buffers are bounded by.
    pub fn weight(&self) -> usize {
        let resources: usize = self
            .resources
            .iter()
            .map(|r| {
                r.resource_type.as_deref().map_or(0, str::len)
                    + r.resource_name.as_deref().map_or(0, str::len)
            })
            .sum();
        self.record.len() + self.name.len() + self.source.len() + resources + 500
    }
}

/// An attribute that LookupEvents can look up by. CloudTrail takes one a call, exact match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LookupAttributeKind {
    /// `EventId`.
    EventId,
    /// `AccessKeyId`.
    AccessKeyId,
    /// `ResourceName`.
    ResourceName,
    /// `Username`.
    Username,
    /// `EventName`.
    EventName,
    /// `ResourceType`.
    ResourceType,
    /// `EventSource`.
    EventSource,
    /// `ReadOnly`.
    ReadOnly,
}

impl LookupAttributeKind {
    /// All of them, the most selective first: the order in which the planner prefers them.
    pub const BY_SELECTIVITY: [Self; 8] = [
        Self::EventId,
        Self::AccessKeyId,
        Self::ResourceName,
        Self::Username,
        Self::EventName,
        Self::ResourceType,
        Self::EventSource,
        Self::ReadOnly,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventId => "EventId",
            Self::AccessKeyId => "AccessKeyId",
            Self::ResourceName => "ResourceName",
            Self::Username => "Username",
            Self::EventName => "EventName",
            Self::ResourceType => "ResourceType",
            Self::EventSource => "EventSource",
            Self::ReadOnly => "ReadOnly",
        }
    }
}

impl FromStr for LookupAttributeKind {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::BY_SELECTIVITY
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| InvalidId::new(text, "a CloudTrail lookup attribute key"))
    }
}

/// One attribute with its value, as it goes into a LookupEvents call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LookupAttribute {
    /// Which attribute.
    pub kind: LookupAttributeKind,
    /// The exact value.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(seconds: i64, account: &str, id: &str) -> EventKey {
        EventKey {
            time: Timestamp::from_seconds(seconds),
            account: account.parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
            event_id: id.into(),
        }
    }

    fn keys() -> impl Strategy<Value = EventKey> {
        let parts = (0i64..3, 0u64..3, "(eu|us)-west-[12]", "[ab]");
        parts.prop_map(|(seconds, account, region, id)| EventKey {
            time: Timestamp::from_seconds(seconds),
            account: AccountId::from_u64(account).unwrap(),
            region: region.parse().unwrap(),
            event_id: id.into(),
        })
    }

    proptest! {
        #[test]
        fn the_order_has_no_ties(a in keys(), b in keys(), c in keys()) {
            prop_assert_eq!(a.cmp(&b) == Ordering::Equal, a == b);
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert!(!(a < b && b < c) || a < c);
        }
    }

    #[test]
    fn newest_first_then_account_then_id() {
        let mut keys = [
            key(1, "111111111111", "a"),
            key(2, "222222222222", "a"),
            key(2, "111111111111", "b"),
            key(2, "111111111111", "a"),
        ];
        keys.sort();
        let order: Vec<_> = keys
            .iter()
            .map(|k| (k.time.seconds(), k.account.to_string(), &*k.event_id))
            .collect();
        assert_eq!(
            order,
            [
                (2, "111111111111".to_owned(), "a"),
                (2, "111111111111".to_owned(), "b"),
                (2, "222222222222".to_owned(), "a"),
                (1, "111111111111".to_owned(), "a"),
            ]
        );
    }
}
