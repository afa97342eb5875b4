//! How we are reached, and within which bounds: listeners, deadlines, limits, drain, log.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use super::{
    reader::Section,
    tls::Tls,
    tokens::Tokens,
    values::{ByteCount, LogFilter, LogFormat, Reflection},
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The gRPC listener.
#[derive(Debug, Clone, PartialEq)]
pub struct Grpc {
    /// Where gRPC is served.
    pub listen: SocketAddr,
    /// Whether plaintext, and callers who prove nothing, are allowed beyond loopback.
    pub insecure: bool,
    /// Certificates.
    pub tls: Tls,
    /// Whose bearer tokens are believed.
    pub tokens: Tokens,
    /// Whom reflection answers; `None` for who is served at all.
    pub reflection: Option<Reflection>,
    /// The largest request.
    pub max_request_bytes: ByteCount,
    /// The largest response message.
    pub max_response_bytes: ByteCount,
    /// The largest header list of a request.
    pub max_header_bytes: ByteCount,
    /// Streams at a time on one connection.
    pub max_concurrent_streams: u32,
    /// Requests at a time over all connections, open streams included.
    pub max_in_flight: usize,
    /// Connections at a time.
    pub max_connections: usize,
    /// After about this long a connection is asked to reconnect.
    pub max_connection_age: Duration,
    /// After that, how long its requests may go on.
    pub max_connection_age_grace: Duration,
    /// How often an idle connection is pinged.
    pub keepalive_interval: Duration,
    /// How long a ping may stay unanswered.
    pub keepalive_timeout: Duration,
}

impl Grpc {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            listen: s.key("listen", "Where gRPC is served.").or(loopback(50_051)),
            insecure: s
                .key("insecure", "Allow plaintext, and callers who do not prove who they are, on an address that is not loopback. Also by `--insecure`.")
                .or(false),
            max_request_bytes: s
                .key("max_request_bytes", "The largest request message.")
                .within(ByteCount(1024)..=ByteCount::mebi(64))
                .or(ByteCount::mebi(4)),
            max_response_bytes: s
                .key("max_response_bytes", "The largest response message.")
                .within(ByteCount::mebi(1)..=ByteCount::mebi(256))
                .or(ByteCount::mebi(16)),
            max_header_bytes: s
                .key("max_header_bytes", "The largest header list of a request.")
                .within(ByteCount(4096)..=ByteCount::mebi(1))
                .or(ByteCount(16_384)),
            max_concurrent_streams: s
                .key("max_concurrent_streams", "Requests at a time on one connection.")
                .within(1..=100_000)
                .or(1024),
            max_in_flight: s
                .key("max_in_flight", "Requests at a time over all connections, open streams included.")
                .within(1..=100_000)
                .or(4096),
            max_connections: s
                .key("max_connections", "Connections at a time. One more is closed at once.")
                .within(1..=100_000)
                .or(2048),
            max_connection_age: s
                .key("max_connection_age", "After about this long (plus or minus a tenth) a connection is asked to reconnect, so that clients spread over new replicas.")
                .within(SECOND * 10..=DAY)
                .or(HOUR / 2),
            max_connection_age_grace: s
                .key("max_connection_age_grace", "After that no new request is taken on the connection; how long those that run may go on before it is cut.")
                .within(Duration::ZERO..=DAY * 30)
                .or(DAY),
            keepalive_interval: s
                .key("keepalive_interval", "How often an idle connection is pinged.")
                .within(SECOND..=HOUR)
                .or(SECOND * 60),
            keepalive_timeout: s
                .key("keepalive_timeout", "How long a ping may stay unanswered before the connection is closed.")
                .within(SECOND..=HOUR)
                .or(SECOND * 20),
            reflection: s
                .key("reflection", "Whom reflection answers, by which grpcurl learns the contract. `public`: whoever may connect. `authenticated`: who proves a name. `off`: nobody.")
                .optional("`authenticated` if callers must prove who they are, else `public`"),
            tls: s.section("tls", "TLS of the gRPC listener, 1.2 and 1.3 (docs/security.md). On if `cert_file` is set.", Tls::read),
            tokens: s.section("tokens", "Bearer tokens of OpenID Connect and of Kubernetes ServiceAccounts (docs/security.md). On if there are issuers.", Tokens::read),
        }
    }
}

/// The HTTP listener for operators.
#[derive(Debug, Clone, PartialEq)]
pub struct Admin {
    /// Where health, readiness, status and metrics are served.
    pub listen: SocketAddr,
    /// Whether plaintext is allowed beyond loopback.
    pub insecure: bool,
    /// Whether the console is served; `None` for on loopback only.
    pub console: Option<bool>,
}

