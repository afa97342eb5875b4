//! Times that double, from a first to a longest. Pure: chance is an argument.

use std::time::Duration;

/// A time that doubles with each repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubling {
    /// The first.
    pub first: Duration,
    /// The longest, but for chance.
    pub longest: Duration,
}

impl Doubling {
    /// How long refusals of AWS are believed: somebody must change a policy or a role first, and then should not wait
    /// long to see it work.
    pub const REFUSED: Self = Self {
        first: Duration::from_secs(60),
        longest: Duration::from_secs(300),
    };

    /// The time after `before` repetitions, up to a tenth longer by `chance` (from 0 up to 1), so that what began
    /// together does not end together.
    pub fn after(self, before: u32, chance: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << before.min(16));
        doubled.min(self.longest).mul_f64(1.0 + 0.1 * chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_to_its_end_and_a_little_beyond_by_chance() {
        let seconds = |before, chance| Doubling::REFUSED.after(before, chance).as_secs();
        let times = [0, 1, 2, 3, 40, u32::MAX].map(|before| seconds(before, 0.0));
        assert_eq!(times, [60, 120, 240, 300, 300, 300]);
        assert_eq!((seconds(0, 1.0), seconds(9, 1.0)), (66, 330));
    }
}
