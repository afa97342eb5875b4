//! Budgets as rows. Pure.

use crate::{
    api::proto::{Budget, BudgetStore, BudgetStoreKind, BudgetStoreState},
    client::{
        table::{Row, Tone},
        when, words,
    },
};

/// The columns.
pub const TITLES: &[&str] = &[
    "ACCOUNT",
    "REGION",
    "API",
    "PACE/S",
    "QUOTA/S",
    "CALLS",
    "THROTTLES",
    "OTHERS/S",
    "WAITING",
    "WAIT",
];
/// The columns of what changes.
pub const WATCHED: &[&str] = &[
    "TIME",
    "ACCOUNT",
    "REGION",
    "API",
    "PACE/S",
    "QUOTA/S",
    "CALLS",
    "THROTTLES",
    "OTHERS/S",
    "WAITING",
    "WAIT",
];

/// A budget. One whose pace throttles have lowered stands out.
pub fn row(budget: &Budget) -> Row {
    Row::new(cells(budget)).toned(tone(budget))
}

/// The same, as it was at a time.
pub fn watched(budget: &Budget, now: &str) -> Row {
    let cells = std::iter::once(now.to_owned()).chain(cells(budget));
    Row::new(cells).toned(tone(budget))
}

fn cells(budget: &Budget) -> [String; 10] {
    let waiting: u32 = budget.queues.iter().map(|queue| queue.waiting).sum();
    let wait = budget
        .wait
        .filter(|wait| wait.seconds > 0 || wait.nanos > 0);
    [
        budget.account_id.clone(),
        budget.region.clone(),
        budget.api.clone(),
        rate(budget.pace_per_second),
        rate(budget.quota_per_second),
        budget.calls.to_string(),
        budget.throttles.to_string(),
        rate(budget.foreign_per_second),
        waiting.to_string(),
        wait.as_ref().map(when::length).unwrap_or_default(),
    ]
}

fn tone(budget: &Budget) -> Tone {
    match budget.factor < 0.99 {
        true => Tone::Warning,
        false => Tone::Usual,
    }
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.2}")
}

/// Where budgets are kept, and how it is.
pub fn store(store: &BudgetStore) -> String {
    let kind = BudgetStoreKind::try_from(store.kind).ok();
    let state = BudgetStoreState::try_from(store.state).ok();
    format!(
        "budget store: {}, {}, {} of {} alive",
        words::short(
            kind.map(|kind| kind.as_str_name()),
            "BUDGET_STORE_KIND_",
            store.kind
        ),
        words::short(
            state.map(|state| state.as_str_name()),
            "BUDGET_STORE_STATE_",
            store.state
        ),
        store.replicas_alive,
        words::count(store.replicas_expected, "replica"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::proto::LaneQueue, client::table::Table};

    #[test]
    fn budgets_are_a_table() {
        let queue = |waiting| LaneQueue {
            waiting,
            ..LaneQueue::default()
        };
        let budget = Budget {
            account_id: "100000000001".to_owned(),
            region: "eu-west-1".to_owned(),
            api: "LookupEvents".to_owned(),
            quota_per_second: 2.0,
            pace_per_second: 0.6,
            factor: 0.3,
            calls: 12,
            throttles: 1,
            foreign_per_second: 1.25,
            queues: vec![queue(2), queue(3)],
            wait: Some(prost_types::Duration {
                seconds: 4,
                nanos: 1,
            }),
            ..Budget::default()
        };
        let text = Table::new(TITLES, None).text(&[row(&budget)]);
        assert!(text.contains("\u{1b}[33m"), "{text}");
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "\
ACCOUNT       REGION     API           PACE/S  QUOTA/S  CALLS  THROTTLES  OTHERS/S  WAITING  WAIT
100000000001  eu-west-1  LookupEvents  0.60    2.00     12     1          1.25      5        4 s
"
        );
    }
}
