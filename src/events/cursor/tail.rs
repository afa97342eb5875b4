//! The place of a tail: of each cell, up to when everything was sent, and what was sent beyond that. Numbers are
//! differences where that makes them small: a cell is about 8 bytes, an event beyond its watermark about 10.

use std::collections::BTreeMap;

use prost::Message;

use crate::domain::{Cell, Timestamp};

use super::{RequestHash, wire::WireCells};

/// Where a tail goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailPlace {
    /// When it stood there. A cell that is not named was no target then.
    pub made: Timestamp,
    /// Every cell that was followed.
    pub cells: BTreeMap<Cell, TailCell>,
}

/// Where a tail is in one cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TailCell {
    /// The second up to which everything has been sent.
    pub through: i64,
    /// What was sent beyond it: the second, and a number that stands for the event's id.
    pub sent: Vec<(i64, u64)>,
}

/// Field 1 is the request's hash here as in the cursors of lookups, and the other fields are none of theirs, so that each
/// kind reads the other as one that belongs to another request.
#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(bytes = "vec", tag = "1")]
    request: Vec<u8>,
    #[prost(message, optional, tag = "8")]
    tail: Option<WireTail>,
}

/// Lists side by side: an entry a cell, then an entry an event in the order of the cells.
#[derive(Clone, PartialEq, Message)]
struct WireTail {
    #[prost(sfixed64, tag = "1")]
    made: i64,
    /// Seconds are those between `through` and `made`.
    #[prost(message, optional, tag = "2")]
    cells: Option<WireCells>,
    #[prost(uint32, repeated, tag = "3")]
    counts: Vec<u32>,
    /// From the cell's `through` on.
    #[prost(uint64, repeated, tag = "4")]
    seconds_beyond: Vec<u64>,
    #[prost(fixed64, repeated, tag = "5")]
    prints: Vec<u64>,
}

pub(super) fn encode(place: &TailPlace, request: RequestHash) -> Vec<u8> {
    let throughs: Vec<(&Cell, Timestamp)> = place
        .cells
        .iter()
        .map(|(cell, at)| (cell, Timestamp::from_seconds(at.through)))
        .collect();
    let mut tail = WireTail {
        made: place.made.as_nanos(),
        cells: Some(WireCells::new(
            throughs.iter().map(|(cell, at)| (*cell, at)),
            place.made,
        )),
        ..WireTail::default()
    };
    for at in place.cells.values() {
        tail.counts
            .push(u32::try_from(at.sent.len()).unwrap_or(u32::MAX));
        for (second, print) in &at.sent {
            tail.seconds_beyond.push(second.abs_diff(at.through));
            tail.prints.push(*print);
        }
    }
    let wire = Wire {
        request: request.0.to_vec(),
        tail: Some(tail),
    };
    wire.encode_to_vec()
}

/// The place, if the bytes are one of a tail, and the request; `None` if they are no cursor. They are signed, so this is
/// for safety only.
pub(super) fn decode(bytes: &[u8]) -> Option<(Option<TailPlace>, RequestHash)> {
    let wire = Wire::decode(bytes).ok()?;
    let request = RequestHash(wire.request.try_into().ok()?);
    let Some(tail) = wire.tail else {
        return Some((None, request));
    };
    let made = Timestamp::from_nanos(tail.made);
    let throughs = tail.cells.unwrap_or_default().to_cells(made)?;
    let mut beyond = tail.seconds_beyond.iter().zip(&tail.prints);
    let mut cells = BTreeMap::new();
    for ((cell, through), count) in throughs.into_iter().zip(&tail.counts) {
        let through = through.seconds();
        let sent = beyond.by_ref().take(usize::try_from(*count).ok()?);
        let sent = sent.map(|(ahead, print)| Some((through.checked_add_unsigned(*ahead)?, *print)));
        let sent = sent.collect::<Option<Vec<_>>>()?;
        cells.insert(cell, TailCell { through, sent });
    }
    Some((Some(TailPlace { made, cells }), request))
}
