//! A tail over many cells against simulated histories, on a clock of its own: nothing here waits.

use std::collections::BTreeMap;

use super::*;
use crate::{
    aws::FailureKind,
    budget::Prospect,
    domain::{Api, CellReason, LeftOut},
    events::{cursor::TailCell, tail::GapReason, testing::event_in},
    fanout::Ended,
};

const START: i64 = 1_800_000_000;
const LAG: i64 = 900;

/// The simulated AWS: per cell the events, each with how long after its time it can be looked up.
struct World {
    begun: Instant,
    histories: Vec<Vec<(i64, i64)>>,
    targets: Vec<TargetCell>,
    calls: Vec<u32>,
    /// Looks that have not come to their end.
    under_way: BinaryHeap<Reverse<(Duration, usize)>>,
    looks: BTreeMap<usize, Looked>,
}

/// What one tail has sent: when, by cell and event.
type Sent = BTreeMap<(usize, usize), Vec<i64>>;

fn target(number: usize) -> TargetCell {
    TargetCell {
        cell: Cell {
            account: format!("{:012}", number + 1).parse().unwrap(),
            region: "eu-west-1".parse().unwrap(),
        },
        account_name: "".into(),
        named: false,
    }
}

/// A hash, for chance that is the same in every run.
fn chance(seed: u64) -> u64 {
    let x = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 31)
}

impl World {
    /// So many cells with so many events an hour each, all of them late by up to 10 minutes, for so long.
    fn new(cells: usize, per_hour: u64, seconds: i64) -> Self {
        let events = i64::try_from(per_hour).unwrap() * seconds / 3600;
        let history = |cell: u64| {
            (0..events.unsigned_abs())
                .map(|n| {
                    let at = chance(cell * 1_000_003 + n) % seconds.unsigned_abs();
                    let delay = chance(cell * 7_000_003 + n) % 600;
                    (i64::try_from(at).unwrap(), i64::try_from(delay).unwrap())
                })
                .collect()
        };
        Self {
            begun: Instant::now(),
            histories: (0..cells as u64).map(history).collect(),
            targets: (0..cells).map(target).collect(),
            calls: vec![0; cells],
            under_way: BinaryHeap::new(),
            looks: BTreeMap::new(),
        }
    }

    fn now(&self, after: Duration) -> Now {
        Now {
            instant: self.begun + after,
            time: Timestamp::from_seconds(START).plus(after),
        }
    }

    fn follow(&self, place: Option<TailPlace>, after: Duration) -> Follow {
        let now = self.now(after);
        let rules = Rules::new(Duration::from_secs(LAG.unsigned_abs()));
        let start = Timestamp::from_seconds(START);
        let mut follow = Follow::new(rules, Settings::default(), start, place, now);
        follow.retarget(&self.targets, LeftOut::default(), start, now);
        follow
    }

    fn read(&mut self, cell: usize, look: Look, now: Now) -> Looked {
        let id = |n: usize| format!("{cell}-{n}");
        let history = &self.histories[cell];
        let mut seen: Vec<(i64, usize)> = (0..history.len())
            .filter(|n| START + history[*n].0 + history[*n].1 <= now.second())
            .map(|n| (START + history[n].0, n))
            .filter(|(at, _)| (look.from..=look.to).contains(at))
            .collect();
        seen.sort_by_key(|(at, _)| Reverse(*at));
        let most = usize::try_from(look.most).unwrap();
        let cut_at = (seen.len() > most).then(|| seen[most - 1].0);
        seen.truncate(most);
        let calls = u32::try_from(seen.len().div_ceil(50).max(1)).unwrap();
        self.calls[cell] += calls;
        let account = self.targets[cell].cell.account.to_string();
        let events = seen.iter();
        Looked {
            look,
            found: Ok(Found {
                events: events
                    .map(|(at, n)| event_in(&account, *at, &id(*n)).into())
                    .collect(),
                scanned: seen.len() as u64,
                cut_at,
            }),
            calls,
            throttles: 0,
        }
    }

    /// Runs the tail for so long; each call takes 200 ms. `broken` cells fail.
    fn run(
        &mut self,
        follow: &mut Follow,
        from: Duration,
        until: Duration,
        broken: impl Fn(usize, i64) -> bool,
        sent: &mut Sent,
    ) -> Vec<TailGap> {
        let (mut gaps, mut clock) = (Vec::new(), from);
        while clock < until {
            let now = self.now(clock);
            while let Some(Reverse((_, cell))) = self
                .under_way
                .peek()
                .filter(|Reverse((at, _))| *at <= clock)
                .copied()
            {
                self.under_way.pop();
                let looked = self.looks.remove(&cell).unwrap();
                let (events, gap) = follow.looked(cell, Ended::Done(looked), &IDLE, now, 0.5);
                gaps.extend(gap);
                for event in events {
                    let (of, n) = event.key.event_id.split_once('-').unwrap();
                    let key = (of.parse().unwrap(), n.parse().unwrap());
                    sent.entry(key).or_default().push(now.second());
                }
            }
            while let Some(step) = follow.step(now) {
                match step {
                    Step::Gap(gap) => gaps.push(gap),
                    Step::Look(cell, look) => {
                        let mut looked = self.read(cell, look, now);
                        if broken(cell, now.second() - START) {
                            looked.found = Err(denied(&self.targets[cell]));
                        }
                        self.under_way.push(Reverse((
                            clock + Duration::from_millis(200) * looked.calls,
                            cell,
                        )));
                        self.looks.insert(cell, looked);
                    }
                }
            }
            let due = follow
                .next_due()
                .map(|at| at.saturating_duration_since(self.begun));
            let done = self.under_way.peek().map(|Reverse((at, _))| *at);
            let next = due.into_iter().chain(done).min().unwrap_or(until);
            clock = next.max(clock + Duration::from_millis(1));
        }
        gaps
    }
}

