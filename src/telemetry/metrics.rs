//! The handle that records metrics, renders them for Prometheus, and sends them to a collector. What there is to record is
//! data, in [`table`].

mod state;
pub mod table;

use std::{sync::Arc, time::Duration};

use opentelemetry::{KeyValue, metrics::MeterProvider as _};
use opentelemetry_otlp::{MetricExporter, WithExportConfig as _};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use prometheus::{Encoder as _, Registry, TextEncoder};

use crate::domain::Api;

use super::{TelemetryError, collector, traces::resource};
pub use state::{OfBuckets, OfCache};
use table::Instruments;
pub use table::{DEFINITIONS, Definition, Kind};

/// Where metrics are sent, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushSettings {
    /// The collector: `http://host:4317`.
    pub endpoint: String,
    /// How long one export may take.
    pub timeout: Duration,
    /// How often.
    pub interval: Duration,
}

impl PushSettings {
    fn reader(&self) -> Result<PeriodicReader<MetricExporter>, TelemetryError> {
        let exporter = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(&self.endpoint)
            .with_timeout(self.timeout)
            .build()
            .map_err(|error| TelemetryError::Exporter(error.into()))?;
        Ok(PeriodicReader::builder(exporter)
            .with_interval(self.interval)
            .build())
    }
}

/// The handle that records, and renders for Prometheus. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    instruments: Instruments,
    registry: Registry,
    /// Holds the readers: the one that the registry collects from, and the one that sends to a collector.
    provider: SdkMeterProvider,
    /// Whether there is a collector.
    pushed: bool,
}

