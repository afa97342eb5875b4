//! Who may sign requests: the scenario's long-term keys, and the sessions that STS has issued.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    hash, id,
    scenario::Scenario,
    session_policy::SessionPolicy,
    wire::{ApiError, Call},
};
use crate::domain::{AccountId, Timestamp};

/// Somebody who signs requests.
pub struct Principal {
    /// The account that it acts in.
    pub account: AccountId,
    /// Its ARN.
    pub arn: String,
    /// STS's `UserId`.
    pub user_id: String,
    /// The session's or user's name.
    pub name: String,
    /// The source identity, which stays with it over role chaining.
    pub source_identity: Option<String>,
    /// Whether it is a session (and assuming another role is chaining).
    pub session: Option<Session>,
    /// What it may do of what its role may; all of it without.
    pub policy: Option<SessionPolicy>,
}

/// What makes a principal temporary.
pub struct Session {
    token: String,
    expires: Timestamp,
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Principal({})", self.arn)
    }
}

/// The credentials of a new session, on their way out.
pub struct Issued {
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret: String,
    /// The session token.
    pub token: String,
}

/// All who may sign.
pub struct Sessions {
    seed: u64,
    issued: AtomicU64,
    principals: Mutex<HashMap<String, Arc<Principal>>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Sessions({} issued)",
            self.issued.load(Ordering::Relaxed)
        )
    }
}

/// Sessions that are kept, expired ones included: beyond it the expired ones are forgotten.
const MAX_SESSIONS: usize = 100_000;

impl Sessions {
    /// The scenario's long-term keys.
    pub fn new(scenario: &Scenario, start: Timestamp) -> Self {
        let user = |key: &super::Key| {
            let principal = Principal {
                account: key.account,
                arn: format!("arn:aws:iam::{}:user/{}", key.account, key.user),
                user_id: format!(
                    "AIDA{}",
                    id::base32(hash::with_text(scenario.seed, &key.user) >> 24)
                ),
                name: key.user.clone(),
                source_identity: None,
                session: None,
                policy: None,
            };
            (key.access_key_id.clone(), Arc::new(principal))
        };
        let start = u64::try_from(start.as_nanos()).unwrap_or(0);
        Self {
            // Two runs of one scenario must not issue the same keys.
            seed: hash::with(scenario.seed, start),
            issued: AtomicU64::new(0),
            principals: Mutex::new(scenario.keys.iter().map(user).collect()),
        }
    }

    /// Who made this call.
    pub fn authenticate(&self, call: &Call, now: Timestamp) -> Result<Arc<Principal>, ApiError> {
        let principals = self
            .principals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let unknown = || ApiError::unknown_token(call.service);
        let principal = principals.get(&call.access_key_id).ok_or_else(unknown)?;
        if let Some(session) = &principal.session {
            if call.token.as_deref() != Some(session.token.as_str()) {
                return Err(unknown());
            }
            if now >= session.expires {
                return Err(ApiError::expired_token(call.service));
            }
        }
        Ok(Arc::clone(principal))
    }

    /// Issues a session that ends then. The rest of the principal is the caller's to say.
    pub fn issue(
        &self,
        expires: Timestamp,
        now: Timestamp,
        of: impl FnOnce(Session) -> Principal,
    ) -> Issued {
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let part = |which: u64| hash::with(hash::with(self.seed, number), which);
        let half = |which: u64| id::base32(part(which) >> 24);
        let issued = Issued {
            access_key_id: format!("ASIA{}{}", half(1), half(2)),
            secret: (3..8).map(half).collect(),
            token: (8..40).map(half).collect(),
        };
        let principal = Arc::new(of(Session {
            token: issued.token.clone(),
            expires,
        }));
        let mut principals = self
            .principals
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if principals.len() >= MAX_SESSIONS {
            principals.retain(|_, p| p.session.as_ref().is_none_or(|s| s.expires > now));
        }
        principals.insert(issued.access_key_id.clone(), principal);
        issued
    }
}
