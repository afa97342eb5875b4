//! Three replicas restarted one after the other under load, as a Deployment does it: clients that retry see no error, every
//! stream goes on where it was, and each process ends in time.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};
use trailplane::{
    api::proto::{
        Event, ListAccountsRequest, StreamEventsRequest,
        account_service_client::AccountServiceClient, event_service_client::EventServiceClient,
        stream_events_response::Message,
    },
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY},
};

use crate::support::trailplane::{Sandbox, Start, Trailplane};

const REPLICAS: usize = 3;
const STREAMS: usize = 100;
const UNARY_PER_SECOND: u64 = 200;
/// After its signal a process has gone within this time.
const GONE_WITHIN: Duration = Duration::from_secs(30);
/// What a client with gRPC's usual retries does: so many attempts, with so long between them.
const ATTEMPTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);
/// A reader is slow enough for its stream to last through several restarts.
const READING: Duration = Duration::from_millis(150);

const SCENARIO: &str = "
seed: 11
regions: [us-east-1]
generate_accounts: 3
events: {per_hour: 600}
quotas: {per_second: {LookupEvents: 2000, STS: 2000}}
";

const CONFIG: &str = "
aws: {regions: [us-east-1], role_name: TrailplaneReader, external_id: trailplane-sandbox}
cursor: {keys: [MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=]}
budget: {store: static, replicas: 3}
quotas: {overrides: [{api: LookupEvents, per_second: 2000}]}
limits:
  requests: {per_second: 2000, burst: 2000}
  streams: {per_second: 2000, burst: 2000}
drain: {delay: 1s, grace: 5s, hard_stop: 25s}
";

/// Where the replicas are that take requests: what a load balancer knows.
#[derive(Clone, Default)]
struct Balancer {
    channels: Arc<Mutex<Vec<Channel>>>,
    turn: Arc<AtomicU64>,
}

impl Balancer {
    fn next(&self) -> Channel {
        let turn = usize::try_from(self.turn.fetch_add(1, Ordering::Relaxed)).unwrap();
        let channels = self.channels.lock().unwrap();
        channels[turn % channels.len()].clone()
    }

    fn know(&self, replicas: &[Trailplane]) {
        let channel = |replica: &Trailplane| {
            let endpoint = Endpoint::new(format!("http://{}", replica.grpc)).unwrap();
            endpoint.timeout(Duration::from_secs(60)).connect_lazy()
        };
        *self.channels.lock().unwrap() = replicas.iter().map(channel).collect();
    }
}

/// Whether a client may try again: the server says that it did nothing, or the connection broke under a read.
fn can_be_retried(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::Cancelled | Code::Unknown)
}

async fn replica(sandbox: &Sandbox) -> Trailplane {
    let start = Start::with_config(CONFIG);
    start
        .aws(
            &sandbox.endpoint(),
            HUB_ACCESS_KEY_ID,
            HUB_SECRET_ACCESS_KEY,
        )
        .ready()
        .await
}

/// One unary call, as clients make it. What it ended with, if that was an error at last.
async fn unary(balancer: Balancer) -> Result<(), tonic::Status> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let mut client = AccountServiceClient::new(balancer.next());
        match client.list_accounts(ListAccountsRequest::default()).await {
            Ok(_) => return Ok(()),
            Err(status) if can_be_retried(status.code()) => last = Some(status),
            Err(status) => return Err(status),
        }
        sleep(PAUSE).await;
    }
    Err(last.unwrap())
}

fn request(cursor: &str) -> StreamEventsRequest {
    let at = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
    let end = *WINDOW_END;
    StreamEventsRequest {
        start_time: Some(at(end - 3600)),
        end_time: Some(at(end)),
        page_token: cursor.to_owned(),
        ..StreamEventsRequest::default()
    }
}

/// Settled, and the same for all streams of the test.
static WINDOW_END: LazyLock<i64> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() / 60 * 60 - 3600
});

