//! A trail created in 500 accounts at 1 call a second per account and operation: how long after the canaries all are
//! done; and the same with the process killed in the middle and run again.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use trailplane::{
    api::proto::{CreateTrailRequest, Outcome, Rollout, TrailSpec, create_trail_response::Message},
    sandbox::{Effect, Fault, Latency, QuotaModel, Scenario},
};

use crate::{
    Failure, Measured,
    parts::{Ledger, Sandbox, Service, figure},
};

const ACCOUNTS: u32 = 500;
const CANARY: u32 = 5;
const CALL: Duration = Duration::from_millis(100);

pub async fn measure() -> Measured {
    whole().await?;
    killed().await
}

fn scenario() -> Scenario {
    let mut scenario = Scenario::uniform(ACCOUNTS, 1, 0.0, Duration::ZERO);
    scenario.quotas.model = QuotaModel::TokenBucket { depth: Some(1.0) };
    scenario.with_fault(Fault::new(Effect::Latency(Latency::constant(CALL))))
}

fn everywhere() -> CreateTrailRequest {
    CreateTrailRequest {
        trail: Some(TrailSpec {
            name: "audit".to_owned(),
            home_region: "us-east-1".to_owned(),
            s3_bucket_name: "central-audit-logs".to_owned(),
            ..TrailSpec::default()
        }),
        rollout: Some(Rollout {
            canary: CANARY,
            ..Rollout::default()
        }),
        ..CreateTrailRequest::default()
    }
}

/// What a rollout came to.
#[derive(Default)]
struct Ended {
    outcomes: BTreeMap<String, usize>,
    accounts: std::collections::BTreeSet<String>,
    first: Option<Instant>,
    after_canary: Duration,
}

/// Creates; `until` so many results have come, or to the end.
async fn create(service: &Service, until: Option<usize>) -> Result<Ended, Failure> {
    let mut client = service.trails().await?;
    let mut stream = client.create_trail(everywhere()).await?.into_inner();
    let mut ended = Ended::default();
    let mut canaries_done = None;
    while let Some(message) = stream.message().await? {
        let Some(Message::Result(result)) = message.message else {
            continue;
        };
        ended.first.get_or_insert_with(Instant::now);
        *ended
            .outcomes
            .entry(format!("{:?}", result.outcome()))
            .or_default() += 1;
        if !ended.accounts.insert(result.account_id) {
            return Err("an account came twice".into());
        }
        let count = ended.accounts.len();
        if count == CANARY as usize {
            canaries_done = Some(Instant::now());
        }
        ended.after_canary = canaries_done.map_or(Duration::ZERO, |at| at.elapsed());
        if until.is_some_and(|until| count >= until) {
            return Ok(ended);
        }
    }
    Ok(ended)
}

fn created(ledger: &Ledger) -> u64 {
    ledger.by_api.get("CreateTrail").copied().unwrap_or(0)
}

/// Throttled calls but for those of STS.
fn cloudtrail(ledger: &Ledger) -> u64 {
    let others = ledger
        .buckets
        .iter()
        .filter(|bucket| bucket.api != "AssumeRole");
    others.map(|bucket| bucket.throttles).sum()
}

async fn whole() -> Measured {
    let sandbox = Sandbox::start(scenario()).await?;
    let service = sandbox.serve().await?;
    service.knows_accounts(ACCOUNTS).await?;
    let ended = create(&service, None).await?;
    let ledger = sandbox.ledger().await?;
    figure(
        "a trail created in 500 accounts, 100 ms a call, after the canaries",
        format!("{:.1} s", ended.after_canary.as_secs_f64()),
        "< 10 s",
    );
    figure("  outcomes", format!("{:?}", ended.outcomes), "500 applied");
    figure("  accounts, each once", ended.accounts.len(), "500");
    figure("  CreateTrail calls", created(&ledger), "500");
    figure(
        "  throttled calls of CloudTrail, depth 1",
        cloudtrail(&ledger),
        "0",
    );
    // At 300 a second a bucket of depth 1 forgives no jitter; STS's own is far deeper.
    figure(
        "  throttled AssumeRole, depth 1",
        ledger.throttles - cloudtrail(&ledger),
        "",
    );
    let memory = service.process.memory()?.1;
    figure("  resident memory, peak", format!("{memory:.0} MiB"), "");
    Ok(())
}

async fn killed() -> Measured {
    let sandbox = Sandbox::start(scenario()).await?;
    let service = sandbox.serve().await?;
    service.knows_accounts(ACCOUNTS).await?;
    create(&service, Some(ACCOUNTS as usize / 2)).await?;
    service.process.kill()?;
    let before = sandbox.trails().await?;
    let again = sandbox.serve().await?;
    again.knows_accounts(ACCOUNTS).await?;
    let ended = create(&again, None).await?;
    let trails = sandbox.trails().await?;
    let logging = trails.iter().filter(|trail| trail.logging).count();
    let twice = trails.iter().filter(|trail| trail.generation > 1).count();
    figure(
        "killed in the middle: trails then",
        before.len(),
        "about half",
    );
    figure(
        "  run again: outcomes",
        format!("{:?}", ended.outcomes),
        "none failed",
    );
    figure("  trails that log", logging, "500");
    figure("  created twice", twice, "0");
    let ledger = sandbox.ledger().await?;
    figure("  throttled calls of CloudTrail", cloudtrail(&ledger), "0");
    let failed = [
        Outcome::NotApplied,
        Outcome::PartlyApplied,
        Outcome::Unknown,
    ];
    let failed = failed.map(|outcome| format!("{outcome:?}"));
    match failed
        .iter()
        .any(|outcome| ended.outcomes.contains_key(outcome))
    {
        true => Err("a target failed".into()),
        false => Ok(()),
    }
}
