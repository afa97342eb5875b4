//! Sessions in the accounts: to read, one AssumeRole an account, whatever the number of Regions and callers; to write,
//! one for each caller and request.
//!
//! Owns who is assumed from what: own credentials, then the hub role where there is one, then the role in the
//! account. Credentials stay inside `aws`'s `Session`, in memory only.

pub mod cache;
mod permitted;
mod source;
mod trial;
mod writing;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::{
    cache::{Cache, Lease, LoadError, Memory, Timing},
    source::{Assumed, Own, Refused, error},
    writing::Write,
};
pub use self::{
    permitted::Permitted,
    trial::Trial,
    writing::{Writer, Writing},
};
use super::settings::{Access, AssumableRole, NoWayIn, SessionSettings, Settings};
use crate::{
    aws::{AssumedRole, AwsError, CredentialSource, Door, FailureKind, RoleRequest, Session},
    budget::{RequestContext, Tally},
    domain::{AccountId, Region, SessionTags},
};

/// STS's error code where it is switched off in a Region for the role's account.
const STS_OFF_THERE: &str = "RegionDisabledException";

/// What one cached session is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    account: AccountId,
    purpose: Purpose,
    /// Where AssumeRole is called, for errors.
    region: Region,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Purpose {
    /// The role that the others are assumed from.
    Hub,
    /// The role that reads the organization.
    Organization,
    /// The role that works in the account.
    Member,
    /// A role that writes, for one caller and one request.
    Write(Arc<Write>),
}

/// All sessions of this process. Cloning shares them.
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

struct Inner {
    door: Door,
    base: Arc<dyn CredentialSource>,
    cache: Arc<Cache<Key, Session, AwsError>>,
    /// Those that write.
    writers: Arc<Cache<Key, Session, AwsError>>,
    settings: SessionSettings,
    hub: Option<AssumableRole>,
    /// The STS endpoint asked when the first is switched off for an account.
    second_region: Option<Region>,
    flight: Duration,
    stop: CancellationToken,
}

impl Sessions {
    /// Sessions assumed through this door, starting from `base`. Flights end when `stop` fires.
    pub fn new(
        settings: &Settings,
        door: Door,
        base: Arc<dyn CredentialSource>,
        timing: Timing,
        stop: CancellationToken,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                door,
                base,
                cache: Cache::new(timing, stop.clone()),
                writers: Cache::bounded(timing, writing::MOST, stop.clone()),
                settings: settings.sessions.clone(),
                hub: settings.hub_role.clone(),
                second_region: second_region(settings),
                flight: timing.flight,
                stop,
            }),
        }
    }

    /// Sessions that work in this account. Without a way in, each is refused with the reason. With `youngest`
    /// a session made longer ago than that is not good enough: whether the role can be assumed *now* is the
    /// question.
    pub fn member(
        &self,
        account: AccountId,
        access: Result<Access, NoWayIn>,
        youngest: Option<Duration>,
    ) -> Arc<dyn CredentialSource> {
        match access {
            Ok(Access::OwnCredentials) => Arc::new(Own {
                base: self.inner.base.clone(),
                account,
                region: self.inner.settings.sts_region.clone(),
            }),
            Ok(Access::Role(role)) => Arc::new(Assumed {
                youngest,
                ..self.assumed(account, Purpose::Member, role)
            }),
            Err(none) => {
                let key = self.inner.key(account, Purpose::Member);
                let kind = FailureKind::RoleNotAssumable;
                Arc::new(Refused(error(&key, kind, &none.to_string())))
            }
        }
    }

    /// Sessions to write with in this account.
    pub fn member_writer(
        &self,
        account: AccountId,
        access: Result<Access, NoWayIn>,
        writing: &Writing,
    ) -> Writer {
        match access {
            Ok(Access::Role(role)) => self.writing(role, writing),
            own_or_none => Writer {
                who: self.member(account, own_or_none, None),
                source_identity: None,
            },
        }
    }

    /// Sessions to change the organization with.
    pub fn organization_writer(&self, access: Access, writing: &Writing) -> Writer {
        match access {
            Access::Role(role) => self.writing(role, writing),
            Access::OwnCredentials => Writer {
                who: self.organization(Access::OwnCredentials),
                source_identity: None,
            },
        }
    }

    /// Sessions that read the organization.
    pub fn organization(&self, access: Access) -> Arc<dyn CredentialSource> {
        match access {
            Access::OwnCredentials => self.inner.base.clone(),
            Access::Role(role) => {
                Arc::new(self.assumed(role.arn.account(), Purpose::Organization, role))
            }
        }
    }

    /// Forgets that this account's role could not be assumed, or the hub role that it is assumed from, so that the
    /// next use tries again.
    pub fn forget_failure(&self, account: AccountId) {
        let inner = &self.inner;
        let hub = inner
            .hub
            .iter()
            .map(|hub| (hub.arn.account(), Purpose::Hub));
        for (account, purpose) in hub.chain([(account, Purpose::Member)]) {
            inner.cache.forget_failure(&inner.key(account, purpose));
        }
        inner.writers.retain(|key| key.account != account);
    }

    /// Drops the sessions of accounts that are not known any more.
    pub fn retain(&self, known: impl Fn(AccountId) -> bool) {
        self.inner
            .cache
            .retain(|key| key.purpose != Purpose::Member || known(key.account));
        self.inner.writers.retain(|key| known(key.account));
    }

    /// How many sessions can be used now.
    pub fn usable(&self) -> usize {
        self.inner.cache.usable() + self.inner.writers.usable()
    }

    /// Why there are no sessions in accounts whose role could not be assumed lately: one reason an account.
    pub fn refused(&self) -> Vec<FailureKind> {
        let members = |key: &Key| key.purpose == Purpose::Member;
        let errors = self.inner.cache.failing(members).into_iter();
        errors.map(|error| error.kind).collect()
    }

    /// Waits for the AssumeRole calls under way, once the process drains.
    pub async fn drained(&self) {
        tokio::join!(self.inner.cache.drained(), self.inner.writers.drained());
    }

    fn assumed(&self, account: AccountId, purpose: Purpose, role: AssumableRole) -> Assumed {
        let hub = self.inner.hub.as_ref();
        // The hub role is not assumed from itself: whoever means it shares the hub's session.
        let (account, purpose) = match hub.filter(|hub| hub.arn == role.arn) {
            Some(hub) => (hub.arn.account(), Purpose::Hub),
            None => (account, purpose),
        };
        Assumed {
            sessions: self.clone(),
            key: self.inner.key(account, purpose),
            role,
            youngest: None,
        }
    }

    /// The credentials that a role is assumed with.
    fn below(&self, role: &AssumableRole) -> Arc<dyn CredentialSource> {
        match &self.inner.hub {
            Some(hub) if hub.arn != role.arn => {
                Arc::new(self.assumed(hub.arn.account(), Purpose::Hub, hub.clone()))
            }
            Some(_) | None => self.inner.base.clone(),
        }
    }

    /// One load: AssumeRole, by its own time and whatever becomes of the caller that started it.
    async fn load(
        self,
        ctx: RequestContext,
        key: Key,
        role: AssumableRole,
        generation: u64,
    ) -> Result<Lease<Session>, AwsError> {
        let inner = &self.inner;
        let ctx = RequestContext {
            deadline: Instant::now() + inner.flight,
            cancel: inner.stop.clone(),
            ..ctx
        };
        let below = self.below(&role);
        let naming = Self::session_of(&inner.settings, &key.purpose);
        let request = RoleRequest {
            role: role.arn,
            external_id: role.external_id,
            session_name: naming.name,
            duration: naming.life,
            tags: match naming.caller {
                Some(_) => inner.settings.tags.clone(),
                None => SessionTags::default(),
            },
            source_identity: naming.caller,
            policy: naming.policy,
        };
        let outcome = inner
            .assume(&ctx, &Tally::default(), &*below, &request, generation)
            .await;
        let assumed = outcome.map_err(|error| match error.kind {
            // The flight's deadline, not that of any request that waits for it.
            FailureKind::DeadlineExceeded => AwsError {
                kind: FailureKind::Timeout,
                ..error
            },
            _ => error,
        })?;
        Ok(Lease {
            value: assumed.session,
            lifetime: assumed.lifetime,
        })
    }
}

