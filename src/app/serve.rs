//! `trailplane serve`: the steps of the start, in order.

use std::path::PathBuf;

use tokio::{net::TcpListener, runtime};

use crate::{
    config::{self, Config},
    telemetry::{self, Metrics},
};

use super::{
    AppError,
    admin::{self, Admin},
    lifecycle::{Lifecycle, Phase, Signals},
    supervisor::Supervisor,
};

/// Serves until a signal comes. `scenario` is set for the sandbox, and in it the scenario's file.
#[cfg(feature = "sandbox")]
pub(super) fn run(config: Config, scenario: Option<Option<PathBuf>>) -> Result<(), AppError> {
    let _ = scenario;
    block_on(serve(config))
}

/// Serves until a signal comes.
#[cfg(not(feature = "sandbox"))]
pub(super) fn run(config: Config) -> Result<(), AppError> {
    block_on(serve(config))
}

/// Runs the program's one runtime. When `work` ends the process ends, with whatever blocking work is left.
pub(super) fn block_on(work: impl Future<Output = Result<(), AppError>>) -> Result<(), AppError> {
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

async fn serve(config: Config) -> Result<(), AppError> {
    let signals = Signals::listen().map_err(AppError::Runtime)?;
    let life = Lifecycle::begin();
    let mut supervisor = Supervisor::new(life.clone());
    let metrics = start_telemetry(&config.log)?;
    let admin = listen("admin", config.admin.listen).await?;
    supervisor.background(
        "admin",
        admin::serve(
            admin,
            Admin {
                life: life.clone(),
                metrics: metrics.clone(),
                conditions: Box::new(Vec::new),
            },
        ),
    );
    life.enter(Phase::Serving);
    metrics.ready(true);
    supervisor.run(signals, &config.drain).await
}

fn start_telemetry(log: &config::Log) -> Result<Metrics, AppError> {
    let format = match log.format {
        config::LogFormat::Json => telemetry::LogFormat::Json,
        config::LogFormat::Text => telemetry::LogFormat::Text,
    };
    telemetry::install_logs(format, log.filter.as_str())?;
    Ok(Metrics::new()?)
}

pub(super) async fn listen(
    name: &'static str,
    address: std::net::SocketAddr,
) -> Result<TcpListener, AppError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| AppError::Listen {
            name,
            address,
            source,
        })
}
