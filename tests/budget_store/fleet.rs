//! Several real processes over one simulated AWS, while the store, the ways to it, and the processes themselves fail in an
//! order drawn from a seed. What they spent is the sandbox's to say.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use rand::{SeedableRng, rngs::SmallRng, seq::SliceRandom};
use serde::Deserialize;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};
use trailplane::{
    api::proto::{StreamEventsRequest, TargetSelector},
    sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, QuotaModel, Scenario},
};

use crate::support::{
    cable::{Cable, Wire},
    process::http_get,
    redis::Server,
    trailplane::{Sandbox, Start, Trailplane},
};

const REPLICAS: usize = 4;
const ACCOUNTS: u32 = 5;
/// Of LookupEvents, in each account and Region.
const QUOTA: usize = 2;

/// All of them have begun and know of each other.
const START: Duration = Duration::from_secs(30);
/// How long a fault lasts that lasts: longer than a replica is thought to be there, and than what was reserved before.
const LASTS: Duration = Duration::from_secs(5);
/// After the end of a fault all of the quota is spent again within this time.
const BACK: Duration = Duration::from_secs(5);
const SPAN: Duration = Duration::from_secs(8);
/// Each replica spends a quarter: with less than this one of them takes no part. How much more it is depends on what else
/// runs on the machine, and is a figure of `bench/fleet-faults`.
const ALL_TAKE_PART: f64 = 0.85;

/// What lies between the slot of a call and its arrival, on a machine that runs other tests: all but one call in a hundred
/// come within this time.
const BLUR: Duration = Duration::from_millis(250);
const LATER: f64 = 0.01;

/// What may lie there at the most: nearly an interval of the quota. A machine that stops a process when its call has got its
/// turn and before it is written makes that one call late, and three come within the rest of two intervals (564 ms, where a
/// replica was stopped for 430 ms at a time). A slot that is dealt out twice, or by two replicas that do not know of each
/// other, puts three calls into one interval, however late they come.
const LATEST: Duration = Duration::from_millis(450);

/// A replica that the machine stops: so often, and for so long each time.
const STALLS: usize = 20;
const STALL: Duration = Duration::from_millis(300);

/// How many of the faults one run tries, unless `TRAILPLANE_ROUNDS` says otherwise.
const ROUNDS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum Trouble {
    StoreKilled,
    StoreHangs,
    StoreEmptied,
    FailedOver,
    ScriptsLost,
    HalfCutOff(Wire),
    ReplicaKilled,
    AllRestarted,
    OneStalls,
}

const TROUBLES: [Trouble; 10] = [
    Trouble::OneStalls,
    Trouble::StoreKilled,
    Trouble::StoreHangs,
    Trouble::StoreEmptied,
    Trouble::FailedOver,
    Trouble::ScriptsLost,
    Trouble::HalfCutOff(Wire::Cut),
    Trouble::HalfCutOff(Wire::Dead),
    Trouble::ReplicaKilled,
    Trouble::AllRestarted,
];

/// An attempt in the sandbox's ledger.
#[derive(Deserialize)]
struct Attempt {
    at_micros: u64,
    account: String,
    outcome: String,
}

/// One process, its way to the store, and what it is asked for all the time.
struct Replica {
    program: Trailplane,
    cable: Cable,
    _asking: JoinSet<()>,
}

struct Fleet {
    sandbox: Sandbox,
    store: Server,
    replicas: Vec<Replica>,
    started: u64,
}

impl Fleet {
    async fn start() -> Self {
        let mut scenario = Scenario::uniform(ACCOUNTS, 1, 20_000.0, Duration::from_millis(50));
        // No more forgiving than AWS: a call too many is a throttle.
        scenario.quotas.model = QuotaModel::TokenBucket { depth: Some(2.0) };
        let scenario = serde_json::to_string(&scenario).unwrap();
        let mut fleet = Self {
            sandbox: Sandbox::start(Some(&scenario)).await,
            store: Server::start().await,
            replicas: Vec::new(),
            started: 0,
        };
        for _ in 0..REPLICAS {
            fleet.add().await;
        }
        let until = Instant::now() + START;
        while fleet.spent(Duration::from_secs(2)).await < ALL_TAKE_PART {
            assert!(Instant::now() < until, "the quota is not spent");
        }
        fleet
    }

