//! What `/statusz` and `/metrics` say of the parts.

use crate::{
    app::admin::{Condition, Conditions, Gauges},
    aws::Door,
    budget::{
        Budgets,
        store::{StoreKind, StoreState},
    },
    domain::AccountState,
    fleet::{Fleet, Missing},
    telemetry::Metrics,
};

/// The conditions of the parts, asked for at each request.
pub(in crate::app) fn conditions(door: Door, fleet: Fleet, budgets: Budgets) -> Conditions {
    Box::new(move || {
        vec![
            accounts(&fleet),
            sessions(&fleet),
            clock(&door),
            budget_store(&budgets),
        ]
    })
}

fn budget_store(budgets: &Budgets) -> Condition {
    let status = budgets.store();
    let since = budgets.instant(status.since).elapsed().as_secs();
    let (alive, expected) = (status.alive, status.expected);
    let message = match (status.kind, status.state) {
        (StoreKind::Embedded, _) => "this process: there must be no other replica".to_owned(),
        (StoreKind::StaticShare, _) => {
            format!("none: this replica spends one part in {expected} of each quota")
        }
        (StoreKind::Redis, StoreState::Healthy) => {
            format!("answers; {alive} of {expected} replicas are there")
        }
        (StoreKind::Redis, StoreState::ScaledDown) => format!(
            "answers; {alive} of {expected} replicas are there, for {since} s: only their parts of each quota are spent"
        ),
        (StoreKind::Redis, StoreState::Unreachable) => format!(
            "does not answer, for {since} s: reads spend this replica's part of each quota, one in {expected}, and writes are refused"
        ),
    };
    Condition {
        name: "budget store",
        ok: status.state != StoreState::Unreachable,
        message,
    }
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
