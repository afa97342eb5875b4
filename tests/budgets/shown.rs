//! ListBudgets and WatchBudgets over the real program, compared with what the simulated AWS counted.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::timeout;
use tonic::Code;
use tonic_types::StatusExt;
use trailplane::api::proto::{
    Budget, BudgetStoreKind, BudgetStoreState, ListBudgetsRequest, QuotaSource, WatchBudgetsRequest,
};

use super::{accounts, newest};
use crate::support::{
    ledger::Ledger,
    trailplane::{Start, Trailplane},
};

const ACCOUNT: &str = "100000000012";

fn lookups() -> ListBudgetsRequest {
    ListBudgetsRequest {
        apis: vec!["LookupEvents".to_owned()],
        ..ListBudgetsRequest::default()
    }
}

fn place(budget: &Budget) -> (String, String, String) {
    (
        budget.account_id.clone(),
        budget.region.clone(),
        budget.api.clone(),
    )
}

#[tokio::test]
async fn every_call_that_aws_saw_is_in_its_budget() {
    let mut trailplane = Trailplane::sandbox().await;
    let mut events = trailplane.events().await;
    events.lookup_events(newest(&[ACCOUNT])).await.unwrap();
    let mut budgets = trailplane.budgets().await;
    let answer = budgets.list_budgets(lookups()).await.unwrap().into_inner();

    let store = answer.store.unwrap();
    assert_eq!(store.kind(), BudgetStoreKind::Embedded);
    assert_eq!(store.state(), BudgetStoreState::Healthy);
    assert!(store.since.is_some());
    let ledger = Ledger::of(&trailplane.simulated_aws().await).await;
    let seen = ledger.buckets.iter().filter(|b| b.api == "LookupEvents");
    let seen: BTreeMap<_, _> = seen
        .map(|b| ((b.account.clone(), b.region.clone()), u64::from(b.attempts)))
        .collect();
    let ours = answer.budgets.iter();
    let ours: BTreeMap<_, _> = ours
        .map(|b| ((b.account_id.clone(), b.region.clone()), b.calls))
        .collect();
    assert_eq!(ours, seen);
    assert!(ours.len() >= 4, "{ours:?}");
    for budget in &answer.budgets {
        assert_eq!(budget.quota_source(), QuotaSource::Documented);
        assert_eq!(&*budget.service, "CloudTrail");
        let numbers = [budget.quota_per_second, budget.pace_per_second];
        assert_eq!(numbers, [2.0, 2.0]);
        assert_eq!([budget.share, budget.factor, budget.ceiling], [1.0; 3]);
        assert_eq!((budget.throttles, &budget.last_throttled_at), (0, &None));
    }

    // Budgets of accounts that are no targets are there too: the one whose credentials assume the roles.
    let roles = ListBudgetsRequest {
        apis: vec!["AssumeRole".to_owned()],
        ..ListBudgetsRequest::default()
    };
    let roles = budgets.list_budgets(roles).await.unwrap().into_inner();
    assert_eq!(roles.budgets[0].account_id, "100000000001");

    let throttled = ListBudgetsRequest {
        only_throttled: true,
        ..lookups()
    };
    let waiting = ListBudgetsRequest {
        only_waiting: true,
        ..lookups()
    };
    for none in [throttled, waiting] {
        let none = budgets.list_budgets(none).await.unwrap().into_inner();
        assert_eq!(none.budgets, []);
    }
}

