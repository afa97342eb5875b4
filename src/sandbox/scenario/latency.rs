//! How long calls take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sandbox::hash;

/// How long calls take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Latency {
    /// Always this long.
    Constant {
        /// Milliseconds.
        ms: f64,
    },
    /// Anything between the two.
    Uniform {
        /// Milliseconds.
        min_ms: f64,
        /// Milliseconds.
        max_ms: f64,
    },
    /// Mostly about the median, sometimes very long: the exponential of a normal distribution.
    Lognormal {
        /// Half of the calls take longer, in milliseconds.
        median_ms: f64,
        /// The spread: about 0.5 is tame, 1 is wild.
        sigma: f64,
        /// None takes longer, in milliseconds.
        max_ms: f64,
    },
}

impl Latency {
    /// This long, always.
    pub fn constant(span: Duration) -> Self {
        Self::Constant {
            ms: span.as_secs_f64() * 1_000.0,
        }
    }

    /// How long the call with this hash takes.
    pub fn sample(&self, hash: u64) -> Duration {
        let ms = match *self {
            Self::Constant { ms } => ms,
            Self::Uniform { min_ms, max_ms } => min_ms + (max_ms - min_ms) * hash::unit(hash),
            Self::Lognormal {
                median_ms,
                sigma,
                max_ms,
            } => (median_ms * (sigma * normal(hash)).exp()).min(max_ms),
        };
        Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or_default()
    }
}

/// About a standard normal number: twelve uniform ones less six.
fn normal(hash: u64) -> f64 {
    (0..12)
        .map(|i| hash::unit(hash::with(hash, i)))
        .sum::<f64>()
        - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_keep_their_median() {
        let lognormal = Latency::Lognormal {
            median_ms: 100.0,
            sigma: 0.5,
            max_ms: 1_000.0,
        };
        let above = (0..10_000)
            .filter(|i| lognormal.sample(hash::mix(*i)) > Duration::from_millis(100))
            .count();
        assert!((4_700..5_300).contains(&above), "{above}");
    }
}
