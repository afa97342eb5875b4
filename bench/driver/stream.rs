//! A million events in the total order: each once, with flat memory; and again with a slow reader.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use trailplane::{
    api::proto::{StreamEventsRequest, StreamEventsSummary, stream_events_response::Message},
    sandbox::Scenario,
};

use crate::{
    Failure, Measured,
    parts::{Key, Sandbox, Service, figure, key},
};

const ACCOUNTS: u32 = 125;
const REGIONS: usize = 4;
const PER_HOUR: f64 = 100.0;
/// How long the slow reader reads.
const SLOW_FOR: Duration = Duration::from_secs(60);
const MILLION: f64 = 1_000_000.0;

/// What a reader saw.
struct Read {
    events: u64,
    took: Duration,
    summary: Option<StreamEventsSummary>,
    /// Resident memory of the service, sampled every second, in MiB.
    memory: Vec<f64>,
}

pub async fn measure() -> Measured {
    let cells = f64::from(ACCOUNTS) * REGIONS as f64;
    let hours = MILLION / (cells * PER_HOUR);
    let sandbox = Sandbox::start(Scenario::uniform(
        ACCOUNTS,
        REGIONS,
        PER_HOUR,
        Duration::from_millis(100),
    ))
    .await?;
    let service = sandbox.serve().await?;
    service.knows_accounts(ACCOUNTS).await?;

    let fast = read(&service, hours, None, Duration::MAX).await?;
    let summary = fast
        .summary
        .as_ref()
        .ok_or("the stream ended without a summary")?;
    let rate = fast.events as f64 / fast.took.as_secs_f64();
    figure(
        "events streamed in total order, each once",
        fast.events,
        "about 1000000",
    );
    figure(
        "  as many as the summary and the records matched say",
        fast.events == summary.events && fast.events == summary.matched,
        "true",
    );
    figure(
        "  complete",
        summary.coverage.as_ref().is_some_and(|c| c.complete),
        "true",
    );
    figure("  throttled calls", summary.throttles, "0");
    figure("  time", format!("{:.0} s", fast.took.as_secs_f64()), "");
    figure("  events a second", format!("{rate:.0}"), "");
    memory("  resident memory", &fast.memory);

    let pause = Duration::from_secs_f64(10.0 / rate);
    let slow = read(&service, hours, Some(pause), SLOW_FOR).await?;
    figure(
        "slow reader (a tenth of that pace), events read in a minute",
        slow.events,
        "",
    );
    memory("  resident memory", &slow.memory);
    figure(
        "resident memory, peak of the process",
        format!("{:.0} MiB", service.process.memory()?.1),
        "< 200 MiB",
    );
    Ok(())
}

/// The highest sample of each quarter of the time: flat means that these are alike.
fn memory(what: &str, samples: &[f64]) {
    let quarter = samples.len().div_ceil(4).max(1);
    let peaks: Vec<String> = samples
        .chunks(quarter)
        .map(|part| format!("{:.0}", part.iter().copied().fold(0.0, f64::max)))
        .collect();
    figure(
        &format!("{what}, peak of each quarter, MiB"),
        peaks.join(" "),
        "< 200, flat",
    );
}

/// Reads for `limit` at most, pausing after each batch for `pause` an event.
async fn read(
    service: &Service,
    hours: f64,
    pause: Option<Duration>,
    limit: Duration,
) -> Result<Read, Failure> {
    let now = std::time::SystemTime::now();
    let start = now - Duration::from_secs_f64(hours * 3600.0);
    let request = StreamEventsRequest {
        start_time: Some(start.into()),
        end_time: Some(now.into()),
        ..StreamEventsRequest::default()
    };
    let began = Instant::now();
    let mut stream = service
        .events()
        .await?
        .stream_events(request)
        .await?
        .into_inner();
    let mut seen = Seen::new();
    let mut read = Read {
        events: 0,
        took: Duration::ZERO,
        summary: None,
        memory: vec![service.process.memory()?.0],
    };
    while let Some(message) = stream.message().await? {
        match message.message {
            Some(Message::Batch(batch)) => {
                let count = u32::try_from(batch.events.len())?;
                batch
                    .events
                    .iter()
                    .try_for_each(|event| seen.note(key(event)))?;
                read.events += u64::from(count);
                if let Some(pause) = pause {
                    tokio::time::sleep(pause * count).await;
                }
            }
            Some(Message::Summary(summary)) => read.summary = Some(summary),
            _ => {}
        }
        if began.elapsed().as_secs() >= read.memory.len() as u64 {
            read.memory.push(service.process.memory()?.0);
        }
        if began.elapsed() >= limit {
            break;
        }
    }
    read.took = began.elapsed();
    Ok(read)
}

/// Notices an event out of order or twice, in 8 bytes an event.
struct Seen {
    last: Option<Key>,
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Seen {
    fn new() -> Self {
        Self {
            last: None,
            hashes: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    fn note(&mut self, key: Key) -> Measured {
        if self.last.as_ref().is_some_and(|last| *last >= key) {
            return Err(format!("out of order: {key:?} after {:?}", self.last).into());
        }
        if !self.hashes.insert(self.hasher.hash_one(&key)) {
            return Err(format!("twice: {key:?}").into());
        }
        self.last = Some(key);
        Ok(())
    }
}
