//! The organization, as CloudTrail needs it: its features, trusted access, delegated administrators, and whether a
//! trail of the whole organization can be created.
//!
//! Owns the changes that prepare an organization (each can be repeated, and none is abandoned once it has left) and
//! the check of what an organization's trail needs. Knows nothing of gRPC, nor of trails beyond what the check is told.

mod act;
mod administrators;
mod audited;
mod carry;
pub mod change;
pub mod check;
mod error;
pub mod evidence;
pub mod facts;
mod features;
mod gather;
pub mod prerequisite;
mod readiness;
mod reads;
mod seat;
mod trust;
mod wish;

use std::{sync::Arc, time::Duration};

use tokio_util::task::TaskTracker;

use crate::{
    audit::Audit,
    aws::{self, AwsError, Door},
    budget::{RequestContext, Tally},
    domain::AccountId,
    fleet::Fleet,
};

pub use crate::aws::{DelegatedAdministrator as Administrator, FeatureSet};
pub use change::{AllFeatures, Asked, Changed, FeaturesChanged, Outcome};
pub use error::OrganizationError;
pub use evidence::{LogDelivery, OrganizationTrail, Unread};
pub use facts::Role;
pub use prerequisite::{Finding, Prerequisite, PrerequisiteKind};
pub use readiness::Readiness;

use reads::Reads;
use seat::Seat;

/// The use cases of `OrganizationService`. Cloning shares everything.
#[derive(Clone)]
pub struct Organization {
    door: Door,
    fleet: Fleet,
    settings: Settings,
    writes: TaskTracker,
    audit: Audit,
}

/// How changes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time between two attempts at one write, and between two looks at whether it took effect.
    pub pause: Duration,
    /// How long AWS may take to show what was written.
    pub visible_within: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(2),
            visible_within: Duration::from_secs(10),
        }
    }
}

/// The organization, and who we are in it.
#[derive(Debug, Clone)]
pub struct Described {
    /// The organization.
    pub organization: aws::Organization,
    /// Whether CloudTrail has trusted access; why not known otherwise.
    pub trusted_access: Result<bool, Unread>,
    /// The account that Organizations is called from.
    pub caller: AccountId,
    /// What it is in the organization; why not known otherwise.
    pub role: Result<Role, Unread>,
}

impl Organization {
    /// The use cases over this door and this fleet.
    pub fn new(door: Door, fleet: Fleet, settings: Settings) -> Self {
        Self {
            door,
            fleet,
            settings,
            writes: TaskTracker::new(),
            audit: Audit::off(),
        }
    }

    /// The same, with each change recorded.
    #[must_use]
    pub fn audited(self, audit: Audit) -> Self {
        Self { audit, ..self }
    }

    /// Waits until every change that was begun has ended. Nothing may be begun afterwards.
    pub async fn finish(&self) {
        self.writes.close();
        self.writes.wait().await;
    }

    /// The organization, and who we are in it. What only some accounts may read is not known in the others.
    ///
    /// # Errors
    ///
    /// If there is no organization, or it cannot be read.
    pub async fn describe(&self, ctx: &RequestContext) -> Result<Described, OrganizationError> {
        let tally = Tally::default();
        let seat = self.seat(ctx, &tally).await?;
        let reads = self.reads(ctx, &tally, &seat);
        let (trusted_access, role) = tokio::join!(
            reads.trusted(),
            reads.role(&seat.organization, seat.account)
        );
        Ok(Described {
            organization: seat.organization.clone(),
            trusted_access: unless_interrupted(trusted_access)?,
            caller: seat.account,
            role: unless_interrupted(role)?,
        })
    }

    fn reads<'a>(&'a self, ctx: &'a RequestContext, tally: &'a Tally, seat: &'a Seat) -> Reads<'a> {
        Reads {
            door: &self.door,
            ctx,
            tally,
            who: &*seat.who,
        }
    }

    /// An account's name, as far as the fleet knows it.
    fn name(&self, account: AccountId) -> Arc<str> {
        let directory = self.fleet.directory();
        directory
            .account(account)
            .map_or_else(|| Arc::from(""), |known| Arc::clone(&known.name))
    }
}

/// What could not be read is told as such, but for the end of the request, which is the request's own.
fn unless_interrupted<T>(
    read: Result<T, AwsError>,
) -> Result<Result<T, Unread>, OrganizationError> {
    match read {
        Err(error) => match OrganizationError::from(error.clone()) {
            interrupted @ OrganizationError::Interrupted(_) => Err(interrupted),
            _ => Ok(Err(Unread::from(&error))),
        },
        Ok(known) => Ok(Ok(known)),
    }
}
