//! Logs, metrics and traces. Metrics are data in one file, `telemetry/metrics.rs`.
//!
//! Owns the one global thing of the program, the log subscriber. Knows no other room: they record through
//! handles that `app` gives them.

mod collector;
mod logs;
pub mod metrics;
mod records;
mod traces;

pub use logs::{LogControl, LogFormat, install};
pub use metrics::{Metrics, OfBuckets, OfCache, PushSettings};
pub use records::Records;
pub use traces::{TraceSettings, Traces};

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter can't be read.
    #[error("{filter:?} is not a log filter")]
    Filter {
        /// What was given.
        filter: String,
        /// Why not.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// There is a subscriber already.
    #[error("a log subscriber is installed already")]
    Installed,
    /// The exporter of metrics could not start.
    #[error("the exporter of metrics could not start")]
    Exporter(#[source] Box<dyn std::error::Error + Send + Sync>),
}
