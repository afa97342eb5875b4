//! Records of the audit as OpenTelemetry's log records: copies, beside what the audit itself writes. Some may be lost: what
//! cannot be sent in time is dropped, and nobody waits for it.

use std::time::{Duration, SystemTime};

use opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry_otlp::{LogExporter, WithExportConfig as _};
use opentelemetry_sdk::logs::{
    BatchConfigBuilder, BatchLogProcessor, SdkLogger, SdkLoggerProvider,
};

use super::{TelemetryError, collector, traces::resource};

/// Records that wait to be sent, some kilobytes each.
const MOST_WAITING: usize = 4_096;

/// The way to the collector. Cloning shares it.
#[derive(Clone)]
pub struct Records {
    provider: SdkLoggerProvider,
    logger: SdkLogger,
}

impl Records {
    /// Needs a Tokio runtime. Connects when there is something to send.
    ///
    /// # Errors
    /// The endpoint cannot be one.
    pub fn new(endpoint: &str, timeout: Duration) -> Result<Self, TelemetryError> {
        let exporter = LogExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(timeout)
            .build()
            .map_err(|error| TelemetryError::Exporter(error.into()))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .build();
        let processor = BatchLogProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let provider = SdkLoggerProvider::builder()
            .with_log_processor(processor)
            .with_resource(resource())
            .build();
        collector::keep(&provider);
        let logger = provider.logger("trailplane.audit");
        Ok(Self { provider, logger })
    }

    /// One record: a line of the audit, as it stands there.
    pub fn send(&self, line: &str) {
        let mut record = self.logger.create_log_record();
        record.set_event_name("trailplane.audit");
        record.set_severity_number(Severity::Info);
        record.set_timestamp(SystemTime::now());
        record.set_body(line.to_owned().into());
        self.logger.emit(record);
    }

    /// Sends what waits, and ends. Takes so long at most.
    pub async fn finish(self, within: Duration) {
        let shutdown = move || self.provider.shutdown_with_timeout(within);
        collector::finish("copies of the audit", within, shutdown).await;
    }
}
