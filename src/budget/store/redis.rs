//! The store that replicas share: Redis or Valkey, one server, Sentinel or a cluster.
//!
//! One script deals out slots by the server's clock, as [`Slots`](super::super::slots::Slots) does. Each replica has a
//! rank, and while not all are heard, slots are given only in the turns of those that are; who is cut off keeps to its
//! own. ADR 0011 says why that adds up to the quota whatever fails.

mod batch;
mod connection;
mod keeper;
mod link;
mod script;
mod settings;
mod sight;
mod standing;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

pub use script::texts;
pub use settings::{Login, Password, RedisSettings, Topology};

use super::{Reservation, Store, StoreError, StoreStatus, Terms};
use crate::{
    budget::{
        BucketKey,
        pace::Pace,
        slots::{Ask, Micros},
    },
    domain::Effect,
};
use batch::{QUEUE, What, Wish};
use link::{CallError, Link};

/// The shared store, as one replica sees it.
pub struct Redis {
    link: Arc<Link>,
    queue: mpsc::Sender<Wish>,
}

/// The work of a [`Redis`]: without it, nothing is asked and nothing is heard.
pub struct RedisDriver {
    link: Arc<Link>,
    queue: mpsc::Receiver<Wish>,
}

impl Redis {
    /// A store that knows nothing yet, and what drives it. `origin` is where our clock begins: the moments of
    /// [`Store`] are microseconds since then.
    pub fn new(settings: RedisSettings, origin: Instant) -> (Self, RedisDriver) {
        let link = Arc::new(Link::new(settings, origin));
        let (queue, wishes) = mpsc::channel(QUEUE);
        let driver = RedisDriver {
            link: Arc::clone(&link),
            queue: wishes,
        };
        (Self { link, queue }, driver)
    }

    async fn ask(&self, key: BucketKey, ask: Ask) -> Result<Reservation, StoreError> {
        let unconnected = || StoreError(CallError::Unconnected.to_string());
        if !self.link.standing(|standing| standing.up()) {
            return Err(unconnected());
        }
        let (answer, answered) = oneshot::channel();
        let what = What::Reserve {
            ask,
            at: Instant::now(),
            answer,
        };
        // Both ends are bounded: a queue that stands still has calls in it that end in time.
        self.queue
            .send(Wish { key, what })
            .await
            .map_err(|_| unconnected())?;
        answered.await.map_err(|_| unconnected())?
    }

    /// Queues what need not arrive.
    fn tell(&self, key: BucketKey, what: What) {
        if self.queue.try_send(Wish { key, what }).is_err() {
            tracing::debug!("the budget store was not told of slots or a pace: its queue is full");
        }
    }
}

impl RedisDriver {
    /// Keeps in touch with the store until `stop`, then says that this replica leaves: by then nothing may be spent
    /// any more.
    pub async fn run(self, stop: CancellationToken) {
        let sending = batch::send(Arc::clone(&self.link), self.queue, stop.clone());
        let keeping = keeper::keep(self.link, stop);
        tokio::join!(sending, keeping);
    }
}

impl Store for Redis {
    fn terms(&self, effect: Effect, now: Micros) -> Terms {
        self.link.standing(|standing| standing.terms(effect, now))
    }

    fn reserve(&self, key: BucketKey, ask: Ask) -> BoxFuture<'_, Result<Reservation, StoreError>> {
        Box::pin(self.ask(key, ask))
    }

    fn give_back(&self, key: BucketKey, due: Micros, unused: Micros) {
        self.tell(key, What::GiveBack { due, unused });
    }

    fn slowed(&self, key: BucketKey, before: Option<Micros>, pace: Pace, hold: Micros) {
        self.tell(key, What::Slowed { hold, before, pace });
    }

    fn status(&self) -> StoreStatus {
        self.link.standing(|standing| standing.status())
    }
}