const IDLE: Prospect = Prospect {
    wait: Duration::ZERO,
    interval: Duration::from_millis(500),
    latency: Duration::from_millis(200),
    factor: 1.0,
    foreign: 0.0,
    spent: 0,
};

fn denied(target: &TargetCell) -> AwsError {
    AwsError {
        api: Api::LookupEvents,
        account: target.cell.account,
        region: target.cell.region.clone(),
        kind: FailureKind::AccessDenied,
        code: None,
        message: String::new(),
        request_id: None,
        remembered_for: None,
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// Every event that could be looked up by then and is settled was sent, and none twice.
fn assert_each_once(world: &World, sent: &Sent, settled: i64) {
    assert!(
        sent.values().all(|times| times.len() == 1),
        "an event came twice"
    );
    for (cell, history) in world.histories.iter().enumerate() {
        for (n, (at, _)) in history
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| *at <= settled)
        {
            assert!(
                sent.contains_key(&(cell, n)),
                "event {n} of {at} s in cell {cell} is missing"
            );
        }
    }
}

#[test]
fn an_hour_over_200_cells_every_event_once_in_time_for_a_twentieth_of_the_budget() {
    for (cells, per_hour, most_seconds) in [(200, 100, 25), (40, 1_500, 120), (8, 4_000, 240)] {
        let mut world = World::new(cells, per_hour, 3_600);
        let mut follow = world.follow(None, Duration::ZERO);
        let mut sent = Sent::new();
        let gaps = world.run(&mut follow, Duration::ZERO, HOUR, |_, _| false, &mut sent);
        assert_eq!(gaps, []);
        assert_each_once(&world, &sent, 3_600 - LAG - LAG / 4 - 60);
        let spent = world.calls.iter().max().copied().unwrap();
        let share = f64::from(spent) / 7_200.0;
        let mut waits: Vec<i64> = sent
            .iter()
            .map(|((cell, n), times)| {
                let (at, delay) = world.histories[*cell][*n];
                times[0] - START - at - delay
            })
            .collect();
        waits.sort_unstable();
        let (half, nearly, last) = (
            waits[waits.len() / 2],
            waits[waits.len() * 99 / 100],
            waits[waits.len() - 1],
        );
        println!(
            "{per_hour} events an hour: {:.2} % of the budget, sent after {half} s, p99 {nearly} s, at most {last} s",
            share * 100.0
        );
        assert!(share <= 0.05, "{per_hour} an hour: {share}");
        assert!(half <= most_seconds, "{per_hour} an hour: {half} s");
        assert!(last <= LAG + LAG / 4 + 60, "{per_hour} an hour: {last} s");
    }
}

#[test]
fn a_cell_that_fails_goes_on_where_it_was_and_holds_nobody_up() {
    let mut world = World::new(40, 300, 3_600);
    let mut follow = world.follow(None, Duration::ZERO);
    let mut sent = Sent::new();
    let broken = |cell: usize, at: i64| cell < 20 && (600..2_400).contains(&at);
    let mut part = |follow: &mut Follow, from: u64, until: u64| {
        let (from, until) = (Duration::from_secs(from), Duration::from_secs(until));
        world.run(follow, from, until, broken, &mut sent)
    };
    part(&mut follow, 0, 900);
    assert!(follow.has_trouble_to_tell() || !follow.tell(true).failing.is_empty());
    let told = follow.tell(true);
    assert_eq!((told.failing.len(), told.watermarks.len()), (20, 20));
    let reasons: Vec<_> = told
        .failing
        .iter()
        .filter_map(|report| report.reason)
        .collect();
    assert_eq!(reasons, [CellReason::AccessDenied; 20]);
    part(&mut follow, 900, 2_350);
    let others = sent.keys().filter(|(cell, _)| *cell >= 20).count();
    assert!(others > 20 * 110, "{others}");
    let mut part = |follow: &mut Follow, from: u64, until: u64| {
        let (from, until) = (Duration::from_secs(from), Duration::from_secs(until));
        world.run(follow, from, until, broken, &mut sent)
    };
    part(&mut follow, 2_350, 5_400);
    assert!(follow.tell(true).failing.is_empty());
    assert_each_once(&world, &sent, 3_600);
}

#[test]
fn resumed_anywhere_nothing_is_lost_or_comes_twice() {
    let mut world = World::new(30, 600, 3_600);
    let mut sent = Sent::new();
    let mut follow = world.follow(None, Duration::ZERO);
    for part in 0..36 {
        let (from, until) = (HOUR * part / 24, HOUR * (part + 1) / 24);
        let gaps = world.run(&mut follow, from, until, |_, _| false, &mut sent);
        assert_eq!(gaps, []);
        let place = follow.place(world.now(until).time);
        // What was under way is lost with the process.
        (world.under_way, world.looks) = Default::default();
        follow = world.follow(Some(place), until);
    }
    assert_each_once(&world, &sent, 3_600);
}

#[test]
fn with_little_to_remember_events_come_later_and_still_once() {
    let mut world = World::new(20, 600, 3_600);
    let mut follow = world.follow(None, Duration::ZERO);
    follow.settings.remembered = 100;
    let mut sent = Sent::new();
    let mut clock = Duration::ZERO;
    while clock < HOUR * 2 {
        world.run(
            &mut follow,
            clock,
            clock + HOUR / 12,
            |_, _| false,
            &mut sent,
        );
        clock += HOUR / 12;
        let kept: usize = follow
            .entries
            .iter()
            .map(|entry| entry.state.remembered())
            .sum();
        assert_eq!(kept, follow.remembered);
        assert!(kept <= 100, "{kept}");
    }
    assert_each_once(&world, &sent, 3_600);
}

#[test]
fn a_reader_who_is_away_for_an_hour_loses_nothing_and_for_two_is_told_what() {
    for (hours, holes) in [(0.9, 0), (2.5, 5)] {
        let mut world = World::new(5, 300, 3_600 * 4);
        let mut follow = world.follow(None, Duration::ZERO);
        let mut sent = Sent::new();
        world.run(&mut follow, Duration::ZERO, HOUR, |_, _| false, &mut sent);
        let away = HOUR.mul_f64(hours);
        follow.reader_was_away(away);
        let gaps = world.run(&mut follow, HOUR + away, HOUR * 5, |_, _| false, &mut sent);
        assert_eq!(gaps.len(), holes, "{gaps:?}");
        assert!(gaps.iter().all(|gap| gap.reason == GapReason::SlowReader));
        for (cell, history) in world.histories.iter().enumerate() {
            let hole = gaps.iter().find(|gap| gap.cell == world.targets[cell].cell);
            let in_hole = |at: i64| {
                hole.is_some_and(|gap| gap.window.contains(Timestamp::from_seconds(START + at)))
            };
            for (n, (at, _)) in history.iter().enumerate() {
                let times = sent.get(&(cell, n)).map_or(0, Vec::len);
                assert!(
                    times == 1 || (times == 0 && in_hole(*at)),
                    "{at} s: {times} times"
                );
            }
        }
    }
}

#[test]
fn what_the_history_does_not_hold_any_more_is_a_hole() {
    let mut world = World::new(1, 0, 3_600);
    let old = TailCell {
        through: START - 91 * 86_400,
        sent: vec![(START - 91 * 86_400 + 5, 7)],
    };
    let place = TailPlace {
        made: Timestamp::from_seconds(START),
        cells: [(target(0).cell, old)].into(),
    };
    let mut follow = world.follow(Some(place), Duration::ZERO);
    let gaps = world.run(
        &mut follow,
        Duration::ZERO,
        Duration::from_secs(60),
        |_, _| false,
        &mut Sent::new(),
    );
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].reason, GapReason::BeyondHistory);
    assert_eq!(gaps[0].window.start().seconds(), START - 91 * 86_400 + 1);
    assert_eq!(follow.remembered, 0);
}

