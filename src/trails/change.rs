//! Changing trails: every write is one wish over many trails, planned by a pure function, carried out target by target.
//!
//! `plan` decides, and knows of no calls; `act` carries out, and knows of no rollout; `stream` starts targets and
//! hands out their results. What has left for AWS is never abandoned, whoever leaves.

mod act;
mod audited;
mod log;
mod named;
mod perform;
mod permissions;
mod plan;
mod policies;
mod prepare;
pub mod request;
mod room;
mod stream;
mod target;
mod targets;
mod words;

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{audit::Audit, budget::RequestContext};

use super::{TrailError, Trails};

pub use crate::fanout::rollout::{MOST_PARALLEL, Rollout};
pub use request::{
    ChangeFailure, ChangeItem, ChangeRequest, FieldChange, Outcome, PlannedAction, StopReason,
    Summary, TargetResult, Where,
};
pub use stream::Changes;

/// The times of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first pause before something is tried again that AWS was not ready for; it doubles. Also how long after a
    /// call without a clear answer the trail is read.
    pub pause: Duration,
    /// How long AWS may take to show what was written, before the outcome is called unknown.
    pub visible_within: Duration,
    /// How long a target may go on once its caller has left, or its deadline has come.
    pub finish_within: Duration,
}

impl Default for Pace {
    /// AWS says only that changes take a while to show ("Data consistency" in the CloudTrail user guide); IAM speaks of
    /// seconds. An attempt may take a minute, and there are a few.
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(2),
            visible_within: Duration::from_secs(15),
            finish_within: Duration::from_secs(180),
        }
    }
}

/// What changes need besides the door: their times, and the tasks that outlive their callers.
#[derive(Debug, Clone)]
pub struct Changing {
    pace: Pace,
    leaving: CancellationToken,
    tasks: TaskTracker,
    audit: Audit,
}

impl Changing {
    /// With these times; when `leaving` fires no new target is started.
    pub fn new(pace: Pace, leaving: CancellationToken) -> Self {
        Self {
            pace,
            leaving,
            tasks: TaskTracker::new(),
            audit: Audit::off(),
        }
    }

    /// The same, with each target recorded.
    #[must_use]
    pub fn audited(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    /// Waits until every target that was started has ended. Nothing may be started afterwards.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Trails {
    /// Begins a change: finds the targets, and hands out what becomes of them.
    ///
    /// # Errors
    ///
    /// If the targets cannot be made out, or the audit cannot be written. That one cannot be read or changed is a result.
    pub async fn change(
        &self,
        ctx: &RequestContext,
        mut request: ChangeRequest,
    ) -> Result<Changes, TrailError> {
        let ctx = ctx.answering();
        if !request.validate_only && self.changing.audit.ready().is_err() {
            return Err(TrailError::AuditUnavailable);
        }
        if request.validate_only {
            // Nothing happens that a canary could warn of.
            let max_parallel = request.rollout.max_parallel;
            request.rollout = Rollout {
                max_parallel,
                ..Rollout::everything()
            };
        }
        let located = self
            .targets(&ctx, &request.trails, &request.desired, request.deeds())
            .await?;
        if let Some(nobody) = located.nobody(&request) {
            return Err(nobody);
        }
        let directory = self.fleet.directory();
        let organization = policies::Organization {
            id: directory.organization(),
            management: targets::management(&directory),
        };
        let policies = policies::needed(&located.targets, &request, &organization);
        Ok(Changes::new(self.clone(), ctx, request, located, policies))
    }
}
