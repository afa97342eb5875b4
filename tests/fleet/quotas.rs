//! CloudTrail's quotas, learned from Service Quotas of the simulated AWS: what becomes of them, and what does not.

use std::time::Duration;

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use trailplane::{
    api::proto::{EventAttribute, EventFilter, LookupEventsRequest},
    aws::LookupQuery,
    budget::{BucketKey, Tally},
    domain::{AccountId, Api, Region, TimeWindow, Timestamp, quota::QuotaSource},
    fleet::{
        Fleet,
        quotas::{QuotaReader, Timing},
    },
    sandbox::{Effect, Fault, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Sandbox, Scenario},
};

use crate::support::{
    process::http_get,
    rig::{self, Rig, request, settings},
    trailplane::{Start, Trailplane},
};

const TIME: Duration = Duration::from_secs(30);
const MANAGEMENT: &str = "100000000001";
const RAISED: &str = "200000000001";
const PLAIN: &str = "200000000002";
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// Three accounts in two Regions; one may look up five times a second in one of them.
const SCENARIO: &str = "
regions: [us-east-1, eu-west-1]
accounts: [{id: '200000000001', name: raised}, {id: '200000000002', name: plain}]
role: {external_id: null}
quotas:
  per_second: {Organizations: 1000, Account: 1000, Service Quotas: 1000}
  overrides:
    - {scope: {accounts: [raised], regions: [eu-west-1], apis: [LookupEvents]}, per_second: 5}
events: {per_hour: 1}
";

struct World {
    sandbox: Sandbox,
    rig: Rig,
    fleet: Fleet,
    reader: JoinHandle<()>,
    stop: CancellationToken,
}

impl World {
    async fn of(scenario: Scenario) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = Sandbox::start(scenario, listener).unwrap();
        let endpoint = sandbox.endpoint_url();
        let mut rig = Rig::new(&endpoint, HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY).await;
        let mut settings = settings("TrailplaneReader", &REGIONS);
        settings.management_access = Some(trailplane::fleet::settings::Access::OwnCredentials);
        let fleet = rig.fleet(settings);
        let timing = Timing {
            between: Duration::from_millis(1),
            again: Duration::from_millis(50),
            ..Timing::default()
        };
        let stop = CancellationToken::new();
        let reader = QuotaReader::new(fleet.clone(), rig.quotas.clone(), timing, stop.clone());
        Self {
            reader: tokio::spawn(reader.run()),
            sandbox,
            rig,
            fleet,
            stop,
        }
    }

    /// How often Service Quotas was asked with credentials of this account.
    fn calls(&self, account: &str) -> usize {
        let attempts = self.sandbox.ledger().attempts();
        let asked = attempts.iter().filter(|a| a.api == "ListServiceQuotas");
        asked.filter(|a| a.account == account).count()
    }

    async fn end(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.reader).await;
        ended.expect("the reader ends when told to").unwrap();
        self.rig.end().await;
        self.sandbox.shutdown().await;
    }
}

async fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + TIME;
    while !condition() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "not within {TIME:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn scenario() -> Scenario {
    Scenario::from_yaml(SCENARIO).unwrap()
}

fn key(account: &str, region: &str, api: Api) -> BucketKey {
    BucketKey {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
        api,
    }
}

#[tokio::test]
async fn a_raised_quota_is_learned_and_then_spent() {
    let world = World::of(scenario()).await;
    let quotas = world.rig.quotas.clone();
    let lookups = |account, region| quotas.quota(&key(account, region, Api::LookupEvents)).quota;
    let learned = QuotaSource::ServiceQuotas;
    let cells = [
        (RAISED, "us-east-1", 2.0),
        (RAISED, "eu-west-1", 5.0),
        (PLAIN, "us-east-1", 2.0),
        (PLAIN, "eu-west-1", 2.0),
    ];
    for (account, region, per_second) in cells {
        eventually(|| lookups(account, region).source == learned).await;
        assert_eq!(lookups(account, region).per_second, per_second);
    }
    assert!(quotas.version() >= 4);
    let trails = quotas.quota(&key(PLAIN, "eu-west-1", Api::GetTrail)).quota;
    assert_eq!((trails.per_second, trails.source), (10.0, learned));

    let account: AccountId = RAISED.parse().unwrap();
    let (who, region) = (
        world.fleet.credentials(account),
        REGIONS[1].parse::<Region>().unwrap(),
    );
    let now: Timestamp = rig::now();
    let query = || LookupQuery {
        window: TimeWindow::new(now.minus(Duration::from_secs(60)), now).unwrap(),
        attribute: None,
        max_results: 1,
        token: None,
    };
    let (ctx, tally) = (request(TIME), Tally::default());
    for _ in 0..11 {
        let door = &world.rig.door;
        let page = door.lookup_events(&ctx, &tally, &*who, &region, &query);
        page.await.unwrap();
    }
    let attempts = world.sandbox.ledger().attempts();
    let mut lookups = attempts
        .iter()
        .filter(|a| a.api == "LookupEvents")
        .map(|a| a.at_micros);
    let took = lookups.next_back().unwrap() - lookups.next().unwrap();
    // Ten slots of a fifth of a second; by AWS's default they are five seconds.
    assert!((1_900_000..4_000_000).contains(&took), "{took} us");
    assert_eq!(world.sandbox.summary().throttles, 0);
    world.end().await;
}

