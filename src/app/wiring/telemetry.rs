//! Logs, metrics and traces, by the configuration.

use crate::{
    app::AppError,
    config::{self, Config},
    telemetry::{self, LogControl, Metrics, PushSettings, Records, TraceSettings, Traces},
};

/// What records.
pub(in crate::app) struct Opened {
    pub(in crate::app) log: LogControl,
    pub(in crate::app) metrics: Metrics,
    pub(in crate::app) traces: Option<Traces>,
    /// Takes copies of the audit, if that is wanted.
    pub(in crate::app) records: Option<Records>,
}

/// Installs the process's subscriber. Nothing is sent before there is something to send.
pub(in crate::app) fn open(config: &Config) -> Result<Opened, AppError> {
    let settings = &config.telemetry;
    let endpoint = settings
        .endpoint
        .as_ref()
        .map(|url| url.as_str().to_owned());
    let traces = endpoint.clone().map(|endpoint| {
        Traces::new(&TraceSettings {
            endpoint,
            timeout: settings.timeout,
            sample_ratio: settings.sample_ratio,
        })
    });
    let traces = traces.transpose()?;
    let format = match config.log.format {
        config::LogFormat::Json => telemetry::LogFormat::Json,
        config::LogFormat::Text => telemetry::LogFormat::Text,
    };
    let log = telemetry::install(format, config.log.filter.as_str(), traces.as_ref())?;
    let records = endpoint.as_ref().filter(|_| config.audit.otlp);
    let records = records.map(|endpoint| Records::new(endpoint, settings.timeout));
    let records = records.transpose()?;
    let push = endpoint
        .filter(|_| settings.push_metrics)
        .map(|endpoint| PushSettings {
            endpoint,
            timeout: settings.timeout,
            interval: settings.metrics_interval,
        });
    let metrics = Metrics::new(push.as_ref())?;
    Ok(Opened {
        log,
        metrics,
        traces,
        records,
    })
}
