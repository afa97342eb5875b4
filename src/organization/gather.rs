//! Collects the evidence: what can be read of the organization and of what the trail is to deliver to. Everything is
//! read side by side, and what cannot be read is evidence too.

mod bucket;
mod key;
mod logs;
mod topic;

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Organization,
    check::{SERVICE_LINKED_ROLE, misplaced},
    evidence::{Evidence, OrganizationTrail, Seen, Target},
    reads::Reads,
    seat::Seat,
};
use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind},
    budget::{RequestContext, Tally},
    domain::{AccountId, AccountState, Arn, OrganizationId, TrailArn},
    fleet::Fleet,
    policies::{Deliveries, Scope},
};

/// Reads for one check.
pub(super) struct Gather<'a> {
    door: &'a Door,
    fleet: &'a Fleet,
    ctx: &'a RequestContext,
    tally: &'a Tally,
    seat: &'a Seat,
    trail: &'a OrganizationTrail,
    creator: AccountId,
    deliveries: Deliveries,
}

impl<'a> Gather<'a> {
    pub(super) fn new(
        all: &'a Organization,
        ctx: &'a RequestContext,
        tally: &'a Tally,
        seat: &'a Seat,
        trail: &'a OrganizationTrail,
    ) -> Self {
        let creator = trail.creator.unwrap_or(seat.account);
        Self {
            door: &all.door,
            fleet: &all.fleet,
            ctx,
            tally,
            seat,
            trail,
            creator,
            deliveries: deliveries(trail, seat, creator),
        }
    }

    /// What the policies must be for, as far as names say it.
    pub(super) fn deliveries(&self) -> &Deliveries {
        &self.deliveries
    }

    /// Everything there is to see.
    pub(super) async fn evidence(&self) -> Evidence {
        let reads = self.reads();
        let organization = &self.seat.organization;
        let storage = async {
            let bucket = self.bucket().await;
            let region = match &bucket {
                Seen::Known(Target::Present { region, .. }) => region.clone(),
                Seen::Known(Target::Missing) | Seen::Unread(_) => None,
            };
            let key = self.key(region).await;
            (bucket, key)
        };
        let (trusted_access, creator_role, service_linked_role, (bucket, key), topic, logs) = tokio::join!(
            reads.trusted(),
            reads.role(organization, self.creator),
            self.service_linked_role(),
            storage,
            self.topic(),
            self.logs(),
        );
        Evidence {
            organization: organization.clone(),
            trusted_access: trusted_access.into(),
            service_linked_role: service_linked_role.into(),
            creator: self.creator,
            creator_role: creator_role.into(),
            bucket,
            key,
            topic,
            logs,
            without_home: self.without_home(),
        }
    }

    fn reads(&self) -> Reads<'a> {
        Reads {
            door: self.door,
            ctx: self.ctx,
            tally: self.tally,
            who: &*self.seat.who,
        }
    }

    /// Sessions in this account: where we sit, those that call Organizations.
    fn sessions(&self, account: AccountId) -> Arc<dyn CredentialSource> {
        if account == self.seat.account {
            Arc::clone(&self.seat.who)
        } else {
            self.fleet.credentials(account)
        }
    }

    async fn service_linked_role(&self) -> Result<bool, AwsError> {
        let who = self.sessions(self.seat.organization.management);
        let role = self
            .door
            .get_role(self.ctx, self.tally, &*who, SERVICE_LINKED_ROLE);
        Ok(unless_missing(role.await)?.is_some())
    }

    /// The members that are known not to have the home Region. The fleet knows it only of the Regions that it was told.
    fn without_home(&self) -> Option<Vec<AccountId>> {
        let home = &self.trail.home;
        let directory = self.fleet.directory();
        let active = || {
            let all = directory.accounts().iter();
            all.filter(|account| account.state == AccountState::Active)
        };
        let told = self.fleet.settings().regions.contains(home);
        let known = told && active().any(|one| directory.disabled_regions(one.id).is_some());
        let without = || active().filter(|one| directory.disabled(one.id, home));
        known.then(|| without().map(|one| one.id).collect())
    }

    /// Accounts of the organization that may own something whose owner is not named: those that the request names.
    fn candidates(&self) -> Vec<AccountId> {
        let trail = self.trail;
        let logs = trail.logs.as_ref();
        let arns = [
            trail.kms_key.as_deref(),
            trail.topic.as_deref(),
            logs.map(|logs| &*logs.group),
            logs.map(|logs| &*logs.role),
        ];
        let named = arns.into_iter().flatten().filter_map(account_of);
        let first = [self.creator, self.seat.organization.management];
        let directory = self.fleet.directory();
        let mut seen = BTreeSet::new();
        let all = first.into_iter().chain(named);
        all.filter(|account| directory.account(*account).is_some() || first.contains(account))
            .filter(|account| seen.insert(*account))
            .collect()
    }
}

/// What the trail's policies must be for. A name alone means something of the account that creates the trail.
fn deliveries(trail: &OrganizationTrail, seat: &Seat, creator: AccountId) -> Deliveries {
    let (owner, home) = (seat.organization.management, &trail.home);
    let partition = home.partition();
    let arn = TrailArn::of(owner, home.clone(), trail.name.clone());
    let id: Option<OrganizationId> = seat.organization.id.parse().ok();
    Deliveries {
        trails: BTreeSet::from([arn]),
        scope: id.map_or(Scope::Owners(None), Scope::Organization),
        bucket: Some(trail.bucket.clone()),
        prefix: trail.prefix.clone(),
        kms_key: trail.kms_key.clone(),
        sns_topic: trail.topic.as_ref().map(|topic| {
            if topic.starts_with("arn:") {
                topic.clone()
            } else {
                format!("arn:{partition}:sns:{home}:{creator}:{topic}")
            }
        }),
        log_group_arn: trail.logs.as_ref().map(|logs| logs.group.clone()),
    }
}

fn account_of(arn: &str) -> Option<AccountId> {
    Arn::parse(arn)?.account.parse().ok()
}

/// What is not there is an answer.
fn unless_missing<T>(read: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == FailureKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
