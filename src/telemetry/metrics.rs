//! Every metric of the service, as data: name, unit, kind, attributes, meaning. Names follow OpenTelemetry's
//! conventions for RPC and for AWS calls. Account ids are never attributes: they go on spans and log lines.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _, UpDownCounter},
};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Encoder as _, Registry, TextEncoder};

use crate::domain::Api;

use super::TelemetryError;

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// The OpenTelemetry name; Prometheus writes `_` for `.` and adds the unit.
    pub name: &'static str,
    /// The unit, as UCUM writes it.
    pub unit: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// The attributes that tell its series apart.
    pub attributes: &'static [&'static str],
    /// What it means.
    pub description: &'static str,
}

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    UpDown,
    /// Is set.
    Gauge,
    /// A distribution, of seconds.
    Histogram,
}

macro_rules! metrics {
    ($($field:ident: $kind:ident $name:literal $unit:literal [$($attribute:literal),*] $description:literal;)+) => {
        /// Every metric.
        pub const DEFINITIONS: &[Definition] = &[$(Definition {
            name: $name,
            unit: $unit,
            kind: Kind::$kind,
            attributes: &[$($attribute),*],
            description: $description,
        }),+];

        struct Instruments { $($field: metrics!(@type $kind)),+ }

        impl Instruments {
            fn new(meter: &Meter) -> Self {
                Self { $($field: metrics!(@build meter $kind $name $unit $description)),+ }
            }
        }
    };
    (@type Counter) => { Counter<u64> };
    (@type UpDown) => { UpDownCounter<i64> };
    (@type Gauge) => { Gauge<u64> };
    (@type Histogram) => { Histogram<f64> };
    (@build $meter:ident Counter $name:literal $unit:literal $description:literal) => {
        $meter.u64_counter($name).with_unit($unit).with_description($description).build()
    };
    (@build $meter:ident UpDown $name:literal $unit:literal $description:literal) => {
        $meter.i64_up_down_counter($name).with_unit($unit).with_description($description).build()
    };
    (@build $meter:ident Gauge $name:literal $unit:literal $description:literal) => {
        $meter.u64_gauge($name).with_unit($unit).with_description($description).build()
    };
    (@build $meter:ident Histogram $name:literal $unit:literal $description:literal) => {
        $meter.f64_histogram($name).with_unit($unit).with_description($description)
            .with_boundaries(SECONDS.to_vec()).build()
    };
}

/// From a cached answer to the longest attempt (60 s) and a long wait for budget.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

