//! The newest page over 500 accounts in 17 Regions, 150 ms a call, with nothing cached; and how soon a stream over the
//! same cells shows progress.

use std::time::{Duration, Instant};

use trailplane::{
    api::proto::{LookupEventsRequest, StreamEventsRequest, stream_events_response::Message},
    sandbox::{Effect, Fault, Latency, Scenario},
};

use crate::{
    Measured,
    parts::{Sandbox, figure, key},
};

const ACCOUNTS: u32 = 500;
const REGIONS: usize = 17;
const CALL: Duration = Duration::from_millis(150);

pub async fn measure() -> Measured {
    let scenario = Scenario::uniform(ACCOUNTS, REGIONS, 20.0, CALL);
    // AssumeRole takes its time too.
    let slow = Fault::new(Effect::Latency(Latency::constant(CALL))).on("AssumeRole");
    let sandbox = Sandbox::start(scenario.with_fault(slow)).await?;
    page(&sandbox).await?;
    first_progress(&sandbox).await
}

async fn page(sandbox: &Sandbox) -> Measured {
    let service = sandbox.serve().await?;
    service.knows_accounts(ACCOUNTS).await?;
    let before = sandbox.ledger().await?;
    let mut client = service.events().await?;
    let began = Instant::now();
    let answer = client
        .lookup_events(LookupEventsRequest::default())
        .await?
        .into_inner();
    let took = began.elapsed();
    let after = sandbox.ledger().await?;
    let spent = |api: &str| {
        let count = |ledger: &crate::parts::Ledger| ledger.by_api.get(api).copied().unwrap_or(0);
        count(&after) - count(&before)
    };
    let coverage = answer.coverage.unwrap_or_default();
    let counts = coverage.counts.unwrap_or_default();
    if !answer.events.is_sorted_by(|a, b| key(a) < key(b)) {
        return Err("the page is not in order".into());
    }
    figure(
        "newest page, 500 accounts x 17 Regions, 150 ms a call",
        format!("{:.2} s", took.as_secs_f64()),
        "< 10 s",
    );
    figure("  events on the page", answer.events.len(), "50");
    figure(
        "  cells complete",
        format!("{} of {}", counts.complete, counts.total),
        "all",
    );
    figure(
        "  AssumeRole calls",
        after.by_api.get("AssumeRole").copied().unwrap_or(0),
        "500",
    );
    figure("  LookupEvents calls", spent("LookupEvents"), "about 8500");
    figure("  throttled calls", after.throttles - before.throttles, "0");
    figure(
        "  resident memory, peak",
        format!("{:.0} MiB", service.process.memory()?.1),
        "< 256 MiB",
    );
    Ok(())
}

async fn first_progress(sandbox: &Sandbox) -> Measured {
    let service = sandbox.serve().await?;
    service.knows_accounts(ACCOUNTS).await?;
    let mut client = service.events().await?;
    let began = Instant::now();
    let mut stream = client
        .stream_events(StreamEventsRequest::default())
        .await?
        .into_inner();
    while let Some(message) = stream.message().await? {
        if matches!(message.message, Some(Message::Progress(_))) {
            figure(
                "first progress of a stream over the same cells",
                format!("{:.2} s", began.elapsed().as_secs_f64()),
                "< 1 s",
            );
            return Ok(());
        }
    }
    Err("the stream ended without progress".into())
}
