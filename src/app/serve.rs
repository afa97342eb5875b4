//! `trailplane serve`: the steps of the start, in order. Each names what it needs of the ones before it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::OptionFuture;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "sandbox")]
use crate::sandbox::{Sandbox, Scenario};
use crate::{
    access::policy::{LoadError, Policy},
    api::{self, Health, Listener, Server, ServerError, services::Services},
    audit::Audit,
    budget::Budgets,
    budget::store::redis::RedisDriver,
    config::{Config, Origin},
    console::{Board, Viewers},
    domain::WallClock,
    events::{Events, warm_up::View},
    fleet::{
        Fleet,
        quotas::{QuotaReader, Timing},
    },
    issuers::Issuers,
    logs::{self, Logs},
    organization::{self, Organization},
    telemetry::{LogControl, Metrics, Records, Traces},
    trails::{Changing, Pace, Trails},
};

use super::{
    AppError,
    admin::{self, Admin, Conditions, Gauges, Since},
    core_dumps,
    error::chain,
    lifecycle::{Lifecycle, Signals},
    listen, open_files,
    readiness::{self, Readiness},
    reload::{self, Reloaded},
    supervisor::Supervisor,
    wiring::{
        self,
        aws::{Aws, Simulated},
        console::Watched,
        gauges::Parts,
        grpc::Edge,
        observers::Answers,
    },
};

/// How often idle buckets are looked for: an idle one stays ten minutes, so a minute more matters little.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

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

/// What stands around the services.
struct Around {
    issuers: Issuers,
    policy: Option<Policy>,
    audit: Audit,
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

    /// The fleet, and the task that keeps it fresh.
    fn fleet(&mut self, aws: &Aws) -> Result<Fleet, AppError> {
        let settings = wiring::fleet::settings(&self.config, aws)?;
        let finish = self.life.finish.clone();
        let (door, identity, clock) = (
            aws.door.clone(),
            aws.identity.clone(),
            Arc::clone(&self.clock),
        );
        let (fleet, refresher) = Fleet::new(settings, door, identity, clock, finish);
        self.supervisor.background("fleet refresh", async {
            refresher.run().await;
            Ok(())
        });
        Ok(fleet)
    }

    /// The task that reads what AWS lets each account do, if it is wanted.
    fn quotas(&mut self, aws: &Aws, fleet: &Fleet) {
        if !self.config.quotas.read_service_quotas {
            return;
        }
        let (table, finish) = (aws.quotas.clone(), self.life.finish.clone());
        let reader = QuotaReader::new(fleet.clone(), table, Timing::default(), finish);
        self.supervisor.background("quota reader", async {
            reader.run().await;
            Ok(())
        });
    }

    /// The task that keeps the store of the budgets in touch. It runs until the last write is over: only then has this
    /// replica nothing more to spend, and may say so.
    fn budget_store(&mut self, driver: Option<RedisDriver>) {
        let Some(driver) = driver else {
            return;
        };
        let spent = self.spent.clone();
        self.supervisor.background("budget store", async {
            driver.run(spent).await;
            Ok(())
        });
    }

    /// Tells the store of the budgets when nothing is spent any more.
    fn spends_until(&mut self, changing: Changing, organization: Organization) {
        let (finish, spent) = (self.life.finish.clone(), self.spent.clone());
        self.supervisor.background("last writes", async move {
            finish.cancelled().await;
            changing.finish().await;
            organization.finish().await;
            spent.cancel();
            Ok(())
        });
    }

