//! What survives the process: nothing is kept, and nothing is missed. A cursor of one process goes on in another,
//! and a restart brings no burst of calls.

use trailplane::{
    api::proto::{
        CreateTrailRequest, Event, LookupEventsRequest, LookupEventsResponse, Outcome, Rollout,
        StopReason, TailEventsRequest, TrailSpec, create_trail_response,
        tail_events_response::Message,
    },
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use crate::support::{
    process::http_get,
    trailplane::{Sandbox, Start, Trailplane},
};

/// 12 cells, each with 100 events in one and the same second, so that page borders fall into it.
const SCENARIO: &str = "
seed: 7
regions: [us-east-1, eu-west-1]
generate_accounts: 5
events:
  per_hour: 60
  bursts: [{at: 600, count: 100}]
";

const CURSOR_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

async fn serve(sandbox: &Sandbox, cursor_key: &str) -> Trailplane {
    Start::with_config(&format!(
        "aws:\n  regions: [us-east-1, eu-west-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         cursor: {{keys: [{cursor_key}]}}\n"
    ))
    .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
    .ready()
    .await
}

async fn page(
    server: &Trailplane,
    request: &LookupEventsRequest,
    token: &str,
) -> LookupEventsResponse {
    let request = LookupEventsRequest {
        page_token: token.to_owned(),
        ..request.clone()
    };
    let mut client = server.events().await;
    client.lookup_events(request).await.unwrap().into_inner()
}

/// All pages from this token on.
async fn rest(server: &Trailplane, request: &LookupEventsRequest, token: &str) -> Vec<Event> {
    let mut token = token.to_owned();
    let mut events = Vec::new();
    loop {
        let answer = page(server, request, &token).await;
        assert!(answer.coverage.as_ref().unwrap().complete);
        events.extend(answer.events);
        if answer.next_page_token.is_empty() {
            return events;
        }
        token = answer.next_page_token;
    }
}

fn ids(events: &[Event]) -> Vec<(&str, &str, &str)> {
    let id = |e: &'_ Event| (e.account_id.clone(), e.region.clone(), e.event_id.clone());
    let mut seen: Vec<_> = events.iter().map(id).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), events.len(), "an event came twice");
    events
        .iter()
        .map(|e| {
            (
                e.account_id.as_str(),
                e.region.as_str(),
                e.event_id.as_str(),
            )
        })
        .collect()
}

fn minutes_ago(minutes: u64) -> prost_types::Timestamp {
    (std::time::SystemTime::now() - std::time::Duration::from_secs(60 * minutes)).into()
}

#[tokio::test]
async fn a_cursor_goes_on_in_a_new_process_without_loss_or_repetition() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let request = LookupEventsRequest {
        start_time: Some(minutes_ago(25)),
        end_time: Some(minutes_ago(1)),
        page_size: 1000,
        ..LookupEventsRequest::default()
    };
    let first = serve(&sandbox, CURSOR_KEY).await;
    let whole = rest(&first, &request, "").await;
    assert!(whole.len() > 1200, "{} events", whole.len());

    let small = LookupEventsRequest {
        page_size: 470,
        ..request
    };
    let begun = page(&first, &small, "").await;
    assert_eq!(begun.events.len(), 470);
    first.process.kill().await;

    let second = serve(&sandbox, CURSOR_KEY).await;
    let mut events = begun.events;
    events.extend(rest(&second, &small, &begun.next_page_token).await);
    assert_eq!(ids(&events), ids(&whole));
    sandbox.ledger().await.assert_within_budget();
}

/// What one who follows holds: what came up to the last cursor, and up to when everything came.
#[derive(Default)]
struct Followed {
    events: Vec<Event>,
    since_cursor: Vec<Event>,
    cursor: String,
    through: std::collections::BTreeMap<(String, String), i64>,
}

