//! Which streams a lookup is about. An attribute picks whole streams, so that nothing has to be scanned.

use super::{
    ACTIVITIES, Activity, Actor, CellHistory, Position, Walk, actor,
    source::{PLANTED_RANK, Source},
};
use crate::domain::{LookupAttribute, LookupAttributeKind};
use crate::sandbox::id;

/// The streams that answer one lookup, and the seconds (both inclusive) it is about.
#[derive(Debug)]
pub struct Selection<'a> {
    cell: CellHistory<'a>,
    sources: Vec<Source>,
    from: i64,
    to: i64,
}

impl<'a> Selection<'a> {
    /// What a lookup of these seconds by this attribute is about.
    pub fn new(
        cell: CellHistory<'a>,
        filter: Option<&LookupAttribute>,
        from: i64,
        to: i64,
    ) -> Self {
        let Some(LookupAttribute { kind, value }) = filter else {
            return Self::of(cell, |_| true, |_| true, from, to);
        };
        let planted = |event: &super::PlantedEvent| planted_has(event, *kind, value);
        match kind {
            LookupAttributeKind::EventId => Self::by_id(cell, value, from, to),
            LookupAttributeKind::AccessKeyId => Self::by_key(cell, value, from, to),
            LookupAttributeKind::Username => {
                let actors: Vec<Actor> = Actor::ALL
                    .into_iter()
                    .filter(|actor| actor.username(&cell).as_deref() == Some(value))
                    .collect();
                Self::of(
                    cell,
                    |activity| actors.contains(&activity.actor),
                    planted,
                    from,
                    to,
                )
            }
            kind => Self::of(
                cell,
                |activity| cell.activity_has(activity, *kind, value),
                planted,
                from,
                to,
            ),
        }
    }

    fn of(
        cell: CellHistory<'a>,
        activity: impl Fn(&Activity) -> bool,
        planted: impl Fn(&super::PlantedEvent) -> bool,
        from: i64,
        to: i64,
    ) -> Self {
        let mut sources = cell.sources(|index| ACTIVITIES.get(index).is_some_and(&activity));
        sources.push(cell.planted_source(|_, p| planted(&p.event)));
        Self {
            cell,
            sources,
            from,
            to,
        }
    }

    fn by_id(cell: CellHistory<'a>, value: &str, from: i64, to: i64) -> Self {
        let source = id::read_event_id(cell.key, value).and_then(|(rank, identity)| {
            if rank == PLANTED_RANK {
                return Some(cell.planted_source(|place, _| place == identity));
            }
            let streams = cell.sources(|_| true);
            streams.into_iter().find(|s| s.rank == rank)?.only(identity)
        });
        Self {
            cell,
            sources: source.into_iter().collect(),
            from,
            to,
        }
    }

    fn by_key(cell: CellHistory<'a>, value: &str, from: i64, to: i64) -> Self {
        let planted = |event: &super::PlantedEvent| {
            planted_has(event, LookupAttributeKind::AccessKeyId, value)
        };
        if value == Actor::long_term_key(&cell) {
            return Self::of(cell, |a| a.actor == Actor::BackupUser, planted, from, to);
        }
        let session = id::read_session_key(cell.account_key, value).and_then(|(number, epoch)| {
            let actor = Actor::ALL.get(usize::try_from(number).ok()?).copied()?;
            let first = i64::try_from(epoch)
                .ok()?
                .checked_mul(actor::SESSION_SECONDS)?;
            (actor.access_key(&cell, first)? == value).then_some((actor, first))
        });
        match session {
            None => Self::of(cell, |_| false, planted, from, to),
            Some((actor, first)) => {
                let last = first + actor::SESSION_SECONDS - 1;
                Self::of(
                    cell,
                    |a| a.actor == actor,
                    planted,
                    from.max(first),
                    to.min(last),
                )
            }
        }
    }

    /// How many events it is about, late ones included.
    pub fn count(&self) -> u64 {
        if self.to < self.from {
            return 0;
        }
        let within =
            |source: &Source| source.through(self.to) - source.through(self.from.saturating_sub(1));
        self.sources.iter().map(within).sum()
    }

    /// Its events, newest first, beginning after `after`.
    pub fn walk(&self, after: Option<Position>) -> Walk<'a> {
        let to = if self.to < self.from {
            i64::MIN
        } else {
            self.to
        };
        Walk::new(self.cell, self.sources.clone(), self.from, to, after)
    }
}

fn planted_has(event: &super::PlantedEvent, kind: LookupAttributeKind, value: &str) -> bool {
    let is = |text: &Option<String>| text.as_deref() == Some(value);
    match kind {
        LookupAttributeKind::EventId => false,
        LookupAttributeKind::AccessKeyId => is(&event.access_key_id),
        LookupAttributeKind::ResourceName => is(&event.resource_name),
        LookupAttributeKind::Username => event.username == value,
        LookupAttributeKind::EventName => event.name == value,
        LookupAttributeKind::ResourceType => is(&event.resource_type),
        LookupAttributeKind::EventSource => event.source == value,
        LookupAttributeKind::ReadOnly => event.read_only.to_string() == value,
    }
}

impl CellHistory<'_> {
    fn activity_has(&self, activity: &Activity, kind: LookupAttributeKind, value: &str) -> bool {
        match kind {
            LookupAttributeKind::EventName => activity.name == value,
            LookupAttributeKind::EventSource => activity.source == value,
            LookupAttributeKind::ReadOnly => activity.read_only.to_string() == value,
            LookupAttributeKind::ResourceType => {
                activity.resource.is_some_and(|(kind, _)| kind == value)
            }
            LookupAttributeKind::ResourceName => {
                self.resource_name(activity).as_deref() == Some(value)
            }
            LookupAttributeKind::EventId
            | LookupAttributeKind::AccessKeyId
            | LookupAttributeKind::Username => false,
        }
    }
}
