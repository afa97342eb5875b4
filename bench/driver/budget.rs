//! How much of one cell's quota a long lookup spends, that nothing is throttled, and that a restart brings no burst.

use std::time::{Duration, Instant};

use trailplane::{
    api::proto::StreamEventsRequest,
    sandbox::{QuotaModel, Scenario},
};

use crate::{
    Failure, Measured,
    parts::{Bucket, Sandbox, Service, figure},
};

const QUOTA: f64 = 2.0;
const LOOKING: Duration = Duration::from_secs(60);

pub async fn measure() -> Measured {
    let mut scenario = Scenario::uniform(1, 1, 2_000.0, Duration::from_millis(100));
    scenario.quotas.model = QuotaModel::TokenBucket { depth: Some(2.0) };
    let sandbox = Sandbox::start(scenario).await?;

    let service = sandbox.serve().await?;
    service.knows_accounts(1).await?;
    look(&service).await?;
    let first = bucket(&sandbox).await?;
    let seconds = (first.last_micros - first.first_micros) as f64 / 1e6;
    let share = (first.attempts - 1) as f64 / (seconds * QUOTA);
    figure(
        "budget spent by a long lookup, 100 ms a call, depth 2",
        format!("{:.1} %", share * 100.0),
        ">= 98 %",
    );
    figure(
        "  calls",
        format!("{} in {seconds:.1} s", first.attempts),
        "",
    );
    figure("  throttled calls", first.throttles, "0");
    figure("  most calls in any second", first.max_in_any_second, "2");

    service.process.kill()?;
    let again = sandbox.serve().await?;
    again.knows_accounts(1).await?;
    look(&again).await?;
    let both = bucket(&sandbox).await?;
    figure(
        "killed and started again: throttled calls",
        both.throttles,
        "0",
    );
    figure("  most calls in any second", both.max_in_any_second, "2");
    Ok(())
}

/// Streams everything for a while, and leaves.
async fn look(service: &Service) -> Measured {
    let mut stream = service
        .events()
        .await?
        .stream_events(StreamEventsRequest::default())
        .await?
        .into_inner();
    let until = Instant::now() + LOOKING;
    while Instant::now() < until {
        if stream.message().await?.is_none() {
            return Err("the lookup ended before the time was up: not enough events".into());
        }
    }
    Ok(())
}

async fn bucket(sandbox: &Sandbox) -> Result<Bucket, Failure> {
    let ledger = sandbox.ledger().await?;
    let mut buckets = ledger
        .buckets
        .into_iter()
        .filter(|b| b.api == "LookupEvents");
    buckets
        .next()
        .ok_or_else(|| "no LookupEvents in the ledger".into())
}
