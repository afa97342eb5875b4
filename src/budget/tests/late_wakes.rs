//! Tasks that wake late, as on a busy machine: what they were handed is theirs, and nobody else loses anything by it.

use futures_util::poll;

use super::*;

/// Waits until the line has ended: who was in it has been handed its slot.
async fn line_ended(budgets: &Budgets) {
    while budgets.load().1 > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
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
