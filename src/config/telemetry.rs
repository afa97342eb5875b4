//! What is told to an OpenTelemetry collector.

use std::time::Duration;

use super::{reader::Section, values::CollectorUrl};

/// The collector, and what it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// Where the collector is; `None`: nothing is sent.
    pub endpoint: Option<CollectorUrl>,
    /// How long one export may take.
    pub timeout: Duration,
    /// Which part of the traces that begin here is kept.
    pub sample_ratio: f64,
    /// Whether metrics are pushed too.
    pub push_metrics: bool,
    /// How often they are.
    pub metrics_interval: Duration,
}

impl Telemetry {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        Self {
            endpoint: s
                .key("otlp_endpoint", "Where an OpenTelemetry collector takes OTLP over gRPC. Without it nothing is sent anywhere.")
                .optional("(none)"),
            timeout: s
                .key("otlp_timeout", "How long one export may take. A collector that is away or slow costs what it is not told, and nothing else.")
                .within(Duration::from_millis(100)..=Duration::from_secs(60))
                .or(Duration::from_secs(5)),
            sample_ratio: s
                .key("trace_sample_ratio", "Which part of the traces that begin here is sent, from 0 to 1. A request that comes with a W3C `traceparent` follows its caller's choice.")
                .within(0.0..=1.0)
                .or(0.05),
            push_metrics: s
                .key("push_metrics", "Send metrics to the collector too. They are at `/metrics` in any case.")
                .or(false),
            metrics_interval: s
                .key("metrics_interval", "How often metrics are sent.")
                .within(Duration::from_secs(1)..=Duration::from_secs(3600))
                .or(Duration::from_secs(60)),
        }
    }
}
