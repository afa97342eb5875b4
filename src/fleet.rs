//! The accounts of the organization, their units, Regions and roles, and the sessions in them.
//!
//! Owns which accounts there are, which cells a selector means, and how to get into each account. Knows
//! nothing of what is done in them, nor of gRPC.

pub mod accounts;
pub mod directory;
pub mod discovery;
pub mod learned;
pub mod quotas;
pub mod refresh;
pub mod select;
pub mod sessions;
pub mod settings;
mod sight;
pub mod units;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use self::{
    directory::Changes,
    discovery::Reader,
    learned::Learned,
    refresh::{Refresher, Shared},
    select::Unresolved,
    sessions::{Permitted, Sessions, Writer, Writing, cache::Timing},
    settings::{Access, NoWayIn},
};
use crate::{
    aws::{AwsError, CredentialSource, Door, FailureKind},
    budget::{Interrupted, RequestContext},
    domain::{AccountId, TargetSelector, WallClock},
};

pub use directory::{Directory, Stale};
pub use select::{Missing, TargetCell, Targets, Violation};
pub use settings::Settings;
pub use sight::Sight;

/// Refreshes asked for at the same time and not yet heard by the refresher. They share one listing, so that
/// this only smooths a burst; more callers wait by their own deadlines.
const REFRESH_QUEUE: usize = 64;

/// The fleet. Cloning shares it.
#[derive(Clone)]
pub struct Fleet {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    door: Door,
    requests: mpsc::Sender<refresh::Reply>,
}

/// A selector could not be resolved.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SelectError {
    /// The selector is wrong: everything that is wrong with it, in order of field and place.
    #[error("the selector names {} unknown things", .0.len())]
    Invalid(Vec<Violation>),
    /// The fleet does not know something that the selector needs, and did not come to know it in time.
    #[error("{missing} are not known yet{}", because(.reason.as_deref()))]
    NotDiscovered {
        /// What is missing.
        missing: Missing,
        /// Why, if it is known: what reading it failed with.
        reason: Option<Arc<str>>,
    },
    /// The caller may not do this: in these accounts, which it named, or in none that the selector means.
    #[error("{}", not_allowed(.0))]
    NotAllowed(Vec<AccountId>),
    /// The request ended first.
    #[error("{0}")]
    Interrupted(Interrupted),
}

/// A refresh that was asked for did not come to its end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RefreshError {
    /// Organizations could not be read. The copy that there was stays in use.
    #[error("the organization could not be read: {0}")]
    Failed(AwsError),
    /// The request ended first; the refresh goes on.
    #[error("{0}")]
    Interrupted(Interrupted),
}