    /// Opens both sockets, then serves on them. Health says NOT_SERVING before the first is open.
    async fn listeners(
        &mut self,
        aws: Aws,
        fleet: Fleet,
        ready: Readiness,
    ) -> Result<Addresses, AppError> {
        let health = Health::not_serving().await;
        let settings = wiring::grpc::settings(&self.config);
        let grpc = Listener::bind(&settings, &self.clock).map_err(grpc_failed)?;
        let admin = listen("admin HTTP (admin.listen)", self.config.admin.listen).await?;
        let issuers = self.issuers()?;
        let policy = wiring::grpc::policy(&self.config.policy).map_err(policy_failed)?;
        let edge = Edge::of(&settings, &grpc, issuers.clone(), policy.clone());
        let settings_again = self.settings_again(&aws);
        let what = Reloaded {
            policy: policy.clone(),
            tls: grpc.tls().cloned(),
            settings: settings_again.clone(),
        };
        let hangup = reload::listen().map_err(AppError::Runtime)?;
        let reloading = reload::on(hangup, what, self.life.finish.clone());
        self.supervisor.background("reload", reloading);
        let addresses = Addresses {
            grpc: grpc.address(),
            admin: admin.local_addr().map_err(AppError::Runtime)?,
        };
        let clock = Arc::clone(&self.clock);
        let keys = wiring::events::keys(&self.config.cursor);
        let events = wiring::events::open(
            &self.config,
            aws.door.clone(),
            fleet.clone(),
            Arc::clone(&clock),
            keys.clone(),
            wiring::observers::Lookups {
                metrics: self.metrics.clone(),
                answers: self.answers.clone(),
                watched: self.watched.clone(),
            },
        )?;
        let audit = self.audit().await?;
        let read_again = (edge, settings_again);
        self.admin(admin, &aws, &fleet, read_again, &audit, &events);
        let organization = self.organization(&aws, &fleet, &audit);
        let changing = self.changing(&audit);
        self.spends_until(changing.clone(), organization.clone());
        let trails = Trails::new(
            aws.door.clone(),
            fleet.clone(),
            organization.clone(),
            changing,
        );
        let logs = Logs::new(
            aws.door.clone(),
            fleet.clone(),
            trails.clone(),
            keys,
            logs::Settings {
                delivery_lag: self.config.logs.delivery_lag,
                buckets: self.config.logs.buckets.clone(),
                bounds: logs::Bounds {
                    text: self.config.logs.max_file_bytes.0 as u64,
                    ratio: self.config.logs.max_ratio.into(),
                },
                order_memory: self.config.logs.order_memory_bytes.0,
            },
            Arc::clone(&clock),
        );
        let budgets = aws.door.budgets().clone();
        self.sweeping(budgets.clone());
        let services = Services {
            fleet,
            events,
            organization,
            trails,
            logs,
            budgets,
            clock,
        };
        let around = Around {
            issuers,
            policy,
            audit,
        };
        self.grpc(grpc, settings, services, around, health.clone())?;
        let announcing =
            readiness::announce(ready, self.life.clone(), health, self.metrics.clone());
        self.supervisor.background("readiness", announcing);
        Ok(addresses)
    }

    /// The configuration file, and the task that reads it again, if there is one.
    fn settings_again(&mut self, aws: &Aws) -> Option<reload::Settings> {
        let origin = self.origin.take().filter(|origin| origin.file.is_some())?;
        let (config, quotas) = (self.config.clone(), aws.quotas.clone());
        let settings = reload::Settings::new(origin, config, self.log.clone(), quotas);
        let (kept, finish) = (settings.clone(), self.life.finish.clone());
        self.supervisor.background("configuration", async move {
            finish.run_until_cancelled(kept.keep()).await;
            Ok(())
        });
        Some(settings)
    }

    /// The audit, and the task that writes it. It ends after the last write.
    async fn audit(&mut self) -> Result<Audit, AppError> {
        let opened = wiring::audit::open(
            &self.config.audit,
            self.records.clone(),
            Arc::clone(&self.clock),
        )
        .await?;
        let Some((audit, writer)) = opened else {
            tracing::warn!(
                "no audit is configured: what is changed, and by whom, is in the log only"
            );
            return Ok(Audit::off());
        };
        let spent = self.spent.clone();
        self.supervisor.background("audit", async {
            writer.run(spent).await;
            Ok(())
        });
        Ok(audit)
    }

    /// Whose tokens are believed, and the task that keeps their keys.
    fn issuers(&mut self) -> Result<Issuers, AppError> {
        let issuers = wiring::tokens::issuers(&self.config.grpc.tokens, Arc::clone(&self.clock))?;
        if issuers.is_empty() {
            return Ok(issuers);
        }
        let (kept, finish) = (issuers.clone(), self.life.finish.clone());
        self.supervisor.background("token keys", async move {
            finish.run_until_cancelled(kept.keep()).await;
            Ok(())
        });
        Ok(issuers)
    }

    /// The task that keeps chosen history in the cache, if it is wanted. It ends when the process begins to: nobody waits
    /// for it.
    fn warm_up(&mut self, events: &Events) -> Option<View> {
        let settings = wiring::events::warm_up(&self.config)?;
        let (warm_up, view) = events.warm_up(settings, self.life.leave.clone());
        self.supervisor.background("cache warm-up", async {
            warm_up.run().await;
            Ok(())
        });
        Some(view)
    }

    /// Buckets that have been idle for long are forgotten.
    fn sweeping(&mut self, budgets: Budgets) {
        let finish = self.life.finish.clone();
        self.supervisor.background("budget sweeper", async move {
            let mut beat = tokio::time::interval(SWEEP_EVERY);
            while finish.run_until_cancelled(beat.tick()).await.is_some() {
                budgets.sweep();
            }
            Ok(())
        });
    }

