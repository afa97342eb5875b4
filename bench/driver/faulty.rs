//! Ten million events in the total order from an AWS that fails in every way it does, read by a client whose streams break:
//! each event once, compared with what the sandbox computes must come.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;
use trailplane::{
    api::proto::{StreamEventsRequest, StreamEventsSummary, stream_events_response::Message},
    sandbox::{Effect, Fault, Latency, Moment, QuotaModel, Scenario, Scope},
};

use crate::{
    Failure, Measured,
    parts::{Key, Sandbox, Service, figure, key},
};

const ACCOUNTS: u32 = 125;
const REGIONS: usize = 4;
const CELLS: f64 = 500.0;
const PER_HOUR: f64 = 1_000.0;
const EVENTS: f64 = 10_000_000.0;
/// Calls a second in each cell: the failures are what is looked at, not the pace.
const PER_SECOND: f64 = 50.0;
/// What happened at least so long ago has arrived: the latest comes 15 minutes late.
const ARRIVED: u64 = 16 * 60;
/// The client's stream breaks after so many events, and goes on from its last cursor.
const BROKEN_AFTER: u64 = 1_500_000;

/// Each with its part of all calls, or once in each cell of some accounts.
fn scenario(seed: u64) -> Scenario {
    let mut scenario = Scenario::uniform(ACCOUNTS, REGIONS, PER_HOUR, Duration::ZERO);
    scenario.seed = seed;
    scenario.quotas.model = QuotaModel::TokenBucket { depth: Some(10.0) };
    let quota = ("LookupEvents".to_owned(), PER_SECOND);
    scenario.quotas.per_second.extend([quota]);
    scenario.events.pages.short_share = 0.05;
    scenario.events.pages.empty_share = 0.02;
    scenario.events.late.push(trailplane::sandbox::Late {
        scope: Scope::default(),
        share: 0.2,
        lag_seconds: 900,
    });
    let error = |code: &str, status, probability| Effect::Error {
        code: code.to_owned(),
        status,
        probability,
    };
    let minute = Effect::Latency(Latency::constant(Duration::from_secs(60)));
    let session = Effect::SessionCap {
        seconds: 60,
        told: false,
    };
    let some = Scope {
        accounts: vec!["*7".to_owned()],
        ..Scope::default()
    };
    scenario
        .with_burst(some, Moment::SecondsAgo(20_000), 5_000)
        .with_fault(Fault::new(error("ThrottlingException", 400, 0.003)).on("LookupEvents"))
        .with_fault(Fault::new(error("InternalFailure", 500, 0.01)).on("LookupEvents"))
        .with_fault(Fault::new(error("InvalidNextTokenException", 400, 0.003)).on("LookupEvents"))
        .with_fault(Fault::new(Effect::Reset { probability: 0.003 }).on("LookupEvents"))
        .with_fault(Fault::new(session).for_account("*3"))
        .with_fault(
            Fault::new(minute)
                .on("LookupEvents")
                .for_account("*9")
                .skip(100)
                .times(1),
        )
}

/// What a client has of the answer.
#[derive(Default)]
struct Read {
    events: u64,
    last: Option<Key>,
    cursor: String,
    streams: u32,
    memory: f64,
}

pub async fn measure() -> Measured {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let seed = match std::env::var("TRAILPLANE_SEED") {
        Ok(text) => text.parse()?,
        Err(_) => now,
    };
    figure("TRAILPLANE_SEED", seed, "");
    let sandbox = Sandbox::start(scenario(seed)).await?;
    let quotas = serde_json::json!({
        "overrides": [{ "api": "LookupEvents", "per_second": PER_SECOND }],
    });
    let service = sandbox
        .serve_with(serde_json::json!({
            "quotas": quotas,
            "events": { "cell_patience": "5m" },
        }))
        .await?;
    service.knows_accounts(ACCOUNTS).await?;
    let hours = EVENTS / (CELLS * PER_HOUR);
    let end = now - ARRIVED;
    let start = end - Duration::from_secs_f64(hours * 3_600.0).as_secs();
    let expected = sandbox.expected(start, end).await?;

    let began = Instant::now();
    let mut read = Read::default();
    let summary = loop {
        if let Some(summary) = part(&service, (start, end), &mut read).await? {
            break summary;
        }
    };
    let took = began.elapsed().as_secs_f64();
    let ledger = sandbox.ledger().await?;
    let complete = summary.coverage.is_some_and(|coverage| coverage.complete);
    figure(
        "events that must come, by the sandbox",
        expected,
        "about 10000000",
    );
    figure(
        "events that came, strictly in the total order",
        read.events,
        "as many",
    );
    figure("  complete", complete, "true");
    figure(
        "  streams, each from the cursor of the one before",
        read.streams,
        "",
    );
    figure("  time", format!("{took:.0} s"), "");
    figure(
        "  LookupEvents, throttled",
        format!("{}, {}", ledger.attempts, ledger.throttles),
        "",
    );
    for (outcome, count) in ledger.outcomes.get("LookupEvents").into_iter().flatten() {
        figure(&format!("    {outcome}"), count, "");
    }
    figure(
        "  resident memory, peak",
        format!("{:.0} MiB", read.memory),
        "< 256 MiB",
    );
    match read.events == expected && complete {
        true => Ok(()),
        false => Err("not each event once".into()),
    }
}

/// Reads on from where it is: until the stream breaks, or to the end.
async fn part(
    service: &Service,
    (start, end): (u64, u64),
    read: &mut Read,
) -> Result<Option<StreamEventsSummary>, Failure> {
    let at = |seconds: u64| -> Result<Option<Timestamp>, Failure> {
        Ok(Some(Timestamp {
            seconds: i64::try_from(seconds)?,
            nanos: 0,
        }))
    };
    let request = StreamEventsRequest {
        start_time: at(start)?,
        end_time: at(end)?,
        page_token: read.cursor.clone(),
        ..StreamEventsRequest::default()
    };
    let mut client = service.events().await?;
    let mut stream = client.stream_events(request).await?.into_inner();
    let (mut before, limit) = (Vec::new(), read.events + BROKEN_AFTER);
    read.streams += 1;
    while let Some(message) = stream.message().await? {
        match message.message {
            Some(Message::Batch(batch)) => {
                before.extend(batch.events.iter().map(key));
                // What comes after the last cursor comes again in the next stream.
                if !batch.cursor.is_empty() {
                    take(read, &mut before)?;
                    read.cursor = batch.cursor;
                }
            }
            Some(Message::Summary(summary)) => {
                take(read, &mut before)?;
                return Ok(Some(summary));
            }
            _ => {}
        }
        if read.events >= limit {
            break;
        }
    }
    read.memory = read.memory.max(service.process.memory()?.1);
    Ok(None)
}

/// Strictly one after the other: so nothing comes twice, and as many as must come are all.
fn take(read: &mut Read, keys: &mut Vec<Key>) -> Measured {
    for key in keys.drain(..) {
        if read.last.as_ref().is_some_and(|last| *last >= key) {
            return Err(format!("{key:?} after {:?}", read.last).into());
        }
        read.last = Some(key);
        read.events += 1;
    }
    Ok(())
}
