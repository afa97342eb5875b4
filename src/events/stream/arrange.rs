//! The two orders of a stream, behind one face: what may go next, which cells should read on, where to resume.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    domain::{Cell, Event, EventKey, Timestamp},
    events::{cursor::Place, lookup::SECOND, merge::Merge, plan::Plan},
};

use super::Order;

/// Events in one message at most.
const BATCH_EVENTS: usize = 500;
/// Bytes in one message, about: well below the 4 MiB that gRPC clients accept by default.
const BATCH_BYTES: usize = 1 << 20;

/// An event with all around it, about, in bytes: with its whole record, or with the fields read from it.
pub(super) fn event_bytes(plan: &Plan) -> usize {
    if plan.whole_records { 2_500 } else { 1_200 }
}

/// What goes next. May be empty, and then only moves the place to resume.
pub(super) struct Run {
    pub(super) events: Vec<Event>,
    /// By arrival: the cell, and down to where it has been sent after this; `None` in the middle of a second.
    pub(super) cell: Option<(usize, Option<Timestamp>)>,
    /// The cells that these events were waiting for.
    pub(super) from: Vec<usize>,
}

/// What has come and waits to go.
pub(super) enum Arrangement {
    Ordered(Ordered),
    Arrival(Arrival),
}

impl Arrangement {
    pub(super) fn new(order: Order, plan: &Plan, memory: usize, page: usize) -> Self {
        match order {
            Order::EventTime => Self::Ordered(Ordered::new(plan, memory, page)),
            Order::Arrival => Self::Arrival(Arrival::new(plan)),
        }
    }

    /// A page of a cell has come.
    pub(super) fn page(&mut self, cell: usize, events: Vec<Event>, position: Option<Timestamp>) {
        match self {
            Self::Ordered(ordered) => ordered.merge.take(cell, events, position),
            Self::Arrival(arrival) => arrival.page(cell, events, position),
        }
    }

    /// A cell has been read to its end: all it had may go.
    pub(super) fn exhausted(&mut self, cell: usize, start: Timestamp) {
        match self {
            Self::Ordered(ordered) => ordered.merge.end(cell),
            Self::Arrival(arrival) => arrival.exhausted(cell, start),
        }
    }

    /// A cell failed or is left behind: the others go on without the rest of it.
    pub(super) fn release(&mut self, cell: usize) {
        if let Self::Ordered(ordered) = self {
            ordered.merge.end(cell);
        }
    }

    /// The next run of events that may go.
    pub(super) fn pop(&mut self) -> Option<Run> {
        match self {
            Self::Ordered(ordered) => ordered.pop(),
            Self::Arrival(arrival) => arrival.pop(),
        }
    }

    /// Whether the cell, which is reading nothing now, should read a page, while `reading` others read one.
    pub(super) fn wants(&self, cell: usize, reading: usize) -> bool {
        match self {
            Self::Ordered(ordered) => ordered.wants(cell, reading),
            Self::Arrival(_) => true,
        }
    }

    /// The cells that hold everything up.
    pub(super) fn holding(&self) -> Vec<usize> {
        match self {
            Self::Ordered(ordered) => ordered.merge.holding().collect(),
            Self::Arrival(_) => Vec::new(),
        }
    }

    /// Down to where everything has been passed.
    pub(super) fn frontier(&self) -> Option<Timestamp> {
        match self {
            Self::Ordered(ordered) => ordered.merge.frontier(),
            Self::Arrival(_) => None,
        }
    }

    /// Whether events of this cell have come and not gone.
    pub(super) fn has_unsent(&self, cell: usize) -> bool {
        match self {
            Self::Ordered(ordered) => ordered.merge.waiting(cell) > 0,
            Self::Arrival(arrival) => arrival.held.get(cell).is_some_and(|held| !held.is_empty()),
        }
    }

    /// Where to resume after all that has been popped.
    pub(super) fn place(&self, plan: &Plan) -> Place {
        match self {
            Self::Ordered(ordered) => ordered.place(&plan.place),
            Self::Arrival(arrival) => {
                let done = arrival.sent.iter().zip(&plan.cells);
                let done =
                    done.filter_map(|(second, target)| second.map(|at| (target.cell.clone(), at)));
                let mut cells: BTreeMap<Cell, Timestamp> = match &plan.place {
                    Place::Cells(earlier) => earlier.clone(),
                    _ => BTreeMap::new(),
                };
                cells.extend(done);
                Place::Cells(cells)
            }
        }
    }
}

/// In the total order.
pub(super) struct Ordered {
    merge: Merge,
    top: Timestamp,
    last: Option<EventKey>,
    memory: usize,
    page: usize,
    event_bytes: usize,
}

impl Ordered {
    fn new(plan: &Plan, memory: usize, page: usize) -> Self {
        let top = match &plan.place {
            Place::After(key) => key.time,
            Place::Within(second) => *second,
            Place::Start | Place::Cells(_) => plan.window.end(),
        };
        Self {
            merge: Merge::new(plan.cells.len(), top),
            top: top.floor_second(),
            last: None,
            memory,
            page,
            event_bytes: event_bytes(plan),
        }
    }

    /// After the last event that went; or, where nothing matched for a while, from the frontier. While events wait
    /// that may go, the frontier is ahead of what has gone and no place to resume.
    fn place(&self, begun: &Place) -> Place {
        let frontier = self.merge.frontier().filter(|_| !self.merge.has_ready());
        match (&self.last, frontier) {
            (Some(last), Some(second)) if second < last.time.floor_second() => {
                Place::Within(second)
            }
            (None, Some(second)) if second < self.top => Place::Within(second),
            (Some(last), _) => Place::After(last.clone()),
            (None, _) => begun.clone(),
        }
    }

