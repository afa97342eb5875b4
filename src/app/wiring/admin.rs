//! What `/statusz` says of the parts.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    app::{
        admin::{Condition, Conditions},
        reload::Settings,
    },
    audit::Audit,
    aws::Door,
    budget::{
        Budgets,
        store::{StoreKind, StoreState},
    },
    events::warm_up::View,
    fleet::{Fleet, Missing},
};

use super::{audit, grpc::Edge};

/// The conditions of the parts, asked for at each request.
pub(in crate::app) fn conditions(
    door: Door,
    fleet: Fleet,
    budgets: Budgets,
    edge: Edge,
    audit: Audit,
    view: Option<View>,
    settings: Option<Settings>,
) -> Conditions {
    Arc::new(move || {
        let always = [
            accounts(&fleet),
            sessions(&fleet),
            clock(&door),
            budget_store(&budgets),
        ];
        edge.conditions()
            .chain(always)
            .chain(audit::condition(&audit))
            .chain(view.as_ref().map(warm_up))
            .chain(settings.as_ref().map(Settings::condition))
            .collect()
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
        details: None,
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
        details: None,
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
        details: None,
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
        details: None,
    }
}

/// How far the warm-up is. Cells that cannot be read are told, and are no trouble of its own.
fn warm_up(view: &View) -> Condition {
    let told = view.progress();
    let failing = told.failing.iter();
    let failing: BTreeMap<&str, usize> = failing
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect();
    Condition {
        name: "cache warm-up",
        ok: told.trouble.is_none(),
        message: told.to_string(),
        details: Some(serde_json::json!({
            "cells": told.cells,
            "cells_done": told.done,
            "cells_reading": told.reading,
            "cells_standing_back": told.standing_back,
            "cells_without_room": told.full,
            "cells_failing": failing,
            "seconds_wanted": told.wanted_seconds,
            "seconds_known": told.known_seconds,
            "bytes_known": told.known_bytes,
            "bytes_room": told.room_bytes,
            "calls": told.calls,
            "throttles": told.throttles,
            "events": told.events,
            "remaining_seconds": told.remaining.map(|left| left.as_secs()),
        })),
    }
}