impl Admin {
    /// Whether the console is served. It names accounts and callers, and whoever reaches the address may look.
    pub fn console(&self) -> bool {
        self.console.unwrap_or(self.listen.ip().is_loopback())
    }

    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            listen: s
                .key("listen", "Where /livez, /readyz, /statusz and /metrics are served, over HTTP.")
                .or(loopback(9464)),
            insecure: s
                .key("insecure", "Allow an address that is not loopback, as probes and scrapers need it in Kubernetes. Also by `--insecure`.")
                .or(false),
            console: s
                .key("console", "Serve the console, /console, which shows accounts, callers and budgets to whoever reaches the address.")
                .optional("true on loopback, else false"),
        }
    }
}

/// How long a request may take. The caller's own deadline counts up to the maximum.
#[derive(Debug, Clone, PartialEq)]
pub struct Deadlines {
    /// For a single answer, if the caller names none.
    pub unary_default: Duration,
    /// For a single answer, at most.
    pub unary_max: Duration,
    /// For a stream, if the caller names none.
    pub stream_default: Duration,
    /// For a stream, at most.
    pub stream_max: Duration,
}

impl Deadlines {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            unary_default: s
                .key(
                    "unary_default",
                    "How long a single answer may take if the caller sets no deadline.",
                )
                .within(SECOND..=HOUR)
                .or(SECOND * 60),
            unary_max: s
                .key("unary_max", "How long a single answer may take at most.")
                .within(SECOND..=HOUR)
                .or(SECOND * 300),
            stream_default: s
                .key(
                    "stream_default",
                    "How long a stream may take if the caller sets no deadline.",
                )
                .within(SECOND..=DAY * 30)
                .or(HOUR),
            stream_max: s
                .key("stream_max", "How long a stream may take at most.")
                .within(SECOND..=DAY * 30)
                .or(DAY),
        }
    }
}

/// How many requests of one kind one client may make.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// A second.
    pub per_second: u32,
    /// At once after a pause.
    pub burst: u32,
}

impl Rate {
    fn read(s: &mut Section<'_>, per_second: u32, burst: u32) -> Self {
        Self {
            per_second: s
                .key("per_second", "How many a second.")
                .within(1..=100_000)
                .or(per_second),
            burst: s
                .key("burst", "How many at once after a pause.")
                .within(1..=100_000)
                .or(burst),
        }
    }
}

/// How many requests one client may make.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// With one answer.
    pub requests: Rate,
    /// Streams that are opened.
    pub streams: Rate,
    /// Changes.
    pub changes: Rate,
    /// Open at a time.
    pub max_open: usize,
}

impl Limits {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            requests: s.section("requests", "Requests that have one answer and change nothing.", |s| Rate::read(s, 50, 100)),
            streams: s.section("streams", "Streams that change nothing.", |s| Rate::read(s, 10, 100)),
            changes: s.section("changes", "Changes, streamed or not.", |s| Rate::read(s, 5, 50)),
            max_open: s
                .key("max_open", "Requests of one client at a time, open streams included. Over all clients streams take three quarters of `grpc.max_in_flight` at most.")
                .within(1..=1_000_000)
                .or(1024),
        }
    }
}

/// How the process ends. All times count from the signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Drain {
    /// How long requests are still taken, while readiness says no already.
    pub delay: Duration,
    /// When what still runs is cancelled.
    pub grace: Duration,
    /// When the process ends whatever still runs.
    pub hard_stop: Duration,
}

impl Drain {
    pub(super) fn read(s: &mut Section<'_>, delay: Duration) -> Self {
        Self {
            delay: s
                .key("delay", "After SIGTERM or SIGINT, how long new requests are still taken while health and readiness say no already, so that load balancers stop sending first. With `--sandbox` the default is `0s`.")
                .within(Duration::ZERO..=HOUR)
                .or(delay),
            grace: s
                .key("grace", "After SIGTERM or SIGINT, how long running requests may go on before they are cancelled.")
                .within(Duration::ZERO..=HOUR)
                .or(SECOND * 15),
            hard_stop: s
                .key("hard_stop", "After SIGTERM or SIGINT, when the process ends at the latest. Keep it below the pod's terminationGracePeriodSeconds.")
                .within(SECOND..=HOUR)
                .or(SECOND * 25),
        }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines are written.
    pub filter: LogFilter,
}

impl Log {
    pub(super) fn read(s: &mut Section<'_>, format: LogFormat) -> Self {
        Self {
            format: s
                .key(
                    "format",
                    "How log lines look. With `--sandbox` the default is `text`.",
                )
                .or(format),
            filter: s
                .key("filter", "Which log lines are written. What the AWS library says of credentials is left out unless named: `info,aws_config=info`.")
                .or(LogFilter("info".to_owned())),
        }
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
