//! What a collector is told, and what serving costs when it is away: the real program, and a collector on a socket.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::{
            ExportLogsServiceRequest, ExportLogsServiceResponse,
            logs_service_server::{LogsService, LogsServiceServer},
        },
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use serde_json::Value as Json;
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use trailplane::api::proto::{LookupEventsRequest, TailEventsRequest, TargetSelector};

use crate::support::{
    process::http_get,
    trailplane::{ANSWER_WITHIN, Start, Trailplane},
};

const ACCOUNT: &str = "100000000012";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// What has arrived.
#[derive(Clone, Default)]
struct Received {
    spans: Arc<Mutex<Vec<Span>>>,
    metrics: Arc<Mutex<BTreeSet<String>>>,
    records: Arc<Mutex<Vec<String>>>,
}

#[tonic::async_trait]
impl LogsService for Received {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let resources = request.into_inner().resource_logs.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_logs);
        let bodies = scopes.flat_map(|scope| scope.log_records).map(|record| {
            match record.body.unwrap().value.unwrap() {
                Value::StringValue(line) => line,
                other => panic!("{other:?}"),
            }
        });
        self.records.lock().unwrap().extend(bodies);
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl TraceService for Received {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        let mut spans = self.spans.lock().unwrap();
        spans.extend(scopes.flat_map(|scope| scope.spans));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Received {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let resources = request.into_inner().resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let names = scopes
            .flat_map(|scope| scope.metrics)
            .map(|metric| metric.name);
        self.metrics.lock().unwrap().extend(names);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// A collector that takes everything.
struct Collector {
    endpoint: String,
    received: Received,
    serving: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let received = Received::default();
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(received.clone()))
            .add_service(MetricsServiceServer::new(received.clone()))
            .add_service(LogsServiceServer::new(received.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        Self {
            endpoint,
            received,
            serving: tokio::spawn(async move { server.await.unwrap() }),
        }
    }

    /// The spans of the trace, once one of these names is there: the outermost is sent last.
    async fn spans(&self, name: &str) -> Vec<Span> {
        let end = Instant::now() + ANSWER_WITHIN;
        loop {
            let spans = self.received.spans.lock().unwrap().clone();
            if spans.iter().any(|span| span.name == name) {
                return spans;
            }
            assert!(Instant::now() < end, "no {name}: {spans:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn serving(endpoint: &str) -> Start {
    Start::sandbox()
        .env("TRAILPLANE_TELEMETRY__OTLP_ENDPOINT", endpoint)
        .env("TRAILPLANE_LOG__FORMAT", "json")
}

async fn look_up(service: &Trailplane, traceparent: Option<String>) {
    let mut request = Request::new(LookupEventsRequest {
        targets: Some(TargetSelector {
            account_ids: vec![ACCOUNT.to_owned()],
            ..TargetSelector::default()
        }),
        ..LookupEventsRequest::default()
    });
    if let Some(parent) = traceparent {
        request
            .metadata_mut()
            .insert("traceparent", parent.parse().unwrap());
    }
    service.events().await.lookup_events(request).await.unwrap();
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(span: &Span) -> BTreeMap<&str, &str> {
    let text = |pair: &KeyValue| match pair.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        _ => None,
    };
    let known = span.attributes.iter();
    known
        .filter_map(|pair| {
            let text: &'static str = text(pair)?.leak();
            Some((pair.key.as_str(), text))
        })
        .collect()
}

const RPC: &str = "trailplane.v1.EventService/LookupEvents";

#[tokio::test]
async fn a_request_is_traced_from_its_caller_to_each_attempt() {
    let collector = Collector::start().await;
    // None of its own: only what its caller wants traced.
    let service = serving(&collector.endpoint)
        .env("TRAILPLANE_TELEMETRY__TRACE_SAMPLE_RATIO", "0")
        .ready()
        .await;
    look_up(&service, None).await;
    look_up(&service, Some(format!("00-{TRACE}-{PARENT}-00"))).await;
    look_up(&service, Some(format!("00-{TRACE}-{PARENT}-01"))).await;
    let spans = collector.spans(RPC).await;
    assert!(
        spans.iter().all(|span| hex(&span.trace_id) == TRACE),
        "{spans:?}"
    );

    let named =
        |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    let rpcs = named(RPC);
    let [rpc] = rpcs[..] else {
        panic!("one request was to be traced: {spans:?}");
    };
    assert_eq!(hex(&rpc.parent_span_id), PARENT);
    assert_eq!(rpc.kind(), SpanKind::Server);
    let said = attributes(rpc);
    assert_eq!((said["rpc.system.name"], said["rpc.method"]), ("grpc", RPC));
    assert_eq!(said["rpc.response.status_code"], "OK");
    assert_eq!(said["trailplane.caller"], "anonymous@127.0.0.1");

    let cells = named("cell");
    assert_eq!(cells.len(), 4, "one account in four Regions: {spans:?}");
    assert!(cells.iter().all(|cell| cell.parent_span_id == rpc.span_id));
    for attempt in named("CloudTrail/LookupEvents") {
        let cell = cells
            .iter()
            .find(|cell| cell.span_id == attempt.parent_span_id);
        let (said, of_cell) = (attributes(attempt), attributes(cell.expect("a cell")));
        for name in ["cloud.account.id", "cloud.region"] {
            assert_eq!(said[name], of_cell[name]);
        }
        assert_eq!(attempt.kind(), SpanKind::Client);
        // The wait for its token is over when it leaves.
        let mut waits = named("wait for budget").into_iter();
        assert!(waits.any(|wait| {
            wait.parent_span_id == attempt.parent_span_id
                && wait.end_time_unix_nano <= attempt.start_time_unix_nano + 1_000_000
        }));
    }
    assert!(named("CloudTrail/LookupEvents").len() >= 4);

    let lines = service.process.output();
    let traced = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let ids: Vec<Json> = traced
        .filter(|line| line["message"] == "rpc")
        .map(|mut line| line["span"]["trace_id"].take())
        .collect();
    assert_eq!(ids, [Json::Null, Json::Null, Json::from(TRACE)]);
}

#[tokio::test]
async fn metrics_are_pushed_if_that_is_wanted() {
    let collector = Collector::start().await;
    let service = serving(&collector.endpoint)
        .env("TRAILPLANE_TELEMETRY__PUSH_METRICS", "true")
        .env("TRAILPLANE_TELEMETRY__METRICS_INTERVAL", "1s")
        .ready()
        .await;
    look_up(&service, None).await;
    let end = Instant::now() + ANSWER_WITHIN;
    // One that is counted as it happens, and one that is looked at when somebody asks.
    let wanted = ["rpc.server.call.duration", "trailplane.fleet.accounts"];
    loop {
        let names = collector.received.metrics.lock().unwrap().clone();
        if wanted.iter().all(|name| names.contains(*name)) {
            break;
        }
        assert!(Instant::now() < end, "{names:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn copies_of_the_audit_are_its_lines_as_they_stand_there() {
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.jsonl");
    let mut service = serving(&collector.endpoint)
        .env("TRAILPLANE_AUDIT__FILE", file.to_str().unwrap())
        .env("TRAILPLANE_AUDIT__OTLP", "true")
        .ready()
        .await;
    look_up(&service, None).await;
    service.process.signal("TERM");
    service.process.wait(Duration::from_secs(20)).await;
    let written = std::fs::read_to_string(&file).unwrap();
    let written: Vec<&str> = written.lines().collect();
    assert!(
        written.iter().any(|line| line.contains("LookupEvents")),
        "{written:?}"
    );
    assert_eq!(*collector.received.records.lock().unwrap(), written);
}

/// The lines of `/metrics` once `ready` holds of them.
async fn metrics_once(service: &Trailplane, ready: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + ANSWER_WITHIN;
    loop {
        let (status, text) = http_get(&service.admin, "/metrics").await.unwrap();
        assert_eq!(status, 200);
        if ready(&text) {
            return text;
        }
        assert!(Instant::now() < end, "{text}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// What gauges say while a tail is open and after one account has refused: by numbers that do not grow with accounts.
#[tokio::test]
async fn what_the_parts_stand_at_is_among_the_metrics() {
    let service = Start::sandbox().ready().await;
    let mut events = service.events().await;
    let everything = LookupEventsRequest::default();
    events.lookup_events(everything.clone()).await.unwrap();
    events.lookup_events(everything).await.unwrap();
    let mut tail = events
        .tail_events(TailEventsRequest::default())
        .await
        .unwrap()
        .into_inner();
    tail.message().await.unwrap().unwrap();

    let behind = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with("trailplane_tail_behind_seconds "))?;
        line.rsplit(' ').next()?.parse::<u64>().ok()
    };
    let text = metrics_once(&service, |text| behind(text).is_some_and(|s| s > 0)).await;
    for line in [
        "trailplane_budget_store_state{trailplane_store_state=\"embedded\"} 1\n",
        "trailplane_budget_store_state{trailplane_store_state=\"unreachable\"} 0\n",
        "trailplane_lookup_underway{trailplane_answer_kind=\"page\"} 0\n",
        "trailplane_lookup_underway{trailplane_answer_kind=\"tail\"} 1\n",
        // The one account of the built-in organization that does not have the role.
        "trailplane_sessions_refused{error_type=\"role_not_assumable\"} 1\n",
        "trailplane_cache_failed 0\n",
        "trailplane_aws_calls_in_flight{trailplane_place=\"people\"} ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("trailplane_cache_capacity_bytes 0\n"));
    assert!(!text.contains("trailplane_cache_reads{trailplane_cache_result=\"miss\"} 0\n"));

    drop(tail);
    let over = "trailplane_lookup_underway{trailplane_answer_kind=\"tail\"} 0\n";
    let text = metrics_once(&service, |text| text.contains(over)).await;
    assert_eq!(behind(&text), Some(0), "without a tail nobody is behind");
}

/// A collector that is away, and one that takes connections and never answers. The second is as long as it is held.
async fn collectors_that_take_nothing() -> ([String; 2], TcpListener) {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let away = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = format!("http://{}", mute.local_addr().unwrap());
    ([away, hanging], mute)
}

/// A process that has traces, metrics and copies of the audit to send.
async fn with_much_to_send(start: Start) -> Trailplane {
    let service = start
        .env("TRAILPLANE_TELEMETRY__TRACE_SAMPLE_RATIO", "1")
        .env("TRAILPLANE_TELEMETRY__PUSH_METRICS", "true")
        .env("TRAILPLANE_TELEMETRY__OTLP_TIMEOUT", "60s")
        .env("TRAILPLANE_AUDIT__STDOUT", "true")
        .env("TRAILPLANE_AUDIT__OTLP", "true")
        .ready()
        .await;
    for _ in 0..20 {
        look_up(&service, None).await;
    }
    service
}

/// The collector is given two seconds, for all three together; one after the other they would take nine.
const ENDS_WITHIN: Duration = Duration::from_secs(6);

#[tokio::test]
async fn without_a_collector_serving_goes_on_and_ends_in_time() {
    let (endpoints, _mute) = collectors_that_take_nothing().await;
    for endpoint in endpoints {
        let mut service = with_much_to_send(serving(&endpoint)).await;
        service.process.signal("TERM");
        let status = service.process.wait(ENDS_WITHIN).await;
        assert_eq!(status.code(), Some(0), "{endpoint}");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_a_collector() {
    let (endpoints, _mute) = collectors_that_take_nothing().await;
    for endpoint in endpoints {
        // Nothing but the signal ends this drain.
        let start = serving(&endpoint)
            .env("TRAILPLANE_DRAIN__DELAY", "1h")
            .env("TRAILPLANE_DRAIN__GRACE", "1h")
            .env("TRAILPLANE_DRAIN__HARD_STOP", "1h");
        let mut service = with_much_to_send(start).await;
        service.process.signal("TERM");
        let draining = |output: &str| output.contains("\"draining\"").then_some(());
        service.process.wait_for("the drain", draining).await;
        let told = Instant::now();
        service.process.signal("TERM");
        let status = service.process.wait(ENDS_WITHIN).await;
        assert_eq!(status.code(), Some(1), "{endpoint}");
        eprintln!("gone {:?} after the second signal", told.elapsed());
    }
}
