//! The two stores that ask nobody: all of each quota, or a fixed part of it.

use futures_util::future::BoxFuture;

use super::{Alone, Reservation, Store, StoreError, StoreKind, StoreState, StoreStatus, Terms};
use crate::{
    budget::{
        BucketKey,
        pace::Pace,
        slots::{Ask, Micros},
    },
    domain::Effect,
};

/// This process is the only replica, or one of a fixed number that share nothing.
#[derive(Debug, Clone, Copy)]
pub struct ByItself {
    replicas: u32,
    kind: StoreKind,
}

impl ByItself {
    /// The only replica: the embedded store, and the default.
    pub fn embedded() -> Self {
        Self {
            replicas: 1,
            kind: StoreKind::Embedded,
        }
    }

    /// One of so many replicas, each with an equal part of each quota.
    pub fn static_share(replicas: u32) -> Self {
        Self {
            replicas: replicas.max(1),
            kind: StoreKind::StaticShare,
        }
    }
}

impl Store for ByItself {
    fn terms(&self, _effect: Effect, _now: Micros) -> Terms {
        Terms::Alone(Alone {
            parts: self.replicas,
            ..Alone::WHOLE
        })
    }

    fn reserve(
        &self,
        _key: BucketKey,
        _ask: Ask,
    ) -> BoxFuture<'_, Result<Reservation, StoreError>> {
        Box::pin(async { Err(StoreError("is this process itself".to_owned())) })
    }

    fn give_back(&self, _key: BucketKey, _due: Micros, _unused: Micros) {}

    fn slowed(&self, _key: BucketKey, _before: Option<Micros>, _pace: Pace, _hold: Micros) {}

    fn status(&self) -> StoreStatus {
        StoreStatus {
            kind: self.kind,
            state: StoreState::Healthy,
            alive: 1,
            expected: self.replicas,
            since: 0,
        }
    }
}
