//! Trails: which there are, what each records, whether it logs, and its tags.
//!
//! Owns what a trail of the organization is to a caller: each once, by its ARN, read in its home Region, whatever
//! copies of it other Regions and member accounts show. Knows nothing of gRPC, and of AWS only what the door offers.

pub mod change;
mod details;
pub mod inventory;
pub mod limits;
pub mod locate;
mod report;
mod sightings;
mod survey;
pub mod tags;

use std::collections::BTreeMap;

use crate::{
    aws::{AwsError, Door, FailureKind},
    budget::Interrupted,
    domain::{
        AccountId, Trail, TrailArn, TrailName,
        trail::{EventConfiguration, EventSelectors, InsightSelector, TrailStatus},
    },
    fleet::{Fleet, SelectError},
    organization::Organization,
};

pub use change::{Changing, Pace};
pub use inventory::{ListAnswer, ListRequest};
pub use tags::TagsAnswer;

/// The use cases of `TrailService`. Cloning shares everything.
#[derive(Clone)]
pub struct Trails {
    door: Door,
    fleet: Fleet,
    organization: Organization,
    changing: Changing,
}

impl Trails {
    /// The use cases over this door and this fleet; the organization is asked before a trail of it is made.
    pub fn new(door: Door, fleet: Fleet, organization: Organization, changing: Changing) -> Self {
        Self {
            door,
            fleet,
            organization,
            changing,
        }
    }
}

/// How much of a trail is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Its own settings.
    Basic,
    /// Its parts too.
    Full,
}

/// What is read of a trail besides its ARN, each by a call of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Its own settings.
    Settings,
    /// Whether it logs.
    Status,
    /// Which events it records.
    EventSelectors,
    /// Which unusual activity it records.
    InsightSelectors,
    /// Its tags.
    Tags,
    /// What its events carry besides.
    EventConfiguration,
}

/// A trail as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTrail {
    /// Which it is.
    pub arn: TrailArn,
    /// Its settings; `None` if they could not be read.
    pub settings: Option<Trail>,
    /// Its parts, as far as they were asked for and could be read.
    pub parts: Parts,
    /// What was asked for and could not be read.
    pub unread: Vec<Part>,
    /// The accounts of the request that show it.
    pub shown_by: Vec<AccountId>,
}

/// The parts of a trail; `None` for what was not asked for, or could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Whether it logs.
    pub status: Option<TrailStatus>,
    /// Which events it records.
    pub event_selectors: Option<EventSelectors>,
    /// Which unusual activity it records.
    pub insight_selectors: Option<Vec<InsightSelector>>,
    /// Its tags.
    pub tags: Option<BTreeMap<String, String>>,
    /// What its events carry besides.
    pub event_configuration: Option<EventConfiguration>,
}

/// Why a request about trails has no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The targets cannot be made out.
    #[error(transparent)]
    Targets(#[from] SelectError),
    /// Trails of accounts that the fleet does not know: the place in the request, and the account.
    #[error("{} trails are of accounts that are not known", .0.len())]
    UnknownOwners(Vec<(usize, AccountId)>),
    /// The account is not active, so nothing can be called in it.
    #[error("account {0} is not active")]
    NotActive(AccountId),
    /// No trail of this name in the account.
    #[error("account {account} has no trail {name}")]
    NoSuchName {
        /// The account.
        account: AccountId,
        /// The name.
        name: TrailName,
    },
    /// Several trails of this name in the account.
    #[error("account {account} has {} trails {name}: {}", .candidates.len(), regions(.candidates))]
    Ambiguous {
        /// The account.
        account: AccountId,
        /// The name.
        name: TrailName,
        /// Which they are.
        candidates: Vec<TrailArn>,
    },
    /// Trails outside the targets that the request names: the place in the request, and the trail.
    #[error("{} trails are not within the targets", .0.len())]
    OutsideTargets(Vec<(usize, TrailArn)>),
    /// Trails of another partition than ours, where our credentials are worth nothing: the place in the request, and the
    /// trail.
    #[error("{} trails are of another partition", .0.len())]
    OtherPartition(Vec<(usize, TrailArn)>),
    /// The selector of a change matches no account.
    #[error("the targets match no account")]
    NoTargets,
    /// No account of the targets has a trail of this name.
    #[error("no account of the targets has a trail {0}")]
    NobodyHas(TrailName),
    /// The organization's trail belongs to its management account, which is not known.
    #[error("the organization's management account is not known")]
    NoManagementAccount,
    /// The organization's trail is made in its management account, or by one administrator that it delegated to.
    #[error("the organization's trail is made in account {0}, which is not among the targets")]
    OrganizationTrailElsewhere(AccountId),
    /// What was about to be done could not be recorded.
    #[error("the audit cannot be written, so that nothing was changed")]
    AuditUnavailable,
    /// AWS knows no such trail.
    #[error("there is no such trail: {0}")]
    NotFound(AwsError),
    /// A call on which the whole answer depends failed.
    #[error(transparent)]
    Aws(AwsError),
    /// The deadline or the cancellation came before there was an answer.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A defect of this service.
    #[error("reading trails failed in Trailplane itself")]
    Defect,
}

impl From<AwsError> for TrailError {
    fn from(error: AwsError) -> Self {
        match error.kind {
            FailureKind::NotFound => Self::NotFound(error),
            FailureKind::DeadlineExceeded => Interrupted::DeadlineExceeded.into(),
            FailureKind::Cancelled => Interrupted::Cancelled.into(),
            _ => Self::Aws(error),
        }
    }
}

fn regions(candidates: &[TrailArn]) -> String {
    let homes: Vec<&str> = candidates
        .iter()
        .map(|arn| arn.home_region().as_str())
        .collect();
    homes.join(", ")
}
