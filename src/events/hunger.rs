//! Whether the reader of a stream waits for more: its driver tells it, and who reads ahead for it waits to be told.

use std::future::pending;

use tokio::sync::watch;

/// Tells it.
#[derive(Debug)]
pub(super) struct Hunger(watch::Sender<bool>);

/// Learns it. Cloning makes another who learns.
#[derive(Debug, Clone)]
pub(super) struct Hungry(Option<watch::Receiver<bool>>);

impl Hunger {
    /// Of a reader that has had nothing yet.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(true))
    }

    /// It waits for more now, or does not. Who learns is woken only if that is news.
    pub(super) fn is(&self, hungry: bool) {
        self.0
            .send_if_modified(|was| std::mem::replace(was, hungry) != hungry);
    }

    /// Somebody who learns it.
    pub(super) fn learner(&self) -> Hungry {
        Hungry(Some(self.0.subscribe()))
    }
}

impl Hungry {
    /// Where there is no such reader.
    pub(super) fn never() -> Self {
        Self(None)
    }

    /// Whether the reader waits for more now.
    pub(super) fn now(&self) -> bool {
        self.0.as_ref().is_some_and(|told| *told.borrow())
    }

    /// Waits until the reader has become hungry. Can be dropped at any time: nothing is missed.
    pub(super) async fn grows(&mut self) {
        let Some(told) = &mut self.0 else {
            return pending().await;
        };
        while told.changed().await.is_ok() {
            if *told.borrow() {
                return;
            }
        }
        // Nobody tells any more.
        pending().await
    }
}
