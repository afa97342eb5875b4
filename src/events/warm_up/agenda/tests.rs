//! Whole warm-ups over a simulated clock: what is read in which order, and what never is.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    aws::{AwsError, FailureKind},
    domain::Api,
    events::warm_up::manners::Pause,
};

/// Noon of some day.
const NOON: i64 = 20_000 * DAY + DAY / 2;

fn target(number: usize) -> TargetCell {
    TargetCell {
        cell: Cell {
            account: format!("{:012}", number + 1).parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        account_name: "x".into(),
        named: false,
    }
}

fn targets(cells: usize) -> Vec<TargetCell> {
    (0..cells).map(target).collect()
}

fn settings() -> Settings {
    Settings {
        days: 3,
        at_once: 2,
        ..Settings::default()
    }
}

fn failed() -> End {
    let Cell { account, region } = target(0).cell;
    End::Failed(AwsError {
        api: Api::LookupEvents,
        account,
        region,
        kind: FailureKind::RoleNotAssumable,
        code: None,
        message: String::new(),
        request_id: None,
        remembered_for: None,
    })
}

/// A warm-up of which each piece takes a second.
struct World {
    agenda: Agenda,
    begun: Instant,
    /// Seconds since the beginning.
    clock: u64,
    /// What is read of each cell: bytes a second of it, as far as the cache keeps them.
    bytes: u64,
    known: BTreeMap<Cell, Vec<Span>>,
    /// All that was read, whatever the cache has of it still.
    read: BTreeMap<Cell, Vec<Span>>,
    /// How much of a piece is read that does not come to its end, in parts of 7.
    sevenths: i64,
    /// Pieces in the order in which they were begun.
    pieces: Vec<Piece>,
    changes: Vec<Change>,
}

impl World {
    fn new(settings: Settings, capacity: u64, cells: usize) -> Self {
        let mut world = Self {
            agenda: Agenda::new(settings, capacity),
            begun: Instant::now(),
            clock: 0,
            bytes: 0,
            known: BTreeMap::new(),
            read: BTreeMap::new(),
            sevenths: 0,
            pieces: Vec::new(),
            changes: Vec::new(),
        };
        world.retarget(&targets(cells));
        world
    }

    fn now(&self) -> Now {
        let to = NOON + i64::try_from(self.clock).unwrap();
        let from = to - i64::from(self.agenda.settings.days) * DAY + 1;
        Now {
            instant: self.begun + Duration::from_secs(self.clock),
            wanted: Span::new(from, to).unwrap(),
        }
    }

    fn kept(known: &BTreeMap<Cell, Vec<Span>>, bytes: u64, cell: &Cell, wanted: Span) -> Kept {
        let known = known.get(cell).into_iter().flatten();
        let seconds = known
            .filter_map(|span| span.intersect(wanted))
            .map(Span::seconds)
            .sum();
        Kept {
            seconds,
            bytes: seconds * bytes,
        }
    }

    fn part(&self, piece: Span) -> i64 {
        i64::try_from(piece.seconds()).unwrap() * self.sevenths / 7
    }

    fn retarget(&mut self, cells: &[TargetCell]) {
        let (now, bytes, known) = (self.now(), self.bytes, self.known.clone());
        let kept = |cell: &Cell| Self::kept(&known, bytes, cell, now.wanted);
        let change = self.agenda.retarget(cells, now, kept);
        self.changes.extend(change);
    }

    /// Goes on for so long; `how` says how a piece ends.
    fn run(&mut self, seconds: u64, mut how: impl FnMut(&Piece, u64, Instant) -> End) {
        let until = self.clock + seconds;
        while self.clock < until {
            let now = self.now();
            let mut reading = Vec::new();
            while let Some(piece) = self.agenda.step(now) {
                reading.push(piece);
            }
            assert!(reading.len() <= self.agenda.settings.at_once);
            self.clock += 1;
            let now = self.now();
            for piece in reading {
                let end = how(&piece, self.clock, now.instant);
                let whole = matches!(end, End::Whole);
                let passed = match whole {
                    true => piece.span.from(),
                    false => piece.span.to() + 1 - self.part(piece.span),
                };
                if let Some(read) = piece.span.since(passed) {
                    let known = self.known.entry(piece.cell.clone()).or_default();
                    known.push(read);
                    let read_before = self.read.entry(piece.cell.clone()).or_default();
                    let twice = read_before
                        .iter()
                        .find(|span| span.intersect(read).is_some());
                    assert_eq!(twice, None, "{read:?} is read again");
                    read_before.push(read);
                }
                self.pieces.push(piece.clone());
                let read = Read {
                    end,
                    passed,
                    manners: piece.manners,
                };
                let kept = Self::kept(&self.known, self.bytes, &piece.cell, now.wanted);
                let Piece { cell, span, .. } = piece;
                let change = self.agenda.read(&cell, span, Some(read), kept, now, 0.0);
                self.changes.extend(change);
            }
        }
    }

    fn progress(&self) -> super::super::Progress {
        self.agenda.progress(self.now())
    }
}

const PLENTY: u64 = 1 << 40;

#[test]
fn the_newest_day_of_all_comes_first_and_every_second_once() {
    let mut world = World::new(settings(), PLENTY, 5);
    world.run(60, |_, _, _| End::Whole);
    let days: Vec<i64> = world
        .pieces
        .iter()
        .map(|piece| piece.span.to().div_euclid(DAY))
        .collect();
    assert!(days.is_sorted_by(|a, b| a >= b), "{days:?}");
    assert_eq!(world.pieces.len(), 5 * 4, "two halves and two whole days");
    for spans in world.known.values() {
        let mut spans = spans.clone();
        spans.sort_by_key(|span| span.from());
        assert!(spans.windows(2).all(|two| two[0].to() + 1 == two[1].from()));
    }
    let told = world.progress();
    assert_eq!((told.done, told.left(), told.failing.len()), (5, 0, 0));
    assert!(told.known_percent() >= 99, "{told}");
    assert!(
        matches!(world.changes[..], [Change::Begun, Change::Ended { .. }]),
        "{:?}",
        world.changes
    );
}

#[test]
fn what_has_settled_since_is_added_and_nothing_is_read_twice() {
    let mut world = World::new(settings(), PLENTY, 3);
    world.run(60, |_, _, _| End::Whole);
    let before = world.pieces.len();
    world.run(3_600, |_, _, _| End::Whole);
    let added = &world.pieces[before..];
    assert_eq!(added.len(), 3 * 4, "four times an hour");
    assert!(added.iter().all(|piece| piece.span.seconds() >= 900));
    assert!(added.iter().all(|piece| piece.span.seconds() <= 910));
    assert_eq!(world.progress().done, 3);
}

#[test]
fn an_account_that_cannot_be_entered_neither_spins_nor_holds_up_the_others() {
    let mut world = World::new(settings(), PLENTY, 3);
    let bad = target(1).cell;
    world.run(1_000, |piece, _, _| match piece.cell == bad {
        true => failed(),
        false => End::Whole,
    });
    let tries = world
        .pieces
        .iter()
        .filter(|piece| piece.cell == bad)
        .count();
    assert_eq!(tries, 5, "after 0, 1, 3, 7 and 15 minutes");
    let told = world.progress();
    assert_eq!(told.done, 2);
    assert_eq!(told.failing, [(CellReason::RoleNotAssumable, 1)].into());
    assert_eq!(told.left(), 0);
    assert!(matches!(
        world.changes[..],
        [Change::Begun, Change::Ended { .. }]
    ));
    world.run(3_600, |_, _, _| End::Whole);
    assert_eq!(world.progress().done, 3, "repaired");
    assert!(
        matches!(world.changes[2..], [Change::Begun, Change::Ended { .. }]),
        "{:?}",
        world.changes
    );
}

#[test]
fn without_room_nothing_older_is_read_and_the_newest_still_is() {
    // A day of one cell takes a third of the capacity.
    let mut world = World::new(settings(), 3 * 86_400, 2);
    world.bytes = 1;
    world.run(60, |_, _, _| End::Whole);
    let told = world.progress();
    assert_eq!((told.full, told.done, told.left()), (2, 0, 0), "{told}");
    let read = world.known.values().flatten().map(|span| span.seconds());
    let read: u64 = read.sum();
    // Three quarters, and what was being read when they were reached.
    assert!((2 * 86_400..=4 * 86_400).contains(&read), "{read}");
    let before = world.pieces.len();
    // The cache drops all of it, again and again.
    for _ in 0..10 {
        world.known.clear();
        world.run(3_600, |_, _, _| End::Whole);
    }
    let later = &world.pieces[before..];
    let newest = later.iter().filter(|piece| piece.span.to() > NOON);
    assert!(newest.count() >= 2 * 36);
}

#[test]
fn a_day_that_is_larger_than_the_cache_is_begun_and_left() {
    let seconds = 9_000;
    let mut world = World::new(settings(), 4 * seconds, 1);
    (world.bytes, world.sevenths) = (4, 1);
    for _ in 0..7_200 {
        world.run(1, |piece, _, _| match piece.span.to() > NOON {
            true => End::Whole,
            false => End::Turn,
        });
        // The cache keeps what came last.
        for known in world.known.values_mut() {
            let mut room = seconds;
            known.reverse();
            known.retain_mut(|span| {
                let from =
                    span.from() + i64::try_from(span.seconds().saturating_sub(room)).unwrap();
                room = room.saturating_sub(span.seconds());
                let left = span.since(from);
                *span = left.unwrap_or(*span);
                left.is_some()
            });
            known.reverse();
        }
    }
    let told = world.progress();
    assert_eq!((told.full, told.left()), (1, 0), "{told}");
    let history = world.pieces.iter().filter(|piece| piece.span.to() <= NOON);
    assert_eq!(history.count(), 2, "{:?}", world.pieces);
}

#[test]
fn a_busy_cell_gives_way_to_the_others_and_callers_to_nobody() {
    let mut how = settings();
    how.at_once = 1;
    let mut world = World::new(how, PLENTY, 4);
    let (dense, wanted) = (target(0).cell, target(1).cell);
    let mut turns = 0;
    world.run(100, |piece, clock, now| {
        if piece.cell == dense && turns < 40 {
            turns += 1;
            return End::Turn;
        }
        let until = now + Duration::from_secs(10);
        let why = Why::Callers;
        match piece.cell == wanted && clock < 50 {
            true => End::Stood(Pause { until, why }),
            false => End::Whole,
        }
    });
    assert_eq!(world.progress().done, 4);
    let mut pieces = world.pieces.iter();
    let first = pieces.position(|piece| piece.cell == target(3).cell);
    assert!(
        first < Some(5),
        "the quiet one waited for the busy one: {first:?}"
    );
    let asked = world.pieces.iter().filter(|piece| piece.cell == wanted);
    assert!(
        asked.count() < 4 + 7,
        "looked at every 10 s, not all the time"
    );
}

#[test]
fn accounts_come_and_go() {
    let mut world = World::new(settings(), PLENTY, 2);
    world.run(30, |_, _, _| End::Whole);
    let mut cells = targets(3);
    cells.remove(0);
    world.retarget(&cells);
    world.run(30, |_, _, _| End::Whole);
    let told = world.progress();
    assert_eq!((told.cells, told.done), (2, 2));
    assert!(world.known.contains_key(&target(2).cell));
    assert_eq!(world.changes.len(), 4);
    // One that goes while it is read is counted out, and what comes of it is nobody's.
    let mut agenda = Agenda::new(settings(), PLENTY);
    let now = world.now();
    agenda.retarget(&targets(1), now, |_| Kept::default());
    let piece = agenda.step(now).unwrap();
    agenda.retarget(&[], now, |_| Kept::default());
    agenda.read(&piece.cell, piece.span, None, Kept::default(), now, 0.0);
    assert_eq!(
        agenda.progress(now),
        super::super::Progress {
            wanted_seconds: 0,
            room_bytes: PLENTY / 4 * 3,
            ..Default::default()
        }
    );
    assert_eq!(agenda.step(now), None);
}

proptest! {
    /// Whatever fails, stands back, is read in part or dropped by the cache: no second of a cell is read again, and all of
    /// them are in the end.
    #[test]
    fn each_second_once_and_all_of_them(
        ends in proptest::collection::vec(0_u8..8, 1..200),
        cells in 1_usize..6,
        sevenths in 0_i64..7,
        drops in any::<bool>(),
    ) {
        let mut how = settings();
        how.again.longest = Duration::from_secs(60);
        let mut world = World::new(how, PLENTY, cells);
        world.sevenths = sevenths;
        let mut at = 0;
        for _ in 0..20 {
            world.run(2_000, |_, _, now| {
                at += 1;
                match ends.get(at) {
                    Some(0) => failed(),
                    Some(1) => End::Turn,
                    Some(2) => End::Stood(Pause { until: now + Duration::from_secs(7), why: Why::Callers }),
                    _ => End::Whole,
                }
            });
            if drops {
                world.known.clear();
            }
        }
        prop_assert_eq!(world.read.len(), cells);
        let end = world.now().wanted.to();
        for spans in world.read.values_mut() {
            spans.sort_by_key(|span| span.from());
            for two in spans.windows(2) {
                prop_assert_eq!(two[0].to() + 1, two[1].from());
            }
            prop_assert!(spans[0].from() <= NOON - 2 * DAY);
            prop_assert!(end - spans[spans.len() - 1].to() < 1_000);
        }
        let told = world.progress();
        let failing: usize = told.failing.values().sum();
        prop_assert_eq!(told.done + failing, cells, "{}", told);
    }
}