#[test]
fn cells_come_and_go_and_go_on_where_they_were() {
    let mut world = World::new(2, 600, 3_600);
    let mut follow = world.follow(None, Duration::ZERO);
    let mut sent = Sent::new();
    let both = world.targets.clone();
    let minutes = |count: u64| Duration::from_secs(60 * count);
    world.run(
        &mut follow,
        Duration::ZERO,
        minutes(10),
        |_, _| false,
        &mut sent,
    );
    let start = Timestamp::from_seconds(START);
    follow.retarget(
        &both[..1],
        LeftOut::default(),
        start,
        world.now(minutes(10)),
    );
    let told = follow.tell(true);
    assert_eq!((told.watermarks.len(), told.failing.len()), (1, 1));
    assert_eq!(told.failing[0].cell, both[1].cell);
    let before = sent.keys().filter(|(cell, _)| *cell == 1).count();
    world.run(
        &mut follow,
        minutes(10),
        minutes(20),
        |_, _| false,
        &mut sent,
    );
    assert_eq!(sent.keys().filter(|(cell, _)| *cell == 1).count(), before);
    follow.retarget(&both, LeftOut::default(), start, world.now(minutes(20)));
    world.run(
        &mut follow,
        minutes(20),
        minutes(90),
        |_, _| false,
        &mut sent,
    );
    assert_each_once(&world, &sent, 3_600);
    // The queue holds each cell once, or it would be looked at twice as often.
    assert_eq!(follow.due.len(), 2);
}