/// The whole answer, by as many streams as it takes. Answers with the ids in their order, and how often it went on.
async fn stream(balancer: Balancer, slowly: bool) -> (Vec<String>, usize) {
    let (mut ids, mut cursor, mut resumed) = (Vec::new(), String::new(), 0);
    // What came since the last cursor will come again.
    let mut safe = 0;
    loop {
        let mut client = EventServiceClient::new(balancer.next());
        let answer = client.stream_events(request(&cursor)).await;
        let status = match answer {
            Ok(stream) => {
                let mut stream = stream.into_inner();
                loop {
                    match stream.message().await {
                        Ok(Some(message)) => match message.message.unwrap() {
                            Message::Batch(batch) => {
                                let id = |event: &Event| event.event_id.clone();
                                ids.extend(batch.events.iter().map(id));
                                if !batch.cursor.is_empty() {
                                    (cursor, safe) = (batch.cursor, ids.len());
                                }
                                if slowly {
                                    sleep(READING).await;
                                }
                            }
                            Message::Progress(progress) => {
                                if !progress.cursor.is_empty() {
                                    (cursor, safe) = (progress.cursor, ids.len());
                                }
                            }
                            Message::Summary(summary) => {
                                let coverage = summary.coverage.unwrap();
                                assert!(coverage.complete, "{coverage:?}");
                                return (ids, resumed);
                            }
                        },
                        Ok(None) => panic!("a stream ended without a summary"),
                        Err(status) => break status,
                    }
                }
            }
            Err(status) => status,
        };
        assert!(can_be_retried(status.code()), "{status:?}");
        ids.truncate(safe);
        resumed += 1;
        sleep(PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_is_seen_by_nobody_who_retries() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let mut replicas = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(replica(&sandbox).await);
    }
    let balancer = Balancer::default();
    balancer.know(&replicas);
    let (wanted, _) = stream(balancer.clone(), false).await;
    let distinct: BTreeSet<&String> = wanted.iter().collect();
    assert!(
        wanted.len() > 1_500 && distinct.len() == wanted.len(),
        "{}",
        wanted.len()
    );

    let mut streams: JoinSet<_> = (0..STREAMS)
        .map(|_| stream(balancer.clone(), true))
        .collect();
    let (asking, over) = (balancer.clone(), CancellationToken::new());
    let unary_calls = tokio::spawn({
        let over = over.clone();
        async move {
            let mut beat = interval(Duration::from_micros(1_000_000 / UNARY_PER_SECOND));
            beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut calls = JoinSet::new();
            while over.run_until_cancelled(beat.tick()).await.is_some() {
                calls.spawn(unary(asking.clone()));
            }
            calls.join_all().await
        }
    });

    for _ in 0..REPLICAS {
        let mut oldest = replicas.remove(0);
        oldest.process.signal("TERM");
        let told = Instant::now();
        // Readiness is off from the signal on, and who routes by it sends nothing new.
        replicas.push(replica(&sandbox).await);
        balancer.know(&replicas);
        let status = oldest.process.wait(GONE_WITHIN).await;
        assert_eq!(status.code(), Some(0));
        eprintln!("gone {:?} after its signal", told.elapsed());
    }
    over.cancel();
    let calls = unary_calls.await.unwrap();
    let failed: Vec<_> = calls
        .iter()
        .filter_map(|call| call.as_ref().err())
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {}: {:?}",
        failed.len(),
        calls.len(),
        failed.first()
    );

    let mut resumed = 0;
    while let Some(ended) = streams.join_next().await {
        let (ids, times) = ended.unwrap();
        assert_eq!(ids.len(), wanted.len(), "events were lost or doubled");
        assert_eq!(ids, wanted);
        resumed += times;
    }
    eprintln!(
        "{} unary calls, streams went on {resumed} times",
        calls.len()
    );
    assert!(
        resumed >= STREAMS,
        "no restart fell into the streams: {resumed}"
    );
}