#[tokio::test]
async fn pages_are_in_order_and_hold_every_budget_once() {
    let trailplane = Trailplane::sandbox().await;
    let mut events = trailplane.events().await;
    let asked = newest(&["100000000012", "100000000013"]);
    events.lookup_events(asked).await.unwrap();
    let mut budgets = trailplane.budgets().await;
    let whole = budgets.list_budgets(lookups()).await.unwrap().into_inner();
    assert!(whole.next_page_token.is_empty());
    let whole: Vec<_> = whole.budgets.iter().map(place).collect();
    assert!(whole.is_sorted_by(|a, b| a < b));

    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let page = ListBudgetsRequest {
            page_size: 3,
            page_token: token,
            ..lookups()
        };
        let page = budgets.list_budgets(page).await.unwrap().into_inner();
        assert!(page.budgets.len() <= 3);
        paged.extend(page.budgets.iter().map(place));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        let other = ListBudgetsRequest {
            page_token: token.clone(),
            ..ListBudgetsRequest::default()
        };
        let refused = budgets.list_budgets(other).await.unwrap_err();
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "INVALID_PAGE_TOKEN");
    }
    assert_eq!(paged, whole);

    let mut one = lookups();
    one.targets = accounts(&["100000000013"]);
    let one = budgets.list_budgets(one).await.unwrap().into_inner();
    assert!(!one.budgets.is_empty());
    assert!(one.budgets.iter().all(|b| b.account_id == "100000000013"));
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let trailplane = Trailplane::sandbox().await;
    let mut budgets = trailplane.budgets().await;
    let wrong = ListBudgetsRequest {
        targets: accounts(&["42"]),
        apis: vec!["LookupEvents".to_owned(), "lookupevents".to_owned()],
        page_size: -1,
        ..ListBudgetsRequest::default()
    };
    let refused = budgets.list_budgets(wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_error_details();
    let listed = details.bad_request().unwrap().field_violations.iter();
    let fields: Vec<_> = listed.map(|violation| &*violation.field).collect();
    assert_eq!(fields, ["targets.account_ids[0]", "apis[1]", "page_size"]);
    let unknown = ListBudgetsRequest {
        targets: accounts(&["999999999999"]),
        ..ListBudgetsRequest::default()
    };
    let unknown = budgets.list_budgets(unknown).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn a_neighbour_shows_as_throttles() {
    let trailplane = Start::with_scenario(
        "accounts: [{id: '200000000001', name: shared}, {id: '200000000002', name: quiet}]\n\
         events: {per_hour: 3000}\n\
         quotas: {model: {token_bucket: {depth: 1}}}\n\
         faults:\n  - effect: {neighbour: {share: 1.5, active_seconds: 60, period_seconds: 60}}\n    \
         scope: {accounts: [shared], apis: [LookupEvents]}\n",
    )
    .ready()
    .await;
    let mut events = trailplane.events().await;
    let mut request = tonic::Request::new(newest(&["200000000001", "200000000002"]));
    request.set_timeout(Duration::from_secs(20));
    events.lookup_events(request).await.unwrap();

    let mut budgets = trailplane.budgets().await;
    let throttled = ListBudgetsRequest {
        only_throttled: true,
        ..lookups()
    };
    let throttled = budgets.list_budgets(throttled).await.unwrap().into_inner();
    let [shared] = &*throttled.budgets else {
        panic!("{throttled:?}");
    };
    assert_eq!(shared.account_id, "200000000001");
    assert!(shared.throttles > 0 && shared.throttles <= shared.calls);
    assert!(shared.factor < 1.0 && shared.pace_per_second < 2.0);
    assert!(shared.foreign_per_second > 0.0, "{shared:?}");
    assert!(shared.last_throttled_at.is_some());
}

#[tokio::test]
async fn who_watches_sees_what_there_is_and_then_what_changes() {
    let trailplane = Trailplane::sandbox().await;
    let mut events = trailplane.events().await;
    events.lookup_events(newest(&[ACCOUNT])).await.unwrap();
    let mut budgets = trailplane.budgets().await;
    let watch = WatchBudgetsRequest {
        apis: vec!["LookupEvents".to_owned()],
        ..WatchBudgetsRequest::default()
    };
    let mut stream = budgets.watch_budgets(watch).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap();
    assert!(first.store.is_some() && !first.snapshot_continues);
    assert!(first.budgets.iter().all(|b| b.account_id == ACCOUNT));
    let before: BTreeMap<_, _> = first.budgets.iter().map(|b| (place(b), b.calls)).collect();

    // Nothing happens, and three looks say nothing.
    let nothing = timeout(Duration::from_millis(3_200), stream.message()).await;
    assert!(nothing.is_err(), "{nothing:?}");

    events.lookup_events(newest(&[ACCOUNT])).await.unwrap();
    let change = timeout(Duration::from_secs(10), stream.message()).await;
    let change = change.unwrap().unwrap().unwrap();
    assert!(!change.budgets.is_empty() && change.store.is_none());
    for budget in &change.budgets {
        assert!(budget.calls > before[&place(budget)], "{budget:?}");
    }
}