metrics! {
    server_duration: Histogram "rpc.server.call.duration" "s"
        ["rpc.system.name", "rpc.method", "rpc.response.status_code"]
        "How long gRPC requests took, streams to their end. A request that its caller dropped counts as CANCELLED.";
    server_active: UpDown "trailplane.rpc.server.active_requests" "{request}"
        ["rpc.method"]
        "gRPC requests that are being answered, open streams included.";
    connections: UpDown "trailplane.rpc.server.connections" "{connection}"
        []
        "gRPC connections that are open.";
    connections_refused: Counter "trailplane.rpc.server.connections.refused" "{connection}"
        ["trailplane.connection.refusal"]
        "gRPC connections that were closed before they could carry a request, by why.";
    insecure: Gauge "trailplane.insecure" "{listener}"
        []
        "1 while gRPC is open to the network in plaintext, or to callers who do not prove who they are, because the configuration allows it.";
    tls_not_after: Gauge "trailplane.tls.certificate.not_after" "s"
        []
        "When the TLS certificate that is in use ends, as Unix time. Absent without TLS.";
    tls_refused: Gauge "trailplane.tls.files.refused" "{file}"
        []
        "1 while the TLS files cannot be used and those read before are. Absent without TLS.";
    tls_reloads: Gauge "trailplane.tls.reloads" "{reload}"
        []
        "How often new TLS files were taken since the start. Absent without TLS.";
    policies: Gauge "trailplane.policy.policies" "{policy}"
        []
        "Policies in use. Absent without a policy directory.";
    policies_refused: Gauge "trailplane.policy.files.refused" "{file}"
        []
        "1 while the policy files cannot be used and those read before are. Absent without a policy directory.";
    policies_reloads: Gauge "trailplane.policy.reloads" "{reload}"
        []
        "How often new policy files were taken since the start. Absent without a policy directory.";
    audit_failing: Gauge "trailplane.audit.failing" "{file}"
        []
        "1 while the audit cannot be written, so that changes are refused. Absent without an audit.";
    audit_failures: Gauge "trailplane.audit.failures" "{attempt}"
        []
        "How often writing the audit failed since the start. Absent without an audit.";
    audit_waiting: Gauge "trailplane.audit.outcomes.waiting" "{record}"
        []
        "Outcomes of changes that wait to be written. Absent without an audit.";
    audit_written: Gauge "trailplane.audit.records.written" "{record}"
        []
        "Records written since the start. Absent without an audit.";
    audit_lost: Gauge "trailplane.audit.records.lost" "{record}"
        []
        "Records of requests that were dropped since the start, because too many waited. Absent without an audit.";
    token_keys: Gauge "trailplane.token.keys" "{key}"
        ["trailplane.issuer"]
        "Keys in use to verify the tokens of an issuer. Absent without issuers.";
    token_keys_read: Gauge "trailplane.token.keys.read" "s"
        ["trailplane.issuer"]
        "When the keys in use were read, as Unix time. Absent before.";
    token_keys_refused: Gauge "trailplane.token.keys.refused" "{document}"
        ["trailplane.issuer"]
        "1 while the keys of an issuer cannot be read; those read before stay in use.";
    client_duration: Histogram "rpc.client.call.duration" "s"
        ["rpc.system.name", "rpc.service", "rpc.method", "error.type"]
        "How long single attempts of AWS calls took, waiting for budget not included.";
    budget_wait: Histogram "trailplane.budget.wait.duration" "s"
        ["rpc.service", "rpc.method"]
        "How long AWS calls waited for their place in the budget.";
    throttles: Counter "trailplane.budget.throttles" "{attempt}"
        ["rpc.service", "rpc.method"]
        "Attempts that AWS throttled: others spend the same quota, or it is smaller than configured.";
    lookup_cells: Counter "trailplane.lookup.cells" "{cell}"
        ["trailplane.cell.state", "trailplane.cell.reason"]
        "Accounts and Regions that lookups covered or did not cover, by how they ended and why.";
    lookup_returned: Counter "trailplane.lookup.events.returned" "{event}"
        ["trailplane.answer.kind"]
        "Events in answers, pages and whole streams.";
    lookup_scanned: Counter "trailplane.lookup.events.scanned" "{event}"
        ["trailplane.answer.kind"]
        "Records that were read for these answers.";
    lookup_answers: Counter "trailplane.lookup.answers" "{answer}"
        ["trailplane.answer.kind", "trailplane.answer.complete"]
        "Answers that were made, and whether they have gaps.";
    fleet_age: Gauge "trailplane.fleet.age" "s"
        []
        "How long ago the accounts were last listed; absent before the first time.";
    fleet_stale: Gauge "trailplane.fleet.stale" "{fleet}"
        []
        "1 while the accounts come from an old copy, because the last listing failed.";
    sessions_usable: Gauge "trailplane.sessions.usable" "{session}"
        []
        "Accounts with a session that can be used now.";
    clock_skewed: Gauge "trailplane.clock.skewed" "{clock}"
        []
        "1 while AWS refuses our signatures because this machine's clock is off.";
    fleet_accounts: Gauge "trailplane.fleet.accounts" "{account}"
        ["trailplane.account.state"]
        "Accounts that the fleet knows.";
    warm_up_cells: Gauge "trailplane.warm_up.cells" "{cell}"
        ["trailplane.warm_up.state"]
        "Accounts and Regions to be kept in the cache: done, with history left, failing, without room for more. Absent without `events.warm_up`.";
    warm_up_wanted: Gauge "trailplane.warm_up.wanted" "s"
        []
        "History to be kept in the cache, of all accounts and Regions together.";
    warm_up_known: Gauge "trailplane.warm_up.known" "s"
        []
        "What of it is there.";
    ready: Gauge "trailplane.ready" "{instance}"
        []
        "1 while the service takes requests, 0 while it starts or drains.";
    build_info: Gauge "trailplane.build.info" "{build}"
        ["service.version"]
        "Always 1; the version is an attribute.";
}

/// The handle that records, and renders for Prometheus. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    instruments: Instruments,
    registry: Registry,
    /// Holds the reader that the registry collects from.
    _provider: SdkMeterProvider,
}

