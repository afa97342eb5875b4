//! The keys of one issuer: read at the start, at intervals, and when a token names a key that is not known. The last is
//! what strangers can bring about, so it happens once in a while at most, however many ask. What cannot be read changes
//! nothing: the keys that were read before stay in use.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    sync::{Notify, Semaphore, watch},
    time::{Instant, sleep_until, timeout},
};

use crate::{
    access::token::{IssuerName, Keys},
    domain::{Timestamp, WallClock},
};

use super::{KeySource, KeysStatus, Timing, source::SourceError};

/// Requests that wait for keys at a time. They hold a place on their connection and little else.
const WAITING: usize = 256;

/// See the module.
pub(super) struct Keeper {
    name: IssuerName,
    source: KeySource,
    timing: Timing,
    kept: RwLock<Kept>,
    /// How often keys have been read, and when they may be again.
    round: watch::Sender<Round>,
    wanted: Notify,
    waiting: Semaphore,
}

#[derive(Default)]
struct Kept {
    keys: Option<Arc<Keys>>,
    read_at: Option<Timestamp>,
    error: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Round {
    count: u64,
    stage: Stage,
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Keys are being read.
    Reading,
    /// They are read again then, or from the first time on if they are wanted.
    Resting {
        may_be_wanted: Instant,
        due: Instant,
    },
}

impl Keeper {
    pub(super) fn new(name: IssuerName, source: KeySource, timing: Timing) -> Self {
        let first = Round {
            count: 0,
            stage: Stage::Reading,
        };
        Self {
            name,
            source,
            timing,
            kept: RwLock::default(),
            round: watch::Sender::new(first),
            wanted: Notify::new(),
            waiting: Semaphore::new(WAITING),
        }
    }

    /// The keys in use, once there are any.
    pub(super) fn keys(&self) -> Option<Arc<Keys>> {
        self.kept().keys.clone()
    }

    /// When keys will have been tried to be read again.
    pub(super) fn retry_after(&self) -> Duration {
        let wait = match self.round.borrow().stage {
            Stage::Reading => Duration::ZERO,
            Stage::Resting { due, .. } => due.saturating_duration_since(Instant::now()),
        };
        wait + Duration::from_secs(1)
    }

    pub(super) fn status(&self) -> KeysStatus {
        let kept = self.kept();
        KeysStatus {
            issuer: self.name.to_string(),
            keys: kept.keys.as_ref().map_or(0, |keys| keys.count()),
            read_at: kept.read_at,
            error: kept.error.clone(),
        }
    }

    /// Waits until keys were read once more, if they may be now. False if they may not, or there are too many who wait.
    pub(super) async fn read_again(&self) -> bool {
        let Ok(_place) = self.waiting.try_acquire() else {
            return false;
        };
        let mut round = self.round.subscribe();
        let Round { count, stage } = *round.borrow_and_update();
        if let Stage::Resting { may_be_wanted, .. } = stage {
            if Instant::now() < may_be_wanted {
                return false;
            }
            self.wanted.notify_one();
        }
        // Reading is bounded, and so is this if nobody reads any more.
        let read = round.wait_for(|round| round.count > count);
        matches!(timeout(self.timing.within * 2, read).await, Ok(Ok(_)))
    }

    /// Reads keys for ever.
    pub(super) async fn keep(&self, clock: &WallClock) {
        let mut failures = 0;
        loop {
            failures = match self.read().await {
                Ok(keys) => {
                    self.take(keys, clock());
                    0
                }
                Err(error) => {
                    self.refuse(&error);
                    failures + 1
                }
            };
            self.rest(failures).await;
            self.round.send_modify(|round| round.stage = Stage::Reading);
        }
    }

    async fn read(&self) -> Result<Keys, SourceError> {
        let read = timeout(self.timing.within, self.source.read()).await;
        let document = read.map_err(|_| SourceError::TooSlow(self.timing.within))??;
        Ok(Keys::read(&document)?)
    }

    /// Until the keys are due, or wanted and allowed to be.
    async fn rest(&self, failures: u32) {
        let now = Instant::now();
        let chance = rand::random();
        let pause = match failures.checked_sub(1) {
            None => self.timing.interval.mul_f64(1.0 - 0.1 * chance),
            Some(before) => self.timing.retry.after(before, chance),
        };
        let (may_be_wanted, due) = (now + self.timing.between, now + pause);
        self.round.send_modify(|round| {
            round.count += 1;
            round.stage = Stage::Resting { may_be_wanted, due };
        });
        let wanted = async {
            // One that was wanted while keys were being read has them.
            while {
                self.wanted.notified().await;
                Instant::now() < may_be_wanted
            } {}
        };
        tokio::select! {
            () = sleep_until(due) => {}
            () = wanted => {}
        }
    }

    fn take(&self, keys: Keys, now: Timestamp) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.keys.is_none() || kept.error.is_some() {
            tracing::info!(issuer = %self.name, keys = keys.count(), "the keys of an issuer were read");
        }
        *kept = Kept {
            keys: Some(Arc::new(keys)),
            read_at: Some(now),
            error: None,
        };
    }

    /// It is logged when it begins and changes, not each time.
    fn refuse(&self, error: &SourceError) {
        let error = error.chain();
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.error.as_ref() != Some(&error) {
            let kept = if kept.keys.is_some() {
                "those read before stay in use"
            } else {
                "its tokens cannot be verified"
            };
            tracing::error!(issuer = %self.name, %error, "the keys of an issuer cannot be read: {kept}");
        }
        kept.error = Some(error);
    }

    fn kept(&self) -> std::sync::RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }
}
