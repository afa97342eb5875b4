//! One bad account changes nothing for the others, and the coverage says what is missing.

use std::time::{Duration, Instant};

use trailplane::{
    domain::{CellReason, CellState, EventKey},
    events::{Order, StreamItem},
    sandbox::{Effect, Fault, Member, MemberState, Scenario},
};

use super::organization::{Organization, assert_within_budget, last, window};
use crate::support::rig::request;

const GOOD: &str = "111111111111";
const BAD: &str = "222222222222";

fn scenario() -> Scenario {
    Scenario::uniform(1, 2, 600.0, Duration::ZERO)
        .with_account(GOOD, "good")
        .with_account(BAD, "bad")
}

/// The newest page over both, with this time for it: its events, and the state and reason of the bad one's cells.
async fn page(
    scenario: Scenario,
    time: Duration,
) -> (
    Organization,
    Vec<EventKey>,
    Vec<(CellState, Option<CellReason>)>,
) {
    let organization = Organization::start(scenario).await;
    let mut asked = last(1800);
    asked.targets.account_ids = vec![GOOD.parse().unwrap(), BAD.parse().unwrap()];
    let before = Instant::now();
    let answer = organization
        .events
        .lookup(&request(time), &asked)
        .await
        .unwrap();
    assert!(
        before.elapsed() < time + Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
    let keys = answer
        .events
        .iter()
        .map(|event| event.key.clone())
        .collect();
    let of = |id: &str| -> Vec<_> {
        let id = id.parse().unwrap();
        let cells = answer
            .coverage
            .cells
            .iter()
            .filter(|cell| cell.cell.account == id);
        cells.map(|cell| (cell.state, cell.reason)).collect()
    };
    assert_eq!(of(GOOD), [(CellState::Complete, None); 2]);
    let bad = of(BAD);
    (organization, keys, bad)
}

/// The page holds exactly what the good account has.
async fn only_the_good_one(fault: Effect, reason: CellReason, time: Duration) {
    let (organization, keys, bad) = page(
        scenario().with_fault(Fault::new(fault).for_account(BAD)),
        time,
    )
    .await;
    let expected = organization.expected(&organization.cells(&[GOOD]), window(1800), None);
    assert_eq!(keys, expected[..50]);
    assert_eq!(bad, [(CellState::Failed, Some(reason)); 2]);
}

#[tokio::test]
async fn an_account_that_hangs() {
    only_the_good_one(
        Effect::Hang,
        CellReason::DeadlineExceeded,
        Duration::from_secs(4),
    )
    .await;
}

#[tokio::test]
async fn an_account_that_denies() {
    let effect = Fault::new(Effect::Denied).on("LookupEvents");
    let (organization, keys, bad) = page(
        scenario().with_fault(effect.for_account(BAD)),
        Duration::from_secs(30),
    )
    .await;
    assert_eq!(
        keys,
        organization.expected(&organization.cells(&[GOOD]), window(1800), None)[..50]
    );
    assert_eq!(
        bad,
        [(CellState::Failed, Some(CellReason::AccessDenied)); 2]
    );
    assert_within_budget(&organization.sandbox);
}

#[tokio::test]
async fn an_account_denied_by_policy() {
    let effect = Fault::new(Effect::DeniedByPolicy)
        .on("LookupEvents")
        .for_account(BAD);
    let (_, _, bad) = page(scenario().with_fault(effect), Duration::from_secs(30)).await;
    assert_eq!(
        bad,
        [(CellState::Failed, Some(CellReason::ServiceControlPolicy)); 2]
    );
}

#[tokio::test]
async fn an_account_without_the_role() {
    let mut without = Member::new("555555555555".parse().unwrap(), "roleless");
    without.has_role = false;
    let organization = Organization::start(scenario().with_member(without)).await;
    let mut asked = last(1800);
    asked.targets.account_ids = vec![GOOD.parse().unwrap(), "555555555555".parse().unwrap()];
    let answer = organization
        .events
        .lookup(&request(Duration::from_secs(30)), &asked)
        .await
        .unwrap();
    assert_eq!(answer.events.len(), 50);
    assert!(!answer.coverage.complete());
    let cells = &answer.coverage.cells;
    let roleless: Vec<_> = cells
        .iter()
        .filter(|c| c.cell.account == "555555555555".parse().unwrap())
        .collect();
    assert_eq!(roleless.len(), 2);
    for cell in roleless {
        assert_eq!(
            (cell.state, cell.reason),
            (CellState::Failed, Some(CellReason::RoleNotAssumable))
        );
    }
    assert_eq!(
        organization.sandbox.ledger().calls("AssumeRole"),
        2,
        "one for each account, not for each cell"
    );
}

#[tokio::test]
async fn random_failures_are_tried_again_and_leave_no_trace() {
    let effect = Effect::Error {
        code: "InternalFailure".to_owned(),
        status: 500,
        probability: 0.2,
    };
    // Two attempts a call in this rig: one in 25 calls fails for good, so the account is busy enough to see some.
    let fault = Fault::new(effect).on("LookupEvents").for_account(BAD);
    let (organization, keys, bad) =
        page(scenario().with_fault(fault), Duration::from_secs(30)).await;
    if bad == [(CellState::Complete, None); 2] {
        let expected = organization.expected(&organization.cells(&[GOOD, BAD]), window(1800), None);
        assert_eq!(keys, expected[..50]);
    } else {
        assert!(
            bad.contains(&(CellState::Failed, Some(CellReason::UpstreamError))),
            "{bad:?}"
        );
    }
    assert_eq!(organization.sandbox.ledger().throttles(), 0);
}

#[tokio::test]
async fn a_neighbour_that_takes_half_of_the_quota() {
    let effect = Effect::Neighbour {
        share: 0.5,
        active_seconds: 1_000.0,
        period_seconds: 1_000.0,
    };
    let fault = Fault::new(effect).on("LookupEvents").for_account(BAD);
    let (organization, keys, bad) =
        page(scenario().with_fault(fault), Duration::from_secs(30)).await;
    assert_eq!(bad, [(CellState::Complete, None); 2]);
    let expected = organization.expected(&organization.cells(&[GOOD, BAD]), window(1800), None);
    assert_eq!(keys, expected[..50]);
}

#[tokio::test]
async fn a_closed_account_is_no_gap_unless_it_was_named() {
    let mut closed = Member::new("555555555555".parse().unwrap(), "closed");
    closed.state = MemberState::Suspended;
    let organization = Organization::start(scenario().with_member(closed)).await;
    let broad = organization
        .events
        .lookup(&request(Duration::from_secs(30)), &last(1800))
        .await
        .unwrap();
    assert!(broad.coverage.complete(), "{:?}", broad.coverage);
    let skipped: Vec<_> = broad
        .coverage
        .cells
        .iter()
        .filter(|c| c.state == CellState::Skipped)
        .collect();
    assert_eq!(skipped.len(), 2);
    assert!(
        skipped
            .iter()
            .all(|cell| cell.reason == Some(CellReason::AccountNotActive))
    );
    let mut asked = last(1800);
    asked.targets.account_ids = vec!["555555555555".parse().unwrap()];
    let named = organization
        .events
        .lookup(&request(Duration::from_secs(30)), &asked)
        .await
        .unwrap();
    assert!(!named.coverage.complete());
}

#[tokio::test]
async fn a_hung_account_does_not_hold_an_ordered_stream() {
    use futures_util::StreamExt;
    let hang = Fault::new(Effect::Hang).on("LookupEvents").for_account(BAD);
    let organization = Organization::start(scenario().with_fault(hang)).await;
    let mut asked = last(600);
    asked.targets.account_ids = vec![GOOD.parse().unwrap(), BAD.parse().unwrap()];
    let time = Duration::from_secs(16);
    let mut stream = organization
        .events
        .stream(&request(time), &asked, Order::EventTime)
        .await
        .unwrap();
    let (mut keys, mut summary) = (Vec::new(), None);
    let before = Instant::now();
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Batch(batch) => {
                keys.extend(batch.events.into_iter().map(|event| event.key))
            }
            StreamItem::Summary(last) => summary = Some(last),
            StreamItem::Progress(_) | StreamItem::Exhausted(_) | StreamItem::Cancelled => {}
        }
    }
    assert!(
        before.elapsed() < time,
        "left behind after a quarter of the time: {:?}",
        before.elapsed()
    );
    let expected = organization.expected(&organization.cells(&[GOOD]), window(600), None);
    assert_eq!(keys, expected);
    let coverage = summary.expect("the stream ends with its summary").coverage;
    let bad = coverage
        .cells
        .iter()
        .filter(|cell| cell.cell.account == BAD.parse().unwrap());
    for cell in bad {
        assert_eq!(
            (cell.state, cell.reason),
            (CellState::Failed, Some(CellReason::DeadlineExceeded))
        );
    }
}

