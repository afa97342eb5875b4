use proptest::prelude::*;

use super::*;

const MINE: u32 = 1_000;

fn caller(number: u32) -> CallerId {
    CallerId::new(&format!("caller-{number:03}"))
}

fn waiting(lane: Lane, number: u32, deadline: Micros) -> Waiting<u32> {
    Waiting {
        caller: caller(number),
        lane,
        deadline,
        since: 0,
        hand: number,
    }
}

fn serve(queue: &mut Queue<u32>) -> Option<Waiting<u32>> {
    let turn = queue.next(0, |_| true)?;
    let next = queue.take(&turn);
    queue.served(&turn);
    next
}

fn lanes() -> impl Strategy<Value = Lane> {
    prop::sample::select(Lane::ALL.to_vec())
}

proptest! {
    /// Whatever joins and leaves, each that stays is served exactly once, and the counts are right.
    #[test]
    fn each_is_served_once(
        steps in prop::collection::vec((lanes(), 0u32..9, 1u64..50, 0u8..4), 1..300),
    ) {
        let mut queue = Queue::new(1_000);
        let (mut joined, mut out) = (Vec::new(), 0usize);
        for (lane, number, deadline, action) in steps {
            match action {
                0 if !joined.is_empty() => {
                    let place = joined.swap_remove(usize::try_from(deadline).unwrap() % joined.len());
                    out += usize::from(queue.leave(&place).is_some());
                    prop_assert!(queue.leave(&place).is_none());
                }
                1 => out += usize::from(serve(&mut queue).is_some()),
                _ => joined.push(queue.join(waiting(lane, number, deadline)).unwrap().0),
            }
            let total: usize = queue.stats().iter().map(|lane| lane.waiting).sum();
            prop_assert_eq!(total, queue.len());
            prop_assert_eq!(total, queue.deadlines.len());
        }
        while serve(&mut queue).is_some() {
            out += 1;
        }
        prop_assert!(queue.is_empty());
        prop_assert_eq!(queue.number, u64::try_from(out).unwrap());
    }

    /// With nobody else coming, the estimate is exact.
    #[test]
    fn what_is_ahead_is_what_is_served_before(
        others in prop::collection::vec((0u32..6, 1u64..50), 0..60),
        number in 0u32..6,
        deadline in 1u64..50,
    ) {
        let mut queue = Queue::new(1_000);
        for (other, deadline) in others {
            queue.join(waiting(Lane::Standard, other, deadline)).unwrap();
        }
        let outlook = queue.outlook(Lane::Standard, &caller(number));
        let ahead = outlook.ahead(outlook.rank(deadline));
        queue.join(Waiting { hand: MINE, ..waiting(Lane::Standard, number, deadline) }).unwrap();
        let mut served = 0;
        loop {
            let next = serve(&mut queue).unwrap();
            if next.hand == MINE {
                break;
            }
            served += 1;
        }
        prop_assert_eq!(ahead.round(), f64::from(served));
    }
}

#[test]
fn a_promise_is_not_made_at_the_cost_of_another_to_the_same_caller() {
    let mut queue = Queue::new(10);
    for deadline in [30, 40] {
        queue.join(waiting(Lane::Standard, 0, deadline)).unwrap();
    }
    let outlook = queue.outlook(Lane::Standard, &caller(0));
    // A slot each ten, and half as long again for whom was let in before.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small numbers"
    )]
    let at = |ahead: f64| 10 + (ahead * 10.0) as Micros;
    assert_eq!(outlook.rank(20), 0);
    assert!(outlook.promises(0, 20, at));
    assert!(
        !outlook.promises(0, 20, |ahead| at(ahead) + 1),
        "the second would be late"
    );
    assert!(
        outlook.promises(2, 1_000, |ahead| at(ahead) + 100),
        "who comes last delays nobody"
    );
}

#[test]
fn callers_take_turns_whatever_each_has() {
    let mut queue = Queue::new(10_000);
    for deadline in 0..5_000 {
        queue.join(waiting(Lane::Batch, 0, deadline)).unwrap();
    }
    queue.join(waiting(Lane::Batch, 1, 9_999)).unwrap();
    let first: Vec<u32> = (0..2).map(|_| serve(&mut queue).unwrap().hand).collect();
    assert!(
        first.contains(&1),
        "the second caller waits for one slot at most"
    );
}

