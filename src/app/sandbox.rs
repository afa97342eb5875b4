//! `trailplane sandbox`: the simulated AWS alone. And what `serve --sandbox` says first.

use std::{io::Write as _, net::SocketAddr};

use crate::sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY, Scenario};

use super::{AppError, lifecycle::Signals, wiring};

/// Runs until a signal comes.
pub(super) async fn run(listen: SocketAddr, scenario: Scenario) -> Result<(), AppError> {
    let mut signals = Signals::listen().map_err(AppError::Runtime)?;
    let role = scenario.role.clone();
    let region = scenario
        .regions
        .first()
        .map_or("us-east-1", |region| region.as_str())
        .to_owned();
    let sandbox = wiring::sandbox::start(scenario, listen).await?;
    let url = sandbox.endpoint_url();
    let external_id = role.external_id.as_deref().unwrap_or("(none)");
    print(&format!(
        "The simulated AWS listens on {url}. To point an AWS client at it:

  export AWS_ENDPOINT_URL={url} AWS_REGION={region}
  export AWS_ACCESS_KEY_ID={HUB_ACCESS_KEY_ID} AWS_SECRET_ACCESS_KEY={HUB_SECRET_ACCESS_KEY}

Its accounts offer the role {} with the external id {external_id}.
",
        role.name
    ));
    signals.next().await;
    sandbox.shutdown().await;
    Ok(())
}

/// Tells where everything is, and what to try.
pub(super) fn greet(grpc: &SocketAddr, tls: bool, admin: &SocketAddr, sandbox: &str) {
    let how = if tls {
        "-cacert CA -cert CERTIFICATE -key KEY"
    } else {
        "-plaintext"
    };
    print(&format!(
        "Trailplane serves a simulated organization.

  gRPC           {grpc}
  admin (HTTP)   http://{admin}/statusz
  simulated AWS  {sandbox}

The ten latest events of all accounts:

  grpcurl {how} -d '{{\"page_size\": 10}}' {grpc} trailplane.v1.EventService/LookupEvents

"
    ));
}

/// To standard output. If that is closed there is nobody to tell.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
