//! Resident memory with 500 accounts known and nothing to do.

use std::time::Duration;

use trailplane::sandbox::Scenario;

use crate::{
    Measured,
    parts::{Sandbox, figure},
};

const ACCOUNTS: u32 = 500;

pub async fn measure() -> Measured {
    let sandbox = Sandbox::start(Scenario::uniform(ACCOUNTS, 17, 20.0, Duration::ZERO)).await?;
    let service = sandbox.serve().await?;
    service.knows_accounts(ACCOUNTS).await?;
    let mut highest = 0.0_f64;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        highest = highest.max(service.process.memory()?.0);
    }
    let (now, peak) = service.process.memory()?;
    figure(
        "idle with 500 accounts known, resident",
        format!("{now:.0} MiB"),
        "< 60 MiB",
    );
    figure("  highest within 20 s", format!("{highest:.0} MiB"), "");
    figure("  peak since the start", format!("{peak:.0} MiB"), "");
    figure(
        "  AWS calls of discovery",
        sandbox.ledger().await?.attempts,
        "",
    );
    Ok(())
}
