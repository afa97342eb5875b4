//! A long lookup in slow cells: how much faster than one page after the other, and what of the quota it spends. And the same
//! asked again.

use std::time::{Duration, Instant};

use prost_types::Timestamp;
use trailplane::{
    api::proto::{
        StreamEventsRequest, StreamEventsSummary, event_service_client::EventServiceClient,
        stream_events_response::Message,
    },
    sandbox::Scenario,
};

use crate::{
    Failure, Measured,
    parts::{Sandbox, Service, figure, key},
};

const QUOTA: f64 = 2.0;
const PAGE: f64 = 50.0;
const PER_HOUR: f64 = 5_000.0;
/// Long ago enough to be settled.
const AGO: u64 = 3_600;

/// What a reader saw.
struct Read {
    events: u64,
    ordered: bool,
    took: Duration,
    summary: StreamEventsSummary,
}

pub async fn measure() -> Measured {
    let cases = [
        (1, 4_000, 360, false),
        (20, 4_000, 360, false),
        (20, 4_000, 360, true),
        (1, 100, 60, false),
    ];
    for (cells, millis, pages, disk) in cases {
        let latency = Duration::from_millis(millis);
        one(cells, latency, f64::from(pages), disk).await?;
    }
    Ok(())
}

/// With the cache as it is by default, or with one on disk that holds all of it: what has to wait for other cells may wait
/// there.
async fn one(cells: u32, latency: Duration, pages: f64, disk: bool) -> Measured {
    let sandbox = Sandbox::start(Scenario::uniform(cells, 1, PER_HOUR, latency)).await?;
    let directory = std::env::temp_dir().join(format!("trailplane-bench-{}", std::process::id()));
    let service = match disk {
        false => sandbox.serve().await?,
        true => {
            let cache =
                serde_json::json!({"kind": "disk", "directory": directory, "max_bytes": "1GiB"});
            let sections = serde_json::json!({"events": {"cache": cache}});
            sandbox.serve_with(sections).await?
        }
    };
    service.knows_accounts(cells).await?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let end = now.as_secs() - AGO;
    // A client that has asked before: how long calls take is known.
    read(&service, end, Duration::from_secs(1)).await?;
    let before = sandbox.ledger().await?;
    let hours = pages * PAGE / PER_HOUR;
    let read_now = || read(&service, end, Duration::from_secs_f64(hours * 3_600.0));
    let first = read_now().await?;
    let after = sandbox.ledger().await?;
    let calls = (after.attempts - before.attempts) as f64 / f64::from(cells);
    // Until the last call leaves: what is in flight then spends nothing more.
    let spending = (took(&first) - latency.as_secs_f64()).max(1.0);
    let serial =
        first.events as f64 / f64::from(cells) / PAGE * latency.as_secs_f64().max(1.0 / QUOTA);
    let took = took(&first);
    let kept = if disk { ", cache on disk" } else { "" };
    println!(
        "{cells} cells, {latency:?} a call, {} events{kept}",
        first.events
    );
    figure(
        "  complete, each once, in order",
        first.ordered && first.summary.coverage.is_some_and(|c| c.complete),
        "true",
    );
    figure("  time", format!("{took:.0} s"), "");
    figure(
        "  one page after the other would take, at best",
        format!("{:.1} x", serial / took),
        if latency > Duration::from_secs(1) {
            ">= 7 x"
        } else {
            ">= 1 x"
        },
    );
    figure(
        "  quota spent, until the last call leaves",
        format!("{:.1} %", calls / (spending * QUOTA) * 100.0),
        ">= 98 %",
    );
    figure(
        "  calls a full page would not have needed",
        format!(
            "{:.1} %",
            (calls * PAGE * f64::from(cells) / first.events as f64 - 1.0) * 100.0
        ),
        "",
    );
    figure("  throttled calls", after.throttles - before.throttles, "0");
    let again = read_now().await?;
    let later = sandbox.ledger().await?;
    figure(
        "  asked again: the same events",
        again.events == first.events,
        "true",
    );
    figure(
        "  asked again: calls",
        later.attempts - after.attempts,
        "0 where the memory holds it",
    );
    figure("  asked again: time", format!("{:?}", again.took), "");
    figure(
        "  resident memory, peak",
        format!("{:.0} MiB", service.process.memory()?.1),
        "< 256 MiB",
    );
    drop(service);
    if disk {
        std::fs::remove_dir_all(directory)?;
    }
    Ok(())
}

fn took(read: &Read) -> f64 {
    read.took.as_secs_f64()
}

/// Reads this much, back from `end`.
async fn read(service: &Service, end: u64, span: Duration) -> Result<Read, Failure> {
    let at = |seconds: u64| -> Result<Option<Timestamp>, Failure> {
        Ok(Some(Timestamp {
            seconds: i64::try_from(seconds)?,
            nanos: 0,
        }))
    };
    let request = StreamEventsRequest {
        start_time: at(end - span.as_secs())?,
        end_time: at(end)?,
        ..StreamEventsRequest::default()
    };
    let mut client: EventServiceClient<_> = service.events().await?;
    let start = Instant::now();
    let mut stream = client.stream_events(request).await?.into_inner();
    let (mut events, mut ordered, mut last) = (0, true, None);
    while let Some(message) = stream.message().await? {
        match message.message {
            Some(Message::Batch(batch)) => {
                for event in &batch.events {
                    let key = key(event);
                    ordered &= last.as_ref().is_none_or(|last| *last < key);
                    last = Some(key);
                    events += 1;
                }
            }
            Some(Message::Summary(summary)) => {
                return Ok(Read {
                    events,
                    ordered,
                    took: start.elapsed(),
                    summary,
                });
            }
            _ => {}
        }
    }
    Err("the stream ended without a summary".into())
}
