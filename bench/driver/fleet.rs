//! One budget shared by several replicas: how much of the quota they spend together, what is throttled, and what happens
//! when the store or a replica goes.

use std::time::{Duration, Instant};

use prost_types::Timestamp;
use tokio::task::{JoinHandle, JoinSet};
use trailplane::{
    api::proto::StreamEventsRequest,
    sandbox::{Effect, Fault, QuotaModel, Scenario},
};

use crate::{
    Failure, Measured,
    cable::{Cable, Wire},
    parts::{Bucket, Sandbox, Service, figure},
    redis::Redis,
};

const QUOTA: f64 = 2.0;
/// Until every replica has begun and heard of the others.
const SETTLING: Duration = Duration::from_secs(20);
const LEARNING: Duration = Duration::from_secs(60);
const MEASURING: Duration = Duration::from_secs(60);

/// How a server may count that forgives less than its quota says.
fn strict_models() -> [(&'static str, QuotaModel); 3] {
    [
        ("depth 1", QuotaModel::TokenBucket { depth: Some(1.0) }),
        ("one-second window", QuotaModel::FixedWindow),
        ("sliding second", QuotaModel::SlidingLog),
    ]
}

fn scenario(model: QuotaModel, latency: Duration) -> Scenario {
    let mut scenario = Scenario::uniform(1, 1, 20_000.0, latency);
    scenario.quotas.model = model;
    scenario
}

/// A process, its way to the store, and who asks it.
struct Replica {
    service: Service,
    cable: Cable,
    _asking: JoinSet<()>,
}

/// Replicas that always have more to ask than the quota allows.
struct Fleet {
    sandbox: Sandbox,
    store: Redis,
    expected: usize,
    replicas: Vec<Replica>,
    streams: u32,
    asked: u32,
}

impl Fleet {
    async fn start(
        scenario: Scenario,
        replicas: usize,
        latency: Duration,
    ) -> Result<Self, Failure> {
        // A stream asks page after page: enough side by side to spend the quota twice over.
        let in_flight = (latency.as_secs_f64() * QUOTA * 2.0).ceil().max(2.0);
        let each = (in_flight / replicas as f64).ceil().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few"
        )]
        let streams = each as u32;
        let mut fleet = Self {
            sandbox: Sandbox::start(scenario).await?,
            store: Redis::start().await?,
            expected: replicas,
            replicas: Vec::new(),
            streams,
            asked: 0,
        };
        for _ in 0..replicas {
            fleet.add().await?;
        }
        Ok(fleet)
    }

    async fn add(&mut self) -> Measured {
        let cable = Cable::to(self.store.port()).await;
        let budget = serde_json::json!({
            "store": "redis",
            "replicas": self.expected,
            "redis": { "urls": [cable.url()] },
        });
        let config = serde_json::json!({ "budget": budget });
        let service = self.sandbox.serve_with(config).await?;
        service.knows_accounts(1).await?;
        let mut asking = JoinSet::new();
        for _ in 0..self.streams {
            self.asked += 1;
            asking.spawn(ask(service.events().await?, self.asked));
        }
        self.replicas.push(Replica {
            service,
            cable,
            _asking: asking,
        });
        Ok(())
    }

    /// Kills one without a chance to prepare.
    fn kill(&mut self) -> Measured {
        match self.replicas.pop() {
            Some(replica) => replica.service.process.kill(),
            None => Ok(()),
        }
    }

    /// All zero before the first call.
    async fn bucket(&self) -> Result<Bucket, Failure> {
        let ledger = self.sandbox.ledger().await?;
        let mut buckets = ledger.buckets.into_iter();
        let bucket = buckets.find(|bucket| bucket.api == "LookupEvents");
        Ok(bucket.unwrap_or_default())
    }

    /// The part of the quota that is spent in this time, and the throttles.
    async fn spent(&self, time: Duration) -> Result<(f64, u64), Failure> {
        let (before, start) = (self.bucket().await?, Instant::now());
        tokio::time::sleep(time).await;
        let (after, elapsed) = (self.bucket().await?, start.elapsed());
        let attempts = after.attempts - before.attempts;
        let part = attempts as f64 / (elapsed.as_secs_f64() * QUOTA);
        Ok((part, after.throttles - before.throttles))
    }
}