#[test]
fn a_hundred_equal_callers_get_equal_parts() {
    let mut queue = Queue::new(10_000);
    for round in 0..100 {
        for number in 0..100 {
            queue
                .join(waiting(Lane::Standard, number, 1_000 - round))
                .unwrap();
        }
    }
    let mut got = [0.0f64; 100];
    for _ in 0..1_050 {
        got[serve(&mut queue).unwrap().hand as usize] += 1.0;
    }
    let sum: f64 = got.iter().sum();
    let squares: f64 = got.iter().map(|x| x * x).sum();
    let jain = sum * sum / (100.0 * squares);
    assert!(jain >= 0.99, "Jain's index is {jain}");
}

#[test]
fn the_urgent_go_first_and_nobody_starves() {
    let mut queue = Queue::new(10_000);
    for deadline in 0..1_000 {
        for lane in Lane::ALL {
            queue.join(waiting(lane, 0, deadline)).unwrap();
        }
    }
    let mut served: HashMap<Lane, u32> = HashMap::new();
    for _ in 0..1_000 {
        *served.entry(serve(&mut queue).unwrap().lane).or_default() += 1;
    }
    assert!(served[&Lane::Interactive] >= 800, "{served:?}");
    assert!(served[&Lane::Standard] >= 80, "{served:?}");
    assert!(served[&Lane::Batch] >= 40, "{served:?}");
    assert!(served[&Lane::Background] >= 15, "{served:?}");
}

#[test]
fn inside_a_caller_the_earliest_deadline_goes_first() {
    let mut queue = Queue::new(10);
    for deadline in [7, 3, 9, 1] {
        queue.join(waiting(Lane::Standard, 0, deadline)).unwrap();
    }
    let order: Vec<Micros> = std::iter::from_fn(|| serve(&mut queue))
        .map(|w| w.deadline)
        .collect();
    assert_eq!(order, [1, 3, 7, 9]);
}

#[test]
fn one_slot_in_four_may_go_to_whose_deadline_is_near() {
    let mut queue = Queue::new(100);
    for number in 0..20 {
        queue
            .join(waiting(Lane::Interactive, number, 1_000))
            .unwrap();
        queue
            .join(waiting(Lane::Batch, number, 10 + u64::from(number)))
            .unwrap();
    }
    let mut batch = Vec::new();
    for turn in 1..=12 {
        let next = queue.next(15, |_| true).unwrap();
        let taken = queue.take(&next).unwrap();
        queue.served(&next);
        if taken.lane == Lane::Batch {
            batch.push((turn, taken.deadline));
        }
    }
    assert_eq!(batch, [(5, 10), (10, 11)]);
}

#[test]
fn a_full_queue_lets_go_of_who_has_most() {
    let mut queue = Queue::new(4);
    for deadline in 0..4 {
        queue.join(waiting(Lane::Batch, 0, deadline)).unwrap();
    }
    assert_eq!(
        queue.join(waiting(Lane::Batch, 0, 0)).unwrap_err(),
        Full,
        "not for itself"
    );
    let (_, gone) = queue.join(waiting(Lane::Batch, 1, 0)).unwrap();
    assert_eq!(gone.map(|w| (w.hand, w.deadline)), Some((0, 3)));
    let (_, gone) = queue.join(waiting(Lane::Interactive, 2, 0)).unwrap();
    assert_eq!(gone.map(|w| w.hand), Some(0), "from the least urgent lane");
    assert_eq!(
        queue.join(waiting(Lane::Background, 3, 0)).unwrap_err(),
        Full,
        "nothing urgent goes for it"
    );
    assert_eq!(queue.len(), 4);
}

#[test]
fn busy_lanes_above_are_reckoned_with() {
    let mut queue = Queue::new(1_000);
    for deadline in 0..10 {
        queue.join(waiting(Lane::Batch, 0, deadline)).unwrap();
    }
    let ahead = |queue: &Queue<u32>| queue.outlook(Lane::Batch, &caller(0)).ahead(10);
    let calm = ahead(&queue);
    for _ in 0..100 {
        queue.join(waiting(Lane::Interactive, 1, 0)).unwrap();
        serve(&mut queue);
    }
    let busy = ahead(&queue);
    assert!(busy > 2.0 * calm, "{calm} then {busy}");
}
