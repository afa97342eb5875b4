//! What has happened lately, cell by cell. Bounded, whatever happens.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use super::text;
use crate::domain::{AccountId, Cell, Region, Timestamp};

/// Cells that are remembered: 10,000 accounts in 20 Regions. What comes after has no colour.
const MOST_CELLS: usize = 200_000;
/// Accounts that cannot be entered, remembered.
const MOST_ACCOUNTS: usize = 20_000;
/// Throttles that are remembered.
const MOST_THROTTLES: usize = 50;
/// Lookups that are followed. A replica serves some thousand requests at a time; nobody reads as many lines.
const MOST_LOOKUPS: usize = 200;
/// A cell counts as throttled for so long after a throttle.
pub(super) const LATELY: Duration = Duration::from_secs(60);

/// How a call ended, as far as a colour goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It was answered.
    Answered,
    /// Somebody else spends the same quota.
    Throttled,
    /// The role, or an organization's policy, does not let us.
    Denied,
    /// The account's role cannot be assumed.
    NoWayIn,
    /// The Region is switched off there.
    RegionOff,
    /// Anything else.
    Failed,
}

/// A throttle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Throttle {
    /// When.
    pub at: String,
    /// Whose quota.
    #[serde(serialize_with = "text::one")]
    pub account: AccountId,
    /// Where.
    #[serde(serialize_with = "text::one")]
    pub region: Region,
    /// Of which operation.
    pub api: &'static str,
}

/// A lookup that is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// `page`, `stream` or `tail`.
    pub kind: &'static str,
    /// Who asks.
    pub caller: Arc<str>,
    /// Cells that are done.
    pub cells_done: usize,
    /// All of its cells.
    pub cells_total: usize,
    /// Events sent.
    pub events: u64,
    /// Calls spent.
    pub calls: u64,
    /// Calls of them that were throttled.
    pub throttles: u64,
    /// How long the rest takes, in seconds, where that is known.
    pub remaining_seconds: Option<u64>,
}

/// What was last seen of a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) last: Happened,
    pub(super) throttled: Option<Timestamp>,
}

/// See the module. Cloning shares it.
#[derive(Clone, Default)]
pub struct Board {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cells: HashMap<Cell, Seen>,
    no_way_in: HashMap<AccountId, Timestamp>,
    throttles: VecDeque<Throttle>,
    lookups: BTreeMap<u64, Running>,
}

impl Board {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A call for this account's trails or events ended so.
    pub fn called(&self, cell: Cell, api: &'static str, happened: Happened, now: Timestamp) {
        let mut state = self.lock();
        let throttled = happened == Happened::Throttled;
        if throttled {
            state.throttle(&cell, api, now);
        }
        let room = state.cells.len() < MOST_CELLS;
        let seen = match state.cells.get_mut(&cell) {
            Some(seen) => seen,
            None if room => state.cells.entry(cell).or_insert(Seen {
                last: happened,
                throttled: None,
            }),
            None => return,
        };
        if throttled {
            seen.throttled = Some(now);
        } else {
            seen.last = happened;
        }
    }

    /// The account's role was assumed, or could not be.
    pub fn entered(&self, account: AccountId, may: bool, now: Timestamp) {
        let mut state = self.lock();
        if may {
            state.no_way_in.remove(&account);
        } else if state.no_way_in.len() < MOST_ACCOUNTS {
            state.no_way_in.insert(account, now);
        }
    }

    /// A lookup is so far. The first word of it begins it.
    pub fn running(&self, id: u64, running: Running) {
        let mut state = self.lock();
        if state.lookups.len() < MOST_LOOKUPS || state.lookups.contains_key(&id) {
            state.lookups.insert(id, running);
        }
    }

    /// A lookup has ended, in whatever way.
    pub fn ended(&self, id: u64) {
        self.lock().lookups.remove(&id);
    }

    /// The lookups that run, oldest first.
    pub(super) fn lookups(&self) -> Vec<Running> {
        self.lock().lookups.values().cloned().collect()
    }

    /// The last throttles, newest first.
    pub(super) fn throttles(&self) -> Vec<Throttle> {
        self.lock().throttles.iter().cloned().collect()
    }

    /// Looks at cells: `look` is given what can be asked of them.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Look<'_>) -> T) -> T {
        look(&Look(&self.lock()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn throttle(&mut self, cell: &Cell, api: &'static str, now: Timestamp) {
        self.throttles.truncate(MOST_THROTTLES - 1);
        self.throttles.push_front(Throttle {
            at: now.floor_second().to_string(),
            account: cell.account,
            region: cell.region.clone(),
            api,
        });
    }
}

/// The board, held still.
pub(super) struct Look<'a>(&'a State);

impl Look<'_> {
    pub(super) fn cell(&self, cell: &Cell) -> Option<Seen> {
        self.0.cells.get(cell).copied()
    }

    pub(super) fn no_way_in(&self, account: AccountId) -> bool {
        self.0.no_way_in.contains_key(&account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(account: u64) -> Cell {
        Cell {
            account: AccountId::from_u64(account).unwrap(),
            region: "eu-west-1".parse().unwrap(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + second)
    }

    #[test]
    fn an_answer_does_not_hide_the_throttle_before_it() {
        let board = Board::new();
        board.called(cell(1), "LookupEvents", Happened::Throttled, at(0));
        board.called(cell(1), "LookupEvents", Happened::Answered, at(1));
        let seen = board.look(|look| look.cell(&cell(1))).unwrap();
        assert_eq!(
            (seen.last, seen.throttled),
            (Happened::Answered, Some(at(0)))
        );
        assert_eq!(board.throttles()[0].api, "LookupEvents");
    }

    #[test]
    fn an_account_that_lets_us_in_again_is_open() {
        let (board, account) = (Board::new(), cell(1).account);
        let closed = || board.look(|look| look.no_way_in(account));
        board.entered(account, false, at(0));
        assert!(closed());
        board.entered(account, true, at(1));
        assert!(!closed());
    }

    #[test]
    fn nothing_grows_beyond_its_bound() {
        let board = Board::new();
        let running = Running {
            kind: "page",
            caller: "a".into(),
            cells_done: 0,
            cells_total: 1,
            events: 0,
            calls: 0,
            throttles: 0,
            remaining_seconds: None,
        };
        for n in 0..MOST_CELLS as u64 + 10 {
            board.called(cell(n), "LookupEvents", Happened::Throttled, at(0));
            board.running(n, running.clone());
        }
        let state = board.lock();
        assert_eq!(state.cells.len(), MOST_CELLS);
        assert_eq!(state.throttles.len(), MOST_THROTTLES);
        assert_eq!(state.lookups.len(), MOST_LOOKUPS);
    }

    #[test]
    fn a_lookup_is_there_until_it_ends() {
        let board = Board::new();
        let mut running = Running {
            kind: "stream",
            caller: "a".into(),
            cells_done: 0,
            cells_total: 2,
            events: 0,
            calls: 0,
            throttles: 0,
            remaining_seconds: None,
        };
        board.running(7, running.clone());
        running.cells_done = 1;
        board.running(7, running.clone());
        assert_eq!(board.lookups(), [running]);
        board.ended(7);
        assert_eq!(board.lookups(), []);
    }
}
