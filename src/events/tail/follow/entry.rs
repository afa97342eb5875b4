//! What a tail keeps of one cell, beside how far it has been followed. Pure.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    aws::AwsError,
    domain::{CellReason, CellReport, CellState, TimeWindow, Timestamp, coverage::CellError},
    events::{
        request::HISTORY,
        tail::{GapReason, TailGap, cell::Followed, rules::Rules},
    },
    fleet::TargetCell,
};

/// Kept clear of the far end of the history, which moves on.
const MARGIN: Duration = Duration::from_secs(60);

/// Where a cell is in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It stands in the queue.
    Due,
    /// It is being read.
    Reading {
        /// Whether it failed before.
        failing: bool,
    },
    /// It is no target, and stands nowhere.
    Gone,
}

/// One cell of a tail.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) target: TargetCell,
    pub(super) state: Followed,
    pub(super) turn: Turn,
    pub(super) is_target: bool,
    /// When it is due next.
    pub(super) next: Instant,
    /// Records that the look under way is expected to bring.
    pub(super) expected: u64,
    /// Calls that were spent and not rested for.
    pub(super) owed: u32,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Why it cannot be followed now.
    pub(super) trouble: Option<CellReport>,
    /// How long the reader had kept the tail waiting when this cell was last not behind.
    pub(super) held_before: Duration,
    /// What was last told of it: its watermark, and whether it was in trouble.
    pub(super) told: Option<(i64, bool)>,
}

impl Entry {
    /// A cell that is no target (yet).
    pub(super) fn gone(target: TargetCell, state: Followed, now: Instant) -> Self {
        let trouble = Some(no_target(&target));
        Self {
            target,
            state,
            turn: Turn::Gone,
            is_target: false,
            next: now,
            expected: 0,
            owed: 0,
            failures: 0,
            trouble,
            held_before: Duration::ZERO,
            told: None,
        }
    }

    /// It is a target: whether it has to be put into the queue.
    pub(super) fn come(&mut self, target: &TargetCell, now: Instant) -> bool {
        self.target = target.clone();
        if !self.is_target {
            self.is_target = true;
            self.well();
        }
        let enters = self.turn == Turn::Gone;
        if enters {
            self.turn = Turn::Due;
            self.next = now;
        }
        enters
    }

    /// It is no target any more; `skipped` may say why. From the queue it goes when its turn comes.
    pub(super) fn leave(&mut self, skipped: &[CellReport]) {
        if self.is_target && self.turn == Turn::Due {
            self.turn = Turn::Gone;
        }
        self.is_target = false;
        let why = skipped
            .iter()
            .find(|report| report.cell == self.target.cell);
        self.trouble = Some(why.cloned().unwrap_or_else(|| no_target(&self.target)));
    }

    /// It was read.
    pub(super) fn well(&mut self) {
        self.failures = 0;
        if self.is_target {
            self.trouble = None;
        }
    }

    /// It rests for this part of what its calls cost; the rest is owed.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a u32"
    )]
    pub(super) fn pay(&mut self, part: f64) {
        let left = f64::from(self.owed) * (1.0 - part.clamp(0.0, 1.0));
        self.owed = left.round() as u32;
    }

    /// It could not be read, for this reason and after so many calls and throttles, or by a defect of ours.
    pub(super) fn failed(&mut self, why: Option<(&AwsError, u32, u32)>) {
        self.failures = self.failures.saturating_add(1);
        if !self.is_target {
            return;
        }
        let base = CellReport {
            state: CellState::Failed,
            ..self.target.not_attempted()
        };
        self.trouble = Some(match why {
            Some((error, calls, throttles)) => CellReport {
                reason: Some(error.reason()),
                error: Some(error.cell_error()),
                calls,
                throttles,
                ..base
            },
            None => CellReport {
                reason: Some(CellReason::Internal),
                error: Some(sentence(
                    "following the cell failed in Trailplane itself; its log has the details",
                )),
                ..base
            },
        });
    }

    /// A hole that opens before it: what the history does not hold any more, or what a reader who was too slow for too
    /// long has to go without. It is left out.
    pub(super) fn hole(
        &mut self,
        rules: &Rules,
        held: Duration,
        patience: Duration,
        now: Timestamp,
    ) -> Option<TailGap> {
        let earliest = now.minus(HISTORY).plus(MARGIN).seconds_up();
        let behind = Duration::from_secs(self.state.behind(rules, now.seconds()).unsigned_abs());
        let (to, reason) = if self.state.through() + 1 < earliest {
            (earliest - 1, GapReason::BeyondHistory)
        } else if behind > patience && held.saturating_sub(self.held_before) > patience {
            (rules.settled(now.seconds()), GapReason::SlowReader)
        } else {
            return None;
        };
        let (from, to) = self.state.skip(to)?;
        self.held_before = held;
        Some(TailGap {
            cell: self.target.cell.clone(),
            window: TimeWindow::new(Timestamp::from_seconds(from), Timestamp::from_seconds(to))?,
            reason,
        })
    }
}

fn no_target(target: &TargetCell) -> CellReport {
    CellReport {
        error: Some(sentence(
            "the targets do not include the cell now; it goes on where it is if they do again",
        )),
        ..target.not_attempted()
    }
}

fn sentence(message: &str) -> CellError {
    CellError {
        message: message.to_owned(),
        aws_code: None,
        aws_message: None,
        request_id: None,
        remembered_for: None,
    }
}
