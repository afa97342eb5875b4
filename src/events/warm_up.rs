//! Reads chosen cells' last days into the cache before anybody asks, with what of their budgets nobody else wants (ADR 0017).
//!
//! Owns which part is read when (`agenda.rs`), when a budget counts as idle (`manners.rs`) and what is told of it
//! (`progress.rs`). How a cell is read is the reader's business, and what is remembered the cache's.

mod agenda;
mod drive;
mod manners;
mod piece;
mod progress;
mod targets;

use std::time::Duration;

use crate::domain::{TargetSelector, doubling::Doubling};

pub use drive::{View, WarmUp};
pub use progress::Progress;

/// What a warm-up does, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which cells. The partition's global Region is added, as in a lookup.
    pub targets: TargetSelector,
    /// So many days back from what has settled; 90 at most.
    pub days: u32,
    /// How often what has settled since is added.
    pub interval: Duration,
    /// The part of each cell's LookupEvents quota that is taken while it is idle, all replicas together.
    pub share: f64,
    /// A budget that somebody else has used is left alone for so long.
    pub quiet: Duration,
    /// Cells that are read side by side: each holds a page, and has a call in flight.
    pub at_once: usize,
    /// Calls after which a cell lets others have its place, so that a busy one does not hold up quiet ones.
    pub turn: u32,
    /// What a call, with all its attempts and waits, may take.
    pub call_within: Duration,
    /// How often the targets are made out anew.
    pub resolve: Duration,
    /// How long a cell rests that could not be read.
    pub again: Doubling,
}

impl Default for Settings {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            targets: TargetSelector::default(),
            days: 7,
            interval: seconds(15 * 60),
            share: 0.5,
            quiet: seconds(5),
            at_once: 32,
            turn: 100,
            call_within: seconds(120),
            resolve: seconds(120),
            again: Doubling {
                first: seconds(60),
                longest: seconds(3600),
            },
        }
    }
}
