//! Who of those who wait is next. Pure: no clock, no tasks; whoever owns it holds a lock around it.
//!
//! Lanes first: the most urgent lane that anybody waits in, except that each lane below it gets a small part of what is
//! served, so that none starves. Inside a lane callers take turns, whatever the number of requests each has; inside a
//! caller the earliest deadline goes first. And one slot in four may go to whose deadline is near, whatever its turn:
//! who was let in was promised to be served in time, and those who came since must not break that.

mod caller;
mod estimate;

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{CallerId, Lane, slots::Micros};

use caller::{Rank, Requests};

/// The part of what is served that a lane gets while more urgent ones are waited in.
fn floor(lane: Lane) -> f32 {
    match lane {
        Lane::Interactive => 0.0,
        Lane::Standard => 0.10,
        Lane::Batch => 0.05,
        Lane::Background => 0.02,
    }
}

/// The part of the slots that may go to those whose deadline is near.
const RESCUE: f32 = 0.25;

/// What is known of the lanes is of about the last so many slots.
const RECENT: u16 = 64;

/// One who waits, and what it is handed when its turn comes.
#[derive(Debug)]
pub struct Waiting<T> {
    /// Who asks.
    pub caller: CallerId,
    /// How urgent it is.
    pub lane: Lane,
    /// When the turn is worth nothing any more.
    pub deadline: Micros,
    /// Since when it waits.
    pub since: Micros,
    /// What it is handed through.
    pub hand: T,
}

/// Names one who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    lane: Lane,
    caller: CallerId,
    deadline: Micros,
    number: u64,
}

/// The line in one lane.
#[derive(Debug)]
struct Line<T> {
    callers: HashMap<CallerId, Requests<T>>,
    /// The callers in the order of their turns; each that has requests, once.
    turns: VecDeque<CallerId>,
    size: usize,
    /// What the lane is owed of its floor, in turns.
    owed: f32,
    /// Its part of what was served lately.
    served: f32,
    /// How many callers waited in it at a time, lately.
    usual_callers: f32,
    /// Whether somebody joined since the last slot, and in what part of the slots somebody did, lately.
    joined: bool,
    coming: f32,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            callers: HashMap::new(),
            turns: VecDeque::new(),
            size: 0,
            owed: 0.0,
            served: 0.0,
            usual_callers: 0.0,
            joined: false,
            coming: 0.0,
        }
    }
}

/// All who wait for one bucket.
#[derive(Debug)]
pub struct Queue<T> {
    lines: [Line<T>; 4],
    /// All who wait, by deadline.
    deadlines: BTreeMap<Rank, (Lane, CallerId)>,
    /// What those whose deadline is near are owed, in turns.
    rescue: f32,
    /// Slots used, as far as that matters.
    turns: u16,
    number: u64,
    room: usize,
}

/// Whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// That of whoever is first in this lane.
    Lane(Lane),
    /// That of one whose deadline is near.
    Pressing(Place),
}

impl Turn {
    /// The lane that it is in.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Lane(lane) => *lane,
            Self::Pressing(place) => place.lane,
        }
    }
}

/// How many wait in a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneStats {
    /// The lane.
    pub lane: Lane,
    /// How many requests wait.
    pub waiting: usize,
    /// How many callers they are from.
    pub callers: usize,
    /// Since when the one that has waited longest does.
    pub oldest: Micros,
}