impl Metrics {
    /// Registers all metrics. With `push` they are sent to a collector too, which needs a Tokio runtime.
    ///
    /// # Errors
    /// An exporter refuses: the endpoint is none, or it was registered twice.
    pub fn new(push: Option<&PushSettings>) -> Result<Self, TelemetryError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .map_err(|error| TelemetryError::Exporter(error.to_string().into()))?;
        let mut provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_resource(resource());
        if let Some(push) = push {
            provider = provider.with_reader(push.reader()?);
        }
        let provider = provider.build();
        if push.is_some() {
            collector::keep(&provider);
        }
        let instruments = Instruments::new(&provider.meter("trailplane"));
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        instruments.build_info.record(1, &[version]);
        instruments.ready.record(0, &[]);
        Ok(Self {
            inner: Arc::new(Inner {
                instruments,
                registry,
                provider,
                pushed: push.is_some(),
            }),
        })
    }

    /// All metrics in Prometheus' text format, and its content type.
    ///
    /// # Errors
    /// The encoder refuses a family, which would be a fault of the table above.
    pub fn render(&self) -> Result<(Vec<u8>, String), TelemetryError> {
        let encoder = TextEncoder::new();
        let mut text = Vec::new();
        encoder
            .encode(&self.inner.registry.gather(), &mut text)
            .map_err(|error| TelemetryError::Exporter(error.into()))?;
        Ok((text, encoder.format_type().to_owned()))
    }

    /// Sends the last ones to the collector, if there is one. Takes so long at most; nothing is recorded after it.
    pub async fn finish(self, within: Duration) {
        if self.inner.pushed {
            let shutdown = move || self.inner.provider.shutdown_with_timeout(within);
            collector::finish("metrics", within, shutdown).await;
        }
    }

    /// A gRPC request has begun. `method` is `package.Service/Method`.
    pub fn request_begun(&self, method: &'static str) {
        let attributes = [KeyValue::new("rpc.method", method)];
        self.inner.instruments.server_active.add(1, &attributes);
    }

    /// A gRPC request has ended, by an answer or because its caller left. `status` is the canonical code's name.
    pub fn request_ended(&self, method: &'static str, status: &'static str, took: Duration) {
        let method = KeyValue::new("rpc.method", method);
        self.inner
            .instruments
            .server_active
            .add(-1, std::slice::from_ref(&method));
        let attributes = [
            KeyValue::new("rpc.system.name", "grpc"),
            method,
            KeyValue::new("rpc.response.status_code", status),
        ];
        let duration = &self.inner.instruments.server_duration;
        duration.record(took.as_secs_f64(), &attributes);
    }

    /// A gRPC connection can carry requests now.
    pub fn connection_opened(&self) {
        self.inner.instruments.connections.add(1, &[]);
    }

    /// It has ended.
    pub fn connection_closed(&self) {
        self.inner.instruments.connections.add(-1, &[]);
    }

    /// A gRPC connection was closed before its first request.
    pub fn connection_refused(&self, why: &'static str) {
        let attributes = [KeyValue::new("trailplane.connection.refusal", why)];
        self.inner
            .instruments
            .connections_refused
            .add(1, &attributes);
    }

    /// Whether gRPC is open to whoever is on the network.
    pub fn insecure(&self, insecure: bool) {
        self.inner.instruments.insecure.record(insecure.into(), &[]);
    }

    /// When the TLS certificate ends, in seconds since 1970; whether the files as they are now were refused; how often new
    /// ones were taken.
    pub fn tls(&self, not_after: i64, refused: bool, reloads: u64) {
        let instruments = &self.inner.instruments;
        let not_after = u64::try_from(not_after).unwrap_or(0);
        instruments.tls_not_after.record(not_after, &[]);
        instruments.tls_refused.record(refused.into(), &[]);
        instruments.tls_reloads.record(reloads, &[]);
    }

    /// Whether the audit cannot be written; how often that failed; outcomes that wait.
    pub fn audit(&self, failing: bool, failures: u64, waiting: u64) {
        let instruments = &self.inner.instruments;
        instruments.audit_failing.record(failing.into(), &[]);
        instruments.audit_failures.record(failures, &[]);
        instruments.audit_waiting.record(waiting, &[]);
    }

    /// How many records were written to the audit, and how many were dropped.
    pub fn audit_records(&self, written: u64, lost: u64) {
        let instruments = &self.inner.instruments;
        instruments.audit_written.record(written, &[]);
        instruments.audit_lost.record(lost, &[]);
    }

    /// How many policies are in use; whether the files as they are now were refused; how often new ones were taken.
    pub fn policies(&self, policies: usize, refused: bool, reloads: u64) {
        let instruments = &self.inner.instruments;
        let policies = u64::try_from(policies).unwrap_or(u64::MAX);
        instruments.policies.record(policies, &[]);
        instruments.policies_refused.record(refused.into(), &[]);
        instruments.policies_reloads.record(reloads, &[]);
    }

    /// How many keys of an issuer are in use, when they were read, in seconds since 1970, and whether reading them failed
    /// since.
    pub fn token_keys(&self, issuer: &str, keys: usize, read_at: Option<i64>, refused: bool) {
        let instruments = &self.inner.instruments;
        let issuer = [KeyValue::new("trailplane.issuer", issuer.to_owned())];
        let keys = u64::try_from(keys).unwrap_or(u64::MAX);
        instruments.token_keys.record(keys, &issuer);
        if let Some(read_at) = read_at.and_then(|at| u64::try_from(at).ok()) {
            instruments.token_keys_read.record(read_at, &issuer);
        }
        instruments
            .token_keys_refused
            .record(refused.into(), &issuer);
    }

    /// One attempt of an AWS call has ended. `error` is the kind of failure.
    pub fn attempt(&self, api: Api, error: Option<&'static str>, took: Duration) {
        let mut attributes = vec![
            KeyValue::new("rpc.system.name", "aws-api"),
            KeyValue::new("rpc.service", api.service().as_str()),
            KeyValue::new("rpc.method", api.as_str()),
        ];
        attributes.extend(error.map(|error| KeyValue::new("error.type", error)));
        let duration = &self.inner.instruments.client_duration;
        duration.record(took.as_secs_f64(), &attributes);
    }

    /// AWS throttled an attempt.
    pub fn throttled(&self, api: Api) {
        let attributes = [
            KeyValue::new("rpc.service", api.service().as_str()),
            KeyValue::new("rpc.method", api.as_str()),
        ];
        self.inner.instruments.throttles.add(1, &attributes);
    }

    /// An AWS call has waited for its place in the budget.
    pub fn budget_waited(&self, api: Api, waited: Duration) {
        let attributes = [
            KeyValue::new("rpc.service", api.service().as_str()),
            KeyValue::new("rpc.method", api.as_str()),
        ];
        let wait = &self.inner.instruments.budget_wait;
        wait.record(waited.as_secs_f64(), &attributes);
    }

    /// The fleet knows this many accounts in this state.
    pub fn fleet_accounts(&self, state: &'static str, count: u64) {
        let attributes = [KeyValue::new("trailplane.account.state", state)];
        self.inner
            .instruments
            .fleet_accounts
            .record(count, &attributes);
    }

    /// A lookup was answered; `cells` has how many cells ended in each state, for each reason.
    pub fn lookup_answered<'a>(
        &self,
        kind: &'static str,
        complete: bool,
        (returned, scanned): (u64, u64),
        cells: impl Iterator<Item = (&'static str, Option<&'static str>, u64)> + 'a,
    ) {
        let instruments = &self.inner.instruments;
        let kind = KeyValue::new("trailplane.answer.kind", kind);
        let one = std::slice::from_ref(&kind);
        instruments.lookup_returned.add(returned, one);
        instruments.lookup_scanned.add(scanned, one);
        let complete = KeyValue::new("trailplane.answer.complete", complete);
        instruments.lookup_answers.add(1, &[kind, complete]);
        for (state, reason, count) in cells {
            let state = KeyValue::new("trailplane.cell.state", state);
            let reason = KeyValue::new("trailplane.cell.reason", reason.unwrap_or("none"));
            instruments.lookup_cells.add(count, &[state, reason]);
        }
    }

    /// How old the list of accounts is, if there is one, and whether it could not be renewed.
    pub fn fleet_freshness(&self, age: Option<Duration>, stale: bool) {
        let instruments = &self.inner.instruments;
        if let Some(age) = age {
            instruments.fleet_age.record(age.as_secs(), &[]);
        }
        instruments.fleet_stale.record(stale.into(), &[]);
    }

    /// How many sessions can be used now, and whether AWS finds fault with the clock.
    pub fn access(&self, sessions: usize, clock_skewed: bool) {
        let instruments = &self.inner.instruments;
        let sessions = u64::try_from(sessions).unwrap_or(u64::MAX);
        instruments.sessions_usable.record(sessions, &[]);
        instruments.clock_skewed.record(clock_skewed.into(), &[]);
    }

    /// How many cells of a warm-up are in each state, and how many seconds of history are wanted and known.
    pub fn warm_up(&self, cells: &[(&'static str, usize)], (wanted, known): (u64, u64)) {
        let instruments = &self.inner.instruments;
        for (state, count) in cells {
            let state = KeyValue::new("trailplane.warm_up.state", *state);
            let count = u64::try_from(*count).unwrap_or(u64::MAX);
            instruments.warm_up_cells.record(count, &[state]);
        }
        instruments.warm_up_wanted.record(wanted, &[]);
        instruments.warm_up_known.record(known, &[]);
    }

    /// Whether the service takes requests.
    pub fn ready(&self, ready: bool) {
        self.inner.instruments.ready.record(ready.into(), &[]);
    }
}

#[cfg(test)]
mod tests;
