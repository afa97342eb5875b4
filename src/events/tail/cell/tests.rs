//! A cell followed over histories in which events become visible late, with looks at random times that fail, are cut off
//! or find no room, and with cursors taken up elsewhere: each event comes once.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::events::testing::event;

const LAG: i64 = 900;
const START: i64 = 1_800_000_000;

fn rules() -> Rules {
    Rules::new(Duration::from_secs(LAG.unsigned_abs()))
}

/// An event: when it happened, after the start, and how long until it could be looked up.
type Told = (i64, i64);

/// What a look reads of this history, page by page from the newest, as AWS gives it at `now`.
fn read(history: &[Told], look: &Look, now: i64) -> Found {
    let mut seen: Vec<(i64, usize)> = history
        .iter()
        .enumerate()
        .filter(|(_, (at, delay))| START + at + delay <= now)
        .map(|(id, (at, _))| (START + at, id))
        .filter(|(at, _)| (look.from..=look.to).contains(at))
        .collect();
    seen.sort_by_key(|(at, id)| (std::cmp::Reverse(*at), *id));
    let whole = seen.len();
    let most = usize::try_from(look.most.div_ceil(50) * 50).unwrap();
    seen.truncate(most);
    Found {
        scanned: seen.len() as u64,
        cut_at: (whole > most).then(|| seen.last().unwrap().0),
        events: seen
            .into_iter()
            .map(|(at, id)| Arc::new(event(at, &id.to_string())))
            .collect(),
    }
}

#[derive(Debug, Clone)]
enum Turn {
    Look { after: i64, room: usize },
    Fail { after: i64 },
    Resume,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        8 => (0i64..400, prop_oneof![Just(0usize), Just(3), Just(10_000)])
            .prop_map(|(after, room)| Turn::Look { after, room }),
        1 => (0i64..2_000).prop_map(|after| Turn::Fail { after }),
        1 => Just(Turn::Resume),
    ];
    prop::collection::vec(turn, 1..60)
}

fn histories() -> impl Strategy<Value = Vec<Told>> {
    let ordinary = prop::collection::vec((0i64..7_200, 0i64..=LAG), 0..400);
    let burst = (0i64..7_200, 0usize..900);
    (ordinary, burst).prop_map(|(mut all, (at, count))| {
        all.extend((0..count).map(|n| (at, i64::try_from(n).unwrap() % LAG)));
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_event_once_whatever_happens(history in histories(), turns in turns()) {
        let rules = rules();
        let mut cell = Followed::since(START);
        let mut now = START;
        let mut got: BTreeMap<String, u32> = BTreeMap::new();
        let mut step = |cell: &mut Followed, now: i64, room: usize| {
            let Some(look) = cell.look(&rules, now) else { return };
            let news = cell.take(&rules, &look, read(&history, &look, now), room);
            assert_eq!(news.too_full, None);
            assert!(news.events.is_sorted_by_key(|event| event.key.time));
            for event in news.events {
                *got.entry(event.key.event_id.to_string()).or_default() += 1;
            }
        };
        for turn in turns {
            match turn {
                Turn::Look { after, room } => {
                    now += after;
                    step(&mut cell, now, room);
                }
                Turn::Fail { after } => now += after,
                Turn::Resume => cell = Followed::at(cell.place()),
            }
        }
        // In the end all of it is settled, and is followed to its end.
        now = now.max(START + 7_200) + 2 * LAG;
        let mut looks = 0;
        while cell.behind(&rules, now) > 0 {
            step(&mut cell, now, 10_000);
            looks += 1;
            prop_assert!(looks < 1_000, "it does not come to an end: {cell:?}");
        }
        prop_assert!(got.values().all(|times| *times == 1), "twice: {got:?}");
        prop_assert_eq!(got.len(), history.len());
        prop_assert!(cell.remembered() <= history.len());
    }
}

#[test]
fn a_second_too_full_to_be_held_is_told_and_left_out() {
    let mut rules = rules();
    rules.most_in_a_second = 600;
    let history: Vec<Told> = (0..700).map(|_| (10, 0)).chain([(9, 0), (11, 0)]).collect();
    let mut cell = Followed::since(START);
    let now = START + 4 * LAG;
    let (mut got, mut too_full) = (Vec::new(), Vec::new());
    while cell.behind(&rules, now) > 0 {
        let look = cell.look(&rules, now).unwrap();
        let news = cell.take(&rules, &look, read(&history, &look, now), 0);
        too_full.extend(news.too_full);
        got.extend(
            news.events
                .iter()
                .map(|event| event.key.time.seconds() - START),
        );
    }
    assert_eq!((got, too_full), (vec![9, 11], vec![START + 10]));
}

#[test]
fn what_is_sent_early_is_remembered_until_it_is_settled_and_no_longer() {
    let rules = rules();
    let mut cell = Followed::since(START);
    let history = [(1, 0), (2, 0)];
    let at = |now: i64, cell: &mut Followed| {
        let look = cell.look(&rules, now).unwrap();
        let news = cell.take(&rules, &look, read(&history, &look, now), 1);
        (news.events.len(), cell.remembered())
    };
    assert_eq!(at(START + 5, &mut cell), (1, 1), "there is room for one");
    assert_eq!(at(START + 6, &mut cell), (1, 2), "and then for another");
    assert_eq!(at(START + 30, &mut cell), (0, 2));
    assert_eq!(at(START + 910, &mut cell), (0, 0));
}
