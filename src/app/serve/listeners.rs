//! Where requests are taken: gRPC and the admin port, with the services behind them.

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::{
    access::policy::{LoadError, Policy},
    api::{self, Health, Listener, Server, ServerError, services::Services},
    app::{
        AppError,
        admin::{self, Admin, Conditions, Gauges, Since},
        error::chain,
        listen,
        readiness::{self, Readiness},
        reload::{self, Reloaded},
        wiring::{self, aws::Aws, gauges::Parts, grpc::Edge},
    },
    audit::Audit,
    console::Viewers,
    events::Events,
    fleet::Fleet,
    issuers::Issuers,
    logs::{self, Logs},
    trails::Trails,
};

use super::{Addresses, Start};

/// What stands around the services.
struct Around {
    issuers: Issuers,
    policy: Option<Policy>,
    audit: Audit,
}

impl Start {
    /// Opens both sockets, then serves on them. Health says NOT_SERVING before the first is open.
    pub(super) async fn listeners(
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
            traces: self.traces.clone(),
        };
        let gauges = wiring::gauges::gauges(self.metrics.clone(), parts);
        self.pushing(&gauges);
        let since = Since::new(Arc::clone(&self.clock));
        let dating = since.clone().keep(Arc::clone(&conditions));
        let finish = self.life.finish.clone();
        self.supervisor.background("conditions", async move {
            finish.run_until_cancelled(dating).await;
            Ok(())
        });
        let state = Admin {
            life: self.life.clone(),
            metrics: self.metrics.clone(),
            console: self.console(aws, fleet, &conditions),
            conditions,
            since,
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
