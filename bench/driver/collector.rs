//! What a collector that is away, mute or refusing costs the callers: the p99 of a page against that with none configured.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use trailplane::{
    api::proto::{LookupEventsRequest, TargetSelector},
    sandbox::Scenario,
};

use crate::{
    Failure, Measured,
    parts::{Sandbox, figure},
};

const ACCOUNTS: u32 = 5;
const CALLS: usize = 3_000;
/// Each is measured so often, in turn, and the best counts: what the machine does beside it is not the collector's.
const ROUNDS: usize = 3;

/// How the collector is.
#[derive(Debug, Clone, Copy)]
enum Collector {
    None,
    Away,
    Mute,
    Refusing,
}

impl Collector {
    const ALL: [Self; 4] = [Self::None, Self::Away, Self::Mute, Self::Refusing];

    fn name(self) -> &'static str {
        match self {
            Self::None => "none configured",
            Self::Away => "nobody listens",
            Self::Mute => "takes connections and never answers",
            Self::Refusing => "closes every connection",
        }
    }

    /// Where it is. What it does goes on until the program ends.
    async fn start(self) -> Result<Option<String>, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        match self {
            Self::None => return Ok(None),
            Self::Away => drop(listener),
            Self::Mute => {
                tokio::spawn(async move {
                    let mut held = Vec::new();
                    while let Ok((socket, _)) = listener.accept().await {
                        held.push(socket);
                    }
                });
            }
            Self::Refusing => {
                tokio::spawn(async move { while listener.accept().await.is_ok() {} });
            }
        }
        Ok(Some(address))
    }
}

pub async fn measure() -> Measured {
    let scenario = Scenario::uniform(ACCOUNTS, 1, 60.0, Duration::from_millis(1));
    let sandbox = Sandbox::start(scenario).await?;
    let mut best = [(Duration::MAX, 0.0_f64); Collector::ALL.len()];
    for _ in 0..ROUNDS {
        for (collector, best) in Collector::ALL.into_iter().zip(&mut best) {
            let (p99, memory) = one(&sandbox, collector).await?;
            *best = (best.0.min(p99), best.1.max(memory));
        }
    }
    let quiet = best[0].0.as_secs_f64();
    for (collector, (p99, memory)) in Collector::ALL.into_iter().zip(best) {
        let name = collector.name();
        figure(&format!("{name}: p99 of a page"), format!("{p99:?}"), "");
        figure(
            &format!("{name}: against none"),
            format!("{:.2} x", p99.as_secs_f64() / quiet),
            "<= 1.10 x",
        );
        figure(
            &format!("{name}: resident memory, peak"),
            format!("{memory:.0} MiB"),
            "",
        );
    }
    Ok(())
}

/// The p99 of pages of settled events, every one of them traced, and the peak of memory.
async fn one(sandbox: &Sandbox, collector: Collector) -> Result<(Duration, f64), Failure> {
    let telemetry = match collector.start().await? {
        None => serde_json::json!({}),
        Some(endpoint) => serde_json::json!({
            "otlp_endpoint": endpoint, "trace_sample_ratio": 1.0, "push_metrics": true, "metrics_interval": "1s",
        }),
    };
    let limits = serde_json::json!({"requests": {"per_second": 100_000, "burst": 100_000}});
    let sections = serde_json::json!({"telemetry": telemetry, "limits": limits});
    let service = sandbox.serve_with(sections).await?;
    service.knows_accounts(ACCOUNTS).await?;
    let mut client = service.events().await?;
    let now = std::time::SystemTime::now();
    let request = LookupEventsRequest {
        page_size: 10,
        start_time: Some((now - Duration::from_secs(7_200)).into()),
        end_time: Some((now - Duration::from_secs(3_600)).into()),
        targets: Some(TargetSelector::default()),
        ..LookupEventsRequest::default()
    };
    let mut took = Vec::with_capacity(CALLS);
    for call in 0..CALLS + CALLS / 10 {
        let started = Instant::now();
        client.lookup_events(request.clone()).await?;
        // The first ones read what the others find in the cache.
        if call >= CALLS / 10 {
            took.push(started.elapsed());
        }
    }
    took.sort_unstable();
    let p99 = took.get(CALLS * 99 / 100).copied().unwrap_or_default();
    let (_, peak) = service.process.memory()?;
    service.process.terminate()?;
    Ok((p99, peak))
}