impl Followed {
    /// Follows on this server, from the last cursor on, until this holds; what came after the last cursor is dropped, as
    /// the stream is then.
    async fn on(
        &mut self,
        server: &Trailplane,
        request: &TailEventsRequest,
        until: impl Fn(&Self) -> bool,
    ) {
        let request = TailEventsRequest {
            page_token: self.cursor.clone(),
            ..request.clone()
        };
        let mut client = server.events().await;
        let mut stream = client.tail_events(request).await.unwrap().into_inner();
        while !until(self) {
            let cursor = match stream.message().await.unwrap().unwrap().message.unwrap() {
                Message::Batch(batch) => {
                    self.since_cursor.extend(batch.events);
                    batch.cursor
                }
                Message::Heartbeat(beat) => {
                    for mark in beat.watermarks {
                        let cell = mark.cell.unwrap();
                        let through = mark.through.unwrap().seconds;
                        self.through.insert((cell.account_id, cell.region), through);
                    }
                    beat.cursor
                }
                Message::Gap(gap) => panic!("{gap:?}"),
            };
            if !cursor.is_empty() {
                self.cursor = cursor;
                self.events.append(&mut self.since_cursor);
            }
        }
        self.since_cursor.clear();
    }
}

#[tokio::test]
async fn a_tail_killed_in_the_middle_goes_on_in_a_new_process_without_loss_or_repetition() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let (start, settled) = (minutes_ago(40), minutes_ago(16));
    let request = TailEventsRequest {
        start_time: Some(start),
        ..TailEventsRequest::default()
    };
    let first = serve(&sandbox, CURSOR_KEY).await;
    let window = LookupEventsRequest {
        start_time: Some(start),
        end_time: Some(settled),
        page_size: 1000,
        ..LookupEventsRequest::default()
    };
    let whole = rest(&first, &window, "").await;
    let mut followed = Followed::default();
    followed
        .on(&first, &request, |f| f.events.len() >= 100)
        .await;
    first.process.kill().await;

    let second = serve(&sandbox, CURSOR_KEY).await;
    let there = |f: &Followed| {
        f.through
            .values()
            .filter(|at| **at >= settled.seconds)
            .count()
            == 12
    };
    followed.on(&second, &request, there).await;
    let mut events = followed.events;
    let _each_once = ids(&events);
    events.retain(|event| event.event_time.unwrap().seconds <= settled.seconds);
    let sorted = |events: &[Event]| {
        let mut ids: Vec<String> = ids(events)
            .iter()
            .map(|(a, r, id)| format!("{a} {r} {id}"))
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(sorted(&events), sorted(&whole));
    assert!(whole.len() > 200, "{}", whole.len());
    sandbox.ledger().await.assert_within_budget();
}

#[tokio::test]
async fn a_tail_on_a_server_that_shuts_down_ends_with_its_cursor_and_says_why() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let server = Start::with_config(&format!(
        "aws:\n  regions: [us-east-1, eu-west-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         cursor: {{keys: [{CURSOR_KEY}]}}\ndrain: {{delay: 0s, grace: 1s}}\n"
    ))
    .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
    .ready()
    .await;
    let mut client = server.events().await;
    let stream = client.tail_events(TailEventsRequest::default());
    let mut stream = stream.await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    server.process.signal("TERM");
    let mut last = None;
    let status = loop {
        match stream.message().await {
            Ok(message) => last = message.unwrap().message,
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
    assert!(
        matches!(&last, Some(Message::Heartbeat(beat)) if !beat.cursor.is_empty()),
        "{last:?}"
    );
}

#[tokio::test]
async fn a_cursor_signed_by_somebody_else_is_refused_before_any_call() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let request = LookupEventsRequest {
        page_size: 5,
        ..LookupEventsRequest::default()
    };
    let first = serve(&sandbox, CURSOR_KEY).await;
    let token = page(&first, &request, "").await.next_page_token;
    drop(first);
    let other = serve(&sandbox, "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q=").await;
    let before = sandbox.ledger().await.by_api["LookupEvents"];
    let request = LookupEventsRequest {
        page_token: token,
        ..request
    };
    let refused = other
        .events()
        .await
        .lookup_events(request)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    assert_eq!(sandbox.ledger().await.by_api["LookupEvents"], before);
}

/// 40 accounts in which a call takes a while; 1 write a second per account, as in AWS.
const MANY: &str = "
seed: 7
regions: [us-east-1]
generate_accounts: 39
events: {per_hour: 0}
faults: [{effect: {latency: {constant: {ms: 100}}}}]
";

fn everywhere() -> CreateTrailRequest {
    CreateTrailRequest {
        trail: Some(TrailSpec {
            name: "audit".to_owned(),
            home_region: "us-east-1".to_owned(),
            s3_bucket_name: "central-audit-logs".to_owned(),
            ..TrailSpec::default()
        }),
        rollout: Some(Rollout {
            max_parallel: 8,
            ..Rollout::default()
        }),
        ..CreateTrailRequest::default()
    }
}

