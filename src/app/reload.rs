//! What is read again while the process runs. SIGHUP: configuration, policies and certificates are looked at now, and not
//! only when their time comes. It ends nothing: without a handler it would end the process.

mod settings;

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{access::policy::Policy, api::transport::Tls};

pub(super) use settings::Settings;

/// What can be read again.
pub(super) struct Reloaded {
    pub(super) policy: Option<Policy>,
    pub(super) tls: Option<Tls>,
    pub(super) settings: Option<Settings>,
}

/// From now on the signal comes here.
pub(super) fn listen() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Until `finish`.
pub(super) async fn on(
    mut hangup: Signal,
    what: Reloaded,
    finish: CancellationToken,
) -> Result<(), String> {
    while let Some(Some(())) = finish.run_until_cancelled(hangup.recv()).await {
        tracing::info!("SIGHUP: configuration, policies and certificates are looked at");
        if let Some(settings) = &what.settings {
            settings.look_now().await;
        }
        if let Some(policy) = &what.policy {
            policy.look_now().await;
        }
        if let Some(tls) = &what.tls {
            tls.look_now().await;
        }
    }
    Ok(())
}
