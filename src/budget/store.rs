//! Where the slots of a bucket come from: this process alone, a shared store, or a fixed part of each quota.
//!
//! A store never counts calls, it deals out moments. What it must keep is one number a bucket: when the next slot is.

pub mod alone;
pub mod redis;

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::{
    BucketKey,
    pace::Pace,
    slots::{Ask, Micros, Turns},
};
use crate::domain::Effect;

/// On what terms a bucket gets its next slot, at this moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Terms {
    /// This process decides by itself.
    Alone(Alone),
    /// The store must be asked.
    Ask,
    /// Not now.
    Refuse {
        /// When asking again may help.
        retry_after: Duration,
    },
}

/// How a process that decides by itself keeps out of the way of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alone {
    /// The quota is divided by this: each interval is so many times longer.
    pub parts: u32,
    /// The turns that it may use, on a clock that is ahead of ours by `ahead` microseconds.
    pub turns: Turns,
    /// See `turns`.
    pub ahead: i64,
    /// Nothing leaves before this moment of our clock, plus so many intervals: what was promised before must be over.
    pub not_before: Micros,
    /// See `not_before`.
    pub intervals: u32,
}

impl Alone {
    /// Nobody else spends anything.
    pub const WHOLE: Self = Self {
        parts: 1,
        turns: Turns::ALL,
        ahead: 0,
        not_before: 0,
        intervals: 0,
    };
}

/// Slots that a store has given, each so many microseconds after its answer came.
#[derive(Debug, Clone, PartialEq)]
pub struct Reservation {
    /// The delays, ascending. Empty: there is none for now; ask again after `retry_after`.
    pub slots: Vec<Micros>,
    /// When the bucket's next slot is, on the store's clock: what a give-back must name.
    pub due: Micros,
    /// The store's clock minus ours, as this answer shows it.
    pub ahead: i64,
    /// When to ask again if there are no slots.
    pub retry_after: Duration,
    /// The pace that all replicas share for this bucket, if a throttle was seen by any.
    pub pace: Option<Pace>,
}

/// A store did not do what it was asked. Whether it did is not known: what it may have given counts as spent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the budget store {0}")]
pub struct StoreError(pub String);

/// What kind of store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// In the memory of this process.
    Embedded,
    /// Redis or Valkey, shared by all replicas.
    Redis,
    /// No store: each replica has an equal part of each quota.
    StaticShare,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreState {
    /// It works.
    Healthy,
    /// It works, but not all replicas reach it: only the turns of those that do are spent.
    ScaledDown,
    /// It cannot be reached: reads go on in this replica's own turns, writes are refused.
    Unreachable,
}

impl StoreStatus {
    /// One word for what it is and how it is.
    pub fn word(&self) -> &'static str {
        match (self.kind, self.state) {
            (StoreKind::Embedded, _) => "embedded",
            (StoreKind::StaticShare, _) => "static_share",
            (StoreKind::Redis, StoreState::Healthy) => "healthy",
            (StoreKind::Redis, StoreState::ScaledDown) => "scaled_down",
            (StoreKind::Redis, StoreState::Unreachable) => "unreachable",
        }
    }
}

/// Every word that [`StoreStatus::word`] has.
pub const STORE_WORDS: [&str; 5] = [
    "embedded",
    "static_share",
    "healthy",
    "scaled_down",
    "unreachable",
];

/// A store's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreStatus {
    /// What it is.
    pub kind: StoreKind,
    /// How it is.
    pub state: StoreState,
    /// Replicas that are known to be there.
    pub alive: u32,
    /// Replicas that should be.
    pub expected: u32,
    /// Since when it is in this state, on our clock.
    pub since: Micros,
}

/// Where slots come from. Moments are on our clock: microseconds since the budgets were made.
pub trait Store: Send + Sync {
    /// The terms for a call of this effect.
    fn terms(&self, effect: Effect, now: Micros) -> Terms;

    /// Reserves slots, where the terms are [`Terms::Ask`]. At most one reservation of a bucket is under way at a time.
    ///
    /// # Errors
    ///
    /// If there is no clear answer in time. The caller asks for the terms again.
    fn reserve(&self, key: BucketKey, ask: Ask) -> BoxFuture<'_, Result<Reservation, StoreError>>;

    /// Gives unused slots at the end of a reservation back: those from `unused` on, both on the store's clock. Does
    /// not wait, and may be lost: then they count as spent.
    fn give_back(&self, key: BucketKey, due: Micros, unused: Micros);

    /// Shares a pace that a throttle has just changed, and holds the bucket for so long. `before` is when the pace that it
    /// was made from was cut: if that is not the newest any more, the throttle is told to the newest instead, so that no
    /// replica undoes what another has learnt. Does not wait.
    fn slowed(&self, key: BucketKey, before: Option<Micros>, pace: Pace, hold: Micros);

    /// How the store is.
    fn status(&self) -> StoreStatus;
}
