//! A cursor as bytes: protobuf, so that fields can be added. Times of cells are seconds before the window's end,
//! accounts are counted up from one to the next, Regions stand once: thousands of cells stay a few bytes each.

use prost::Message;

use crate::domain::{AccountId, Cell, EventKey, Region, TimeWindow, Timestamp};

use super::{Cursor, Place, RequestHash};

#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    request: Vec<u8>,
    #[prost(sfixed64, tag = "2")]
    start: i64,
    #[prost(sfixed64, tag = "3")]
    end: i64,
    #[prost(bool, tag = "4")]
    gaps: bool,
    #[prost(message, optional, tag = "5")]
    after: Option<WireKey>,
    #[prost(sfixed64, optional, tag = "6")]
    within: Option<i64>,
    #[prost(message, optional, tag = "7")]
    cells: Option<WireCells>,
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

/// Three lists side by side, one entry a cell.
#[derive(Clone, PartialEq, Message)]
pub(super) struct WireCells {
    #[prost(string, repeated, tag = "1")]
    regions: Vec<String>,
    #[prost(uint64, repeated, tag = "2")]
    account_steps: Vec<u64>,
    #[prost(uint32, repeated, tag = "3")]
    region_indexes: Vec<u32>,
    #[prost(sint64, repeated, tag = "4")]
    seconds_before_end: Vec<i64>,
}

pub(super) fn encode(cursor: &Cursor, request: RequestHash) -> Vec<u8> {
    let mut wire = Wire {
        request: request.0.to_vec(),
        start: cursor.window.start().as_nanos(),
        end: cursor.window.end().as_nanos(),
        gaps: cursor.gaps,
        ..Wire::default()
    };
    match &cursor.place {
        Place::Start => {}
        Place::After(key) => wire.after = Some(WireKey::from(key)),
        Place::Within(second) => wire.within = Some(second.as_nanos()),
        Place::Cells(cells) => wire.cells = Some(WireCells::new(cells.iter(), cursor.window.end())),
    }
    wire.encode_to_vec()
}

/// The cursor and its request; `None` if the bytes are none. They are signed, so this is for safety only.
pub(super) fn decode(bytes: &[u8]) -> Option<(Cursor, RequestHash)> {
    let wire = Wire::decode(bytes).ok()?;
    let window = TimeWindow::new(
        Timestamp::from_nanos(wire.start),
        Timestamp::from_nanos(wire.end),
    )?;
    let place = match (&wire.after, wire.within, &wire.cells) {
        (None, None, None) => Place::Start,
        (Some(key), None, None) => Place::After(key.to_key()?),
        (None, Some(second), None) => Place::Within(Timestamp::from_nanos(second)),
        (None, None, Some(cells)) => Place::Cells(cells.to_cells(window.end())?),
        _ => return None,
    };
    let gaps = wire.gaps;
    let request = RequestHash(wire.request.try_into().ok()?);
    Some((
        Cursor {
            window,
            place,
            gaps,
        },
        request,
    ))
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
    fn to_key(&self) -> Option<EventKey> {
        Some(EventKey {
            time: Timestamp::from_nanos(self.time),
            account: AccountId::from_u64(self.account)?,
            region: self.region.parse().ok()?,
            event_id: self.event_id.as_str().into(),
        })
    }
}

impl WireCells {
    pub(super) fn new<'a>(
        cells: impl Iterator<Item = (&'a Cell, &'a Timestamp)>,
        end: Timestamp,
    ) -> Self {
        let mut wire = Self::default();
        let mut last = 0;
        for (cell, second) in cells {
            let known = wire.regions.iter().position(|r| r == cell.region.as_str());
            let index = known.unwrap_or_else(|| {
                wire.regions.push(cell.region.as_str().to_owned());
                wire.regions.len() - 1
            });
            let account = cell.account.as_u64();
            wire.account_steps.push(account - last);
            last = account;
            wire.region_indexes
                .push(u32::try_from(index).unwrap_or(u32::MAX));
            wire.seconds_before_end
                .push(end.seconds() - second.seconds());
        }
        wire
    }

    pub(super) fn to_cells(
        &self,
        end: Timestamp,
    ) -> Option<std::collections::BTreeMap<Cell, Timestamp>> {
        let regions = self.regions.iter().map(|r| r.parse::<Region>().ok());
        let regions = regions.collect::<Option<Vec<_>>>()?;
        let mut account = 0u64;
        let rows = self
            .account_steps
            .iter()
            .zip(&self.region_indexes)
            .zip(&self.seconds_before_end);
        rows.map(|((step, index), before)| {
            account = account.checked_add(*step)?;
            let cell = Cell {
                account: AccountId::from_u64(account)?,
                region: regions.get(usize::try_from(*index).ok()?)?.clone(),
            };
            Some((
                cell,
                Timestamp::from_seconds(end.seconds().checked_sub(*before)?),
            ))
        })
        .collect()
    }
}
