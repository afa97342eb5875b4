//! Where a call's session comes from: a role assumed, own credentials, or nowhere.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use super::{
    Key, Purpose, Sessions,
    cache::{Cache, Found, LoadError},
};
use crate::{
    aws::{AwsError, CredentialSource, FailureKind, Session},
    budget::RequestContext,
    domain::{AccountId, Api, Region},
    fleet::settings::AssumableRole,
};

/// A role, assumed when it is first needed.
pub(super) struct Assumed {
    pub(super) sessions: Sessions,
    pub(super) key: Key,
    pub(super) role: AssumableRole,
    /// Set where only a session just made proves something.
    pub(super) youngest: Option<Duration>,
}

impl CredentialSource for Assumed {
    fn session<'a>(&'a self, ctx: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        Box::pin(async move {
            let cache = self.cache();
            let load = |generation| {
                let (sessions, role) = (self.sessions.clone(), self.role.clone());
                sessions.load(ctx.clone(), self.key.clone(), role, generation)
            };
            let found = match self.youngest {
                Some(age) => cache.find_fresh(&self.key, age, load),
                None => cache.find(&self.key, load),
            };
            match found {
                Found::Ready(session) => Ok(session),
                Found::Failed(error, age) => Err(AwsError {
                    // What is remembered may itself come of a hub role that was remembered.
                    remembered_for: Some(age + error.remembered_for.unwrap_or_default()),
                    ..error
                }),
                Found::Wait(waiter) => match ctx.race(waiter.outcome()).await {
                    Ok(Some(outcome)) => outcome,
                    Ok(None) => Err(AwsError::abandoned(&self.key)),
                    Err(interrupted) => Err(error(&self.key, interrupted.into(), "")),
                },
            }
        })
    }

    fn reject(&self, session: &Session) {
        self.cache().reject(&self.key, session.generation());
    }

    fn session_name(&self) -> Option<String> {
        let naming = Sessions::session_of(&self.sessions.inner.settings, &self.key.purpose);
        Some(naming.name.as_str().to_owned())
    }
}

impl Assumed {
    fn cache(&self) -> &Arc<Cache<Key, Session, AwsError>> {
        let inner = &self.sessions.inner;
        match self.key.purpose {
            Purpose::Hub | Purpose::Organization | Purpose::Member => &inner.cache,
            Purpose::Write(_) => &inner.writers,
        }
    }
}

/// The service's own credentials, for the account that they must belong to.
pub(super) struct Own {
    pub(super) base: Arc<dyn CredentialSource>,
    pub(super) account: AccountId,
    pub(super) region: Region,
}

impl CredentialSource for Own {
    fn session<'a>(&'a self, ctx: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        Box::pin(async move {
            let session = self.base.session(ctx).await?;
            if session.account() == self.account {
                return Ok(session);
            }
            // Never answer for one account with the credentials of another.
            Err(AwsError {
                api: Api::GetCallerIdentity,
                account: self.account,
                region: self.region.clone(),
                kind: FailureKind::RoleNotAssumable,
                code: None,
                message: format!(
                    "the service's own credentials belong to account {}",
                    session.account()
                ),
                request_id: None,
                remembered_for: None,
            })
        })
    }

    fn reject(&self, session: &Session) {
        self.base.reject(session);
    }
}

/// There is no way into the account.
pub(super) struct Refused(pub(super) AwsError);

impl CredentialSource for Refused {
    fn session<'a>(&'a self, _: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>> {
        Box::pin(async move { Err(self.0.clone()) })
    }

    fn reject(&self, _: &Session) {}
}

pub(super) fn error(key: &Key, kind: FailureKind, message: &str) -> AwsError {
    AwsError {
        api: Api::AssumeRole,
        account: key.account,
        region: key.region.clone(),
        kind,
        code: None,
        message: message.to_owned(),
        request_id: None,
        remembered_for: None,
    }
}
