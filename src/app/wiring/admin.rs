//! What `/statusz` and `/metrics` say of the parts.

use crate::{
    app::admin::{Condition, Conditions, Gauges},
    aws::Door,
    domain::AccountState,
    fleet::{Fleet, Missing},
    telemetry::Metrics,
};

/// The conditions of the parts, asked for at each request.
pub(in crate::app) fn conditions(door: Door, fleet: Fleet) -> Conditions {
    Box::new(move || vec![accounts(&fleet), sessions(&fleet), clock(&door)])
}

fn accounts(fleet: &Fleet) -> Condition {
    let directory = fleet.directory();
    let known = *fleet.ready().borrow();
    let count = directory.accounts().len();
    let (ok, message) = match (
        known,
        directory.stale(),
        directory.last_error(&Missing::Accounts),
    ) {
        (true, None, _) => (true, format!("{count} accounts are known")),
        (true, Some(_), error) => (
            false,
            format!("{count} accounts, from an old copy{}", because(error)),
        ),
        (false, _, error) => (false, format!("not known yet{}", because(error))),
    };
    Condition {
        name: "accounts",
        ok,
        message,
    }
}

fn because(error: Option<&std::sync::Arc<str>>) -> String {
    error.map_or_else(String::new, |error| format!(": {error}"))
}

fn sessions(fleet: &Fleet) -> Condition {
    Condition {
        name: "sessions",
        ok: true,
        message: format!("{} can be used now", fleet.usable_sessions()),
    }
}

fn clock(door: &Door) -> Condition {
    let skewed = door.clock_skewed();
    let message = match skewed {
        true => "AWS says that this machine's clock is off: no call can be signed",
        false => "as AWS's",
    };
    Condition {
        name: "clock",
        ok: !skewed,
        message: message.to_owned(),
    }
}

/// What is counted at each scrape: the accounts in each state, how old that knowledge is, sessions, the clock.
pub(in crate::app) fn gauges(metrics: Metrics, door: Door, fleet: Fleet) -> Gauges {
    let now = super::clock::system();
    Box::new(move || {
        let directory = fleet.directory();
        let age = directory.listed_at().map(|at| now().since(at));
        metrics.fleet_freshness(age, directory.stale().is_some());
        metrics.access(fleet.usable_sessions(), door.clock_skewed());
        for (state, name) in STATES {
            let accounts = directory.accounts().iter();
            let count = accounts.filter(|account| account.state == state).count();
            metrics.fleet_accounts(name, u64::try_from(count).unwrap_or(u64::MAX));
        }
    })
}

const STATES: [(AccountState, &str); 6] = [
    (AccountState::PendingActivation, "pending_activation"),
    (AccountState::Active, "active"),
    (AccountState::Suspended, "suspended"),
    (AccountState::PendingClosure, "pending_closure"),
    (AccountState::Closed, "closed"),
    (AccountState::Unknown, "unknown"),
];