/// The Region to ask STS in when it is switched off in the first for an account. In the partition's global
/// Region it cannot be switched off, so that one is preferred.
fn second_region(settings: &Settings) -> Option<Region> {
    let others = || {
        let first = &settings.sessions.sts_region;
        settings.regions.iter().filter(move |r| *r != first)
    };
    let global = settings.partition.global_region();
    others()
        .find(|region| **region == global)
        .or_else(|| others().next())
        .cloned()
}

impl Inner {
    /// AssumeRole; in the second Region where STS is switched off in the first.
    async fn assume(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        who: &dyn CredentialSource,
        request: &RoleRequest,
        generation: u64,
    ) -> Result<AssumedRole, AwsError> {
        let ask = |region| async move {
            let door = &self.door;
            door.assume_role(ctx, tally, who, region, request, generation)
                .await
        };
        match (ask(&self.settings.sts_region).await, &self.second_region) {
            (Err(error), Some(second)) if error.code.as_deref() == Some(STS_OFF_THERE) => {
                ask(second).await
            }
            (outcome, _) => outcome,
        }
    }

    fn key(&self, account: AccountId, purpose: Purpose) -> Key {
        Key {
            account,
            purpose,
            region: self.settings.sts_region.clone(),
        }
    }
}

impl LoadError<Key> for AwsError {
    fn timed_out(key: &Key) -> Self {
        error(
            key,
            FailureKind::Timeout,
            "no session within the time for one",
        )
    }

    fn abandoned(key: &Key) -> Self {
        error(key, FailureKind::Cancelled, "")
    }

    fn memory(&self) -> Memory {
        match self.kind {
            FailureKind::Cancelled => Memory::Nothing,
            kind if is_refusal(kind) => Memory::Refused,
            _ => Memory::Transient,
        }
    }
}

/// Whether asking again within minutes is pointless: somebody must change something first.
pub fn is_refusal(kind: FailureKind) -> bool {
    match kind {
        FailureKind::AccessDenied
        | FailureKind::ServiceControlPolicy
        | FailureKind::RoleNotAssumable
        | FailureKind::SourceIdentityRefused
        | FailureKind::SessionTagsRefused
        | FailureKind::RegionUnavailable
        | FailureKind::InvalidRequest
        | FailureKind::NotFound
        | FailureKind::AlreadyExists
        | FailureKind::LimitExceeded
        | FailureKind::Precondition
        | FailureKind::WrongHomeRegion
        | FailureKind::Refused
        | FailureKind::Unsupported => true,
        FailureKind::Throttled
        | FailureKind::Transient
        | FailureKind::Timeout
        | FailureKind::NoCredentials
        | FailureKind::ExpiredCredentials
        | FailureKind::ClockSkew
        | FailureKind::InvalidNextToken
        // Ours, and this caller's: AWS was not asked.
        | FailureKind::NotAuthorized
        | FailureKind::Conflict
        | FailureKind::Unready
        | FailureKind::BudgetExhausted { .. }
        | FailureKind::BudgetUnavailable
        | FailureKind::DeadlineExceeded
        | FailureKind::Cancelled
        | FailureKind::Other => false,
    }
}
