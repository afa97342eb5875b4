//! The order of log files, and where a listing goes on in it.

use prost::Message;

use crate::{
    domain::{AccountId, Cell, Region, TimeWindow, Timestamp},
    events::{CursorError, CursorKeys, cursor::RequestHash},
};

use super::name::LogFileKey;

/// Where a file stands in the order of all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The time in its name, within the day of its folder: a bucket lists day after day, so that nothing of a later day
    /// comes before this.
    pub time: Timestamp,
    /// Whose events.
    pub account: AccountId,
    /// From where.
    pub region: Region,
    /// The key.
    pub key: Box<str>,
    /// The bucket.
    pub bucket: Box<str>,
}

impl Place {
    /// Of this key in this bucket.
    pub fn of(bucket: &str, key: &str, parsed: &LogFileKey) -> Self {
        let (name, day) = (&parsed.name, parsed.day);
        Self {
            time: name.time().clamp(day.start(), day.end()),
            account: name.account,
            region: name.region.clone(),
            key: key.into(),
            bucket: bucket.into(),
        }
    }

    /// The cell of the file.
    pub fn cell(&self) -> Cell {
        Cell {
            account: self.account,
            region: self.region.clone(),
        }
    }
}

/// Where a listing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The window, with its end frozen at the first page.
    pub window: TimeWindow,
    /// After which file.
    pub after: Place,
    /// True if the answer so far has gaps that its coverage told.
    pub gaps: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(sfixed64, tag = "1")]
    start: i64,
    #[prost(sfixed64, tag = "2")]
    end: i64,
    #[prost(bool, tag = "3")]
    gaps: bool,
    #[prost(sfixed64, tag = "4")]
    time: i64,
    #[prost(uint64, tag = "5")]
    account: u64,
    #[prost(string, tag = "6")]
    region: String,
    #[prost(string, tag = "7")]
    key: String,
    #[prost(string, tag = "8")]
    bucket: String,
}

/// A place, as tokens of other answers hold it.
#[derive(Clone, PartialEq, Message)]
pub struct WirePlace {
    #[prost(sfixed64, tag = "4")]
    time: i64,
    #[prost(uint64, tag = "5")]
    account: u64,
    #[prost(string, tag = "6")]
    region: String,
    #[prost(string, tag = "7")]
    key: String,
    #[prost(string, tag = "8")]
    bucket: String,
}

impl From<&Place> for WirePlace {
    fn from(place: &Place) -> Self {
        Self {
            time: place.time.as_nanos(),
            account: place.account.as_u64(),
            region: place.region.as_str().to_owned(),
            key: place.key.to_string(),
            bucket: place.bucket.to_string(),
        }
    }
}

impl WirePlace {
    /// The place; `None` if it is none. Tokens are signed, so this is for safety only.
    pub fn place(self) -> Option<Place> {
        Some(Place {
            time: Timestamp::from_nanos(self.time),
            account: AccountId::from_u64(self.account)?,
            region: self.region.parse().ok()?,
            key: self.key.into(),
            bucket: self.bucket.into(),
        })
    }
}

impl Position {
    /// As a token that is good for this request only.
    pub fn encode(&self, keys: &CursorKeys, request: RequestHash) -> String {
        let after = &self.after;
        let wire = Wire {
            start: self.window.start().as_nanos(),
            end: self.window.end().as_nanos(),
            gaps: self.gaps,
            time: after.time.as_nanos(),
            account: after.account.as_u64(),
            region: after.region.as_str().to_owned(),
            key: after.key.to_string(),
            bucket: after.bucket.to_string(),
        };
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
        wire.position().ok_or(CursorError::NotOurs)
    }
}

impl Wire {
    fn position(self) -> Option<Position> {
        let (start, end) = (self.start, self.end);
        Some(Position {
            window: TimeWindow::new(Timestamp::from_nanos(start), Timestamp::from_nanos(end))?,
            gaps: self.gaps,
            after: Place {
                time: Timestamp::from_nanos(self.time),
                account: AccountId::from_u64(self.account)?,
                region: self.region.parse().ok()?,
                key: self.key.into(),
                bucket: self.bucket.into(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> Position {
        let key = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/22/111122223333_CloudTrail_eu-west-1_20261121T2359Z_Mu0KsOhtH1ar15ZZ.json.gz";
        let (start, end) = (Timestamp::from_seconds(5), Timestamp::from_nanos(7));
        Position {
            window: TimeWindow::new(end, start).unwrap(),
            after: Place::of("bucket", key, &key.parse().unwrap()),
            gaps: true,
        }
    }

    #[test]
    fn a_file_in_the_folder_of_the_next_day_comes_after_all_of_the_day_before() {
        let midnight: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        assert_eq!(position().after.time, midnight);
    }

    #[test]
    fn tokens_read_back_and_only_for_their_request() {
        let keys = CursorKeys::random();
        let (own, other) = (RequestHash([1; 32]), RequestHash([2; 32]));
        let token = position().encode(&keys, own);
        assert_eq!(Position::decode(&keys, &token, own), Ok(position()));
        let refused = Position::decode(&keys, &token, other);
        assert_eq!(refused, Err(CursorError::OtherRequest));
        let forged = Position::decode(&CursorKeys::random(), &token, own);
        assert_eq!(forged, Err(CursorError::NotOurs));
    }

    /// A token of a listing is none of a lookup, and the other way round, also where the request's hash is the same.
    #[test]
    fn tokens_of_lookups_are_others() {
        use crate::events::cursor::{Cursor, Place as EventPlace};
        let (keys, request) = (CursorKeys::random(), RequestHash([1; 32]));
        let token = position().encode(&keys, request);
        assert!(keys.decode(&token, request).is_err());
        assert!(keys.decode_tail(&token, request).is_err());
        let lookup = Cursor {
            window: position().window,
            place: EventPlace::Start,
            gaps: false,
        };
        let lookup = keys.encode(&lookup, request);
        let read = Position::decode(&keys, &lookup, request);
        assert_eq!(read, Err(CursorError::NotOurs));
    }
}