    async fn add(&mut self) {
        let cable = Cable::to(self.store.port).await;
        let config = "aws:\n  regions: [us-east-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n";
        let program = Start::with_config(config)
            .aws(
                &self.sandbox.endpoint(),
                HUB_ACCESS_KEY_ID,
                HUB_SECRET_ACCESS_KEY,
            )
            .env("TRAILPLANE_BUDGET__STORE", "redis")
            .env("TRAILPLANE_BUDGET__REPLICAS", &REPLICAS.to_string())
            .env("TRAILPLANE_BUDGET__REDIS__URLS", &cable.url())
            .ready()
            .await;
        let mut asking = JoinSet::new();
        for account in self.accounts(&program).await {
            self.started += 1;
            asking.spawn(ask(program.events().await, account, self.started));
        }
        self.replicas.push(Replica {
            program,
            cable,
            _asking: asking,
        });
    }

    async fn accounts(&self, program: &Trailplane) -> Vec<String> {
        let mut client = program.accounts().await;
        let until = Instant::now() + START;
        loop {
            let listed =
                client.list_accounts(trailplane::api::proto::ListAccountsRequest::default());
            let accounts = listed.await.unwrap().into_inner().accounts;
            if accounts.len() == ACCOUNTS as usize {
                return accounts
                    .into_iter()
                    .map(|account| account.account_id)
                    .collect();
            }
            assert!(Instant::now() < until, "{accounts:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Every LookupEvents that arrived, oldest first, by account.
    async fn calls(&self) -> BTreeMap<String, Vec<Attempt>> {
        let path = "/_sandbox/ledger?api=LookupEvents";
        let (status, body) = http_get(&self.sandbox.address, path).await.unwrap();
        assert_eq!(status, 200, "{body}");
        let mut calls = BTreeMap::<String, Vec<Attempt>>::new();
        for line in body.lines() {
            let attempt: Attempt = serde_json::from_str(line).unwrap();
            let account = attempt.account.clone();
            calls.entry(account).or_default().push(attempt);
        }
        calls
    }

    /// The part of all quotas that is spent from now on.
    async fn spent(&self, span: Duration) -> f64 {
        let count =
            |calls: BTreeMap<String, Vec<Attempt>>| calls.values().map(Vec::len).sum::<usize>();
        let (before, began) = (count(self.calls().await), Instant::now());
        sleep(span).await;
        let (after, elapsed) = (count(self.calls().await), began.elapsed());
        let quota = (QUOTA * ACCOUNTS as usize) as f64 * elapsed.as_secs_f64();
        (after - before) as f64 / quota
    }

    /// Brings it about, and ends it.
    async fn strike(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::StoreKilled => {
                self.store.kill();
                sleep(LASTS).await;
                self.store.start_again().await;
            }
            Trouble::StoreHangs => {
                self.store.pause();
                sleep(LASTS).await;
                self.store.go_on();
            }
            Trouble::StoreEmptied => self.store.ask(&["FLUSHALL"]).await,
            Trouble::ScriptsLost => self.store.ask(&["SCRIPT", "FLUSH"]).await,
            Trouble::FailedOver => {
                let successor = Server::start().await;
                for replica in &self.replicas {
                    replica.cable.lead(successor.port);
                }
                self.store = successor;
            }
            Trouble::HalfCutOff(how) => {
                for replica in &self.replicas[..REPLICAS / 2] {
                    replica.cable.set(how);
                }
                sleep(LASTS).await;
                for replica in &self.replicas {
                    replica.cable.set(Wire::Whole);
                }
            }
            Trouble::OneStalls => {
                let stalled = &self.replicas[0].program.process;
                for _ in 0..STALLS {
                    stalled.signal("STOP");
                    sleep(STALL).await;
                    stalled.signal("CONT");
                    sleep(STALL).await;
                }
            }
            Trouble::ReplicaKilled => {
                self.replicas.remove(0).program.process.kill().await;
                self.add().await;
            }
            Trouble::AllRestarted => {
                for _ in 0..REPLICAS {
                    let mut oldest = self.replicas.remove(0);
                    oldest.program.process.signal("TERM");
                    self.add().await;
                    oldest.program.process.wait(START).await;
                }
            }
        }
    }

    /// No call was throttled, and of any calls in a row the one after the quota's came a second after the first, less what
    /// makes calls late. Answers with the least time in which that many came.
    async fn never_above(&self, after: &impl fmt::Debug) -> Duration {
        let mut closest = Duration::MAX;
        let (mut seen, mut late) = (0, 0);
        for (account, calls) in self.calls().await {
            for call in &calls {
                assert_ne!(call.outcome, "ThrottlingException", "{account}, {after:?}");
            }
            for pair in calls.windows(QUOTA + 1) {
                let apart = Duration::from_micros(pair[QUOTA].at_micros - pair[0].at_micros);
                closest = closest.min(apart);
                seen += 1;
                late += i32::from(apart + BLUR < Duration::from_secs(1));
                assert!(
                    apart + LATEST >= Duration::from_secs(1),
                    "{} calls within {apart:?} in {account}, {after:?}: {}",
                    QUOTA + 1,
                    around(&calls, pair[0].at_micros)
                );
            }
        }
        assert!(
            f64::from(late) <= f64::from(seen) * LATER,
            "{late} of {seen} times {} calls came within {:?} after {after:?}",
            QUOTA + 1,
            Duration::from_secs(1).saturating_sub(BLUR)
        );
        closest
    }
}

/// When calls came within five seconds of this one, in milliseconds, and where each falls in the quota's interval: one that
/// only came late stands apart from the others there, and one that was dealt out twice does not.
fn around(calls: &[Attempt], at: u64) -> String {
    const NEAR: u64 = 5_000_000;
    const INTERVAL: u64 = 1_000 / QUOTA as u64;
    let near = calls
        .iter()
        .filter(|call| call.at_micros.abs_diff(at) < NEAR);
    let told = near.map(|call| {
        let millis = call.at_micros / 1_000;
        format!("{millis} ({} of {INTERVAL})", millis % INTERVAL)
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Streams one window after the other, so that there is always something to ask.
async fn ask(
    mut client: trailplane::api::proto::event_service_client::EventServiceClient<
        tonic::transport::Channel,
    >,
    account: String,
    number: u64,
) {
    for round in 0.. {
        let end = SystemTime::now() - Duration::from_secs(3_600 * round + number);
        let request = StreamEventsRequest {
            targets: Some(TargetSelector {
                account_ids: vec![account.clone()],
                ..TargetSelector::default()
            }),
            end_time: Some(end.into()),
            ..StreamEventsRequest::default()
        };
        match client.stream_events(request).await {
            Ok(stream) => {
                let mut stream = stream.into_inner();
                while let Ok(Some(_)) = stream.message().await {}
            }
            // It drains, or has gone.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[tokio::test]
async fn whatever_fails_processes_together_keep_to_the_quota_and_come_back_to_it() {
    let seed = from_environment("TRAILPLANE_SEED").unwrap_or_else(rand::random);
    let rounds = from_environment("TRAILPLANE_ROUNDS").unwrap_or(ROUNDS);
    eprintln!("TRAILPLANE_SEED={seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let mut troubles = TROUBLES;
    troubles.shuffle(&mut random);

    let mut fleet = Fleet::start().await;
    let mut shares = Vec::new();
    for trouble in troubles.into_iter().cycle().take(rounds) {
        fleet.strike(trouble).await;
        sleep(BACK).await;
        let share = fleet.spent(SPAN).await;
        eprintln!(
            "{trouble:?}: {:.1} % of the quota, {BACK:?} after its end",
            share * 100.0
        );
        shares.push((trouble, share));
        let closest = fleet.never_above(&shares).await;
        eprintln!("{} calls came within {closest:?} at the least", QUOTA + 1);
    }
    assert!(
        shares.iter().all(|(_, share)| *share >= ALL_TAKE_PART),
        "{shares:?}"
    );
}
