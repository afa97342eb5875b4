//! What the console shows: what rooms tell, and what they stand at.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    app::admin::Conditions,
    aws::{Attempt, FailureKind, Outcome},
    budget::{BucketKey, BucketStats, Budgets},
    console::{Board, Facts, Happened, Picture, Queue, Running, Viewers, picture::OfAccount},
    domain::{Api, Cell, WallClock},
    events::Underway,
    fleet::Fleet,
};

/// How often the picture is drawn anew.
const EVERY: Duration = Duration::from_secs(1);

/// The board, if the console is served, and the clock that its entries have their times by.
#[derive(Clone)]
pub(in crate::app) struct Watched {
    pub(in crate::app) board: Option<Board>,
    pub(in crate::app) clock: WallClock,
}

impl Watched {
    /// An attempt ended.
    pub(in crate::app) fn attempt(&self, attempt: &Attempt<'_>) {
        let (Some(board), Some(happened)) = (&self.board, happened(attempt.outcome)) else {
            return;
        };
        let now = (self.clock)();
        match attempt.api {
            Api::AssumeRole => match happened {
                Happened::Answered => board.entered(attempt.account, true, now),
                Happened::Denied | Happened::NoWayIn => {
                    board.entered(attempt.account, false, now);
                }
                Happened::Throttled | Happened::RegionOff | Happened::Failed => {}
            },
            api => {
                let cell = Cell {
                    account: attempt.account,
                    region: attempt.region.clone(),
                };
                board.called(cell, api.as_str(), happened, now);
            }
        }
    }

    /// A lookup is so far.
    pub(in crate::app) fn underway(&self, answer: &Underway<'_>) {
        let Some(board) = &self.board else {
            return;
        };
        let reached = answer.reached;
        let running = Running {
            kind: answer.kind.as_str(),
            caller: answer.caller.as_str().into(),
            cells_done: reached.cells_done,
            cells_total: reached.cells_total,
            events: reached.events,
            calls: reached.calls,
            throttles: reached.throttles,
            remaining_seconds: reached.remaining.map(|rest| rest.as_secs()),
        };
        board.running(answer.id, running);
    }

    /// A lookup is over.
    pub(in crate::app) fn over(&self, id: u64) {
        if let Some(board) = &self.board {
            board.ended(id);
        }
    }
}

/// What the end of an attempt says of its cell; `None` if it says nothing: our own deadline, or a request of ours that
/// was wrong.
fn happened(outcome: Outcome) -> Option<Happened> {
    let kind = match outcome {
        Outcome::Ok => return Some(Happened::Answered),
        Outcome::Failed(kind) => kind,
    };
    match kind {
        FailureKind::Throttled => Some(Happened::Throttled),
        FailureKind::AccessDenied | FailureKind::ServiceControlPolicy => Some(Happened::Denied),
        FailureKind::RoleNotAssumable
        | FailureKind::SourceIdentityRefused
        | FailureKind::SessionTagsRefused => Some(Happened::NoWayIn),
        FailureKind::RegionUnavailable => Some(Happened::RegionOff),
        FailureKind::Transient
        | FailureKind::Timeout
        | FailureKind::ExpiredCredentials
        | FailureKind::NoCredentials
        | FailureKind::ClockSkew => Some(Happened::Failed),
        FailureKind::NotAuthorized
        | FailureKind::InvalidRequest
        | FailureKind::InvalidNextToken
        | FailureKind::NotFound
        | FailureKind::AlreadyExists
        | FailureKind::LimitExceeded
        | FailureKind::Conflict
        | FailureKind::Unready
        | FailureKind::Precondition
        | FailureKind::WrongHomeRegion
        | FailureKind::Refused
        | FailureKind::Unsupported
        | FailureKind::BudgetExhausted { .. }
        | FailureKind::BudgetUnavailable
        | FailureKind::DeadlineExceeded
        | FailureKind::Cancelled
        | FailureKind::Other => None,
    }
}

/// Draws the picture while somebody looks, until `finish`.
pub(in crate::app) async fn draw(
    (board, clock): (Board, WallClock),
    viewers: Viewers,
    fleet: Fleet,
    budgets: Budgets,
    conditions: Conditions,
    finish: CancellationToken,
) -> Result<(), String> {
    let mut beat = interval(EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while finish.run_until_cancelled(beat.tick()).await.is_some() {
        if viewers.look() {
            let facts = facts(&fleet, &budgets, &conditions);
            let now = clock();
            viewers.show(Picture::draw(&board, facts, now));
        }
    }
    Ok(())
}

fn facts(fleet: &Fleet, budgets: &Budgets, conditions: &Conditions) -> Facts {
    let directory = fleet.directory();
    let accounts = directory.accounts().iter().map(|account| OfAccount {
        id: account.id,
        name: Arc::clone(&account.name),
        state: account.state,
        off: directory
            .disabled_regions(account.id)
            .unwrap_or_default()
            .to_vec(),
    });
    let ill = conditions().into_iter().filter(|condition| !condition.ok);
    Facts {
        accounts: accounts.collect(),
        regions: fleet.settings().regions.clone(),
        queues: budgets.snapshot().iter().map(queue).collect(),
        warnings: ill
            .map(|condition| format!("{}: {}", condition.name, condition.message))
            .collect(),
    }
}

fn queue((key, stats): &(BucketKey, BucketStats)) -> Queue {
    Queue {
        account: key.account,
        region: key.region.clone(),
        api: key.api.as_str(),
        waiting: stats.lanes.iter().map(|lane| lane.waiting).sum(),
        wait_ms: stats.wait / 1_000,
        pace: stats.pace,
        factor: stats.factor,
        foreign: stats.foreign,
    }
}
