//! The gRPC edge.

use crate::{
    api::{
        Settings,
        layers::inbound::ClientLimit,
        rpcs::{Allowance, Allowances},
    },
    config::Config,
};

/// The edge's settings.
pub(in crate::app) fn settings(config: &Config) -> Settings {
    let (grpc, deadlines, limits) = (&config.grpc, &config.deadlines, &config.limits);
    Settings {
        listen: grpc.listen,
        insecure: grpc.insecure,
        max_request_bytes: grpc.max_request_bytes.0,
        max_response_bytes: grpc.max_response_bytes.0,
        // The configuration allows 1 MiB at most.
        max_header_bytes: u32::try_from(grpc.max_header_bytes.0).unwrap_or(u32::MAX),
        max_concurrent_streams: grpc.max_concurrent_streams,
        max_in_flight: grpc.max_in_flight,
        max_connections: grpc.max_connections,
        max_connection_age: grpc.max_connection_age,
        max_connection_age_grace: grpc.max_connection_age_grace,
        keepalive_interval: grpc.keepalive_interval,
        keepalive_timeout: grpc.keepalive_timeout,
        client_limit: ClientLimit {
            per_second: limits.per_client_per_second,
            burst: limits.burst,
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
