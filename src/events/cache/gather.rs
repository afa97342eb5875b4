//! Pages that are put one after the other are packed together, once: until they fill a block they wait here. Pure.

use std::{collections::HashMap, sync::Arc};

use super::{
    cut::{MOST_EVENTS, MOST_WEIGHT},
    strand::Strand,
    writer::Put,
};

/// What was put and waits for what follows it. It still counts as queued, so that what waits is bounded.
#[derive(Default)]
pub(super) struct Gathering {
    /// By strand and first second: strands are read newest first, so that the next put ends just below. With the number
    /// of its arrival, by which it goes on.
    waiting: HashMap<(Arc<Strand>, i64), (u64, Put)>,
    arrived: u64,
}

impl Gathering {
    /// Takes a put in. What is to be written now: it has become a block, or it was in the way.
    pub(super) fn take(&mut self, mut put: Put) -> Option<Put> {
        // What lies outside is nobody's, and must not come to lie inside.
        let span = put.span;
        put.events.retain(|event| span.contains(event.key.time));
        let after = put.span.to().checked_add(1);
        let after = after.and_then(|next| self.waiting.remove(&(Arc::clone(&put.strand), next)));
        self.arrived += 1;
        let (arrived, put) = match after {
            Some((arrived, after)) => (arrived, after.followed_by(put)),
            None => (self.arrived, put),
        };
        if put.events.len() >= MOST_EVENTS || put.weight >= MOST_WEIGHT {
            return Some(put);
        }
        let place = (Arc::clone(&put.strand), put.span.from());
        self.waiting
            .insert(place, (arrived, put))
            .map(|(_, put)| put)
    }

    /// All that waits, or all of this strand, in order of arrival.
    pub(super) fn release(&mut self, strand: Option<&Strand>) -> Vec<Put> {
        let of = |(known, _): &(Arc<Strand>, i64)| strand.is_none_or(|strand| **known == *strand);
        let mut released: Vec<_> = self
            .waiting
            .extract_if(|place, _| of(place))
            .map(|(_, waiting)| waiting)
            .collect();
        released.sort_by_key(|(arrived, _)| *arrived);
        released.into_iter().map(|(_, put)| put).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{AccountId, Cell},
        events::{span::Span, testing::event},
    };

    fn strand(account: u64) -> Arc<Strand> {
        Arc::new(Strand {
            cell: Cell {
                account: AccountId::from_u64(account).unwrap(),
                region: "eu-west-1".parse().unwrap(),
            },
            attribute: None,
        })
    }

    /// So many events in these seconds.
    fn put(account: u64, from: i64, to: i64, events: usize) -> Put {
        let event = Arc::new(event(to, "e"));
        Put {
            strand: strand(account),
            span: Span::new(from, to).unwrap(),
            weight: events * event.weight(),
            events: vec![event; events],
        }
    }

    fn shape(put: &Put) -> (Span, usize) {
        (put.span, put.events.len())
    }

    #[test]
    fn pages_on_end_become_one_put_when_they_fill_a_block() {
        let mut gathering = Gathering::default();
        for page in 1..10 {
            let from = 1_000 - page * 10;
            assert!(gathering.take(put(1, from, from + 9, 50)).is_none());
            assert!(
                gathering.take(put(2, from, from + 4, 50)).is_none(),
                "not on end"
            );
        }
        let full = gathering.take(put(1, 895, 899, 50));
        assert!(full.is_none(), "not on end either");
        let full = gathering.take(put(1, 900, 909, 50)).unwrap();
        assert_eq!(shape(&full), (Span::new(900, 999).unwrap(), 500));
        let rest: Vec<_> = gathering.release(None).iter().map(shape).collect();
        assert_eq!(rest.len(), 10, "nine of the other, and one that was below");
    }

    #[test]
    fn nothing_is_lost_where_two_bring_the_same() {
        let mut gathering = Gathering::default();
        assert!(gathering.take(put(1, 0, 9, 3)).is_none());
        let first = gathering.take(put(1, 0, 19, 5)).unwrap();
        assert_eq!(shape(&first), (Span::new(0, 9).unwrap(), 3));
        assert!(gathering.take(put(2, 0, 9, 1)).is_none());
        let released = gathering.release(Some(&strand(1)));
        let released: Vec<_> = released.iter().map(shape).collect();
        assert_eq!(released, [(Span::new(0, 19).unwrap(), 5)]);
        assert_eq!(gathering.release(None).len(), 1);
    }
}
