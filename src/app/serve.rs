//! `trailplane serve`: the steps of the start, in order. Each names what it needs of the ones before it.

mod listeners;
mod tasks;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::OptionFuture;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

#[cfg(feature = "sandbox")]
use crate::sandbox::{Sandbox, Scenario};
use crate::{
    config::{Config, Origin},
    console::Board,
    domain::WallClock,
    telemetry::{LogControl, Metrics, Records, Traces},
};

use super::{
    AppError, core_dumps,
    lifecycle::{Lifecycle, Signals},
    open_files,
    readiness::Readiness,
    supervisor::Supervisor,
    wiring::{
        self,
        aws::{Aws, Simulated},
        console::Watched,
        observers::Answers,
    },
};

/// How long the end of the process waits for a collector, within `drain.hard_stop`.
const COLLECTOR: Duration = Duration::from_secs(2);

/// What the steps share.
struct Start {
    config: Config,
    /// Where the configuration is read again; `None` if it is not.
    origin: Option<Origin>,
    log: LogControl,
    life: Lifecycle,
    clock: WallClock,
    supervisor: Supervisor,
    metrics: Metrics,
    /// The way to a collector of traces, if there is one.
    traces: Option<Traces>,
    /// The way to a collector of the audit's copies, if there is one.
    records: Option<Records>,
    /// What the console shows.
    watched: Watched,
    /// The answers that are being made.
    answers: Answers,
    /// The start of the process: budgets count as just spent then.
    born: Instant,
    /// Fires when nothing more is spent of any budget.
    spent: CancellationToken,
}

/// Where requests are taken.
struct Addresses {
    grpc: SocketAddr,
    admin: SocketAddr,
}

/// Serves the configured organization until a signal comes.
pub(super) async fn organization(config: Config, origin: Origin) -> Result<(), AppError> {
    let signals = Signals::listen().map_err(AppError::Runtime)?;
    let mut start = Start::new(config)?;
    start.origin = Some(origin);
    open_files::check(&start.config);
    let mut aws = start.aws(None).await?;
    start.budget_store(aws.store.take());
    let fleet = start.fleet(&aws)?;
    start.quotas(&aws, &fleet);
    let ready = Readiness::Discovered(fleet.ready());
    let addresses = start.listeners(aws, fleet, ready).await?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        grpc = %addresses.grpc,
        admin = %addresses.admin,
        "listening"
    );
    start.run(signals).await
}

/// Serves a simulated organization until a signal comes.
#[cfg(feature = "sandbox")]
pub(super) async fn sandbox(config: Config, scenario: Scenario) -> Result<(), AppError> {
    let signals = Signals::listen().map_err(AppError::Runtime)?;
    let (start, sandbox, addresses) = Box::pin(simulated(config, scenario)).await?;
    let tls = start.config.grpc.tls.cert_file.is_some();
    let (grpc, admin) = (&addresses.grpc, &addresses.admin);
    super::sandbox::greet(grpc, tls, admin, &sandbox.endpoint_url());
    let ended = start.run(signals).await;
    sandbox.shutdown().await;
    ended
}

/// A service over a simulated organization, and that organization.
#[cfg(feature = "sandbox")]
async fn simulated(
    mut config: Config,
    scenario: Scenario,
) -> Result<(Start, Sandbox, Addresses), AppError> {
    wiring::sandbox::fit(&mut config, &scenario);
    let mut start = Start::new(config)?;
    let sandbox = wiring::sandbox::start(scenario, wiring::sandbox::ANY_PORT).await?;
    let simulated = wiring::sandbox::simulated(&sandbox);
    let mut aws = start.aws(Some(simulated)).await?;
    start.budget_store(aws.store.take());
    let fleet = start.fleet(&aws)?;
    start.quotas(&aws, &fleet);
    let addresses = start.listeners(aws, fleet, Readiness::AtOnce).await?;
    Ok((start, sandbox, addresses))
}

/// A simulated organization and the service over it, for as long as this is held: for one who asks from the same process.
#[cfg(feature = "sandbox")]
pub(super) struct InProcess {
    address: SocketAddr,
    _service: Start,
    _sandbox: Sandbox,
}

#[cfg(feature = "sandbox")]
impl InProcess {
    pub(super) async fn start(scenario: Scenario) -> Result<Self, AppError> {
        let config = wiring::sandbox::in_process()?;
        let (service, sandbox, addresses) = Box::pin(simulated(config, scenario)).await?;
        Ok(Self {
            address: addresses.grpc,
            _service: service,
            _sandbox: sandbox,
        })
    }

    /// Where it answers gRPC.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Start {
    fn new(config: Config) -> Result<Self, AppError> {
        let life = Lifecycle::begin();
        let wiring::telemetry::Opened {
            log,
            metrics,
            traces,
            records,
        } = wiring::telemetry::open(&config)?;
        core_dumps::off();
        let clock = wiring::clock::system();
        Ok(Self {
            supervisor: Supervisor::new(life.clone()),
            watched: Watched {
                board: config.admin.console().then(Board::new),
                clock: Arc::clone(&clock),
            },
            config,
            clock,
            life,
            answers: Answers::default(),
            origin: None,
            log,
            metrics,
            traces,
            records,
            born: Instant::now(),
            spent: CancellationToken::new(),
        })
    }

    /// The way to AWS, or to a simulated one.
    async fn aws(&self, simulated: Option<Simulated>) -> Result<Aws, AppError> {
        let observer = wiring::observers::Attempts {
            metrics: self.metrics.clone(),
            watched: self.watched.clone(),
        };
        wiring::aws::open(&self.config, simulated, observer, self.born).await
    }

    async fn run(self, signals: Signals) -> Result<(), AppError> {
        let (metrics, traces, records) = (self.metrics, self.traces, self.records);
        let sent = async {
            tokio::join!(
                metrics.finish(COLLECTOR),
                OptionFuture::from(traces.map(|traces| traces.finish(COLLECTOR))),
                OptionFuture::from(records.map(|records| records.finish(COLLECTOR))),
            );
        };
        self.supervisor.run(signals, &self.config.drain, sent).await
    }
}
