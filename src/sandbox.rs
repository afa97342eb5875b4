//! A simulated AWS on a socket: stateful, deterministic, with exact quotas and a ledger of every attempt.
//! Shares nothing with the service but the words of `domain`: it must not agree with it by accident.
//!
//! A [`Scenario`] says what the organization looks like; [`Sandbox::start`] serves it over HTTP/1.1, as AWS would:
//! STS, Organizations, Account Management, CloudTrail, the reads of S3, SNS, KMS, IAM and CloudWatch Logs that trails
//! need, and Service Quotas of CloudTrail, on one address, told apart by how requests are signed.

mod account;
mod clock;
mod cloudtrail;
mod control;
mod directory;
mod faults;
mod hash;
mod history;
mod iam;
mod id;
mod kms;
mod ledger;
mod logs;
mod org_state;
mod organizations;
mod permissions;
mod quota;
mod resources;
mod s3;
mod scenario;
mod server;
mod service_quotas;
mod session_policy;
mod sessions;
mod sns;
mod sts;
#[cfg(test)]
mod tests;
mod wire;
mod world;

pub use clock::{Clock, ManualClock};
pub use cloudtrail::TrailSnapshot;
pub use history::EventFacts;
pub use ledger::{Attempt, BucketSummary, Ledger, Summary};
pub use org_state::{CLOUDTRAIL, Migration, OrgFacts};
pub use scenario::{
    BucketRule, Burst, Consistency, Effect, Events, Fault, FeatureSet, Incident, Key, KeyRule,
    Late, Latency, LedgerSettings, LogGroupRule, Member, MemberState, Moment, Organization, Pages,
    PlantedEvent, QuotaModel, QuotaOverride, Quotas, Rate, ResourceRules, Role, RoleRule,
    RoleTrust, Scenario, ScenarioError, Scope, Standing, TopicRule, Trail, When,
};
pub use sts::AssumedRole;

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::domain::{AccountId, LookupAttribute, Region, TimeWindow, Timestamp};
use world::World;

/// The access key id of the built-in user: in the management account, allowed to assume the role everywhere.
pub const HUB_ACCESS_KEY_ID: &str = "AKIATRAILPLANEHUB000";
/// A secret to sign with. The sandbox does not check signatures, only that there is one.
pub const HUB_SECRET_ACCESS_KEY: &str = "sandbox-secret-not-a-real-one-0000000000";
/// The name of the built-in user.
pub const HUB_USER: &str = "trailplane-hub";

/// A running simulated AWS. Dropping it stops it at once; [`Sandbox::shutdown`] waits until it has stopped.
#[derive(Debug)]
pub struct Sandbox {
    addr: SocketAddr,
    world: Arc<World>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The scenario cannot be.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The listener has no address.
    #[error("cannot read the listener's address")]
    Listener(#[source] std::io::Error),
}

impl Sandbox {
    /// Serves the scenario on this listener, by the system's clock. Call it within a tokio runtime.
    pub fn start(scenario: Scenario, listener: TcpListener) -> Result<Self, SandboxError> {
        Self::start_at(scenario, listener, Clock::system())
    }

    /// The same by another clock.
    pub fn start_at(
        scenario: Scenario,
        listener: TcpListener,
        clock: Clock,
    ) -> Result<Self, SandboxError> {
        scenario.check()?;
        let addr = listener.local_addr().map_err(SandboxError::Listener)?;
        let world = Arc::new(World::new(scenario, clock));
        let stop = CancellationToken::new();
        let task = tokio::spawn(server::serve(Arc::clone(&world), listener, stop.clone()));
        Ok(Self {
            addr,
            world,
            stop,
            task: Some(task),
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What to set `AWS_ENDPOINT_URL` to.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Every attempt so far.
    pub fn ledger(&self) -> &Ledger {
        &self.world.ledger
    }

    /// Every AssumeRole so far, and what it asked for.
    pub fn assumed_roles(&self) -> Vec<AssumedRole> {
        self.world.assumed.since(0)
    }

    /// The counts of all attempts, and how dense they were. Neighbours are brought up to now first.
    pub fn summary(&self) -> Summary {
        self.world.summary()
    }

    /// When the sandbox started, by its clock: what `SecondsAgo` in the scenario counts from.
    pub fn started_at(&self) -> Timestamp {
        self.world.start
    }

    /// How many events LookupEvents must return for this window in this cell, as of now. Computed, not counted.
    /// `None` if the scenario has no such account or Region.
    pub fn count(
        &self,
        account: AccountId,
        region: &Region,
        window: TimeWindow,
        filter: Option<&LookupAttribute>,
    ) -> Option<u64> {
        self.world.count(account, region, window, filter)
    }

    /// The events that LookupEvents must return for this window in this cell, as of now, newest first. Within a
    /// second the order is AWS's own and means nothing.
    pub fn events(
        &self,
        account: AccountId,
        region: &Region,
        window: TimeWindow,
        filter: Option<&LookupAttribute>,
    ) -> Option<Vec<EventFacts>> {
        self.world.events(account, region, window, filter)
    }

    /// Every trail as the last write left it, in the order of their creation. Spends no quota.
    pub fn trails(&self) -> Vec<TrailSnapshot> {
        self.world.trails()
    }

    /// The trail with this ARN as the last write left it.
    pub fn trail(&self, arn: &str) -> Option<TrailSnapshot> {
        self.trails().into_iter().find(|trail| trail.arn == arn)
    }

    /// What the organization is like now.
    pub fn organization(&self) -> OrgFacts {
        self.world.org_state.facts()
    }

    /// Changes the organization as somebody else would, without a call.
    pub fn change_organization<R>(&self, change: impl FnOnce(&mut OrgFacts) -> R) -> R {
        self.world.org_state.change(change)
    }

    /// Stops listening, closes every connection, and waits until that is done.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // The task only ends by itself or by this runtime's end; either way nothing is left to report.
            let _ended = task.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
