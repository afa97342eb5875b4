//! Says to the outside whether requests are taken: gRPC health, `/readyz`, a metric and a log line.

use tokio::sync::watch;

use crate::{api::Health, telemetry::Metrics};

use super::lifecycle::{Lifecycle, Phase};

/// When requests are taken.
pub(super) enum Readiness {
    /// As soon as the sockets are open. Requests wait for the accounts, as long as their deadline allows. For
    /// the sandbox, where nothing can be wrong with credentials or permissions.
    #[cfg(feature = "sandbox")]
    AtOnce,
    /// Once the accounts are known: a replica that can't learn them must not replace one that did.
    Discovered(watch::Receiver<bool>),
}

impl Readiness {
    async fn reached(&mut self) -> Result<(), String> {
        match self {
            #[cfg(feature = "sandbox")]
            Self::AtOnce => Ok(()),
            Self::Discovered(ready) => ready
                .wait_for(|ready| *ready)
                .await
                .map(drop)
                .map_err(|_| "the fleet's refresher is gone".to_owned()),
        }
    }
}

/// Keeps the outside told, until [`Lifecycle::finish`].
pub(super) async fn announce(
    mut readiness: Readiness,
    life: Lifecycle,
    health: Health,
    metrics: Metrics,
) -> Result<(), String> {
    let reached = tokio::select! {
        biased;
        () = life.leave.cancelled() => false,
        reached = readiness.reached() => {
            reached?;
            true
        }
    };
    if reached {
        life.enter(Phase::Serving);
        health.set(true).await;
        metrics.ready(true);
        let took_ms = u64::try_from(life.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(took_ms, "serving");
        life.leave.cancelled().await;
    }
    health.set(false).await;
    metrics.ready(false);
    life.finish.cancelled().await;
    Ok(())
}
