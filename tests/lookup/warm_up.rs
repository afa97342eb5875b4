//! The cache being warmed up by the real program over the simulated AWS: what it costs, whom it does not delay, what it
//! survives.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};
use trailplane::{
    api::proto::{LookupEventsRequest, LookupEventsResponse, TargetSelector},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use crate::support::{
    process::http_get,
    trailplane::{Sandbox, Start, Trailplane},
};

/// Long enough for any wait in these tests.
const PATIENCE: Duration = Duration::from_secs(90);
/// Pages that a caller reads.
const PAGES: u32 = 10;
const POLL: Duration = Duration::from_millis(50);

/// Two accounts and one without the role, in two Regions; 8 pages a day each.
const SCENARIO: &str = "
seed: 11
regions: [us-east-1, eu-west-1]
accounts:
  - {id: '200000000001', name: payments}
  - {id: '200000000002', name: shop}
  - {id: '200000000003', name: roleless, has_role: false}
quotas: {per_second: {LookupEvents: 20}}
events: {per_hour: 16}
";

const READABLE: [&str; 2] = ["200000000001", "200000000002"];

fn config(more: &str) -> String {
    format!(
        "aws:\n  regions: [us-east-1, eu-west-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         quotas: {{overrides: [{{api: LookupEvents, per_second: 20}}]}}\n{more}"
    )
}

/// Two days of these accounts, kept in a cache like this.
fn warming(accounts: &[&str], cache: &str) -> String {
    let accounts: Vec<String> = accounts.iter().map(|id| format!("'{id}'")).collect();
    let accounts = accounts.join(", ");
    config(&format!(
        "events:\n  cache: {{{cache}}}\n  warm_up: {{enabled: true, days: 2, account_ids: [{accounts}]}}\n"
    ))
}

async fn serve(sandbox: &Sandbox, config: &str) -> Trailplane {
    Start::with_config(config)
        .aws(
            &sandbox.endpoint(),
            HUB_ACCESS_KEY_ID,
            HUB_SECRET_ACCESS_KEY,
        )
        .ready()
        .await
}

/// What `/statusz` says of the warm-up; `None` if it says nothing.
async fn told(server: &Trailplane) -> Option<Value> {
    let (status, body) = http_get(&server.admin, "/statusz").await.unwrap();
    assert_eq!(status, 200);
    let status: Value = serde_json::from_str(&body).unwrap();
    let conditions = status["conditions"].as_array().unwrap();
    let ours = conditions.iter().find(|c| c["name"] == "cache warm-up");
    ours.cloned()
}

/// Waits until it says something that holds.
async fn until(server: &Trailplane, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let bound = Instant::now() + PATIENCE;
    loop {
        let told = told(server).await.expect("it is on");
        if holds(&told["details"]) {
            return told;
        }
        assert!(Instant::now() < bound, "{what}: {told:#}");
        sleep(POLL).await;
    }
}

async fn done(server: &Trailplane, cells: u64) -> Value {
    let all = |told: &Value| told["cells_done"] == cells;
    until(server, "all of it is read", all).await
}

/// The newest page of settled history of these accounts, and all that were read for it.
fn asked(accounts: &[&str], hours: u64) -> LookupEventsRequest {
    let ago = |seconds: u64| {
        let at = std::time::SystemTime::now() - Duration::from_secs(seconds);
        prost_types::Timestamp::from(at)
    };
    LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: accounts.iter().map(|id| (*id).to_owned()).collect(),
            ..TargetSelector::default()
        }),
        start_time: Some(ago(hours * 3_600)),
        end_time: Some(ago(1_200)),
        page_size: 1_000,
        include_all_cells: true,
        ..LookupEventsRequest::default()
    }
}

async fn page(server: &Trailplane, request: LookupEventsRequest) -> LookupEventsResponse {
    let mut client = server.events().await;
    client.lookup_events(request).await.unwrap().into_inner()
}

/// LookupEvents that AWS saw.
async fn calls(sandbox: &Sandbox) -> u64 {
    let ledger = sandbox.ledger().await;
    ledger.by_api.get("LookupEvents").copied().unwrap_or(0)
}

#[tokio::test]
async fn once_warm_settled_history_costs_no_call() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let server = serve(&sandbox, &warming(&READABLE, "kind: memory")).await;
    let told = done(&server, 4).await;
    let before = calls(&sandbox).await;
    let details = &told["details"];
    assert_eq!(details["calls"], before, "{told:#}");
    assert_eq!(details["throttles"], 0);
    assert!(details["events"].as_u64().unwrap() > 2_000, "{told:#}");
    assert_eq!(told["ok"], true);
    let (known, wanted) = (&details["seconds_known"], &details["seconds_wanted"]);
    let (known, wanted) = (known.as_u64().unwrap(), wanted.as_u64().unwrap());
    assert_eq!(wanted, 4 * 2 * 86_400);
    assert!(known <= wanted && known > wanted - 4 * 900, "{told:#}");

    let answer = page(&server, asked(&READABLE, 47)).await;
    assert!(answer.coverage.unwrap().complete);
    assert_eq!(answer.events.len(), 1_000);
    assert_eq!(calls(&sandbox).await, before);
    let output = server.process.output();
    assert!(output.contains("the cache is being warmed up"), "{output}");
    assert!(output.contains("warmed up as far as it can be"), "{output}");
    // The same events as one who asks AWS itself.
    let cold = serve(&sandbox, &config("")).await;
    let again = page(&cold, asked(&READABLE, 47)).await;
    let ids = |events: &[trailplane::api::proto::Event]| -> Vec<String> {
        events.iter().map(|event| event.event_id.clone()).collect()
    };
    // Both windows are of the moment at which they were asked for.
    let overlap = ids(&again.events).into_iter().take(990);
    let warm: std::collections::HashSet<_> = ids(&answer.events).into_iter().collect();
    assert!(overlap.filter(|id| !warm.contains(id)).count() <= 10);
    assert!(calls(&sandbox).await > before);
}

