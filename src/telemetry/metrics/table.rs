//! Every metric of the service, as data: name, unit, kind, attributes, meaning. `docs/METRICS.md` is made of it.
//!
//! Names follow OpenTelemetry's conventions for RPC and for AWS calls: the status of a call is `rpc.response.status_code`,
//! which `rpc.grpc.status_code` was before. Account ids are never attributes: they go on spans and log lines.

use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

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
    /// Is set, and is no whole number.
    Ratio,
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

        pub(super) struct Instruments { $(pub(super) $field: metrics!(@type $kind)),+ }

        impl Instruments {
            pub(super) fn new(meter: &Meter) -> Self {
                Self { $($field: metrics!(@build meter $kind $name $unit $description)),+ }
            }
        }
    };
    (@type Counter) => { Counter<u64> };
    (@type UpDown) => { UpDownCounter<i64> };
    (@type Gauge) => { Gauge<u64> };
    (@type Ratio) => { Gauge<f64> };
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
    (@build $meter:ident Ratio $name:literal $unit:literal $description:literal) => {
        $meter.f64_gauge($name).with_unit($unit).with_description($description).build()
    };
    (@build $meter:ident Histogram $name:literal $unit:literal $description:literal) => {
        $meter.f64_histogram($name).with_unit($unit).with_description($description)
            .with_boundaries(SECONDS.to_vec()).build()
    };
}

/// From a cached answer to a long wait for budget. Few, since each is a series of its own for each operation and outcome.
const SECONDS: [f64; 8] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0];

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
    budget_store: Gauge "trailplane.budget.store.state" "{store}"
        ["trailplane.store.state"]
        "1 for the state that the store of the budgets is in, 0 for the others. `embedded` and `static_share`: there is none to fail. `scaled_down`: not all replicas reach it. `unreachable`: reads spend this replica's part alone, and writes are refused.";
    budget_replicas: Gauge "trailplane.budget.store.replicas" "{replica}"
        ["trailplane.replica.kind"]
        "Replicas that share the budgets: `alive` as this one knows it, and `expected`.";
    budget_waiting: Gauge "trailplane.budget.waiting" "{request}"
        ["rpc.service", "rpc.method", "trailplane.lane"]
        "AWS calls that wait for their turn in this replica.";
    budget_slowed: Gauge "trailplane.budget.buckets.slowed" "{bucket}"
        ["rpc.service", "rpc.method"]
        "Accounts and Regions in which throttles have slowed this operation down.";
    budget_factor: Ratio "trailplane.budget.factor.lowest" "1"
        ["rpc.service", "rpc.method"]
        "The least part of its quota that throttles have left to a bucket of this operation: 1 is all that is ours.";
    budget_foreign: Ratio "trailplane.budget.foreign" "{call}/s"
        ["rpc.service", "rpc.method"]
        "What others seem to spend of the quotas of this operation, over all accounts and Regions.";
    calls_in_flight: Gauge "trailplane.aws.calls.in_flight" "{call}"
        ["trailplane.place"]
        "AWS calls that are under way: `people` that people and programs wait for, `work` of batch and background work. Each window that is read is one.";
    lookup_underway: Gauge "trailplane.lookup.underway" "{answer}"
        ["trailplane.answer.kind"]
        "Lookups, streams and tails that are being answered.";
    tail_behind: Gauge "trailplane.tail.behind" "s"
        []
        "How far the hindmost account and Region of any open tail is behind; 0 without a tail. Those in trouble are reported to their readers, and do not count.";
    cache_bytes: Gauge "trailplane.cache.size" "By"
        []
        "What the event cache holds, compressed.";
    cache_capacity: Gauge "trailplane.cache.capacity" "By"
        []
        "What it may hold; 0 if it is off.";
    cache_reads: Gauge "trailplane.cache.reads" "{read}"
        ["trailplane.cache.result"]
        "Questions to the cache since the start: `hit`, `miss`.";
    cache_evicted: Gauge "trailplane.cache.evicted" "{block}"
        []
        "Blocks since the start that had to go for others.";
    cache_dropped: Gauge "trailplane.cache.dropped" "{page}"
        []
        "What was read since the start and not kept, because too much was waiting to be written.";
    cache_failed: Gauge "trailplane.cache.failed" "{cache}"
        []
        "1 after the cache has stopped working: it is empty until the next start.";
    spans_lost: Gauge "trailplane.telemetry.spans.lost" "{span}"
        []
        "Spans since the start that the collector did not take. Absent without a collector.";
    sessions_refused: Gauge "trailplane.sessions.refused" "{account}"
        ["error.type"]
        "Accounts whose role could not be assumed lately, and why: what is remembered for a minute to five.";
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

impl Definition {
    /// The name on the page for Prometheus: `_` for `.`, the unit where it is one that is measured, `_total` for what only goes up.
    pub fn prometheus_name(&self) -> String {
        let mut name = self.name.replace('.', "_");
        name.push_str(match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" => "_ratio",
            "{call}/s" => "_per_second",
            _ => "",
        });
        if self.kind == Kind::Counter {
            name.push_str("_total");
        }
        name
    }
}

impl Kind {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::UpDown => "up and down",
            Self::Gauge | Self::Ratio => "gauge",
            Self::Histogram => "histogram",
        }
    }
}
