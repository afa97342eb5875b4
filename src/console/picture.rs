//! The whole picture at one moment. Pure: from the board and the facts.

use std::{collections::HashMap, sync::Arc};

use serde::Serialize;

use super::{
    Board,
    board::{Happened, LATELY, Look, Running, Throttle},
    text,
};
use crate::domain::{AccountId, AccountState, Cell, Region, Timestamp};

/// Queues that are shown: the longest.
const MOST_QUEUES: usize = 20;

/// Who waits for one bucket, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Queue {
    /// The account of the credentials.
    #[serde(serialize_with = "text::one")]
    pub account: AccountId,
    /// The Region of the endpoint.
    #[serde(serialize_with = "text::one")]
    pub region: Region,
    /// The operation.
    pub api: &'static str,
    /// Requests that wait.
    pub waiting: usize,
    /// How long a newcomer would wait, in milliseconds.
    pub wait_ms: u64,
    /// The pace now, in calls a second.
    pub pace: f64,
    /// What throttles have made of the pace; 1 is all of ours.
    pub factor: f64,
    /// What others seem to spend, in calls a second.
    pub foreign: f64,
}

/// One account of the fleet.
#[derive(Debug, Clone)]
pub struct OfAccount {
    /// The id.
    pub id: AccountId,
    /// The name, for people.
    pub name: Arc<str>,
    /// Where it is in its life.
    pub state: AccountState,
    /// The Regions that are known to be switched off there.
    pub off: Vec<Region>,
}

/// What stands elsewhere at this moment.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The accounts, in order of id.
    pub accounts: Vec<OfAccount>,
    /// The configured Regions, in the order in which they are shown.
    pub regions: Vec<Region>,
    /// All buckets that are in use.
    pub queues: Vec<Queue>,
    /// What operators should know and is not well, in words.
    pub warnings: Vec<String>,
}

/// One account's line: a letter for each Region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The id.
    #[serde(serialize_with = "text::one")]
    pub account: AccountId,
    /// The name.
    pub name: Arc<str>,
    /// Of each Region how it answers: `o` it does, `t` throttled within a minute, `d` denied, `r` the role cannot be assumed,
    /// `f` it fails, `x` switched off or not active, `.` nobody has asked.
    pub cells: String,
    /// Of each Region how its slowest bucket stands: `9` at full pace, `0` at a tenth of it or less; `q` at full pace with
    /// somebody waiting; `.` unused.
    pub budgets: String,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Picture {
    /// When it was drawn.
    pub time: String,
    /// The Regions, in the order of each row's letters.
    #[serde(serialize_with = "text::each")]
    pub regions: Vec<Region>,
    /// The accounts, in order of id.
    pub rows: Vec<Row>,
    /// The longest queues first.
    pub queues: Vec<Queue>,
    /// Newest first.
    pub throttles: Vec<Throttle>,
    /// Oldest first.
    pub lookups: Vec<Running>,
    /// What is not well.
    pub warnings: Vec<String>,
}

impl Picture {
    /// Draws it.
    pub fn draw(board: &Board, facts: Facts, now: Timestamp) -> Self {
        let budgets = slowest(&facts.queues);
        let rows = board.look(|look| {
            let row = |account: &OfAccount| row(look, account, &facts.regions, &budgets, now);
            facts.accounts.iter().map(row).collect()
        });
        let mut queues = facts.queues;
        queues.retain(|queue| queue.waiting > 0);
        queues.sort_by_key(|queue| std::cmp::Reverse(queue.waiting));
        queues.truncate(MOST_QUEUES);
        Self {
            time: now.floor_second().to_string(),
            regions: facts.regions,
            rows,
            queues,
            throttles: board.throttles(),
            lookups: board.lookups(),
            warnings: facts.warnings,
        }
    }
}

fn row(
    look: &Look<'_>,
    account: &OfAccount,
    regions: &[Region],
    budgets: &HashMap<Cell, char>,
    now: Timestamp,
) -> Row {
    let cell = |region: &Region| Cell {
        account: account.id,
        region: region.clone(),
    };
    let budget = |region| budgets.get(&cell(region)).copied().unwrap_or('.');
    Row {
        account: account.id,
        name: Arc::clone(&account.name),
        cells: regions
            .iter()
            .map(|region| letter(look, account, &cell(region), now))
            .collect(),
        budgets: regions.iter().map(budget).collect(),
    }
}

