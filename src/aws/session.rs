//! Credentials on their way into a call. They live in memory only and never show themselves.

use std::{fmt, time::Duration};

use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::{
    budget::RequestContext,
    domain::{AccountId, Region},
};

use super::{AwsError, SourceIdentity};

/// Credentials that act in one account, for a while.
#[derive(Clone)]
pub struct Session {
    account: AccountId,
    credentials: Credentials,
    generation: u64,
    made: Instant,
    whose: Whose,
}

/// Who uses a session.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    /// The service's own credentials: there is no AssumeRole that could name a caller.
    Own,
    /// A role's, for whoever asks.
    Shared,
    /// A role's, for this caller alone.
    OneCallers(SourceIdentity),
}

impl Session {
    /// A session in this account. `generation` tells one issue of credentials from the next.
    pub fn new(account: AccountId, credentials: Credentials, generation: u64) -> Self {
        Self {
            account,
            credentials,
            generation,
            made: Instant::now(),
            whose: Whose::Own,
        }
    }

    /// The same as a role's: this caller's, or whoever's.
    pub(super) fn of_role(self, caller: Option<SourceIdentity>) -> Self {
        let whose = caller.map_or(Whose::Shared, Whose::OneCallers);
        Self { whose, ..self }
    }

    /// Whether callers share it although it could be one caller's: what it does, AWS tells of nobody.
    pub(super) fn is_shared(&self) -> bool {
        self.whose == Whose::Shared
    }

    /// Whose it is, as AWS records it; `None` if AWS is told by the user agent alone.
    pub fn source_identity(&self) -> Option<&SourceIdentity> {
        match &self.whose {
            Whose::OneCallers(caller) => Some(caller),
            Whose::Own | Whose::Shared => None,
        }
    }

    /// How long ago it was made. Much may have happened to its role meanwhile.
    pub(super) fn age(&self) -> Duration {
        self.made.elapsed()
    }

    /// The account that the credentials act in, and whose quotas they spend.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Which issue of credentials this is; a rejected one is told from its successor by this.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When the credentials end; `None` for long-lived ones.
    pub fn expires_at(&self) -> Option<std::time::SystemTime> {
        self.credentials.expiry()
    }

    /// The credentials, for the SDK.
    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("account", &self.account)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Where a call gets its session from. The door asks before each attempt, so the source caches.
pub trait CredentialSource: Send + Sync {
    /// A session that is good now. Callers at the same time share one fetch.
    ///
    /// # Errors
    ///
    /// Why there is none: most often that the role can't be assumed. Waiting races `ctx`.
    fn session<'a>(&'a self, ctx: &'a RequestContext) -> BoxFuture<'a, Result<Session, AwsError>>;

    /// AWS called this session expired: do not hand out its generation again.
    fn reject(&self, session: &Session);

    /// The name that AWS shows these sessions under; `None` if we gave them none.
    fn session_name(&self) -> Option<String> {
        None
    }

    /// Whether the request may use these sessions in this Region. Asked before each attempt, and before each page that is
    /// known without one: permissions can change while a request runs.
    fn permits(&self, ctx: &RequestContext, region: &Region) -> bool {
        let _ = (ctx, region);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_never_shows_its_credentials() {
        let credentials = Credentials::new(
            "AKIAEXAMPLE",
            "the-secret",
            Some("the-token".into()),
            None,
            "test",
        );
        let session = Session::new("111111111111".parse().unwrap(), credentials, 7);
        let shown = format!("{session:?}");
        for secret in ["AKIAEXAMPLE", "the-secret", "the-token"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
