//! What a change of the organization is asked for with and answered with.

use std::{sync::Arc, time::Duration};

use crate::{
    aws::{AwsError, SourceIdentity},
    domain::{AccountId, Region},
};

pub use super::reads::AllFeatures;

/// How a change is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Say what would be done, and do nothing.
    pub validate_only: bool,
    /// The caller's id for this change, or one made up for it.
    pub request_id: Arc<str>,
}

/// What became of a change. There is one step, so nothing is ever partly applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// This would be done.
    Planned,
    /// Done.
    Applied,
    /// It already was so.
    Unchanged,
    /// It failed, and nothing changed.
    NotApplied,
    /// It may or may not have taken effect, and looking failed too.
    Unknown,
}

impl Outcome {
    /// A short name, for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::NotApplied => "not_applied",
            Self::Unknown => "unknown",
        }
    }
}

/// The step of a change: one AWS call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The action as a policy names it.
    pub action: &'static str,
    /// What it acts on.
    pub resource: String,
    /// Where the call is made.
    pub region: Region,
    /// The field that changes, as a path.
    pub field: &'static str,
    /// Its value before, as JSON.
    pub before: String,
    /// Its value after, as JSON.
    pub after: String,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The account that it is about: the member that is delegated to, or the management account.
    pub account: AccountId,
    /// Its name, for people.
    pub account_name: Arc<str>,
    /// Where the call was made, or would be.
    pub region: Region,
    /// What it is about: a service, an account, the organization.
    pub resource: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it was not applied or is not known.
    pub failure: Option<AwsError>,
    /// The step; `None` if there is nothing to do.
    pub action: Option<Action>,
    /// AWS calls spent, retries and reads included.
    pub calls: u32,
    /// AWS's ids of the calls that change something.
    pub aws_request_ids: Vec<String>,
    /// Whom AWS records as the source of those calls; `None` if there were none, or they were made with the service's own
    /// credentials: then the user agent alone tells of the caller.
    pub source_identity: Option<SourceIdentity>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What became of the change to all features.
#[derive(Debug, Clone, PartialEq)]
pub struct FeaturesChanged {
    /// The change.
    pub changed: Changed,
    /// How far the organization is now; `None` if that could not be read.
    pub progress: Option<AllFeatures>,
}