/// The letter of a cell; see [`Row::cells`].
fn letter(look: &Look<'_>, account: &OfAccount, cell: &Cell, now: Timestamp) -> char {
    if account.state != AccountState::Active || account.off.contains(&cell.region) {
        return 'x';
    }
    if look.no_way_in(account.id) {
        return 'r';
    }
    let Some(seen) = look.cell(cell) else {
        return '.';
    };
    let lately = |at: Timestamp| now.since(at) < LATELY;
    match seen.last {
        Happened::Denied => 'd',
        Happened::NoWayIn => 'r',
        Happened::RegionOff => 'x',
        _ if seen.throttled.is_some_and(lately) => 't',
        Happened::Failed => 'f',
        Happened::Answered | Happened::Throttled => 'o',
    }
}

/// Of each cell the state of the bucket that is slowed down most, or waited for.
fn slowest(queues: &[Queue]) -> HashMap<Cell, char> {
    let mut cells: HashMap<Cell, (f64, bool)> = HashMap::new();
    for queue in queues {
        let cell = Cell {
            account: queue.account,
            region: queue.region.clone(),
        };
        let worst = cells.entry(cell).or_insert((1.0, false));
        worst.0 = worst.0.min(queue.factor);
        worst.1 |= queue.waiting > 0;
    }
    let told = |(factor, waits): (f64, bool)| match factor {
        full if full >= 0.95 && waits => 'q',
        full if full >= 0.95 => '9',
        _ => digit(factor),
    };
    cells
        .into_iter()
        .map(|(cell, worst)| (cell, told(worst)))
        .collect()
}

/// Tenths, from `0` to `8`.
fn digit(factor: f64) -> char {
    const TENTHS: [(f64, char); 8] = [
        (0.85, '8'),
        (0.75, '7'),
        (0.65, '6'),
        (0.55, '5'),
        (0.45, '4'),
        (0.35, '3'),
        (0.25, '2'),
        (0.15, '1'),
    ];
    let fits = TENTHS.iter().find(|(least, _)| factor >= *least);
    fits.map_or('0', |(_, digit)| *digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_800_000_000)
    }

    fn account(id: u64, state: AccountState, off: &[&str]) -> OfAccount {
        OfAccount {
            id: AccountId::from_u64(id).unwrap(),
            name: "payments".into(),
            state,
            off: off.iter().map(|region| region.parse().unwrap()).collect(),
        }
    }

    fn cell(account: u64, region: &str) -> Cell {
        Cell {
            account: AccountId::from_u64(account).unwrap(),
            region: region.parse().unwrap(),
        }
    }

    fn queue(account: u64, waiting: usize, factor: f64) -> Queue {
        let Cell { account, region } = cell(account, "eu-west-1");
        Queue {
            account,
            region,
            api: "LookupEvents",
            waiting,
            wait_ms: 0,
            pace: 2.0 * factor,
            factor,
            foreign: 0.0,
        }
    }

    fn facts() -> Facts {
        Facts {
            accounts: vec![
                account(1, AccountState::Active, &["us-west-2"]),
                account(2, AccountState::Suspended, &[]),
                account(3, AccountState::Active, &[]),
            ],
            regions: ["eu-west-1", "us-east-1", "us-west-2"]
                .map(|region| region.parse().unwrap())
                .to_vec(),
            queues: vec![queue(1, 0, 1.0), queue(1, 0, 0.42), queue(3, 5, 1.0)],
            warnings: vec![],
        }
    }

    #[test]
    fn each_cell_has_the_letter_of_what_happened_there() {
        let board = Board::new();
        let second = |n| Timestamp::from_seconds(now().seconds() - n);
        board.called(cell(1, "eu-west-1"), "a", Happened::Answered, now());
        board.called(cell(1, "us-east-1"), "a", Happened::Throttled, second(59));
        board.entered(AccountId::from_u64(2).unwrap(), false, now());
        board.called(cell(3, "eu-west-1"), "a", Happened::Throttled, second(61));
        board.called(cell(3, "us-east-1"), "a", Happened::Throttled, now());
        board.called(cell(3, "us-east-1"), "a", Happened::Denied, now());
        board.called(cell(3, "us-west-2"), "a", Happened::Failed, now());
        let picture = Picture::draw(&board, facts(), now());
        let letters: Vec<&str> = picture.rows.iter().map(|row| &*row.cells).collect();
        assert_eq!(letters, ["otx", "xxx", "odf"]);
        board.entered(AccountId::from_u64(3).unwrap(), false, now());
        assert_eq!(Picture::draw(&board, facts(), now()).rows[2].cells, "rrr");
    }

    #[test]
    fn budgets_tell_of_the_slowest_bucket_and_of_who_waits() {
        let picture = Picture::draw(&Board::new(), facts(), now());
        let letters: Vec<&str> = picture.rows.iter().map(|row| &*row.budgets).collect();
        assert_eq!(letters, ["3..", "...", "q.."]);
        assert_eq!(picture.queues, [queue(3, 5, 1.0)]);
    }
}