/// One account's role lacks the permission, another's Service Quotas fails for as long as we look, the third is well.
#[tokio::test]
async fn where_it_is_denied_the_default_holds_and_it_is_asked_once_an_account() {
    let denied = Fault::new(Effect::Denied).on("ListServiceQuotas");
    let failing = Fault::new(Effect::error("ServiceException", 500)).on("ListServiceQuotas");
    let scenario = scenario()
        .with_fault(denied.for_account("raised"))
        .with_fault(failing.for_account(MANAGEMENT));
    let world = World::of(scenario).await;
    // Twice in each Region, in three rounds: what was to be asked again was.
    eventually(|| world.calls(MANAGEMENT) >= 12).await;
    assert_eq!((world.calls(RAISED), world.calls(PLAIN)), (1, 4));
    let source = |account, region| {
        let key = key(account, region, Api::LookupEvents);
        world.rig.quotas.quota(&key).quota.source
    };
    for region in REGIONS {
        assert_eq!(source(RAISED, region), QuotaSource::Documented);
        assert_eq!(source(MANAGEMENT, region), QuotaSource::Documented);
        assert_eq!(source(PLAIN, region), QuotaSource::ServiceQuotas);
    }
    world.end().await;
}

#[tokio::test]
async fn what_fails_for_a_while_is_read_again_and_the_rest_is_not() {
    let failing = Fault::new(Effect::error("ServiceException", 500)).on("ListServiceQuotas");
    // Both attempts of two rounds, in each Region.
    let world = World::of(scenario().with_fault(failing.for_account("raised").times(4))).await;
    let raised = key(RAISED, "eu-west-1", Api::LookupEvents);
    eventually(|| world.rig.quotas.per_second(&raised) == 5.0).await;
    assert_eq!((world.calls(RAISED), world.calls(PLAIN)), (12, 4));
    world.end().await;
}

/// The whole program over the scenario, told to read quotas or not, with these faults.
async fn program(read: bool, faults: &str) -> Trailplane {
    Start::with_scenario(&format!("{SCENARIO}faults: [{faults}]\n"))
        .env("TRAILPLANE_QUOTAS__READ_SERVICE_QUOTAS", &read.to_string())
        .ready()
        .await
}

/// How often the program's own AWS was asked for quotas, and what the program said of it in the end.
async fn told(mut server: Trailplane) -> (u64, usize) {
    let aws = server.simulated_aws().await;
    let (status, summary) = http_get(&aws, "/_sandbox/summary").await.unwrap();
    assert_eq!(status, 200);
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let calls = summary["by_api"]["ListServiceQuotas"].as_u64();
    let output = server.process.kill().await;
    let lines = output.matches("from Service Quotas").count();
    (calls.unwrap_or(0), lines)
}

#[tokio::test]
async fn the_program_reads_quotas_if_it_is_told_to() {
    let mut server = program(true, "").await;
    let words = "CloudTrail's quotas were read from Service Quotas cells=6 ";
    let said = |output: &str| output.contains(words).then_some(());
    server.process.wait_for(words, said).await;
    // Two pages in each of three accounts and two Regions.
    assert_eq!(told(server).await, (12, 1));
}

#[tokio::test]
async fn the_program_says_once_that_it_may_not_read_quotas() {
    let denied = "{effect: denied, scope: {apis: [ListServiceQuotas]}}";
    let mut server = program(true, denied).await;
    let aws = server.simulated_aws().await;
    let deadline = tokio::time::Instant::now() + TIME;
    let refused = async || {
        let path = "/_sandbox/ledger?api=ListServiceQuotas";
        let (_, ledger) = http_get(&aws, path).await.unwrap();
        ledger.matches("AccessDeniedException").count()
    };
    while refused().await < 3 {
        assert!(tokio::time::Instant::now() < deadline, "not in {TIME:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = |output: &str| output.contains("from Service Quotas").then_some(());
    server.process.wait_for("the line", said).await;
    assert_eq!(told(server).await, (3, 1));
}

/// Reading would begin once the accounts are known, and each account's first call comes within 150 ms of that; three
/// lookups in a row take a second at least, by their own quota.
#[tokio::test]
async fn the_program_does_not_ask_for_quotas_unless_it_is_told_to() {
    let server = program(false, "").await;
    let mut events = server.events().await;
    let began = std::time::Instant::now();
    for name in ["A", "B", "C"] {
        let filter = EventFilter {
            attribute: EventAttribute::EventName.into(),
            values: vec![name.to_owned()],
        };
        let request = LookupEventsRequest {
            filters: vec![filter],
            ..LookupEventsRequest::default()
        };
        events.lookup_events(request).await.unwrap();
    }
    assert!(began.elapsed() > Duration::from_millis(900));
    assert_eq!(told(server).await, (0, 0));
}
