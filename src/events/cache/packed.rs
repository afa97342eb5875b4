//! Events of one cell as few bytes: one after the other, compressed together, with a checksum. Pure.
//!
//! The account and the Region are the cell's and are not repeated. The record comes first, because what CloudTrail
//! lifts out of it (name, source, user, id) is then a short reference back into it. What was damaged, or written by
//! another version, is an error and never a panic.

use std::sync::Arc;

use bytes::Bytes;

use crate::domain::{Cell, Event, EventKey, ResourceRef, Timestamp};

use super::wire::{self, put_number, put_optional, put_signed, put_text};

/// Which version of this layout; another is not read.
const LAYOUT: u8 = 1;

/// Layout, checksum, size before compression.
const HEADER: usize = 9;

/// For how long events are packed, and so what time may be spent on it: zstd's level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::events) enum Packing {
    /// Until their turn comes, in a moment.
    Brief = -4,
    /// For as long as there is room. Higher levels save little of JSON (docs/adr/0014).
    Lasting = 1,
}

/// The most bytes that a block may have before compression: what a damaged size may make us allocate.
const LARGEST: usize = 256 << 20;

/// Events of one cell, packed.
#[derive(Debug, Clone)]
pub(in crate::events) struct Packed {
    bytes: Bytes,
    events: u32,
}

/// Why packed events cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::events) enum PackError {
    /// More than a block may hold.
    #[error("the events are more than a block may hold")]
    TooLarge,
    /// Written by another version.
    #[error("the block has a layout of another version")]
    OtherLayout,
    /// Not what was written.
    #[error("the block is damaged")]
    Damaged,
}

impl Packed {
    /// Packs events of one cell.
    pub(in crate::events) fn encode(
        events: &[Arc<Event>],
        packing: Packing,
    ) -> Result<Self, PackError> {
        let count = u32::try_from(events.len()).map_err(|_| PackError::TooLarge)?;
        let weight: usize = events.iter().map(|event| event.weight()).sum();
        let mut plain = Vec::with_capacity(weight.min(LARGEST));
        put_number(&mut plain, u64::from(count));
        let mut before = 0;
        for event in events {
            let at = event.key.time.as_nanos();
            put_signed(&mut plain, at.wrapping_sub(before));
            before = at;
            put_event(&mut plain, event);
        }
        let size = u32::try_from(plain.len()).ok();
        let size = size.filter(|_| plain.len() <= LARGEST);
        let size = size.ok_or(PackError::TooLarge)?.to_le_bytes();
        let squeezed =
            zstd::bulk::compress(&plain, packing as i32).map_err(|_| PackError::TooLarge)?;
        let sum = checksum(&size, &squeezed).to_le_bytes();
        let mut bytes = Vec::with_capacity(HEADER + squeezed.len());
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&sum);
        bytes.extend_from_slice(&size);
        bytes.extend_from_slice(&squeezed);
        Ok(Self {
            bytes: bytes.into(),
            events: count,
        })
    }

    /// What was encoded before, from wherever it was kept.
    pub(in crate::events) fn from_parts(bytes: Bytes, events: u32) -> Self {
        Self { bytes, events }
    }

    /// The bytes, to be kept.
    pub(in crate::events) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How many events.
    pub(in crate::events) fn events(&self) -> u32 {
        self.events
    }

    /// The events, in the order in which they were packed; `cell` is the one that they are of.
    pub(in crate::events) fn decode(&self, cell: &Cell) -> Result<Vec<Arc<Event>>, PackError> {
        let mut header = wire::Bytes(&self.bytes);
        if header.byte().ok_or(PackError::Damaged)? != LAYOUT {
            return Err(PackError::OtherLayout);
        }
        let plain = open(header).ok_or(PackError::Damaged)?;
        take_events(&plain, self.events, cell).ok_or(PackError::Damaged)
    }
}

fn checksum(size: &[u8], squeezed: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(size);
    sum.update(squeezed);
    sum.finalize()
}

fn open(mut header: wire::Bytes<'_>) -> Option<Vec<u8>> {
    let sum = header.fixed()?;
    let size = header.fixed()?;
    if checksum(&size.to_le_bytes(), header.0) != sum {
        return None;
    }
    let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST)?;
    zstd::bulk::decompress(header.0, size).ok()
}

fn put_event(out: &mut Vec<u8>, event: &Event) {
    put_text(out, &event.record);
    put_text(out, &event.key.event_id);
    put_text(out, &event.name);
    put_text(out, &event.source);
    put_optional(out, event.username.as_deref());
    put_optional(out, event.access_key_id.as_deref());
    out.push(event.read_only.map_or(2, u8::from));
    put_number(out, event.resources.len() as u64);
    for resource in &event.resources {
        put_optional(out, resource.resource_type.as_deref());
        put_optional(out, resource.resource_name.as_deref());
    }
}

fn take_events(plain: &[u8], count: u32, cell: &Cell) -> Option<Vec<Arc<Event>>> {
    let mut plain = wire::Bytes(plain);
    if plain.number()? != u64::from(count) {
        return None;
    }
    // Each event has bytes: a count that is wrong in spite of the checksum reserves no more than there is.
    let likely = usize::try_from(count).ok()?.min(plain.0.len());
    let mut events = Vec::with_capacity(likely);
    let mut at: i64 = 0;
    for _ in 0..count {
        at = at.wrapping_add(plain.signed()?);
        events.push(Arc::new(take_event(&mut plain, at, cell)?));
    }
    plain.is_empty().then_some(events)
}

fn take_event(plain: &mut wire::Bytes<'_>, at: i64, cell: &Cell) -> Option<Event> {
    let record = plain.text()?.into();
    let key = EventKey {
        time: Timestamp::from_nanos(at),
        account: cell.account,
        region: cell.region.clone(),
        event_id: plain.text()?.into(),
    };
    Some(Event {
        key,
        record,
        name: plain.text()?.into(),
        source: plain.text()?.into(),
        username: plain.optional()?.map(Into::into),
        access_key_id: plain.optional()?.map(Into::into),
        read_only: match plain.byte()? {
            0 => Some(false),
            1 => Some(true),
            2 => None,
            _ => return None,
        },
        resources: take_resources(plain)?,
    })
}

fn take_resources(plain: &mut wire::Bytes<'_>) -> Option<Vec<ResourceRef>> {
    let count = plain.number()?;
    let mut resources = Vec::new();
    for _ in 0..count {
        resources.push(ResourceRef {
            resource_type: plain.optional()?.map(Into::into),
            resource_name: plain.optional()?.map(Into::into),
        });
    }
    Some(resources)
}
