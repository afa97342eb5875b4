//! The configuration file, read again: what can change while the process runs does so at once, and of the rest it is told
//! that a restart is due. A file that cannot be used changes nothing.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::interval;

use crate::{
    app::admin::Condition,
    budget::QuotaTable,
    config::{Config, Origin},
    telemetry::LogControl,
};

use super::super::{error::chain, wiring::aws::overrides};

/// How often the file is looked at. A ConfigMap takes a minute to reach its volume: a few seconds more matter little.
const EVERY: Duration = Duration::from_secs(5);

/// The configuration in force, and where it comes from. Cloning shares it.
#[derive(Clone)]
pub(in crate::app) struct Settings {
    shared: Arc<Shared>,
}

struct Shared {
    origin: Origin,
    log: LogControl,
    quotas: QuotaTable,
    state: Mutex<State>,
}

struct State {
    /// What is in force.
    running: Box<Config>,
    told: Told,
}

/// What there is to say of the file as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    /// All of it is in force.
    Current,
    /// These sections wait for a restart.
    Waiting(Vec<&'static str>),
    /// It cannot be used.
    Refused(String),
}

impl Settings {
    pub(in crate::app) fn new(
        origin: Origin,
        running: Config,
        log: LogControl,
        quotas: QuotaTable,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                origin,
                log,
                quotas,
                state: Mutex::new(State {
                    running: Box::new(running),
                    told: Told::Current,
                }),
            }),
        }
    }

    /// Looks at the file for ever.
    pub(in crate::app) async fn keep(self) {
        let mut beat = interval(EVERY);
        loop {
            beat.tick().await;
            self.look_now().await;
        }
    }

    /// Looks at the file, and takes what can be taken.
    pub(in crate::app) async fn look_now(&self) {
        let all = self.clone();
        // Reading blocks. A panic in it would be a defect, and leaves everything as it is.
        let looked = tokio::task::spawn_blocking(move || all.look()).await;
        if let Err(error) = looked {
            tracing::error!(%error, "the configuration could not be looked at");
        }
    }

    /// What there is to say now.
    pub(in crate::app) fn condition(&self) -> Condition {
        let (ok, message) = match &self.lock().told {
            Told::Current => (true, "the file is in force".to_owned()),
            Told::Waiting(sections) => (
                false,
                format!(
                    "the file has changed: restart to apply {}",
                    sections.join(", ")
                ),
            ),
            Told::Refused(why) => (
                false,
                format!("the file as it is now cannot be used, and a restart would fail: {why}"),
            ),
        };
        Condition {
            name: "configuration",
            ok,
            message,
            details: None,
        }
    }

    fn look(&self) {
        let read = self.shared.origin.load();
        let mut state = self.lock();
        let told = match read {
            Ok(new) => self.take(&mut state.running, &new),
            Err(errors) => Told::Refused(chain(&errors)),
        };
        if told != state.told {
            match &told {
                Told::Current => tracing::info!("the configuration file is in force"),
                Told::Waiting(sections) => tracing::warn!(
                    sections = sections.join(", "),
                    "the configuration file has changed: restart to apply these sections"
                ),
                Told::Refused(why) => tracing::error!(
                    error = why,
                    "the configuration file as it is now cannot be used, and changes nothing"
                ),
            }
            state.told = told;
        }
    }

    /// Puts in force what can be, and tells what cannot.
    fn take(&self, running: &mut Config, new: &Config) -> Told {
        let shared = &self.shared;
        if running.log.filter != new.log.filter {
            match shared.log.filter(new.log.filter.as_str()) {
                Ok(()) => running.log.filter = new.log.filter.clone(),
                Err(error) => return Told::Refused(chain(&error)),
            }
            tracing::info!(filter = new.log.filter.as_str(), "the log has a new filter");
        }
        let (quotas, wanted) = (&mut running.quotas, &new.quotas);
        if (quotas.share, &quotas.overrides) != (wanted.share, &wanted.overrides) {
            shared.quotas.say(wanted.share, overrides(wanted));
            (quotas.share, quotas.overrides) = (wanted.share, wanted.overrides.clone());
            tracing::info!("the budgets follow new quotas");
        }
        match running.sections_unlike(new) {
            none if none.is_empty() => Told::Current,
            sections => Told::Waiting(sections),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
