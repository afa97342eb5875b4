//! The gRPC server: services, layers, limits of HTTP/2, health and reflection, and an end that is bounded.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding, service::Routes};
use tonic_health::pb::health_server::HealthServer;
use tower::ServiceBuilder;

mod settings;

use super::{
    health::Health,
    layers::{
        audit::AuditLayer,
        authenticate::{AuthenticateLayer, Reflection},
        authorize::AuthorizeLayer,
        deadline::DeadlineLayer,
        inbound::InboundLayer,
        inflight::InflightLayer,
        observe::{ObserveLayer, RpcObserver},
        panic::PanicLayer,
        unbuilt::UnbuiltLayer,
    },
    proto::{
        DESCRIPTORS, account_service_server::AccountServiceServer,
        budget_service_server::BudgetServiceServer, event_service_server::EventServiceServer,
        log_file_service_server::LogFileServiceServer,
        organization_service_server::OrganizationServiceServer,
        trail_service_server::TrailServiceServer,
    },
    rpcs::{self, TableError},
    services::{
        Services, accounts::AccountApi, budgets::BudgetApi, events::EventApi,
        log_files::LogFileApi, organization::OrganizationApi, trails::TrailApi,
    },
    transport::{Bounds, ConnectionObserver, Connections, Listener, TlsError},
};
use crate::{access::policy::Policy, audit::Audit, domain::WallClock, issuers::Issuers};

pub use settings::{Exposed, Settings};

/// How often the limiter forgets clients that have gone.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Streams that a client opened and reset before we took them up, on one connection (RUSTSEC-2024-0003); beyond, it is
/// closed.
const PENDING_RESETS: usize = 20;

/// Streams that we reset because of what the client did, on one connection; beyond, it is closed.
const ERROR_RESETS: usize = 256;

/// How long a connection may take to come in: some round trips around the world, and some arithmetic.
const COME_IN_WITHIN: Duration = Duration::from_secs(5);

/// Connections that are coming in at a time. Who holds places for as long as that allows needs a hundred connections a
/// second to push another out, and then one who has come in first.
const COMING_IN: usize = 512;

/// Why the edge cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Plaintext beyond loopback was not allowed.
    #[error(
        "{0} is not a loopback address: plaintext gRPC there needs grpc.insecure or --insecure; or set grpc.tls"
    )]
    PlaintextBeyondLoopback(SocketAddr),
    /// Callers who prove nothing were not allowed beyond loopback.
    #[error(
        "{0} is not a loopback address: gRPC there for callers who do not prove who they are needs grpc.insecure or \
         --insecure; or set grpc.tls.client_ca_file or grpc.tokens.issuers"
    )]
    UnauthenticatedBeyondLoopback(SocketAddr),
    /// Callers who may do everything were not allowed beyond loopback.
    #[error(
        "{0} is not a loopback address: gRPC there for callers who may do everything needs grpc.insecure or --insecure; \
         or set policy.directory"
    )]
    UnrestrictedBeyondLoopback(SocketAddr),
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (grpc.listen)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The contract and the table of RPCs differ.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The descriptors cannot be served.
    #[error("reflection cannot serve the compiled descriptors")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The limits on clients make no sense.
    #[error("the limits of requests a second for a client cannot be kept")]
    ClientLimits,
}

/// The server, ready to be given a socket.
pub struct Server {
    settings: Settings,
    health: Health,
    inbound: InboundLayer,
    observer: Arc<dyn RpcObserver>,
    connections: Arc<dyn ConnectionObserver>,
    clock: WallClock,
    issuers: Issuers,
    routes: Routes,
    policy: Option<Policy>,
    audit: Audit,
}

impl Server {
    /// Puts the services together. Fails if an RPC of the contract has no row in the table.
    pub fn new(
        settings: Settings,
        services: Services,
        health: Health,
        observer: Arc<impl RpcObserver + ConnectionObserver>,
    ) -> Result<Self, ServerError> {
        rpcs::check(DESCRIPTORS)?;
        let routes = routes(&settings, &services, &health)?;
        Self::with_routes(settings, routes, health, observer, services.clock)
    }

    /// Believes the tokens of these issuers. Who keeps their keys is up to the caller.
    #[must_use]
    pub fn believing(mut self, issuers: Issuers) -> Self {
        self.settings.tokens |= !issuers.is_empty();
        self.issuers = issuers;
        self
    }

    /// The same around any routes.
    pub(super) fn with_routes(
        settings: Settings,
        routes: Routes,
        health: Health,
        observer: Arc<impl RpcObserver + ConnectionObserver>,
        clock: WallClock,
    ) -> Result<Self, ServerError> {
        let inbound = InboundLayer::new(settings.client_limits).ok_or(ServerError::ClientLimits)?;
        Ok(Self {
            settings,
            health,
            inbound,
            observer: observer.clone(),
            connections: observer,
            issuers: Issuers::none(clock.clone()),
            clock,
            routes,
            policy: None,
            audit: Audit::off(),
        })
    }

