//! Traces: spans of the rooms, made by `tracing`, sent to a collector by OTLP over gRPC. Off unless a collector is
//! configured: then no span is made at all.
//!
//! What is not taken in time is dropped: a collector that is away or slow costs a bounded queue, and nothing else.

mod patient;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider},
};
use tracing::{Metadata, Span, field::Empty};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::{TelemetryError, collector};
use patient::Patient;

/// The target of all spans: by it they are told from what is only logged.
pub const TARGET: &str = "trailplane::trace";

/// Spans that wait to be sent. Some hundred bytes each; more are dropped.
const MOST_WAITING: usize = 8_192;
/// Spans in one export.
const BATCH: usize = 512;
/// How long spans wait for others to be sent with.
const EVERY: Duration = Duration::from_secs(2);

/// Where traces go.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSettings {
    /// The collector: `http://host:4317`.
    pub endpoint: String,
    /// How long one export may take.
    pub timeout: Duration,
    /// Which part of the traces that begin here is kept, from 0 to 1.
    pub sample_ratio: f64,
}

/// The way to the collector. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Traces {
    provider: SdkTracerProvider,
    lost: Arc<AtomicU64>,
}

impl Traces {
    /// Needs a Tokio runtime, which keeps the connection. Connects when there is something to send.
    ///
    /// # Errors
    /// The endpoint cannot be one.
    pub fn new(settings: &TraceSettings) -> Result<Self, TelemetryError> {
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&settings.endpoint)
            .with_timeout(settings.timeout)
            .build()
            .map_err(|error| TelemetryError::Exporter(error.into()))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(EVERY)
            .build();
        let lost = Arc::<AtomicU64>::default();
        let patient = Patient::new(exporter, Arc::clone(&lost));
        let processor = BatchSpanProcessor::builder(patient)
            .with_batch_config(batches)
            .build();
        let ratio = Sampler::TraceIdRatioBased(settings.sample_ratio);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::ParentBased(Box::new(ratio)))
            .with_resource(resource())
            .build();
        collector::keep(&provider);
        Ok(Self { provider, lost })
    }

    /// The layer by which spans become traces.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer: OpenTelemetryLayer<S, SdkTracer> =
            tracing_opentelemetry::layer().with_tracer(self.provider.tracer("trailplane"));
        layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_ours))
    }

    /// The span of one RPC: part of its caller's trace, if the request's headers name one.
    pub fn rpc(&self, method: &'static str, headers: &http::HeaderMap) -> Span {
        let span = tracing::info_span!(
            target: TARGET,
            parent: None,
            "rpc",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
            trailplane.caller = Empty,
            trace_id = Empty,
        );
        let caller = TraceContextPropagator::new().extract(&w3c(headers));
        // Refused only where the span is off, or has begun.
        let _ = span.set_parent(caller);
        let context = span.context();
        let named = context.span().span_context().clone();
        if named.is_sampled() {
            span.record("trace_id", tracing::field::display(named.trace_id()));
        }
        span
    }

    /// Spans since the start that the collector did not take. Those that found the queue full are not among them.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Sends what waits, and ends. Takes so long at most.
    pub async fn finish(self, within: Duration) {
        let shutdown = move || self.provider.shutdown_with_timeout(within);
        collector::finish("traces", within, shutdown).await;
    }
}

fn is_ours(data: &Metadata<'_>) -> bool {
    data.is_span() && data.target() == TARGET
}

/// What all that is sent comes from.
pub(super) fn resource() -> Resource {
    Resource::builder_empty()
        .with_attribute(KeyValue::new("service.name", "trailplane"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The headers of W3C's trace context.
fn w3c(headers: &http::HeaderMap) -> HashMap<String, String> {
    let named = ["traceparent", "tracestate"].into_iter();
    named
        .filter_map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}