/// There is no room, and whoever would have to go instead has less than its fair part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl<T> Queue<T> {
    /// An empty queue for so many at most.
    pub fn new(room: usize) -> Self {
        Self {
            lines: Lane::ALL.map(|_| Line::default()),
            deadlines: BTreeMap::new(),
            rescue: 0.0,
            turns: 0,
            number: 0,
            room: room.max(1),
        }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.size == 0)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.lines.iter().map(|line| line.size).sum()
    }

    /// Puts one in line. If the queue is full, the last request of whoever has most of them in the least urgent lane
    /// goes, and comes back as the second part.
    ///
    /// # Errors
    ///
    /// If that would be the newcomer itself.
    pub fn join(&mut self, waiting: Waiting<T>) -> Result<(Place, Option<Waiting<T>>), Full> {
        let gone = match self.len() < self.room {
            true => None,
            false => Some(self.make_room(&waiting)?),
        };
        self.number += 1;
        let place = Place {
            lane: waiting.lane,
            caller: waiting.caller.clone(),
            deadline: waiting.deadline,
            number: self.number,
        };
        let rank = (place.deadline, place.number);
        self.deadlines
            .insert(rank, (place.lane, place.caller.clone()));
        let line = self.line(place.lane);
        line.size += 1;
        line.joined = true;
        if !line.callers.contains_key(&place.caller) {
            line.turns.push_back(place.caller.clone());
        }
        let requests = line.callers.entry(place.caller.clone()).or_default();
        requests.insert(rank, waiting);
        Ok((place, gone))
    }

    /// Takes one who leaves out of the line; `None` if it is not there any more.
    pub fn leave(&mut self, place: &Place) -> Option<Waiting<T>> {
        let rank = (place.deadline, place.number);
        let line = self.line(place.lane);
        let requests = line.callers.get_mut(&place.caller)?;
        let gone = requests.remove(&rank)?;
        line.size -= 1;
        if requests.is_empty() {
            line.forget(&place.caller);
        }
        self.deadlines.remove(&rank);
        Some(gone)
    }

    /// Whose turn it is among the `open` lanes. A deadline up to `pressing` is near.
    pub fn next(&self, pressing: Micros, open: impl Fn(Lane) -> bool) -> Option<Turn> {
        if self.rescue >= 1.0 {
            let near = self.deadlines.range(..=(pressing, u64::MAX));
            let first = near.into_iter().find(|(_, (lane, _))| open(*lane));
            if let Some(((deadline, number), (lane, caller))) = first {
                return Some(Turn::Pressing(Place {
                    lane: *lane,
                    caller: caller.clone(),
                    deadline: *deadline,
                    number: *number,
                }));
            }
        }
        let waited_in = || {
            let lanes = Lane::ALL.into_iter();
            lanes.filter(|lane| open(*lane) && self.of(*lane).size > 0)
        };
        let owed = waited_in().find(|lane| self.of(*lane).owed >= 1.0);
        owed.or_else(|| waited_in().next()).map(Turn::Lane)
    }

    /// Takes whose turn it is.
    pub fn take(&mut self, turn: &Turn) -> Option<Waiting<T>> {
        let lane = match turn {
            Turn::Pressing(place) => return self.leave(place),
            Turn::Lane(lane) => *lane,
        };
        let recent = self.recent();
        let line = self.line(lane);
        let callers = u16::try_from(line.turns.len()).unwrap_or(u16::MAX);
        line.usual_callers += (f32::from(callers) - line.usual_callers) * recent;
        let caller = line.turns.pop_front()?;
        let requests = line.callers.get_mut(&caller)?;
        let first = requests.pop_first();
        if requests.is_empty() {
            line.callers.remove(&caller);
        } else {
            line.turns.push_back(caller);
        }
        let (rank, waiting) = first?;
        line.size -= 1;
        self.deadlines.remove(&rank);
        Some(waiting)
    }

    /// Takes note that a slot was used in this turn: those who had to stand back are owed a part of one.
    pub fn served(&mut self, turn: &Turn) {
        self.rescue = match turn {
            Turn::Lane(_) => (self.rescue + RESCUE).min(1.0),
            Turn::Pressing(_) => 0.0,
        };
        let lane = turn.lane();
        let recent = self.recent();
        self.turns = self.turns.saturating_add(1);
        for other in Lane::ALL {
            let line = self.line(other);
            line.served += (f32::from(u8::from(other == lane)) - line.served) * recent;
            let joined = f32::from(u8::from(std::mem::take(&mut line.joined)));
            line.coming += (joined - line.coming) * recent;
            if other == lane {
                line.owed = (line.owed - 1.0).max(0.0);
            } else if line.size == 0 {
                line.owed = 0.0;
            } else if other > lane {
                line.owed = (line.owed + floor(other)).min(1.0);
            }
        }
    }

    /// Takes all out of line.
    pub fn drain(&mut self) -> Vec<Waiting<T>> {
        let mut all = Vec::new();
        self.deadlines.clear();
        for line in &mut self.lines {
            let line = std::mem::take(line);
            all.extend(line.callers.into_values().flat_map(Requests::into_values));
        }
        all
    }

    /// How many wait in each lane that anybody waits in.
    pub fn stats(&self) -> Vec<LaneStats> {
        let stats = Lane::ALL.into_iter().map(|lane| {
            let line = self.of(lane);
            let since = line.callers.values().flat_map(Requests::values);
            LaneStats {
                lane,
                waiting: line.size,
                callers: line.callers.len(),
                oldest: since.map(|waiting| waiting.since).min().unwrap_or(0),
            }
        });
        stats.filter(|stats| stats.waiting > 0).collect()
    }

    /// How many wait in each lane, in the order of [`Lane::ALL`].
    pub fn waiting(&self) -> [u64; 4] {
        Lane::ALL.map(|lane| u64::try_from(self.of(lane).size).unwrap_or(u64::MAX))
    }

    /// Takes the last request of whoever has most of them, in the least urgent lane that anybody waits in.
    fn make_room(&mut self, newcomer: &Waiting<T>) -> Result<Waiting<T>, Full> {
        let lanes = Lane::ALL.into_iter().rev();
        let lane = lanes
            .filter(|lane| *lane >= newcomer.lane)
            .find(|lane| self.of(*lane).size > 0)
            .ok_or(Full)?;
        let line = self.line(lane);
        let (caller, most) = line
            .callers
            .iter()
            .map(|(caller, requests)| (caller.clone(), requests.len()))
            .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.as_str().cmp(a.0.as_str())))
            .ok_or(Full)?;
        let own = line.callers.get(&newcomer.caller).map_or(0, Requests::len);
        if lane == newcomer.lane && own + 1 >= most {
            return Err(Full);
        }
        let requests = line.callers.get_mut(&caller).ok_or(Full)?;
        let (rank, gone) = requests.pop_last().ok_or(Full)?;
        line.size -= 1;
        if requests.is_empty() {
            line.forget(&caller);
        }
        self.deadlines.remove(&rank);
        Ok(gone)
    }

    /// How much the newest slot counts: at first each as much as the others.
    fn recent(&self) -> f32 {
        1.0 / f32::from(self.turns.saturating_add(1).min(RECENT))
    }

    fn of(&self, lane: Lane) -> &Line<T> {
        let [interactive, standard, batch, background] = &self.lines;
        match lane {
            Lane::Interactive => interactive,
            Lane::Standard => standard,
            Lane::Batch => batch,
            Lane::Background => background,
        }
    }

    fn line(&mut self, lane: Lane) -> &mut Line<T> {
        let [interactive, standard, batch, background] = &mut self.lines;
        match lane {
            Lane::Interactive => interactive,
            Lane::Standard => standard,
            Lane::Batch => batch,
            Lane::Background => background,
        }
    }
}

impl<T> Line<T> {
    /// Drops a caller who has no requests left.
    fn forget(&mut self, caller: &CallerId) {
        self.callers.remove(caller);
        self.turns.retain(|other| other != caller);
    }
}

#[cfg(test)]
mod tests;
