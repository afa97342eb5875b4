//! Why an attempt got no slot.

use std::time::Duration;

use super::{Interrupted, slots::Micros};

/// Why an attempt got no slot. No slot was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What is promised to others reaches past the deadline, or the answer would come after it.
    #[error("the budget cannot serve this before the deadline; its turn would come in {eta:?}")]
    TooLate {
        /// When the turn would have come, from now.
        eta: Duration,
    },
    /// The shared store of budgets cannot be reached, and this call may not be made without it.
    #[error("the shared store of budgets cannot be reached")]
    Unreachable {
        /// When asking again may help.
        retry_after: Duration,
    },
    /// The deadline or the cancellation came while waiting.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Refused {
    /// The turn would come after so long.
    pub(super) fn too_late(eta: Micros) -> Self {
        Self::TooLate {
            eta: Duration::from_micros(eta),
        }
    }
}