/// The outcomes of the results that come, at most so many.
async fn create(server: &Trailplane, most: usize) -> Vec<Outcome> {
    let mut client = server.trails().await;
    let mut stream = client
        .create_trail(everywhere())
        .await
        .unwrap()
        .into_inner();
    let mut outcomes = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        if let Some(create_trail_response::Message::Result(result)) = message.message {
            outcomes.push(result.outcome());
            if outcomes.len() == most {
                break;
            }
        }
    }
    outcomes
}

#[tokio::test]
async fn a_rollout_killed_in_the_middle_and_run_again_ends_as_if_it_had_not_been() {
    let sandbox = Sandbox::start(Some(MANY)).await;
    let serve = || async {
        Start::with_config(
            "aws:\n  regions: [us-east-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n",
        )
        .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
        .ready()
        .await
    };
    let first = serve().await;
    let begun = create(&first, 15).await;
    assert_eq!(begun, [Outcome::Applied; 15]);
    let log = first.process.kill().await;
    let trails = || async {
        let address = sandbox.endpoint().replace("http://", "");
        let (status, body) = http_get(&address, "/_sandbox/trails").await.unwrap();
        assert_eq!(status, 200);
        serde_json::from_str::<Vec<serde_json::Value>>(&body).unwrap()
    };
    let half = trails().await;
    assert!((15..40).contains(&half.len()), "{}", half.len());
    // Whatever was changed is in the log, also where the process did not live to see the end of it.
    for trail in &half {
        let arn = trail["arn"].as_str().unwrap();
        let begun = |line: &str| line.contains("a change of a trail begins") && line.contains(arn);
        assert!(log.lines().any(begun), "{arn}\n{log}");
    }

    let second = serve().await;
    let outcomes = create(&second, usize::MAX).await;
    assert_eq!(outcomes.len(), 40);
    let fine = |outcome: &Outcome| matches!(outcome, Outcome::Applied | Outcome::Unchanged);
    assert!(outcomes.iter().all(fine), "{outcomes:?}");
    let trails = trails().await;
    assert_eq!(trails.len(), 40);
    for trail in &trails {
        assert_eq!(
            (&trail["logging"], &trail["generation"]),
            (&true.into(), &1.into()),
            "{trail}"
        );
    }
    // None was even tried twice.
    assert_eq!(sandbox.ledger().await.by_api["CreateTrail"], 40);
    assert_eq!(sandbox.ledger().await.throttles, 0);
}

#[tokio::test]
async fn a_rollout_that_is_told_to_end_finishes_what_it_began_and_says_what_it_did_not() {
    let sandbox = Sandbox::start(Some(MANY)).await;
    let mut server = Start::with_config(
        "aws:\n  regions: [us-east-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         drain: {delay: 0s}\n",
    )
    .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
    .ready()
    .await;
    let mut client = server.trails().await;
    let mut stream = client
        .create_trail(everywhere())
        .await
        .unwrap()
        .into_inner();
    let (mut outcomes, mut summary) = (Vec::new(), None);
    while let Some(message) = stream.message().await.unwrap() {
        match message.message {
            Some(create_trail_response::Message::Result(result)) => outcomes.push(result.outcome()),
            Some(create_trail_response::Message::Summary(last)) => summary = Some(last),
            _ => {}
        }
        if outcomes.len() == 10 {
            server.process.signal("TERM");
        }
    }
    assert_eq!(summary.unwrap().stop_reason(), StopReason::Draining);
    assert_eq!(outcomes.len(), 40);
    let applied = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::Applied)
        .count();
    let not_started = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::NotStarted)
        .count();
    assert!((10..40).contains(&applied), "{outcomes:?}");
    assert_eq!(applied + not_started, 40, "{outcomes:?}");
    drop((stream, client));
    let status = server
        .process
        .wait(std::time::Duration::from_secs(30))
        .await;
    assert!(status.success(), "{status}");
    let address = sandbox.endpoint().replace("http://", "");
    let (_, body) = http_get(&address, "/_sandbox/trails").await.unwrap();
    let trails: Vec<serde_json::Value> = serde_json::from_str(&body).unwrap();
    assert_eq!(trails.len(), applied);
    assert!(trails.iter().all(|trail| trail["logging"] == true));
}
