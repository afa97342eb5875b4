//! Where a reading of log files goes on.

use prost::Message;

use crate::{
    domain::{AccountId, EventKey, Region, TimeWindow, Timestamp},
    events::{CursorError, CursorKeys, cursor::RequestHash},
    logs::place::{Place, WirePlace},
};

/// Where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The window, with its end frozen at the beginning.
    pub window: TimeWindow,
    /// True if the answer so far has gaps that its coverage told.
    pub gaps: bool,
    /// After what.
    pub after: After,
}

/// After what it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// After nothing.
    Nothing,
    /// As files come: after so many records of this file, and all files before it; `None` for all of them.
    File {
        /// The file.
        place: Place,
        /// Its records that are done.
        records: Option<u64>,
    },
    /// Newest first: after this event, if any has gone. No file that is newer has any more.
    Event {
        /// The time of the newest file that may.
        files: Timestamp,
        /// The last event that went.
        key: Option<EventKey>,
    },
}

/// What no other place in a listing has, so that neither is taken for the other.
const READS: u32 = 1;

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(uint32, tag = "20")]
    reads: u32,
    #[prost(sfixed64, tag = "1")]
    start: i64,
    #[prost(sfixed64, tag = "2")]
    end: i64,
    #[prost(bool, tag = "3")]
    gaps: bool,
    #[prost(message, optional, tag = "10")]
    place: Option<WirePlace>,
    #[prost(uint64, optional, tag = "11")]
    records: Option<u64>,
    #[prost(sfixed64, optional, tag = "12")]
    files: Option<i64>,
    #[prost(message, optional, tag = "13")]
    key: Option<WireKey>,
}

#[derive(Clone, PartialEq, Message)]
struct WireKey {
    #[prost(sfixed64, tag = "1")]
    time: i64,
    #[prost(uint64, tag = "2")]
    account: u64,
    #[prost(string, tag = "3")]
    region: String,
    #[prost(string, tag = "4")]
    event_id: String,
}

impl Spot {
    /// As a token that is good for this request only.
    pub fn encode(&self, keys: &CursorKeys, request: RequestHash) -> String {
        let mut wire = Wire {
            reads: READS,
            start: self.window.start().as_nanos(),
            end: self.window.end().as_nanos(),
            gaps: self.gaps,
            ..Wire::default()
        };
        match &self.after {
            After::Nothing => {}
            After::File { place, records } => {
                wire.place = Some(WirePlace::from(place));
                wire.records = *records;
            }
            After::Event { files, key } => {
                wire.files = Some(files.as_nanos());
                wire.key = key.as_ref().map(WireKey::from);
            }
        }
        keys.encode_other(&wire.encode_to_vec(), request)
    }

    /// Reads a token of this request.
    ///
    /// # Errors
    ///
    /// If it is not ours, or belongs to another request.
    pub fn decode(
        keys: &CursorKeys,
        token: &str,
        request: RequestHash,
    ) -> Result<Self, CursorError> {
        let bytes = keys.decode_other(token, request)?;
        let wire = Wire::decode(bytes.as_slice()).map_err(|_| CursorError::NotOurs)?;
        wire.spot().ok_or(CursorError::NotOurs)
    }
}

impl Wire {
    fn spot(self) -> Option<Spot> {
        let at = Timestamp::from_nanos;
        let after = match (self.place, self.files) {
            (None, None) => After::Nothing,
            (Some(place), None) => After::File {
                place: place.place()?,
                records: self.records,
            },
            (None, Some(files)) => After::Event {
                files: at(files),
                key: match self.key {
                    None => None,
                    Some(key) => Some(key.key()?),
                },
            },
            (Some(_), Some(_)) => return None,
        };
        (self.reads == READS).then_some(())?;
        Some(Spot {
            window: TimeWindow::new(at(self.start), at(self.end))?,
            gaps: self.gaps,
            after,
        })
    }
}

impl From<&EventKey> for WireKey {
    fn from(key: &EventKey) -> Self {
        Self {
            time: key.time.as_nanos(),
            account: key.account.as_u64(),
            region: key.region.as_str().to_owned(),
            event_id: key.event_id.to_string(),
        }
    }
}

impl WireKey {
    fn key(self) -> Option<EventKey> {
        Some(EventKey {
            time: Timestamp::from_nanos(self.time),
            account: AccountId::from_u64(self.account)?,
            region: self.region.parse::<Region>().ok()?,
            event_id: self.event_id.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{place::Position, read::testing::event};

    fn place() -> Place {
        let key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/22/111122223333_CloudTrail_eu-west-1_20261122T0005Z_Mu0KsOhtH1ar15ZZ.json.gz";
        Place::of("bucket", key, &key.parse().unwrap())
    }

    #[test]
    fn spots_read_back_and_only_for_their_request() {
        let files = Timestamp::from_seconds(60);
        let of_file = |records| After::File {
            place: place(),
            records,
        };
        let of_event = |key| After::Event { files, key };
        let places = [
            After::Nothing,
            of_file(None),
            of_file(Some(0)),
            of_event(None),
            of_event(Some(event(5, "e").key)),
        ];
        let keys = CursorKeys::random();
        let (own, other) = (RequestHash([1; 32]), RequestHash([2; 32]));
        for after in places {
            let spot = Spot {
                window: TimeWindow::new(Timestamp::from_seconds(5), files).unwrap(),
                gaps: true,
                after,
            };
            let token = spot.encode(&keys, own);
            assert_eq!(Spot::decode(&keys, &token, own), Ok(spot));
            let refused = Spot::decode(&keys, &token, other);
            assert_eq!(refused, Err(CursorError::OtherRequest));
            let forged = Spot::decode(&CursorKeys::random(), &token, own);
            assert_eq!(forged, Err(CursorError::NotOurs));
        }
    }

    #[test]
    fn a_listings_token_is_none() {
        let (keys, own) = (CursorKeys::random(), RequestHash([1; 32]));
        let position = Position {
            window: TimeWindow::at(Timestamp::from_seconds(5)),
            after: place(),
            gaps: false,
        };
        let token = position.encode(&keys, own);
        assert_eq!(Spot::decode(&keys, &token, own), Err(CursorError::NotOurs));
    }
}