impl Metrics {
    /// Registers all metrics.
    ///
    /// # Errors
    /// The exporter refuses, which it does only when it is registered twice.
    pub fn new() -> Result<Self, TelemetryError> {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .scope_info_enabled(false)
            .build()
            .map_err(|error| TelemetryError::Exporter(error.to_string().into()))?;
        let resource = Resource::builder_empty()
            .with_attribute(KeyValue::new("service.name", "trailplane"))
            .build();
        let provider = SdkMeterProvider::builder()
            .with_reader(exporter)
            .with_resource(resource)
            .build();
        let instruments = Instruments::new(&provider.meter("trailplane"));
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        instruments.build_info.record(1, &[version]);
        instruments.ready.record(0, &[]);
        Ok(Self {
            inner: Arc::new(Inner {
                instruments,
                registry,
                _provider: provider,
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
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_rendered_with_its_unit_and_attributes() {
        let metrics = Metrics::new().unwrap();
        metrics.request_begun("a.B/C");
        metrics.request_ended("a.B/C", "OK", Duration::from_millis(20));
        metrics.attempt(
            Api::LookupEvents,
            Some("throttled"),
            Duration::from_millis(150),
        );
        metrics.throttled(Api::LookupEvents);
        metrics.budget_waited(Api::AssumeRole, Duration::from_secs(2));
        metrics.fleet_accounts("active", 48);
        metrics.fleet_freshness(Some(Duration::from_secs(90)), true);
        metrics.access(47, false);
        let cells = [
            ("complete", None, 191),
            ("failed", Some("access_denied"), 9),
        ];
        metrics.lookup_answered("page", false, (10, 1585), cells.into_iter());
        metrics.warm_up(&[("done", 12), ("failing", 1)], (1_209_600, 600_000));
        metrics.insecure(true);
        metrics.tls(1_800_000_000, true, 3);
        metrics.policies(7, true, 2);
        metrics.token_keys("corp", 2, Some(1_800_000_000), true);
        metrics.connection_opened();
        metrics.connection_refused("too_slow");
        metrics.ready(true);
        let (text, content_type) = metrics.render().unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in [
            "trailplane_rpc_server_active_requests{rpc_method=\"a.B/C\"} 0",
            "rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"",
            "error_type=\"throttled\"",
            "rpc_server_call_duration_seconds_count{",
            "trailplane_fleet_accounts{trailplane_account_state=\"active\"} 48",
            "trailplane_budget_throttles_total{rpc_method=\"LookupEvents\",rpc_service=\"CloudTrail\"} 1",
            "trailplane_lookup_cells_total{trailplane_cell_reason=\"access_denied\",trailplane_cell_state=\"failed\"} 9",
            "trailplane_lookup_events_scanned_total{trailplane_answer_kind=\"page\"} 1585",
            "trailplane_lookup_answers_total{trailplane_answer_complete=\"false\",trailplane_answer_kind=\"page\"} 1",
            "trailplane_fleet_age_seconds 90",
            "trailplane_fleet_stale 1",
            "trailplane_sessions_usable 47",
            "trailplane_clock_skewed 0",
            "trailplane_warm_up_cells{trailplane_warm_up_state=\"failing\"} 1",
            "trailplane_warm_up_wanted_seconds 1209600",
            "trailplane_warm_up_known_seconds 600000",
            "trailplane_insecure 1",
            "trailplane_tls_certificate_not_after_seconds 1800000000",
            "trailplane_tls_files_refused 1",
            "trailplane_tls_reloads 3",
            "trailplane_policy_policies 7",
            "trailplane_policy_files_refused 1",
            "trailplane_policy_reloads 2",
            "trailplane_token_keys{trailplane_issuer=\"corp\"} 2",
            "trailplane_token_keys_read_seconds{trailplane_issuer=\"corp\"} 1800000000",
            "trailplane_token_keys_refused{trailplane_issuer=\"corp\"} 1",
            "trailplane_rpc_server_connections 1",
            "trailplane_rpc_server_connections_refused_total{trailplane_connection_refusal=\"too_slow\"} 1",
            "trailplane_ready 1",
            "trailplane_build_info",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(content_type.starts_with("text/plain"));
    }

    #[test]
    fn no_metric_has_an_account_as_an_attribute() {
        for definition in DEFINITIONS {
            for attribute in definition.attributes {
                assert!(!attribute.contains("account.id"), "{}", definition.name);
            }
            assert!(definition.description.ends_with('.'), "{}", definition.name);
        }
    }
}
