//! Walking a cell's events: newest second first; within a second by stream and number, which is no order that event
//! ids would show.

use super::{
    ACTIVITIES, CellHistory, EventView, Kind,
    source::{PLANTED_RANK, Source},
};
use crate::sandbox::hash;

/// An event's place in its cell: where a walk has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its second.
    pub second: i64,
    /// The rank of its stream.
    pub rank: u32,
    /// Its number in the stream.
    pub ordinal: u64,
}

/// A walk over the streams of one cell.
#[derive(Debug)]
pub struct Walk<'a> {
    cell: CellHistory<'a>,
    from: i64,
    heads: Vec<Head>,
    at: Option<Position>,
}

/// A stream and its next event.
#[derive(Debug)]
struct Head {
    source: Source,
    second: i64,
    ordinal: u64,
}

impl<'a> Walk<'a> {
    /// The events of these streams from second `to` down to second `from`, beginning after `after`.
    pub fn new(
        cell: CellHistory<'a>,
        sources: Vec<Source>,
        from: i64,
        to: i64,
        after: Option<Position>,
    ) -> Self {
        let heads = sources.into_iter().filter_map(|source| {
            let count = match after {
                None => source.through(to),
                Some(p) if source.rank < p.rank => source.through(p.second.saturating_sub(1)),
                Some(p) if source.rank > p.rank => source.through(p.second),
                Some(p) => source.through(p.second).min(p.ordinal),
            };
            let ordinal = count.checked_sub(1)?;
            let second = source.second_of(ordinal);
            (second >= from).then_some(Head {
                source,
                second,
                ordinal,
            })
        });
        Self {
            cell,
            from,
            heads: heads.collect(),
            at: after,
        }
    }

    /// Where the walk has come to: the place of the last event it gave.
    pub fn position(&self) -> Option<Position> {
        self.at
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = EventView<'a>;

    fn next(&mut self) -> Option<EventView<'a>> {
        let newest = |(_, a): &(usize, &Head), (_, b): &(usize, &Head)| {
            a.second
                .cmp(&b.second)
                .then(b.source.rank.cmp(&a.source.rank))
        };
        let (index, _) = self.heads.iter().enumerate().max_by(newest)?;
        let head = self.heads.get_mut(index)?;
        let event = self.cell.view(&head.source, head.ordinal, head.second);
        self.at = Some(Position {
            second: head.second,
            rank: head.source.rank,
            ordinal: head.ordinal,
        });
        let before = head
            .ordinal
            .checked_sub(1)
            .map(|o| (o, head.source.second_of(o)));
        match before {
            Some((ordinal, second)) if second >= self.from => {
                head.ordinal = ordinal;
                head.second = second;
            }
            _ => {
                self.heads.swap_remove(index);
            }
        }
        event.or_else(|| self.next())
    }
}

impl<'a> CellHistory<'a> {
    fn view(&self, source: &Source, ordinal: u64, second: i64) -> Option<EventView<'a>> {
        let identity = source.identity(ordinal);
        let kind = if source.rank == PLANTED_RANK {
            let planted = self.planted().get(usize::try_from(identity).ok()?)?;
            Kind::Planted(&planted.event)
        } else {
            let activity = ACTIVITIES.get(source.activity)?;
            Kind::Ordinary(activity, activity.actor)
        };
        Some(EventView {
            cell: *self,
            kind,
            second,
            hash: hash::with(hash::with(self.key, u64::from(source.rank)), identity),
            id: self.event_id(source.rank, identity),
        })
    }
}