    /// Changes of trails go on without their callers.
    fn changing(&mut self, audit: &Audit) -> Changing {
        let changing = Changing::new(Pace::default(), self.life.leave.clone());
        let changing = changing.audited(audit.clone());
        let all = changing.clone();
        self.wait_for("changes of trails", move || {
            let all = all.clone();
            async move { all.finish().await }
        });
        changing
    }

    /// So do changes of the organization.
    fn organization(&mut self, aws: &Aws, fleet: &Fleet, audit: &Audit) -> Organization {
        let settings = organization::Settings::default();
        let organization = Organization::new(aws.door.clone(), fleet.clone(), settings);
        let organization = organization.audited(audit.clone());
        let all = organization.clone();
        self.wait_for("changes of the organization", move || {
            let all = all.clone();
            async move { all.finish().await }
        });
        organization
    }

    /// What has left for AWS is waited for: while others serve, so that it has all that it needs, and then, when the
    /// grace of connections is over, until the hard stop.
    fn wait_for<F>(&mut self, name: &'static str, ended: impl Fn() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let life = &self.life;
        for (token, last) in [(life.stop.clone(), false), (life.finish.clone(), true)] {
            let ended = ended();
            let waiting = async move {
                token.cancelled().await;
                ended.await;
                Ok(())
            };
            match last {
                false => self.supervisor.serve(name, waiting),
                true => self.supervisor.background(name, waiting),
            }
        }
    }

    fn admin(
        &mut self,
        listener: TcpListener,
        aws: &Aws,
        fleet: &Fleet,
        (edge, settings): (Edge, Option<reload::Settings>),
        audit: &Audit,
        events: &Events,
    ) {
        let warm_up = self.warm_up(events);
        let conditions = wiring::admin::conditions(
            aws.door.clone(),
            fleet.clone(),
            aws.budgets.clone(),
            edge.clone(),
            audit.clone(),
            warm_up.clone(),
            settings,
        );
        let parts = Parts {
            door: aws.door.clone(),
            fleet: fleet.clone(),
            budgets: aws.budgets.clone(),
            events: events.clone(),
            answers: self.answers.clone(),
            edge,
            audit: audit.clone(),
            warm_up,
        };
        let gauges = wiring::gauges::gauges(self.metrics.clone(), parts);
        self.pushing(&gauges);
        let state = Admin {
            life: self.life.clone(),
            metrics: self.metrics.clone(),
            console: self.console(aws, fleet, &conditions),
            conditions,
            since: Since::new(Arc::clone(&self.clock)),
            gauges,
        };
        self.supervisor
            .background("admin", admin::serve(listener, state));
    }

    /// Metrics that are pushed are looked at as often as they are sent; else whoever asks for them has it done.
    fn pushing(&mut self, gauges: &Gauges) {
        let settings = &self.config.telemetry;
        if settings.endpoint.is_none() || !settings.push_metrics {
            return;
        }
        let (gauges, finish) = (Arc::clone(gauges), self.life.finish.clone());
        let mut beat = tokio::time::interval(settings.metrics_interval);
        self.supervisor.background("metrics", async move {
            while finish.run_until_cancelled(beat.tick()).await.is_some() {
                gauges();
            }
            Ok(())
        });
    }

    /// The console's viewers, and the task that draws for them, if it is served.
    fn console(&mut self, aws: &Aws, fleet: &Fleet, conditions: &Conditions) -> Option<Viewers> {
        let board = self.watched.board.clone()?;
        let viewers = Viewers::default();
        let drawing = wiring::console::draw(
            (board, Arc::clone(&self.clock)),
            viewers.clone(),
            fleet.clone(),
            aws.budgets.clone(),
            Arc::clone(conditions),
            self.life.finish.clone(),
        );
        self.supervisor.background("console", drawing);
        Some(viewers)
    }

    fn grpc(
        &mut self,
        listener: Listener,
        settings: api::Settings,
        services: Services,
        around: Around,
        health: Health,
    ) -> Result<(), AppError> {
        let observer = Arc::new(wiring::observers::Requests {
            metrics: self.metrics.clone(),
            traces: self.traces.clone(),
        });
        let server = Server::new(settings, services, health, observer).map_err(grpc_failed)?;
        let mut server = server.believing(around.issuers).audited(around.audit);
        if let Some(policy) = around.policy {
            server = server.under(policy);
        }
        let stop = self.life.stop.clone();
        self.supervisor.serve("gRPC", async move {
            server.serve(listener, stop).await;
            Ok(())
        });
        Ok(())
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

fn policy_failed(error: LoadError) -> AppError {
    AppError::Start {
        step: "policies (policy.directory)",
        message: chain(&error),
    }
}

fn grpc_failed(error: ServerError) -> AppError {
    AppError::Start {
        step: "gRPC",
        message: chain(&error),
    }
}