#[tokio::test]
async fn unless_it_is_asked_for_nothing_is_read() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let server = serve(&sandbox, &config("")).await;
    assert!(told(&server).await.is_none());
    page(&server, asked(&READABLE[..1], 1)).await;
    let spent = calls(&sandbox).await;
    assert!((1..=4).contains(&spent), "{spent}: the lookup's own");
    let (_, metrics) = http_get(&server.admin, "/metrics").await.unwrap();
    assert!(!metrics.contains("warm_up"));
}

#[tokio::test]
async fn an_account_without_the_role_neither_spins_nor_stops_the_others() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let accounts = [READABLE[0], "200000000003"];
    let server = serve(&sandbox, &warming(&accounts, "kind: memory")).await;
    let told = done(&server, 2).await;
    let failing = |told: &Value| told["cells_failing"]["role_not_assumable"] == 2;
    let told = match failing(&told["details"]) {
        true => told,
        false => until(&server, "the others fail", failing).await,
    };
    let message = told["message"].as_str().unwrap();
    assert!(
        message.contains("cannot be read: 2 role_not_assumable"),
        "{message}"
    );
    assert!(told["details"]["remaining_seconds"].is_null());
    let ledger = sandbox.ledger().await;
    assert!(ledger.by_api["AssumeRole"] <= 4, "{:?}", ledger.by_api);
    let (_, metrics) = http_get(&server.admin, "/metrics").await.unwrap();
    let line = "trailplane_warm_up_cells{trailplane_warm_up_state=\"failing\"} 2";
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn with_a_cache_on_disk_a_restart_reads_what_is_missing() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let directory = tempfile::tempdir().unwrap();
    let cache = format!("kind: disk, directory: '{}'", directory.path().display());
    let config = warming(&READABLE, &cache);
    let mut first = serve(&sandbox, &config).await;
    let part = |told: &Value| told["calls"].as_u64() >= Some(40);
    let told = until(&first, "some of it is read", part).await;
    let spent = calls(&sandbox).await;
    assert!(told["details"]["cells_done"].as_u64() < Some(4), "{told:#}");
    // It ends at once, though much is left.
    let began = Instant::now();
    first.process.signal("TERM");
    let status = first.process.wait(PATIENCE).await;
    assert!(status.success(), "{status}");
    assert!(began.elapsed() < Duration::from_secs(10));

    let second = serve(&sandbox, &config).await;
    let told = done(&second, 4).await;
    let rest = calls(&sandbox).await - spent;
    // The pages of all of it, a last one for each day begun, and what is read twice because a page ends within a second.
    let events = 4 * 48 * 16;
    let pages = events / 50 + 4 * 3 + 8;
    assert!(
        spent + rest <= pages + 10,
        "{spent} and {rest} of {pages}: {told:#}"
    );
    let before = calls(&sandbox).await;
    let answer = page(&second, asked(&READABLE, 47)).await;
    assert!(answer.coverage.unwrap().complete);
    assert_eq!(calls(&sandbox).await, before);
}

#[tokio::test]
async fn a_caller_finds_the_budget_to_himself() {
    // Two calls a second, as AWS has it, and far more than the test lets be read.
    let scenario = SCENARIO
        .replace("LookupEvents: 20", "LookupEvents: 2")
        .replace("per_hour: 16", "per_hour: 2000");
    let sandbox = Sandbox::start(Some(&scenario)).await;
    let config = warming(&READABLE[..1], "kind: memory, max_bytes: 64MiB")
        .replace("per_second: 20", "per_second: 2");
    let server = serve(&sandbox, &config).await;
    let reading = |told: &Value| told["calls"].as_u64() >= Some(4);
    until(&server, "it reads", reading).await;
    // One who reads a page in both Regions, thinks for a moment, and reads the next: long ago, where nothing is known.
    let start = asked(&READABLE[..1], 30 * 24).start_time.unwrap();
    let before = calls(&sandbox).await;
    let (mut spent, mut waited) = (0, Duration::ZERO);
    for minute in 0..PAGES {
        let at = |seconds| prost_types::Timestamp {
            seconds: start.seconds + i64::from(minute) * 60 + seconds,
            ..start
        };
        let request = LookupEventsRequest {
            start_time: Some(at(0)),
            end_time: Some(at(59)),
            ..asked(&READABLE[..1], 1)
        };
        let began = Instant::now();
        let coverage = page(&server, request).await.coverage.unwrap();
        waited += began.elapsed();
        assert!(coverage.complete);
        spent += coverage
            .cells
            .iter()
            .map(|cell| u64::from(cell.calls))
            .sum::<u64>();
        sleep(Duration::from_millis(700)).await;
    }
    assert_eq!(spent, u64::from(PAGES) * 2, "a call in each Region");
    // What the warm-up had on its way when the caller came, and nothing since.
    let beside = calls(&sandbox).await - before - spent;
    assert!(beside <= 2, "{beside} calls of the warm-up beside {spent}");
    assert!(waited < Duration::from_millis(400) * PAGES, "{waited:?}");
    let back = |told: &Value| told["cells_standing_back"] == 2;
    until(&server, "it stands back", back).await;
    let now = told(&server).await.unwrap()["details"]["calls"].as_u64();
    let goes_on = |told: &Value| told["calls"].as_u64() > now;
    until(&server, "it goes on afterwards", goes_on).await;
    sandbox.ledger().await.assert_within_budget();
}