#[tokio::test]
async fn sessions_that_end_in_the_middle_of_a_lookup_are_renewed_and_nothing_is_lost() {
    use futures_util::StreamExt;
    // AWS says so of some calls, each once: the session that follows is good.
    let ended = || Fault::new(Effect::error("ExpiredTokenException", 400)).on("LookupEvents");
    let scenario = [2, 5, 9, 14]
        .into_iter()
        .fold(scenario(), |scenario, call| {
            scenario.with_fault(ended().for_account(GOOD).skip(call).times(1))
        });
    let organization = Organization::start(scenario).await;
    let mut asked = last(3600);
    asked.targets.account_ids = vec![GOOD.parse().unwrap()];
    asked.end = Some(super::organization::NOW);
    let mut stream = organization
        .events
        .stream(&request(Duration::from_secs(60)), &asked, Order::EventTime)
        .await
        .unwrap();
    let (mut keys, mut summary) = (Vec::new(), None);
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Batch(batch) => {
                keys.extend(batch.events.into_iter().map(|event| event.key));
            }
            StreamItem::Summary(last) => summary = Some(last),
            StreamItem::Progress(_) | StreamItem::Exhausted(_) | StreamItem::Cancelled => {}
        }
    }
    let expected = organization.expected(&organization.cells(&[GOOD]), window(3600), None);
    assert_eq!(keys, expected);
    assert!(summary.expect("a whole stream").coverage.complete());
    let outcomes = organization.sandbox.summary().outcomes;
    let expired = outcomes["LookupEvents"].get("ExpiredTokenException");
    assert!(expired.is_some_and(|count| *count > 2), "{outcomes:?}");
    assert!(organization.sandbox.ledger().calls("AssumeRole") > 2);
}