/// Streams one window after the other, each another one, so that no two ask the same.
async fn ask(
    mut client: trailplane::api::proto::event_service_client::EventServiceClient<
        tonic::transport::Channel,
    >,
    number: u32,
) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_secs());
    for round in 0u64.. {
        let end = now - u64::from(number) * 7 - round * 3_600;
        let request = StreamEventsRequest {
            end_time: Some(Timestamp {
                seconds: i64::try_from(end).unwrap_or(0),
                nanos: 0,
            }),
            ..StreamEventsRequest::default()
        };
        let mut stream = match client.stream_events(request).await {
            Ok(stream) => stream.into_inner(),
            // The replica is being restarted, or will be.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while let Ok(Some(_)) = stream.message().await {}
    }
}

/// A figure that is still to be printed: what, how much, and what it must be.
type Line = (String, String, &'static str);
type Lines = Result<Vec<Line>, Failure>;

/// All fleets at once, each with its own sandbox and store: a fleet makes two calls a second, and one after the other
/// they would take more than half an hour.
pub async fn measure() -> Measured {
    let mut runs: Vec<JoinHandle<Lines>> = Vec::new();
    for replicas in [1, 3, 10] {
        for latency in [100, 1_000, 4_000].map(Duration::from_millis) {
            runs.push(tokio::spawn(saturated(replicas, latency)));
        }
    }
    for replicas in [1, 3] {
        for (name, model) in strict_models() {
            runs.push(tokio::spawn(strict(replicas, name, model)));
        }
    }
    runs.push(tokio::spawn(neighbour()));
    for run in runs {
        for (what, value, wanted) in run.await?? {
            figure(&what, value, wanted);
        }
    }
    Ok(())
}

/// Demand for twice the quota.
async fn saturated(replicas: usize, latency: Duration) -> Lines {
    let depth_2 = QuotaModel::TokenBucket { depth: Some(2.0) };
    let fleet = Fleet::start(scenario(depth_2, latency), replicas, latency).await?;
    let (_, before) = fleet.spent(SETTLING).await?;
    let (part, throttles) = fleet.spent(MEASURING).await?;
    let what = format!("{replicas} replicas, {latency:?} a call, depth 2");
    Ok(vec![
        (what, format!("{:.1} %", part * 100.0), ">= 98 %"),
        (
            "  throttled calls, and before".to_owned(),
            format!("{throttles}, {before}"),
            "0",
        ),
    ])
}

/// A server that forgives less than its quota says.
async fn strict(replicas: usize, name: &str, model: QuotaModel) -> Lines {
    let latency = Duration::from_millis(100);
    let fleet = Fleet::start(scenario(model, latency), replicas, latency).await?;
    tokio::time::sleep(LEARNING).await;
    let time = 2 * MEASURING;
    let (part, throttles) = fleet.spent(time).await?;
    let what = format!("{replicas} replicas, {name}, after {LEARNING:?}");
    let rate = throttles as f64 / (part * QUOTA * time.as_secs_f64()) * 100.0;
    Ok(vec![
        (what, format!("{:.1} %", part * 100.0), ">= 89 %"),
        ("  throttled".to_owned(), format!("{rate:.2} %"), "<= 0.5 %"),
    ])
}

/// Somebody else spends half of the quota for a third of the time.
async fn neighbour() -> Lines {
    let latency = Duration::from_millis(100);
    let depth_2 = QuotaModel::TokenBucket { depth: Some(2.0) };
    let neighbour = Effect::Neighbour {
        share: 0.5,
        active_seconds: 60.0,
        period_seconds: 180.0,
    };
    let scenario = scenario(depth_2, latency).with_fault(Fault::new(neighbour).on("LookupEvents"));
    let fleet = Fleet::start(scenario, 3, latency).await?;
    let (before, ours) = (fleet.sandbox.ledger().await?, fleet.bucket().await?);
    tokio::time::sleep(Duration::from_secs(360)).await;
    let (after, then) = (fleet.sandbox.ledger().await?, fleet.bucket().await?);
    let tried = after.neighbour_attempts - before.neighbour_attempts;
    let failed = after.neighbour_throttles - before.neighbour_throttles;
    let calls = then.attempts - ours.attempts;
    let rate = (then.throttles - ours.throttles) as f64 / calls as f64 * 100.0;
    let succeeds = 100.0 - failed as f64 / tried.max(1) as f64 * 100.0;
    let what = "3 replicas and a neighbour with half the quota, 60 of 180 s".to_owned();
    Ok(vec![
        (what, format!("{rate:.2} %"), "<= 2 % of ours throttled"),
        (
            "  the neighbour succeeds".to_owned(),
            format!("{succeeds:.1} % of {tried}"),
            ">= 90 %",
        ),
    ])
}

/// How long a fault lasts that lasts.
const LASTS: Duration = Duration::from_secs(20);

/// What becomes of four replicas when the store, the way to it, or one of them goes.
pub async fn faults() -> Measured {
    let latency = Duration::from_millis(100);
    let depth_2 = QuotaModel::TokenBucket { depth: Some(2.0) };
    let mut fleet = Fleet::start(scenario(depth_2, latency), 4, latency).await?;
    tokio::time::sleep(SETTLING).await;

    fleet.store.kill()?;
    during(&fleet, "store killed").await?;
    fleet.store.restart().await?;
    recovered(&fleet, "store back").await?;

    fleet.store.pause(true)?;
    during(&fleet, "store hangs").await?;
    fleet.store.pause(false)?;
    recovered(&fleet, "store goes on").await?;

    fleet.store.tell("FLUSHALL").await?;
    recovered(&fleet, "store emptied").await?;

    let successor = Redis::start().await?;
    for replica in &fleet.replicas {
        replica.cable.lead(successor.port());
    }
    fleet.store = successor;
    recovered(&fleet, "store failed over to an empty one").await?;

    for how in [Wire::Cut, Wire::Dead] {
        for replica in fleet.replicas.iter().take(2) {
            replica.cable.set(how);
        }
        during(&fleet, &format!("half of the replicas cut off ({how:?})")).await?;
        for replica in &fleet.replicas {
            replica.cable.set(Wire::Whole);
        }
        recovered(&fleet, "the way is whole again").await?;
    }

    fleet.kill()?;
    fleet.add().await?;
    recovered(&fleet, "a replica killed and another started").await?;

    for _ in 0..4 {
        let oldest = fleet.replicas.remove(0);
        oldest.service.process.terminate()?;
        fleet.add().await?;
    }
    recovered(&fleet, "rolling restart").await?;
    let all = fleet.bucket().await?;
    figure(
        "most calls in any second, of all",
        all.max_in_any_second,
        "3 with blur",
    );
    Ok(())
}

/// While a fault lasts.
async fn during(fleet: &Fleet, what: &str) -> Measured {
    let (part, throttles) = fleet.spent(LASTS).await?;
    let what = format!("{what}, {LASTS:?}");
    figure(&what, format!("{:.1} %", part * 100.0), "");
    figure("  throttled calls", throttles, "0");
    Ok(())
}

/// The five seconds after a fault's end, and the next twenty.
async fn recovered(fleet: &Fleet, what: &str) -> Measured {
    let (during, throttled) = fleet.spent(Duration::from_secs(5)).await?;
    let (after, later) = fleet.spent(Duration::from_secs(20)).await?;
    figure(
        &format!("{what}: the first 5 s"),
        format!("{:.1} %", during * 100.0),
        "",
    );
    figure("  then", format!("{:.1} %", after * 100.0), ">= 98 %");
    figure("  throttled calls", throttled + later, "0");
    Ok(())
}
