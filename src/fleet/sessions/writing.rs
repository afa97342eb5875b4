//! Sessions to write with: one caller's, for one request, and allowed no more than what is about to be done.
//!
//! They are kept apart from the sessions that callers share, and are few: a request's session is of no use after it.

use std::{sync::Arc, time::Duration};

use super::{Key, Purpose, Sessions, source::Assumed};
use crate::{
    aws::{CredentialSource, SessionName, SessionPolicy, SourceIdentity},
    budget::CallerId,
    domain::{Permissions, RoleArn},
    fleet::settings::{AssumableRole, SessionSettings},
};

/// The shortest that STS grants. What a request writes in one account takes seconds, and minutes at the very worst.
pub const LIFE: Duration = Duration::from_secs(900);

/// Sessions kept at most, some 4 KB each: a hundred targets of a request are changed at a time, and whoever comes back to
/// an account for its next trail does so within seconds. One that had to go is made again.
pub const MOST: usize = 1_024;

/// What is going to be written: by whom, for which request, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writing {
    /// Who asked.
    pub caller: CallerId,
    /// For which request: the caller's id for it, or one made up.
    pub request_id: Arc<str>,
    /// What the session may do.
    pub permissions: Permissions,
}

/// Sessions to write with.
#[derive(Clone)]
pub struct Writer {
    /// Where they come from.
    pub who: Arc<dyn CredentialSource>,
    /// Whom AWS records as their source; `None` if they are the service's own credentials, with which only the user
    /// agent tells of the caller.
    pub source_identity: Option<SourceIdentity>,
}

/// What tells one session to write with from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Write {
    role: RoleArn,
    pub(super) caller: SourceIdentity,
    pub(super) request: SessionName,
    pub(super) policy: SessionPolicy,
}

impl Write {
    pub(super) fn new(role: RoleArn, writing: &Writing) -> Self {
        Self {
            role,
            caller: SourceIdentity::of(writing.caller.as_str()),
            request: SessionName::of(&writing.request_id),
            policy: SessionPolicy::allowing(&writing.permissions),
        }
    }
}

impl Sessions {
    /// Sessions to write with, by this role.
    pub(super) fn writing(&self, role: AssumableRole, writing: &Writing) -> Writer {
        let write = Write::new(role.arn.clone(), writing);
        let source_identity = Some(write.caller.clone());
        let key = Key {
            account: role.arn.account(),
            purpose: Purpose::Write(Arc::new(write)),
            region: self.inner.settings.sts_region.clone(),
        };
        let who = Arc::new(Assumed {
            sessions: self.clone(),
            key,
            role,
            youngest: None,
        });
        Writer {
            who,
            source_identity,
        }
    }

    /// What AssumeRole says of whom and of what.
    pub(super) fn session_of(settings: &SessionSettings, purpose: &Purpose) -> Naming {
        match purpose {
            Purpose::Hub | Purpose::Organization | Purpose::Member => Naming {
                name: SessionName::of(&settings.name),
                life: settings.duration.min(SessionSettings::LONGEST),
                caller: None,
                policy: None,
            },
            Purpose::Write(write) => Naming {
                name: write.request.clone(),
                life: LIFE,
                caller: Some(write.caller.clone()),
                policy: Some(write.policy.clone()),
            },
        }
    }
}

/// What a session is called, how long it lives, and what binds it.
pub(super) struct Naming {
    pub(super) name: SessionName,
    pub(super) life: Duration,
    pub(super) caller: Option<SourceIdentity>,
    pub(super) policy: Option<SessionPolicy>,
}
