//! The gRPC edge.

use crate::{
    access::policy::{LoadError, Policy, PolicySettings},
    api::{
        Settings,
        layers::{
            authenticate::Reflection,
            inbound::{ClientLimit, ClientLimits},
            inflight::OpenLimits,
        },
        rpcs::{Allowance, Allowances},
        server::Exposed,
        transport::{ClientCertificates, Listener, Tls, TlsSettings},
    },
    app::admin::Condition,
    config::{self, ClientAuth, Config},
    issuers::Issuers,
    telemetry::Metrics,
};

/// What operators should know of the listener. Cheap to clone.
#[derive(Clone)]
pub(in crate::app) struct Edge {
    exposed: Option<Exposed>,
    tls: Option<Tls>,
    policy: Option<Policy>,
    issuers: Issuers,
}

impl Edge {
    /// Of this listener. Says in the log what it is open to.
    pub(in crate::app) fn of(
        settings: &Settings,
        listener: &Listener,
        issuers: Issuers,
        policy: Option<Policy>,
    ) -> Self {
        let edge = Self {
            exposed: settings.exposed(),
            tls: listener.tls().cloned(),
            policy,
            issuers,
        };
        if edge.exposed.is_some() {
            tracing::warn!(listen = %settings.listen, "gRPC is {}", edge.transport());
        }
        edge
    }

    /// How the transport stands, and the certificate, if there is one.
    pub(in crate::app) fn conditions(&self) -> impl Iterator<Item = Condition> + use<> {
        let transport = Condition {
            name: "transport",
            ok: self.exposed.is_none(),
            message: self.transport().to_owned(),
            details: None,
        };
        let certificate = self.tls.as_ref().map(|tls| {
            let status = tls.status();
            let not_after = status.validity.not_after;
            // Whoever renews certificates does so long before: at a third of their time left, or a half.
            let lifetime = not_after.since(status.validity.not_before);
            let ending = not_after.since(super::clock::system()()) < lifetime / 10;
            Condition {
                name: "TLS certificate",
                ok: status.refused.is_none() && !ending,
                message: match &status.refused {
                    None if ending => format!("ends soon, and no new one has come: until {not_after}"),
                    None => format!("may be used until {not_after}"),
                    Some(why) => {
                        format!("the old one, until {not_after}; the files as they are now cannot be used: {why}")
                    }
                },
                details: Some(serde_json::json!({
                    "not_before": status.validity.not_before.to_string(),
                    "not_after": not_after.to_string(),
                    "reloads": status.reloads,
                })),
            }
        });
        let policy = self.policy.as_ref().map(|policy| {
            let status = policy.status();
            Condition {
                name: "policies",
                ok: status.refused.is_none(),
                message: match &status.refused {
                    None => format!("{} in use", status.policies),
                    Some(why) => {
                        format!("the old ones; the files as they are now cannot be used: {why}")
                    }
                },
                details: Some(serde_json::json!({
                    "policies": status.policies,
                    "reloads": status.reloads,
                })),
            }
        });
        let keys = super::tokens::condition(&self.issuers);
        let rest = certificate.into_iter().chain(keys).chain(policy);
        std::iter::once(transport).chain(rest)
    }

    fn transport(&self) -> &'static str {
        match (self.exposed, &self.tls) {
            (Some(Exposed::Plaintext), _) => {
                "plaintext and open to the network, because grpc.insecure or --insecure says so"
            }
            (Some(Exposed::Unauthenticated), _) => {
                "open to callers on the network who do not prove who they are, because grpc.insecure or --insecure says so"
            }
            (Some(Exposed::Unrestricted), _) => {
                "open to the network, and every caller may do everything, because grpc.insecure or --insecure says so"
            }
            (None, Some(_)) => "TLS",
            (None, None) => "plaintext, and open to this machine only",
        }
    }

    /// The same in metrics.
    pub(in crate::app) fn record(&self, metrics: &Metrics) {
        metrics.insecure(self.exposed.is_some());
        if let Some(status) = self.policy.as_ref().map(Policy::status) {
            metrics.policies(status.policies, status.refused.is_some(), status.reloads);
        }
        super::tokens::record(&self.issuers, metrics);
        if let Some(status) = self.tls.as_ref().map(Tls::status) {
            let not_after = status.validity.not_after.seconds();
            metrics.tls(not_after, status.refused.is_some(), status.reloads);
        }
    }
}

/// What callers may do, if it is configured.
///
/// # Errors
/// The policies cannot be used.
pub(in crate::app) fn policy(config: &config::Policy) -> Result<Option<Policy>, LoadError> {
    let Some(directory) = config.directory.clone() else {
        return Ok(None);
    };
    Policy::load(PolicySettings {
        directory,
        reload_interval: config.reload_interval,
    })
    .map(Some)
}

/// The edge's settings.
pub(in crate::app) fn settings(config: &Config) -> Settings {
    let (grpc, deadlines, limits) = (&config.grpc, &config.deadlines, &config.limits);
    Settings {
        listen: grpc.listen,
        insecure: grpc.insecure,
        policed: config.policy.directory.is_some(),
        tls: tls(&grpc.tls),
        tokens: !grpc.tokens.issuers.is_empty(),
        reflection: match grpc.reflection {
            Some(config::Reflection::Public) => Reflection::Public,
            Some(config::Reflection::Off) => Reflection::Off,
            // Where nobody must prove anything, this is everybody.
            Some(config::Reflection::Authenticated) | None => Reflection::Authenticated,
        },
        max_request_bytes: grpc.max_request_bytes.0,
        max_response_bytes: grpc.max_response_bytes.0,
        // The configuration allows 1 MiB at most.
        max_header_bytes: u32::try_from(grpc.max_header_bytes.0).unwrap_or(u32::MAX),
        max_concurrent_streams: grpc.max_concurrent_streams,
        open: OpenLimits {
            all: grpc.max_in_flight,
            client: limits.max_open,
        },
        max_connections: grpc.max_connections,
        max_connection_age: grpc.max_connection_age,
        max_connection_age_grace: grpc.max_connection_age_grace,
        keepalive_interval: grpc.keepalive_interval,
        keepalive_timeout: grpc.keepalive_timeout,
        client_limits: ClientLimits {
            pages: rate(&limits.requests),
            streams: rate(&limits.streams),
            changes: rate(&limits.changes),
        },
        allowances: Allowances {
            unary: Allowance {
                default: deadlines.unary_default,
                cap: deadlines.unary_max,
            },
            stream: Allowance {
                default: deadlines.stream_default,
                cap: deadlines.stream_max,
            },
        },
        // The edge counts from when it is told to stop, which is after the delay.
        drain_grace: config.drain.grace.saturating_sub(config.drain.delay),
    }
}

fn rate(rate: &config::Rate) -> ClientLimit {
    ClientLimit {
        per_second: rate.per_second,
        burst: rate.burst,
    }
}

/// TLS, if there is a certificate for it. The configuration has checked what must be there together.
fn tls(tls: &config::Tls) -> Option<TlsSettings> {
    let clients = match (tls.client_auth, &tls.client_ca_file) {
        (ClientAuth::Off, _) | (_, None) => ClientCertificates::Off,
        (ClientAuth::Optional, Some(file)) => ClientCertificates::Optional(file.clone()),
        (ClientAuth::Required, Some(file)) => ClientCertificates::Required(file.clone()),
    };
    Some(TlsSettings {
        cert_file: tls.cert_file.clone()?,
        key_file: tls.key_file.clone()?,
        clients,
        reload_interval: tls.reload_interval,
    })
}
