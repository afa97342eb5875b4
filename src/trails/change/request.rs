//! What a change is asked for with, and what it is answered with.

use std::{sync::Arc, time::Duration};

use crate::{
    aws::SourceIdentity,
    domain::{
        AccountId, CellReason, Coverage, Deed, Region, TargetSelector, TrailArn, TrailName,
        coverage::CellError,
        trail::{Desired, Presence},
    },
    fanout::rollout::Rollout,
};

pub use crate::fanout::rollout::StopReason;

/// A change of many trails.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRequest {
    /// Which trails.
    pub trails: Where,
    /// What is wanted of each.
    pub desired: Desired,
    /// Whether each may, must or must not be there.
    pub presence: Presence,
    /// Plan, and change nothing.
    pub validate_only: bool,
    /// The caller's id for this change, or one made up for it.
    pub request_id: Arc<str>,
    /// How the change is spread over the targets.
    pub rollout: Rollout,
    /// Whether a change after which less is recorded is meant.
    pub allow_reduced_logging: bool,
}

impl ChangeRequest {
    /// What the caller must be allowed to do to each trail.
    pub fn deeds(&self) -> &'static [Deed] {
        match self.allow_reduced_logging {
            true => &[Deed::Call, Deed::ReduceLogging],
            false => &[Deed::Call],
        }
    }
}

/// Which trails a change is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    /// The trail of this name that each account of the selector has, or is to have, in each of these Regions
    /// (CreateTrail, ApplyTrail). Not empty; exactly one for a trail of all Regions, and for the organization's, whose
    /// only target is the account that owns it.
    At {
        /// The accounts.
        targets: TargetSelector,
        /// The home Regions.
        homes: Vec<Region>,
        /// The name.
        name: TrailName,
    },
    /// The trails of this name that the targets own, wherever their homes are.
    Named {
        /// The accounts; a Region stands for the trails that show in it.
        targets: TargetSelector,
        /// The name.
        name: TrailName,
    },
    /// Exactly these. Not empty.
    Arns {
        /// The accounts within which the owners must be.
        targets: TargetSelector,
        /// The trails.
        arns: Vec<TrailArn>,
    },
}

/// One step of a plan: one AWS call that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAction {
    /// The action as a policy names it, such as `cloudtrail:UpdateTrail`.
    pub action: &'static str,
    /// The trail.
    pub resource: String,
    /// Where the call is made.
    pub region: Region,
    /// What changes.
    pub changes: Vec<FieldChange>,
    /// Whether less is recorded after it.
    pub reduces_logging: bool,
}

/// A field before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's path in the request's message, such as `trail.s3_bucket_name`.
    pub path: String,
    /// The value found, as JSON; empty for none.
    pub before: String,
    /// The value wanted, as JSON; empty for none.
    pub after: String,
}

/// What became of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// This would be done.
    Planned,
    /// Done, and read back.
    Applied,
    /// It already was as wanted.
    Unchanged,
    /// It failed, and nothing changed.
    NotApplied,
    /// Some of the steps took effect, and a later one did not.
    PartlyApplied,
    /// It may or may not have taken effect, and reading it back failed too.
    Unknown,
    /// Not started.
    NotStarted,
}

impl Outcome {
    /// Whether the target counts as failed for the rest of the rollout.
    pub fn failed(self) -> bool {
        match self {
            Self::NotApplied | Self::PartlyApplied | Self::Unknown => true,
            Self::Planned | Self::Applied | Self::Unchanged | Self::NotStarted => false,
        }
    }
}

/// Why a target was not brought to where it was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFailure {
    /// The reason.
    pub reason: CellReason,
    /// The words, and AWS's code and request id.
    pub error: CellError,
    /// What must be so first, one a line; for [`CellReason::Precondition`].
    pub preconditions: Vec<String>,
}

/// What became of one target.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetResult {
    /// The account that owns the trail.
    pub account: AccountId,
    /// Its name, for people.
    pub account_name: Arc<str>,
    /// The trail's home Region; `None` if it is not known.
    pub region: Option<Region>,
    /// The trail; `None` if it is not known, or never came to be.
    pub arn: Option<TrailArn>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, unless it is as wanted.
    pub failure: Option<ChangeFailure>,
    /// The steps: those planned, or those done.
    pub actions: Vec<PlannedAction>,
    /// AWS calls spent, retries included.
    pub calls: u32,
    /// AWS's ids of the calls that change something.
    pub aws_request_ids: Vec<String>,
    /// Whom AWS records as the source of those calls; `None` if there were none, or they were made with the service's own
    /// credentials: then the user agent alone tells of the caller.
    pub source_identity: Option<SourceIdentity>,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was among the canaries.
    pub canary: bool,
}

/// The end of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The change's id.
    pub request_id: Arc<str>,
    /// How many targets had each outcome; those that none had are left out.
    pub counts: Vec<(Outcome, u32)>,
    /// Why no new target was started, if so.
    pub stopped: Option<StopReason>,
    /// Targets that were left out of the selector, and why.
    pub coverage: Coverage,
    /// Whether the accounts come from an older copy.
    pub stale: bool,
    /// AWS calls spent, retries and those for finding the trails included.
    pub calls: u64,
}

/// One message of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeItem {
    /// What became of one target; each target exactly once.
    Result(Box<TargetResult>),
    /// The end; always the last.
    Summary(Box<Summary>),
}
