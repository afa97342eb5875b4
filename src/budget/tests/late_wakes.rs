//! Tasks that wake late, as on a busy machine: what they were handed is theirs, and nobody else loses anything by it.

use futures_util::poll;

use super::*;

/// Waits until the line has ended: who was in it has been handed its slot.
async fn line_ended(budgets: &Budgets) {
    while budgets.load().1 > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// When nobody waits any more the line ends, and the next one begins anew. Who was in the old one must not be taken for one
/// of the new one, even with the same caller and deadline.
#[tokio::test(start_paused = true)]
async fn who_wakes_after_the_line_has_ended_pushes_nobody_out_of_the_next() {
    let (budgets, ctx, key) = (budgets(), context(Duration::from_secs(60)), key());
    let mut first = Box::pin(budgets.acquire(&ctx, &key));
    assert!(poll!(&mut first).is_pending());
    line_ended(&budgets).await;
    let mut second = Box::pin(budgets.acquire(&ctx, &key));
    assert!(poll!(&mut second).is_pending());
    let left = first.await.unwrap().leave();
    second.await.unwrap().leave();
    drop(left);
    assert_eq!(spent(&budgets), 2);
}

/// The same for one that gives up when it has been handed its slot: the slot is the next one's.
#[tokio::test(start_paused = true)]
async fn who_gives_up_after_the_line_has_ended_pushes_nobody_out_of_the_next() {
    let (budgets, ctx, key) = (budgets(), context(Duration::from_secs(60)), key());
    let mut first = Box::pin(budgets.acquire(&ctx, &key));
    assert!(poll!(&mut first).is_pending());
    line_ended(&budgets).await;
    let mut second = Box::pin(budgets.acquire(&ctx, &key));
    assert!(poll!(&mut second).is_pending());
    drop(first);
    second.await.unwrap().leave();
    assert_eq!(spent(&budgets), 1);
}

/// The machine stops the process for nearly an interval when its turn has come. Leaving then, it would leave just before the
/// next: that turn is over, and the next one is its own.
#[tokio::test(start_paused = true)]
async fn a_turn_that_is_slept_through_is_over() {
    let (budgets, ctx, key) = (budgets(), context(Duration::from_secs(60)), key());
    let mut sleeper = Box::pin(budgets.acquire(&ctx, &key));
    assert!(poll!(&mut sleeper).is_pending());
    line_ended(&budgets).await;
    let its_turn = Instant::now();
    tokio::time::advance(Duration::from_millis(430)).await;
    assert!(poll!(&mut sleeper).is_pending(), "it left 430 ms late");
    let grant = sleeper.await.unwrap();
    let left = its_turn.elapsed();
    assert!(
        Duration::from_millis(480) < left && left < Duration::from_millis(520),
        "{left:?} after its turn"
    );
    assert_eq!(grant.waited, Duration::from_millis(1_000));
    drop(grant.leave());
    assert_eq!(spent(&budgets), 2);
}

/// A process that is always late makes progress all the same.
#[tokio::test(start_paused = true)]
async fn who_sleeps_through_every_turn_leaves_late_at_last() {
    let (budgets, ctx, key) = (budgets(), context(Duration::from_secs(60)), key());
    let mut sleeper = Box::pin(budgets.acquire(&ctx, &key));
    for turns in 1.. {
        if poll!(&mut sleeper).is_ready() {
            assert_eq!(
                turns,
                TURNS + 2,
                "it is looked at once before its first turn"
            );
            return;
        }
        line_ended(&budgets).await;
        tokio::time::advance(Duration::from_millis(200)).await;
    }
}
