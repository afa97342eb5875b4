use super::*;

const SECOND: Micros = 1_000_000;

fn heard(rank: Option<u32>, open: u64) -> Heard {
    Heard {
        now: 1_700_000_000_000_000,
        epoch: "e".to_owned(),
        rank,
        ranks: 4,
        open,
        alive: open.count_ones(),
    }
}

/// A replica that was heard at `now`, with rank 2 of 4.
fn up(now: Micros) -> Standing {
    let mut standing = Standing::new(4, 0);
    standing.saw(Sight::of(now, now, 1_700_000_000_000_000));
    standing.back(now);
    standing.beat_came(&heard(Some(2), 0b1111), now);
    standing
}

fn refuses(terms: &Terms) -> bool {
    matches!(terms, Terms::Refuse { .. })
}

#[test]
fn who_was_never_heard_spends_nothing() {
    let standing = Standing::new(4, 0);
    assert!(refuses(&standing.terms(Effect::Read, SECOND)));
    assert!(refuses(&standing.terms(Effect::Write, SECOND)));
    assert_eq!(standing.status().state, StoreState::Unreachable);
}

#[test]
fn three_failures_in_a_row_of_one_kind_and_no_fewer() {
    for call in [Call::Beat, Call::Reserve] {
        let mut standing = up(SECOND);
        for _ in 0..10 {
            assert!(!standing.failed(call, SECOND));
            assert!(!standing.failed(call, SECOND));
            standing.beat_came(&heard(Some(2), 0b1111), SECOND);
            standing.batch_came();
            assert_eq!(standing.terms(Effect::Write, SECOND), Terms::Ask);
        }
        standing.failed(call, SECOND);
        standing.failed(call, SECOND);
        assert!(standing.failed(call, 2 * SECOND));
        assert!(!standing.failed(call, 3 * SECOND), "told once");
        assert_eq!(standing.status().state, StoreState::Unreachable);
        assert_eq!(standing.status().since, 2 * SECOND);
    }
}

#[test]
fn alone_it_keeps_to_its_own_turns_once_the_others_know() {
    let mut standing = up(SECOND);
    // A beat without an answer may have been heard.
    standing.beat_leaves(3 * SECOND);
    for _ in 0..FAILURES {
        standing.failed(Call::Beat, 4 * SECOND);
    }
    let Terms::Alone(alone) = standing.terms(Effect::Read, 4 * SECOND) else {
        panic!("a read must be possible");
    };
    assert_eq!(alone.turns, Turns::only(2, 4));
    assert_eq!(alone.parts, 1);
    assert_eq!(alone.intervals, 5);
    assert_eq!(
        alone.not_before,
        3 * SECOND + 2 * SECOND + 100_000 + 4 * 100_000
    );
    assert!(refuses(&standing.terms(Effect::Write, 60 * SECOND)));
}

#[test]
fn without_a_rank_it_asks_and_never_spends_by_itself() {
    let mut standing = up(SECOND);
    standing.beat_came(&heard(None, 0b1111), 2 * SECOND);
    assert_eq!(standing.terms(Effect::Read, 2 * SECOND), Terms::Ask);
    for _ in 0..FAILURES {
        standing.failed(Call::Reserve, 3 * SECOND);
    }
    assert!(refuses(&standing.terms(Effect::Read, 9 * SECOND)));
}

#[test]
fn it_says_when_not_all_are_there() {
    let mut standing = up(SECOND);
    assert_eq!(standing.status().state, StoreState::Healthy);
    standing.beat_came(&heard(Some(2), 0b0111), 2 * SECOND);
    let status = standing.status();
    assert_eq!(status.state, StoreState::ScaledDown);
    assert_eq!((status.alive, status.expected), (3, 4));
    assert_eq!(status.since, 2 * SECOND);
    standing.beat_came(&heard(Some(2), 0b0111), 3 * SECOND);
    assert_eq!(standing.status().since, 2 * SECOND);
}

#[test]
fn after_leaving_it_spends_nothing() {
    let mut standing = up(SECOND);
    standing.left(2 * SECOND);
    assert!(refuses(&standing.terms(Effect::Read, 60 * SECOND)));
}
