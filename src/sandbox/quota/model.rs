//! Four ways to count, in whole numbers, so that nothing is lost to rounding.

use std::collections::VecDeque;

use crate::sandbox::scenario::QuotaModel;

const SECOND: u64 = 1_000_000_000;
/// A token, in the units that a bucket counts: one nanosecond at a thousandth of a call a second.
const TOKEN: u64 = 1_000_000_000_000;

/// The state of one bucket.
#[derive(Debug)]
pub enum Model {
    /// Fills at `rate` thousandths of a call a second up to `capacity`.
    TokenBucket {
        rate: u64,
        capacity: u64,
        level: u64,
        at: u64,
    },
    /// `limit` calls in each window of `length` nanoseconds.
    FixedWindow {
        limit: u64,
        length: u64,
        window: u64,
        used: u64,
    },
    /// `limit` calls in any span of `length` nanoseconds.
    SlidingLog {
        limit: usize,
        length: u64,
        admitted: VecDeque<u64>,
    },
}

impl Model {
    /// A fresh one, full.
    pub fn new(model: QuotaModel, per_second: f64, now: u64) -> Self {
        let (limit, length) = per_window(per_second);
        match model {
            QuotaModel::TokenBucket { depth } => {
                let depth = depth.unwrap_or_else(|| per_second.max(1.0));
                let capacity = whole(depth * 1e12).max(TOKEN);
                Self::TokenBucket {
                    rate: whole(per_second * 1_000.0).max(1),
                    capacity,
                    level: capacity,
                    at: now,
                }
            }
            QuotaModel::FixedWindow => Self::FixedWindow {
                limit,
                length,
                window: now / length,
                used: 0,
            },
            QuotaModel::SlidingLog => Self::SlidingLog {
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
                length,
                admitted: VecDeque::new(),
            },
        }
    }

    /// Whether a call at this time is let through. Times never run backwards; an earlier one counts as the latest.
    pub fn admit(&mut self, now: u64) -> bool {
        match self {
            Self::TokenBucket {
                rate,
                capacity,
                level,
                at,
            } => {
                let filled = now.saturating_sub(*at).saturating_mul(*rate);
                *level = level.saturating_add(filled).min(*capacity);
                *at = now.max(*at);
                let admitted = *level >= TOKEN;
                if admitted {
                    *level -= TOKEN;
                }
                admitted
            }
            Self::FixedWindow {
                limit,
                length,
                window,
                used,
            } => {
                let current = now / *length;
                if current > *window {
                    *window = current;
                    *used = 0;
                }
                let admitted = *used < *limit;
                *used += u64::from(admitted);
                admitted
            }
            Self::SlidingLog {
                limit,
                length,
                admitted,
            } => {
                while admitted
                    .front()
                    .is_some_and(|t| t.saturating_add(*length) <= now)
                {
                    admitted.pop_front();
                }
                let room = admitted.len() < *limit;
                if room {
                    admitted.push_back(now);
                }
                room
            }
        }
    }
}

/// So many calls in so many nanoseconds: a second, or as long as one call takes at rates below one a second.
fn per_window(per_second: f64) -> (u64, u64) {
    if per_second < 1.0 {
        (1, whole(1e9 / per_second))
    } else {
        (whole(per_second.floor()), SECOND)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; the scenario's check bounds it"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}