    fn pop(&mut self) -> Option<Run> {
        let (mut events, mut from, mut bytes) = (Vec::new(), Vec::new(), 0);
        while events.len() < BATCH_EVENTS && bytes < BATCH_BYTES {
            let Some((cell, event)) = self.merge.pop() else {
                break;
            };
            bytes += event.weight();
            if from.last() != Some(&cell) {
                from.push(cell);
            }
            events.push(event);
        }
        self.last = Some(events.last()?.key.clone());
        from.sort_unstable();
        from.dedup();
        Some(Run {
            events,
            cell: None,
            from,
        })
    }

    /// A cell that holds everything up always reads on, and so does one of which nothing waits: memory was shared
    /// out for that. Another reads a page ahead while there is room, for the pages on their way too.
    fn wants(&self, cell: usize, reading: usize) -> bool {
        let ahead = self.merge.waiting(cell);
        let coming = (reading + 1) * self.page * self.event_bytes;
        let room = self.merge.weight() + coming < self.memory;
        ahead == 0 || (ahead <= self.page && room) || self.merge.holds(cell)
    }
}

/// As the cells answer. A cell's last second is held back until it is passed, so that a place in a cell is a
/// second and nothing more.
pub(super) struct Arrival {
    held: Vec<Vec<Event>>,
    ready: VecDeque<Run>,
    /// By cell: the second down to which everything has gone.
    sent: Vec<Option<Timestamp>>,
}

impl Arrival {
    fn new(plan: &Plan) -> Self {
        Self {
            held: plan.cells.iter().map(|_| Vec::new()).collect(),
            ready: VecDeque::new(),
            sent: vec![None; plan.cells.len()],
        }
    }

    fn page(&mut self, cell: usize, events: Vec<Event>, position: Option<Timestamp>) {
        let Some(held) = self.held.get_mut(cell) else {
            return;
        };
        held.extend(events);
        let Some(position) = position else {
            return;
        };
        let (passed, rest) = std::mem::take(held)
            .into_iter()
            .partition(|event| event.key.time.floor_second() > position);
        *held = rest;
        self.make_ready(cell, passed, position.plus(SECOND));
    }

    fn exhausted(&mut self, cell: usize, start: Timestamp) {
        let rest = self
            .held
            .get_mut(cell)
            .map(std::mem::take)
            .unwrap_or_default();
        self.make_ready(cell, rest, start.floor_second());
    }

    /// Cuts what has been passed into runs. Only a run that ends a second moves the place to resume: within a
    /// second CloudTrail's order is not known, so a resumed reader gets a broken second again from its start.
    fn make_ready(&mut self, cell: usize, mut events: Vec<Event>, down_to: Timestamp) {
        events.sort_by(|a, b| a.key.cmp(&b.key));
        let mut events = events.into_iter().peekable();
        let mut run = Vec::new();
        let mut bytes = 0;
        while let Some(event) = events.next() {
            bytes += event.weight();
            let second = event.key.time.floor_second();
            let ends_second = events
                .peek()
                .is_some_and(|next| next.key.time.floor_second() < second);
            run.push(event);
            let full = run.len() >= BATCH_EVENTS || bytes >= BATCH_BYTES;
            if full && events.peek().is_some() {
                bytes = 0;
                self.push(
                    cell,
                    std::mem::take(&mut run),
                    ends_second.then_some(second),
                );
            }
        }
        self.push(cell, run, Some(down_to));
    }

    fn push(&mut self, cell: usize, events: Vec<Event>, down_to: Option<Timestamp>) {
        self.ready.push_back(Run {
            events,
            cell: Some((cell, down_to)),
            from: vec![cell],
        });
    }

    fn pop(&mut self) -> Option<Run> {
        let run = self.ready.pop_front()?;
        if let Some((cell, Some(down_to))) = run.cell
            && let Some(sent) = self.sent.get_mut(cell)
        {
            *sent = Some(down_to);
        }
        Some(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::event;

    #[test]
    fn a_run_that_breaks_a_second_moves_no_cursor() {
        let mut arrival = Arrival {
            held: vec![Vec::new()],
            ready: VecDeque::new(),
            sent: vec![None],
        };
        let dense = (0..BATCH_EVENTS + 10).map(|id| event(50, &format!("{id:04}")));
        let page: Vec<Event> = std::iter::once(event(60, "a")).chain(dense).collect();
        arrival.page(0, page, Some(Timestamp::from_seconds(40)));
        let first = arrival.pop().unwrap();
        assert_eq!(
            (first.events.len(), arrival.sent[0]),
            (BATCH_EVENTS, None),
            "second 50 is broken"
        );
        let last = arrival.pop().unwrap();
        assert_eq!(
            (last.events.len(), arrival.sent[0]),
            (11, Some(Timestamp::from_seconds(41)))
        );
        assert!(arrival.pop().is_none());
    }

    #[test]
    fn in_order_no_place_is_ahead_of_what_has_gone() {
        let mut ordered = Ordered {
            merge: Merge::new(1, Timestamp::from_seconds(100)),
            top: Timestamp::from_seconds(100),
            last: None,
            memory: 1 << 20,
            page: 50,
            event_bytes: 1_000,
        };
        let position = Timestamp::from_seconds(40);
        ordered.merge.take(0, vec![event(60, "a")], Some(position));
        assert_eq!(
            ordered.place(&Place::Start),
            Place::Start,
            "the event has not gone yet"
        );
        let gone = ordered.pop().unwrap();
        assert_eq!(gone.events.len(), 1);
        assert_eq!(ordered.place(&Place::Start), Place::Within(position));
    }
}