fn not_allowed(accounts: &[AccountId]) -> String {
    if accounts.is_empty() {
        return "the caller may not do this in any account that is asked for".to_owned();
    }
    let named: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    format!("the caller may not do this in {}", named.join(", "))
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

impl Fleet {
    /// The fleet, and the task that keeps it fresh until `stop` fires. `base` are the service's own
    /// credentials. The task must be run, or nothing is ever discovered.
    pub fn new(
        settings: Settings,
        door: Door,
        base: Arc<dyn CredentialSource>,
        clock: WallClock,
        stop: CancellationToken,
    ) -> (Self, Refresher) {
        let sessions = Sessions::new(
            &settings,
            door.clone(),
            base,
            Timing::default(),
            stop.clone(),
        );
        let learned = match settings.organization {
            Some(_) => Learned::nothing(),
            None => Learned::no_organization(),
        };
        let access = match &settings.organization {
            Some(organization) => organization.access.clone(),
            None => Access::OwnCredentials,
        };
        let reader = Reader::new(door.clone(), sessions.organization(access), stop.clone());
        let directory = Directory::assemble(&settings, &learned, None);
        let shared = Arc::new(Shared {
            ready: watch::Sender::new(settings.organization.is_none()),
            directory: watch::Sender::new(Arc::new(directory)),
            settings,
            sessions,
            clock,
        });
        let (requests, receiver) = mpsc::channel(REFRESH_QUEUE);
        let refresher = Refresher::new(shared.clone(), receiver, reader, stop);
        let inner = Inner {
            shared,
            door,
            requests,
        };
        let fleet = Self {
            inner: Arc::new(inner),
        };
        (fleet, refresher)
    }

    /// Becomes true once the accounts are known, and stays true.
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.inner.shared.ready.subscribe()
    }

    /// What the fleet knows now.
    pub fn directory(&self) -> Arc<Directory> {
        self.inner.shared.directory.borrow().clone()
    }

    /// The accounts, as this request may see them.
    pub fn sight(&self, ctx: &RequestContext) -> Sight {
        let directory = self.inner.shared.directory.subscribe();
        Sight::new(directory, ctx.authority.clone())
    }

    /// What the fleet was told.
    pub fn settings(&self) -> &Settings {
        &self.inner.shared.settings
    }

    /// Why accounts cannot be entered whose role could not be assumed lately: one reason an account. It is believed for a
    /// minute to five, and asked anew when somebody asks for the account again.
    pub fn refused_sessions(&self) -> Vec<FailureKind> {
        self.inner.shared.sessions.refused()
    }

    /// How many sessions can be used now.
    pub fn usable_sessions(&self) -> usize {
        self.inner.shared.sessions.usable()
    }

    /// The cells that a selector means.
    ///
    /// Waits, by the request's deadline, for what the selector needs and the fleet does not know yet.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the selector, at once; or what is missing.
    pub async fn resolve(
        &self,
        ctx: &RequestContext,
        selector: &TargetSelector,
    ) -> Result<Targets, SelectError> {
        let settings = self.settings();
        self.once_known(ctx, |directory| {
            select::targets(
                directory,
                &settings.regions,
                settings.partition,
                selector,
                &ctx.authority,
            )
        })
        .await
        .map(|(_, targets)| targets)
    }

    /// Sessions that work in this account, for any of its Regions.
    pub fn credentials(&self, account: AccountId) -> Arc<dyn CredentialSource> {
        self.sessions_in(account, None)
    }

    /// Sessions that call Organizations; `None` if no organization is configured.
    pub fn organization_credentials(&self) -> Option<Arc<dyn CredentialSource>> {
        let organization = self.settings().organization.as_ref()?;
        let sessions = &self.inner.shared.sessions;
        Some(sessions.organization(organization.access.clone()))
    }

    /// Sessions to write with in this account, for any of its Regions.
    pub fn writer(&self, account: AccountId, writing: &Writing) -> Writer {
        let sessions = &self.inner.shared.sessions;
        let writer = sessions.member_writer(account, self.access(account), writing);
        Writer {
            who: self.permitted(account, writer.who),
            ..writer
        }
    }

    /// Sessions to change the organization with; `None` if no organization is configured.
    pub fn organization_writer(&self, writing: &Writing) -> Option<Writer> {
        let organization = self.settings().organization.as_ref()?;
        let sessions = &self.inner.shared.sessions;
        Some(sessions.organization_writer(organization.access.clone(), writing))
    }

    fn access(&self, account: AccountId) -> Result<Access, NoWayIn> {
        let directory = self.directory();
        let management = directory.account(account).is_some_and(|a| a.management);
        self.settings().access(account, management)
    }

    fn permitted(
        &self,
        account: AccountId,
        sessions: Arc<dyn CredentialSource>,
    ) -> Arc<dyn CredentialSource> {
        let directory = self.inner.shared.directory.subscribe();
        Arc::new(Permitted::new(sessions, account, directory))
    }

    fn sessions_in(
        &self,
        account: AccountId,
        youngest: Option<Duration>,
    ) -> Arc<dyn CredentialSource> {
        let sessions = &self.inner.shared.sessions;
        let inner = sessions.member(account, self.access(account), youngest);
        self.permitted(account, inner)
    }

    /// Reads the organization's accounts again, now. All who ask meanwhile share one reading.
    ///
    /// # Errors
    ///
    /// If Organizations could not be read, or the request ended first.
    pub async fn refresh(&self, ctx: &RequestContext) -> Result<Changes, RefreshError> {
        let (reply, answer) = oneshot::channel();
        let asking = async {
            let sent = self.inner.requests.send(reply).await;
            // Both fail only when the refresher is gone: the process drains.
            match (sent, answer.await) {
                (Ok(()), Ok(outcome)) => outcome.map_err(RefreshError::Failed),
                (Err(_), _) | (_, Err(_)) => Err(RefreshError::Interrupted(Interrupted::Cancelled)),
            }
        };
        ctx.race(asking).await.map_err(RefreshError::Interrupted)?
    }

    /// Looks at snapshot after snapshot until one knows enough.
    async fn once_known<T>(
        &self,
        ctx: &RequestContext,
        look: impl Fn(&Directory) -> Result<T, Unresolved>,
    ) -> Result<(Arc<Directory>, T), SelectError> {
        let mut snapshots = self.inner.shared.directory.subscribe();
        let patience = ctx.by(before(ctx.deadline));
        loop {
            let directory = snapshots.borrow_and_update().clone();
            let missing = match look(&directory) {
                Ok(found) => return Ok((directory, found)),
                Err(Unresolved::Wrong(violations)) => return Err(SelectError::Invalid(violations)),
                Err(Unresolved::NotAllowed(named)) => return Err(SelectError::NotAllowed(named)),
                Err(Unresolved::Never(missing, reason)) => {
                    return Err(SelectError::NotDiscovered {
                        missing,
                        reason: Some(reason),
                    });
                }
                Err(Unresolved::NotYet(missing)) => missing,
            };
            match patience.race(snapshots.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(SelectError::Interrupted(Interrupted::Cancelled)),
                Err(Interrupted::DeadlineExceeded) => {
                    let reason = directory.last_error(&missing).cloned();
                    return Err(SelectError::NotDiscovered { missing, reason });
                }
                Err(cancelled) => return Err(SelectError::Interrupted(cancelled)),
            }
        }
    }
}

/// A little before the deadline, so that there is time to say what is missing.
fn before(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline - (left / 10).min(Duration::from_millis(500))
}
