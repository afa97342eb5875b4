//! The organization, as CloudTrail needs it: its features, trusted access, delegated administrators, and whether a
//! trail of the whole organization can be created.
//!
//! Owns the changes that prepare an organization (each can be repeated, and none is abandoned once it has left) and
//! the check of what an organization's trail needs. Knows nothing of gRPC, nor of trails beyond what the check is told.

mod act;
mod administrators;
mod carry;
pub mod change;
pub mod check;
mod error;
pub mod evidence;
pub mod facts;
mod features;
pub mod prerequisite;
mod reads;
mod seat;
mod trust;
mod wish;

use std::{sync::Arc, time::Duration};

use tokio_util::task::TaskTracker;

use crate::{
    aws::{self, AwsError, Door},
    budget::{RequestContext, Tally},
    domain::AccountId,
    fleet::Fleet,
};

pub use change::{AllFeatures, Asked, Changed, FeaturesChanged, Outcome};
pub use error::OrganizationError;
pub use evidence::{LogDelivery, OrganizationTrail};
pub use facts::Role;
pub use prerequisite::{Finding, Prerequisite, PrerequisiteKind};

use reads::Reads;
use seat::Seat;

/// The use cases of `OrganizationService`. Cloning shares everything.
#[derive(Clone)]
pub struct Organization {
    door: Door,
    fleet: Fleet,
    settings: Settings,
    writes: TaskTracker,
}

/// How changes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time between two attempts at one write, and between two looks at whether it took effect.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(3),
        }
    }
}

/// The organization, and who we are in it.
#[derive(Debug, Clone)]
pub struct Described {
    /// The organization.
    pub organization: aws::Organization,
    /// Whether CloudTrail has trusted access; why not known otherwise.
    pub trusted_access: Result<bool, AwsError>,
    /// The account that Organizations is called from.
    pub caller: AccountId,
    /// What it is in the organization; why not known otherwise.
    pub role: Result<Role, AwsError>,
}

impl Organization {
    /// The use cases over this door and this fleet. Whoever ends the process waits for `writes` first.
    pub fn new(door: Door, fleet: Fleet, settings: Settings, writes: TaskTracker) -> Self {
        Self {
            door,
            fleet,
            settings,
            writes,
        }
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
) -> Result<Result<T, AwsError>, OrganizationError> {
    match read {
        Err(error) => match OrganizationError::from(error.clone()) {
            interrupted @ OrganizationError::Interrupted(_) => Err(interrupted),
            _ => Ok(Err(error)),
        },
        known => Ok(known),
    }
}
