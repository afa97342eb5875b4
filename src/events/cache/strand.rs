//! What is remembered together, and what is written about each block of it. Pure.

use std::sync::Arc;

use crate::{
    domain::{AccountId, Cell, Event, LookupAttribute},
    events::{filter::lookup_matches, span::Span},
};

use super::wire::{Bytes, put_number, put_optional, put_signed, put_text};

/// What of one cell is remembered together: all its events, or those that AWS gives for one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Strand {
    /// The account and the Region.
    pub cell: Cell,
    /// The attribute; `None` for all events.
    pub attribute: Option<LookupAttribute>,
}

impl Strand {
    /// All events of the cell, from which an attribute's can be had as well; `None` if these are all.
    pub(super) fn whole(&self) -> Option<Self> {
        self.attribute.is_some().then(|| Self {
            cell: self.cell.clone(),
            attribute: None,
        })
    }

    /// Whether AWS would give this event for it.
    pub(super) fn holds(&self, event: &Event) -> bool {
        self.attribute.as_ref().is_none_or(|attribute| {
            let value = std::slice::from_ref(&attribute.value);
            lookup_matches(attribute.kind, value, event)
        })
    }
}

/// What is known of a block without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    /// Rising: of two that overlap, the later one counts.
    pub(super) id: u64,
    pub(super) strand: Arc<Strand>,
    /// All events of these seconds are in it.
    pub(super) span: Span,
    pub(super) events: u32,
    /// Its bytes; 0 if it has no events.
    pub(super) bytes: u32,
}

impl Meta {
    /// All but the id, to be kept.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        put_number(&mut out, self.strand.cell.account.as_u64());
        put_text(&mut out, self.strand.cell.region.as_str());
        let attribute = self.strand.attribute.as_ref();
        put_optional(&mut out, attribute.map(|a| a.kind.as_str()));
        put_text(&mut out, attribute.map_or("", |a| &a.value));
        put_signed(&mut out, self.span.from());
        put_signed(&mut out, self.span.to());
        put_number(&mut out, u64::from(self.events));
        put_number(&mut out, u64::from(self.bytes));
        out
    }

    /// What was encoded; `None` if these bytes are no such thing.
    pub(super) fn decode(id: u64, bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let cell = Cell {
            account: AccountId::from_u64(bytes.number()?)?,
            region: bytes.text()?.parse().ok()?,
        };
        let kind = bytes.optional()?;
        let value = bytes.text()?;
        let attribute = match kind {
            None => None,
            Some(kind) => Some(LookupAttribute {
                kind: kind.parse().ok()?,
                value: value.to_owned(),
            }),
        };
        let meta = Self {
            id,
            strand: Arc::new(Strand { cell, attribute }),
            span: Span::new(bytes.signed()?, bytes.signed()?)?,
            events: u32::try_from(bytes.number()?).ok()?,
            bytes: u32::try_from(bytes.number()?).ok()?,
        };
        bytes.is_empty().then_some(meta)
    }
}
