//! How far a warm-up is, in numbers and in words.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::domain::CellReason;

/// How far a warm-up is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The accounts and Regions that are wanted.
    pub cells: usize,
    /// Those of which all that is wanted has been read, but for what has settled since.
    pub done: usize,
    /// Those that are being read now.
    pub reading: usize,
    /// Those that leave their budgets to others now.
    pub standing_back: usize,
    /// Those that could not be read, by the reason of the last failure. They are tried again, ever later.
    pub failing: BTreeMap<CellReason, usize>,
    /// Those of which older parts are left out, because there is no room for them in the cache.
    pub full: usize,
    /// The seconds that are wanted, of all cells together.
    pub wanted_seconds: u64,
    /// Those of them that the cache has.
    pub known_seconds: u64,
    /// What they take in the cache, about, in bytes.
    pub known_bytes: u64,
    /// What they may take before no older part is begun, in bytes.
    pub room_bytes: u64,
    /// AWS calls since the start, retries included.
    pub calls: u64,
    /// How many of them were throttled.
    pub throttles: u64,
    /// Events read since the start.
    pub events: u64,
    /// How long the history that is left takes, if it goes on as it went; `None` while that cannot be told, and when
    /// nothing is left.
    pub remaining: Option<Duration>,
    /// Why the accounts and Regions cannot be made out, or not anew: those there are stay.
    pub trouble: Option<String>,
}

impl Progress {
    /// Cells of which history is left that can be read.
    pub fn left(&self) -> usize {
        self.cells
            .saturating_sub(self.done)
            .saturating_sub(self.failing.values().sum())
            .saturating_sub(self.full)
    }

    /// The part of what is wanted that is known, in per cent, rounded down.
    pub fn known_percent(&self) -> u64 {
        let known = self.known_seconds.saturating_mul(100);
        known.checked_div(self.wanted_seconds).unwrap_or(0)
    }

    /// The failing cells by reason, as in `2 role_not_assumable`.
    pub fn failures(&self) -> String {
        let failing = self.failing.iter();
        let parts: Vec<String> = failing
            .map(|(reason, count)| format!("{count} {}", reason.as_str()))
            .collect();
        parts.join(", ")
    }
}

/// One sentence for people.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cells == 0 {
            f.write_str("no account and Region yet")?;
        } else {
            write!(
                f,
                "{} of {} cells done, {} % of the time known; {} calls, {} events",
                self.done,
                self.cells,
                self.known_percent(),
                self.calls,
                self.events
            )?;
        }
        if !self.failing.is_empty() {
            write!(f, "; cannot be read: {}", self.failures())?;
        }
        if self.full > 0 {
            write!(f, "; no room for what is older in {} cells", self.full)?;
        }
        if self.standing_back > 0 {
            write!(f, "; {} leave their budget to others", self.standing_back)?;
        }
        if let Some(remaining) = self.remaining {
            write!(
                f,
                "; about {} minutes left",
                remaining.as_secs().div_ceil(60)
            )?;
        }
        match &self.trouble {
            Some(trouble) => write!(f, "; {trouble}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_a_sentence() {
        assert_eq!(Progress::default().to_string(), "no account and Region yet");
        let progress = Progress {
            cells: 40,
            done: 12,
            standing_back: 3,
            failing: BTreeMap::from([(CellReason::RoleNotAssumable, 2)]),
            full: 1,
            wanted_seconds: 1_000,
            known_seconds: 426,
            calls: 345,
            events: 12_003,
            remaining: Some(Duration::from_secs(100)),
            trouble: Some("Organizations does not answer".to_owned()),
            ..Progress::default()
        };
        assert_eq!(
            progress.to_string(),
            "12 of 40 cells done, 42 % of the time known; 345 calls, 12003 events; cannot be read: 2 role_not_assumable; \
             no room for what is older in 1 cells; 3 leave their budget to others; about 2 minutes left; Organizations \
             does not answer"
        );
        assert_eq!(progress.left(), 25);
    }
}
