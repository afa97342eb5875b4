//! Every AssumeRole, and what it asked for: in whose name, by which session, how bound. External ids are not kept, only
//! that there was one.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::request::Request;
use crate::sandbox::sessions::Principal;

/// AssumeRole calls that are kept; beyond it the oldest go.
const MOST: usize = 50_000;

/// One AssumeRole, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssumedRole {
    /// Its number; the first is 0.
    pub number: u64,
    /// The account of the role.
    pub account: String,
    /// The role.
    pub role: String,
    /// Who assumed it.
    pub caller: String,
    /// `RoleSessionName`.
    pub session_name: String,
    /// `SourceIdentity`; empty if none was set.
    pub source_identity: String,
    /// The session's tags.
    pub tags: BTreeMap<String, String>,
    /// The keys of those that are passed on.
    pub transitive_tags: BTreeSet<String>,
    /// The session policy; empty if there was none.
    pub policy: String,
    /// Whether there was an external id, right or wrong.
    pub external_id: bool,
    /// `DurationSeconds`.
    pub seconds: i64,
    /// `OK`, or the error's code.
    pub outcome: String,
}

/// All of them.
#[derive(Debug, Default)]
pub struct AssumeRoleLog(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<AssumedRole>,
    next: u64,
}

impl AssumeRoleLog {
    pub(super) fn note(&self, caller: &Principal, request: &Request, outcome: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = AssumedRole {
            number: kept.next,
            account: request.role.account().to_string(),
            role: request.role.to_string(),
            caller: caller.arn.clone(),
            session_name: request.session_name.clone(),
            source_identity: request.source_identity.clone().unwrap_or_default(),
            tags: request.tags.clone(),
            transitive_tags: request.transitive.clone(),
            policy: request.policy.clone().unwrap_or_default(),
            external_id: request.external_id.is_some(),
            seconds: request.duration,
            outcome: outcome.to_owned(),
        };
        kept.next += 1;
        if kept.entries.len() >= MOST {
            kept.entries.pop_front();
        }
        kept.entries.push_back(entry);
    }

    /// Those that are kept, from this number on, oldest first.
    pub fn since(&self, number: u64) -> Vec<AssumedRole> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = kept.entries.iter().filter(|entry| entry.number >= number);
        wanted.cloned().collect()
    }

    /// Forgets everything. Numbers begin at 0 again.
    pub fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }
}