    /// The same, where callers may do what this policy permits, and nothing else.
    pub fn under(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The same, with each request recorded.
    #[must_use]
    pub fn audited(mut self, audit: Audit) -> Self {
        self.audit = audit;
        self
    }

    /// Serves until `shutdown` fires, then refuses new work, lets what runs go on for the grace period, and ends
    /// the rest with UNAVAILABLE. A client that holds its connection open beyond that is the caller's to cut:
    /// this future can be dropped at any time.
    pub async fn serve(self, listener: Listener, shutdown: CancellationToken) {
        let drain = CancellationToken::new();
        let inbound = self.inbound.clone();
        let settings = &self.settings;
        let (required, reflection) = (settings.authenticates(), settings.reflection);
        let authenticate = AuthenticateLayer::new(required, reflection, self.issuers);
        let service = ServiceBuilder::new()
            .layer(ObserveLayer::new(self.observer))
            .layer(authenticate)
            .layer(self.inbound)
            .layer(InflightLayer::new(settings.open))
            .layer(AuditLayer::new(self.audit))
            .layer(UnbuiltLayer)
            .layer(AuthorizeLayer::new(self.policy.clone()))
            .layer(DeadlineLayer::new(settings.allowances, drain.clone()))
            .layer(PanicLayer)
            .service(self.routes.prepare());
        let bounds = Bounds {
            coming_in: COMING_IN,
            come_in_within: COME_IN_WITHIN,
            connections: settings.max_connections,
            age: settings.max_connection_age,
            age_grace: settings.max_connection_age_grace,
        };
        let connections = Connections::new(
            http2(settings),
            bounds,
            self.connections,
            self.clock,
            shutdown.clone(),
        );
        let tls = listener.tls().cloned();
        let reloading = async {
            match tls {
                Some(tls) => tls.keep().await,
                None => std::future::pending().await,
            }
        };
        let policing = async {
            match self.policy {
                Some(policy) => policy.keep().await,
                None => std::future::pending().await,
            }
        };
        let draining = async {
            shutdown.cancelled().await;
            self.health.set(false).await;
            tokio::time::sleep(self.settings.drain_grace).await;
            drain.cancel();
            std::future::pending::<()>().await;
        };
        let forgetting = async {
            let mut beat = interval(FORGET_EVERY);
            loop {
                beat.tick().await;
                inbound.forget_idle();
            }
        };
        tokio::select! {
            () = connections.serve(listener, service) => {}
            () = draining => {}
            () = forgetting => {}
            () = reloading => {}
            () = policing => {}
        }
    }
}

/// The limits of one connection. What is not set here has a bound in hyper: frames of 16 KiB, windows of 1 MiB, 400 KiB
/// waiting to be sent on a stream.
fn http2(settings: &Settings) -> http2::Builder<TokioExecutor> {
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.max_concurrent_streams)
        .max_header_list_size(settings.max_header_bytes)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(ERROR_RESETS)
        .keep_alive_interval(settings.keepalive_interval)
        .keep_alive_timeout(settings.keepalive_timeout);
    http2
}

fn routes(
    settings: &Settings,
    services: &Services,
    health: &Health,
) -> Result<Routes, ServerError> {
    let (inbound, outbound) = (settings.max_request_bytes, settings.max_response_bytes);
    // Each service's server is a type of its own, with the same methods.
    macro_rules! limited {
        ($server:expr) => {
            $server
                .max_decoding_message_size(inbound)
                .max_encoding_message_size(outbound)
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd)
                .send_compressed(CompressionEncoding::Zstd)
                .send_compressed(CompressionEncoding::Gzip)
        };
    }
    let events = limited!(EventServiceServer::new(EventApi::new(services)));
    let accounts = limited!(AccountServiceServer::new(AccountApi::new(services)));
    let trails = limited!(TrailServiceServer::new(TrailApi::new(services)));
    let organization = OrganizationApi::new(services);
    let organization = limited!(OrganizationServiceServer::new(organization));
    let budgets = limited!(BudgetServiceServer::new(BudgetApi::new(services)));
    let log_files = limited!(LogFileServiceServer::new(LogFileApi::new(services)));
    let routes = Routes::new(events)
        .add_service(accounts)
        .add_service(budgets)
        .add_service(log_files)
        .add_service(organization)
        .add_service(trails);
    with_basics(routes, health, settings.reflection)
}

/// Adds what every gRPC server has: health, and reflection in both versions that clients speak.
fn with_basics(
    routes: Routes,
    health: &Health,
    reflection: Reflection,
) -> Result<Routes, ServerError> {
    let routes = routes.add_service(HealthServer::new(health.service()));
    if reflection == Reflection::Off {
        return Ok(routes);
    }
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(routes
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?))
}

#[cfg(test)]
mod tests;
