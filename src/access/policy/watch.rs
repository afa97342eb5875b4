//! The policies in use: read at the start, read again when the files change. Files that cannot be used are refused, and
//! what was read before them stays in use.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, task::spawn_blocking, time::interval};

use crate::{
    access::Identity,
    domain::{Authority, authority::Place},
};

use super::{
    actions::Rank,
    decide::{Question, Verdict},
    judge::CallerJudge,
    load::{LoadError, Rules, read},
};

/// Where policies are, and how often they are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySettings {
    /// The directory.
    pub directory: PathBuf,
    /// How often it is read.
    pub reload_interval: Duration,
}

/// What there is to say of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyStatus {
    /// How many are in use.
    pub policies: usize,
    /// Why the files as they are now were not taken; then what was read before them is still in use.
    pub refused: Option<String>,
    /// How often new files were taken since the start.
    pub reloads: u64,
}

/// The policies in use. Cheap to clone.
#[derive(Clone)]
pub struct Policy {
    shared: Arc<Shared>,
}

struct Shared {
    settings: PolicySettings,
    state: watch::Sender<State>,
    reloads: AtomicU64,
}

struct State {
    rules: Arc<Rules>,
    refused: Option<String>,
}

impl Policy {
    /// Reads the policies. Blocks while it does.
    ///
    /// # Errors
    /// They cannot be used: the service should not start.
    pub fn load(settings: PolicySettings) -> Result<Self, LoadError> {
        let state = State {
            rules: Arc::new(Rules::load(&settings.directory)?),
            refused: None,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                state: watch::Sender::new(state),
                reloads: AtomicU64::new(0),
            }),
        })
    }

    #[cfg(test)]
    pub(super) fn of(rules: Rules) -> Self {
        let state = State {
            rules: Arc::new(rules),
            refused: None,
        };
        Self {
            shared: Arc::new(Shared {
                settings: PolicySettings {
                    directory: PathBuf::new(),
                    reload_interval: Duration::from_secs(1),
                },
                state: watch::Sender::new(state),
                reloads: AtomicU64::new(0),
            }),
        }
    }

    #[cfg(test)]
    pub(super) fn replace(&self, rules: Rules) {
        self.take(rules);
    }

    /// The policies as they are now.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.shared.state.borrow().rules)
    }

    /// What this caller may do in accounts by the RPC of this name.
    pub fn authority(&self, identity: &Identity, rpc: &'static str) -> Authority {
        let judge = CallerJudge::new(self.clone(), identity.clone(), rpc);
        Authority::judged(Arc::new(judge))
    }

    /// Whether this caller may do this to the organization, and by which policies.
    pub fn decide(&self, identity: &Identity, action: &str) -> Verdict {
        let rules = self.rules();
        rules.decide(&Question {
            who: &rules.groups().who(identity),
            action,
            place: None::<Place<'_>>,
        })
    }

    /// Whether this caller's work may be so urgent.
    pub fn allows_rank(&self, identity: &Identity, rank: Rank) -> bool {
        self.decide(identity, rank.action()).allowed
    }

    /// What there is to say now.
    pub fn status(&self) -> PolicyStatus {
        let state = self.shared.state.borrow();
        PolicyStatus {
            policies: state.rules.len(),
            refused: state.refused.clone(),
            reloads: self.shared.reloads.load(Ordering::Relaxed),
        }
    }

    /// Looks at the files for ever.
    pub async fn keep(self) {
        let mut beat = interval(self.shared.settings.reload_interval);
        loop {
            beat.tick().await;
            self.look_now().await;
        }
    }

    /// Looks at the files now, whenever they would be looked at next.
    pub async fn look_now(&self) {
        let policy = self.clone();
        // If it panics the old ones stay in use.
        let _ = spawn_blocking(move || policy.look()).await;
    }

    /// Takes the files if they have changed and can be used.
    pub(super) fn look(&self) {
        let before = self.rules();
        let loaded = match read(&self.shared.settings.directory) {
            Ok(texts) if texts == before.texts => return self.refuse(None),
            Ok(texts) => Rules::of(texts),
            Err(error) => Err(error),
        };
        match loaded {
            Ok(rules) => self.take(rules),
            Err(error) => self.refuse(Some(with_source(&error))),
        }
    }

    fn take(&self, rules: Rules) {
        self.shared.reloads.fetch_add(1, Ordering::Relaxed);
        tracing::info!(
            policies = rules.len(),
            "new policies are in use, for requests that run as well"
        );
        self.shared.state.send_modify(|state| {
            state.rules = Arc::new(rules);
            state.refused = None;
        });
    }

    /// Notes what is wrong with the files, if anything is. It is logged when it begins and changes, not at each look.
    fn refuse(&self, why: Option<String>) {
        if self.shared.state.borrow().refused == why {
            return;
        }
        match &why {
            Some(error) => {
                tracing::error!(%error, "the policies cannot be used: those read before stay in use");
            }
            None => tracing::info!("the policies are again those in use"),
        }
        self.shared.state.send_modify(|state| state.refused = why);
    }
}

fn with_source(error: &LoadError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}
