//! Callers who may do some of it.

use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;
use trailplane::api::proto::{
    CellReason, CellState, CheckAccessRequest, CreateTrailRequest, Lane, ListAccountsRequest,
    LookupEventsRequest, Outcome, StopLoggingRequest, TailEventsRequest, TargetSelector, TrailSpec,
    check_access_response, stop_logging_response, tail_events_response,
};

use super::*;

const UNIT: &str = "/Prod/Payments";

/// All the accounts of one unit, to read events and trails.
fn one_unit() -> String {
    format!(r#"permit(principal, action in Action::"Read", resource in Unit::"{UNIT}");"#)
}

fn named(ids: &[&str]) -> Option<TargetSelector> {
    Some(TargetSelector {
        account_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        ..TargetSelector::default()
    })
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().reason.clone()
}

/// The accounts of the unit, and one that is in none of its.
async fn inside_and_outside() -> (Vec<String>, String) {
    let server = Trailplane::sandbox().await;
    // Units are waited for where they are asked for.
    let inside = listed(&server, &[UNIT]).await;
    let all = listed(&server, &[]).await;
    let outside = all.into_iter().find(|id| !inside.contains(id)).unwrap();
    assert!(inside.len() > 1);
    (inside, outside)
}

async fn listed(server: &Trailplane, units: &[&str]) -> Vec<String> {
    let request = ListAccountsRequest {
        page_size: 1000,
        organizational_units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        ..ListAccountsRequest::default()
    };
    let mut accounts = server.accounts().await;
    let listed = accounts.list_accounts(request).await.unwrap().into_inner();
    let accounts = listed.accounts.into_iter();
    accounts.map(|account| account.account_id).collect()
}

#[tokio::test]
async fn a_broad_question_is_answered_for_what_may_be_seen_and_says_that_there_is_more() {
    let (inside, outside) = inside_and_outside().await;
    let (server, _files) = policed(&one_unit()).await;
    let mut events = server.events().await;
    let all = LookupEventsRequest {
        page_size: 20,
        include_all_cells: true,
        ..LookupEventsRequest::default()
    };
    // The second time from what is remembered.
    for _ in 0..2 {
        let page = events
            .lookup_events(all.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(!page.events.is_empty());
        assert!(
            page.events
                .iter()
                .all(|event| inside.contains(&event.account_id))
        );
        let covered = page.coverage.unwrap();
        assert!(covered.narrowed_by_policy && !covered.complete);
        let (nameless, cells): (Vec<_>, Vec<_>) = covered
            .cells
            .iter()
            .partition(|cell| cell.account_id.is_empty());
        assert!(cells.iter().all(|cell| inside.contains(&cell.account_id)));
        let [nameless] = nameless[..] else {
            panic!("{nameless:?}");
        };
        assert_eq!(nameless.reason(), CellReason::NotAuthorized);
        assert_eq!(nameless.state(), CellState::Skipped);
        assert!(nameless.gap && nameless.account_name.is_empty() && nameless.region.is_empty());
    }

    // What may be seen, asked for as such, is all there.
    let mut own = all.clone();
    own.targets = Some(TargetSelector {
        organizational_units: vec![UNIT.to_owned()],
        ..TargetSelector::default()
    });
    let page = events.lookup_events(own).await.unwrap().into_inner();
    assert!(!page.coverage.unwrap().narrowed_by_policy);

    // One that is there and one that is not are the same to who may not know.
    for account in [outside.as_str(), "999999999999"] {
        let mut other = all.clone();
        other.targets = named(&[&inside[0], account]);
        let refused = events.lookup_events(other).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert_eq!(reason(&refused), "NOT_AUTHORIZED");
        assert!(refused.message().contains(account), "{refused}");
        assert!(!refused.message().contains(&inside[0]), "{refused}");
    }

    let mut accounts = server.accounts().await;
    let listed = accounts.list_accounts(ListAccountsRequest::default()).await;
    let listed = listed.unwrap().into_inner();
    assert!(listed.narrowed_by_policy);
    let listed: Vec<_> = listed.accounts.into_iter().map(|a| a.account_id).collect();
    assert_eq!(listed, inside);

    let stream = accounts.check_access(CheckAccessRequest::default()).await;
    let mut stream = stream.unwrap().into_inner();
    let mut last = None;
    while let Some(message) = stream.message().await.unwrap() {
        last = message.message;
    }
    let Some(check_access_response::Message::Summary(summary)) = last else {
        panic!("{last:?}");
    };
    assert!(summary.coverage.unwrap().narrowed_by_policy);
}

#[tokio::test]
async fn who_may_write_may_not_thereby_record_less() {
    let writes = format!(
        r#"permit(principal, action in [Action::"WriteTrails", Action::"ReadTrails"], resource == Account::"{ACCOUNT}");"#
    );
    let (mut server, files) = policed(&writes).await;
    let mut trails = server.trails().await;
    let create = CreateTrailRequest {
        targets: named(&[ACCOUNT]),
        trail: Some(TrailSpec {
            name: "mine".to_owned(),
            home_region: "eu-west-1".to_owned(),
            s3_bucket_name: "trail-logs".to_owned(),
            ..TrailSpec::default()
        }),
        ..CreateTrailRequest::default()
    };
    let mut made = trails.create_trail(create).await.unwrap().into_inner();
    while made.message().await.unwrap().is_some() {}
    let stop = StopLoggingRequest {
        targets: named(&[ACCOUNT]),
        trail_name: "mine".to_owned(),
        allow_reduced_logging: true,
        ..StopLoggingRequest::default()
    };
    let before = asked(&mut server).await;
    let mut outcomes = Vec::new();
    for allowed in [false, true] {
        if allowed {
            let more = format!(
                r#"permit(principal, action == Action::"ReduceLogging", resource == Account::"{ACCOUNT}");"#
            );
            std::fs::write(files.path().join("b.cedar"), more).unwrap();
            taken(&server, 1).await;
        }
        let mut stopped = trails
            .stop_logging(stop.clone())
            .await
            .unwrap()
            .into_inner();
        while let Some(message) = stopped.message().await.unwrap() {
            if let Some(stop_logging_response::Message::Result(result)) = message.message {
                outcomes.push((result.outcome(), result.reason()));
            }
        }
        let calls = asked(&mut server).await.get("StopLogging").copied();
        assert_eq!(calls.unwrap_or(0), u64::from(allowed), "{before:?}");
    }
    assert_eq!(
        outcomes,
        [
            (Outcome::NotApplied, CellReason::NotAuthorized),
            (Outcome::Applied, CellReason::Unspecified)
        ]
    );
}

/// Waits until so many new sets of policies have been taken.
pub(super) async fn taken(server: &Trailplane, reloads: u64) {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let (_, status) = crate::support::process::http_get(&server.admin, "/statusz")
            .await
            .unwrap();
        let status: Value = serde_json::from_str(&status).unwrap();
        let conditions = status["conditions"].as_array().unwrap();
        let policies = conditions.iter().find(|c| c["name"] == "policies").unwrap();
        if policies["details"]["reloads"] == reloads {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{policies}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whoever has just written policies need not wait; and the signal does not end the process.
#[tokio::test]
async fn sighup_has_them_looked_at_now() {
    let (mut server, files) = super::policed_and_looked_at(&one_unit(), "1h").await;
    let more = r#"permit(principal, action == Action::"ListBudgets", resource);"#;
    std::fs::write(files.path().join("b.cedar"), more).unwrap();
    server.process.signal("HUP");
    taken(&server, 1).await;
    std::fs::write(files.path().join("b.cedar"), "permit(").unwrap();
    server.process.signal("HUP");
    server
        .process
        .wait_for("a complaint", |output| {
            output
                .contains("those read before stay in use")
                .then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_permission_that_is_taken_back_ends_what_runs_by_it() {
    let (server, files) = policed(&one_unit()).await;
    let mut events = server.events().await;
    let tail = events.tail_events(TailEventsRequest::default()).await;
    let mut tail = tail.unwrap().into_inner();
    let first = tail.message().await.unwrap();
    assert!(first.is_some());
    let none = r#"forbid(principal, action == Action::"TailEvents", resource);"#;
    std::fs::write(files.path().join("b.cedar"), none).unwrap();
    taken(&server, 1).await;
    let told = async {
        while let Some(message) = tail.message().await.unwrap() {
            if let Some(tail_events_response::Message::Heartbeat(beat)) = message.message
                && !beat.failing.is_empty()
            {
                return beat.failing;
            }
        }
        panic!("the tail ended without a word");
    };
    let failing = tokio::time::timeout(Duration::from_secs(60), told)
        .await
        .unwrap();
    assert!(
        failing
            .iter()
            .all(|cell| cell.reason() == CellReason::NotAuthorized),
        "{failing:?}"
    );
}

#[tokio::test]
async fn a_lane_that_is_forbidden_is_refused_by_name_and_passed_over_otherwise() {
    let (server, _files) = policed(
        r#"permit(principal, action, resource);
           forbid(principal, action == Action::"UseInteractiveLane", resource);"#,
    )
    .await;
    let mut events = server.events().await;
    let page = |lane: Lane| LookupEventsRequest {
        page_size: 1,
        targets: named(&[ACCOUNT]),
        lane: lane.into(),
        ..LookupEventsRequest::default()
    };
    let refused = events
        .lookup_events(page(Lane::Interactive))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(refused.message().contains("LANE_INTERACTIVE"), "{refused}");
    for lane in [Lane::Unspecified, Lane::Standard, Lane::Background] {
        events.lookup_events(page(lane)).await.unwrap();
    }
}