#[tokio::test]
async fn one_hangs_one_denies_one_fails_at_random_and_one_has_a_neighbour() {
    const HUNG: &str = "333333333333";
    const DENIED: &str = "444444444444";
    const FAILING: &str = "555555555555";
    const CROWDED: &str = "666666666666";
    let mut all = scenario();
    for id in [HUNG, DENIED, FAILING, CROWDED] {
        all = all.with_account(id, "bad");
    }
    let failing = Effect::Error {
        code: "InternalFailure".to_owned(),
        status: 500,
        probability: 0.3,
    };
    let neighbour = Effect::Neighbour {
        share: 0.5,
        active_seconds: 1_000.0,
        period_seconds: 1_000.0,
    };
    for (effect, id) in [
        (Effect::Hang, HUNG),
        (Effect::Denied, DENIED),
        (failing, FAILING),
        (neighbour, CROWDED),
    ] {
        all = all.with_fault(Fault::new(effect).on("LookupEvents").for_account(id));
    }
    let organization = Organization::start(all).await;
    let mut asked = last(1800);
    asked.targets.account_ids = [GOOD, HUNG, DENIED, FAILING, CROWDED]
        .map(|id| id.parse().unwrap())
        .to_vec();
    let (time, before) = (Duration::from_secs(8), Instant::now());
    let answer = organization
        .events
        .lookup(&request(time), &asked)
        .await
        .unwrap();
    assert!(before.elapsed() < time + Duration::from_secs(1));

    // Each cell once; the good and the crowded account whole, the others as they are.
    let cells = &answer.coverage.cells;
    assert_eq!(cells.len(), 10);
    let of = |id: &str| {
        let id = id.parse().unwrap();
        let of_it = cells.iter().filter(move |cell| cell.cell.account == id);
        of_it
            .map(|cell| (cell.state, cell.reason))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(GOOD), [(CellState::Complete, None); 2]);
    assert_eq!(of(CROWDED), [(CellState::Complete, None); 2]);
    let failed = |reason| (CellState::Failed, Some(reason));
    assert_eq!(of(HUNG), [failed(CellReason::DeadlineExceeded); 2]);
    assert_eq!(of(DENIED), [failed(CellReason::AccessDenied); 2]);
    for cell in of(FAILING) {
        let fine = (CellState::Complete, None);
        assert!(
            cell == fine || cell == failed(CellReason::UpstreamError),
            "{cell:?}"
        );
    }
    // Complete but for what the coverage says: exactly the events of the cells that are complete.
    let complete = cells.iter().filter(|c| c.state == CellState::Complete);
    let complete: Vec<_> = complete.map(|c| c.cell.clone()).collect();
    let expected = organization.expected(&complete, window(1800), None);
    let keys: Vec<EventKey> = answer.events.iter().map(|e| e.key.clone()).collect();
    assert_eq!(keys, expected[..50]);
}
