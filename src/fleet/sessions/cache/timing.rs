//! How long the outcome of a load is believed. Pure, but for the randomness that it is given.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Doubling;

/// How long a failure is believed before the next load may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Not at all: the failure says nothing about the key (the process drains).
    Nothing,
    /// Seconds, doubling from [`Timing::transient`] to its end.
    Transient,
    /// Minutes, doubling from [`Timing::refused`] to its end.
    Refused,
}

/// A value just loaded.
#[derive(Debug, Clone)]
pub struct Lease<V> {
    /// The value.
    pub value: V,
    /// How long it lives, counted from the moment the load was started.
    pub lifetime: Duration,
}

/// The times that the cache keeps.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The share of the lifetime after which a use starts the next load in the background: drawn from this
    /// range for each value, so that a fleet loaded at once does not refresh at once.
    pub refresh_at: (f64, f64),
    /// A value this near to its end is not handed out any more, so that a call under way does not outlive it.
    /// Never more than a twentieth of the lifetime.
    pub end_margin: Duration,
    /// The longest that one load may take, the wait for the budget included: 10,000 accounts asked for at
    /// once wait half a minute for 300 AssumeRole calls a second.
    pub flight: Duration,
    /// The memory of a passing failure.
    pub transient: Doubling,
    /// The memory of a refusal.
    pub refused: Doubling,
    /// Randomness: a number from 0 up to 1.
    pub jitter: fn() -> f64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            refresh_at: (0.75, 0.80),
            end_margin: Duration::from_secs(60),
            flight: Duration::from_secs(120),
            transient: Doubling {
                first: Duration::from_secs(2),
                longest: Duration::from_secs(5),
            },
            refused: Doubling::REFUSED,
            jitter: rand::random::<f64>,
        }
    }
}

/// A value held.
pub(super) struct Held<V> {
    pub(super) value: V,
    pub(super) generation: u64,
    pub(super) since: Instant,
    pub(super) refresh_at: Instant,
    pub(super) usable_until: Instant,
}

impl Timing {
    /// The value of a load that was started then.
    pub(super) fn hold<V: Clone>(
        &self,
        lease: &Lease<V>,
        generation: u64,
        started: Instant,
    ) -> Held<V> {
        let (low, high) = self.refresh_at;
        let share = (low + (high - low) * (self.jitter)()).clamp(0.0, 1.0);
        let margin = self.end_margin.min(lease.lifetime / 20);
        Held {
            value: lease.value.clone(),
            generation,
            since: started,
            refresh_at: started + lease.lifetime.mul_f64(share),
            usable_until: started + (lease.lifetime - margin),
        }
    }

    /// How long to believe the next failure after `streak` of them in a row, up to a tenth longer by chance.
    pub(super) fn believe(&self, memory: Memory, streak: u32) -> Option<Duration> {
        let memory = match memory {
            Memory::Nothing => return None,
            Memory::Transient => self.transient,
            Memory::Refused => self.refused,
        };
        Some(memory.after(streak, (self.jitter)()))
    }
}
