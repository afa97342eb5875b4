//! One log line and one report for every RPC, however it ends: answered, streamed to its end, or dropped by a
//! caller who left. What is made of the reports is up to whoever listens.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use tokio::time::Instant;
use tonic::{Code, body::Body};
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use super::{
    Answer,
    caller::{Decision, of_connection},
    ending::{Ending, watched},
    row,
};
use crate::{
    access::Identity,
    api::{
        rpcs::Rpc,
        status::code_name,
        transport::{ConnectionObserver, Refusal},
    },
};

/// How an RPC ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcEnd {
    /// Which RPC.
    pub rpc: &'static Rpc,
    /// Its code; CANCELLED if the caller left before the end.
    pub code: Code,
    /// From its first byte to its end.
    pub elapsed: Duration,
    /// Who called, as far as it was proved.
    pub caller: Identity,
}

/// Hears of every RPC, on the request's own path: it must not block.
pub trait RpcObserver: Send + Sync + 'static {
    /// A request came in.
    fn started(&self, rpc: &'static Rpc);
    /// Under what the request is traced; none if it is not.
    fn span(&self, rpc: &'static Rpc, headers: &HeaderMap) -> Span;
    /// It ended. Called exactly once for each `started`.
    fn ended(&self, end: &RpcEnd);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl RpcObserver for Deaf {
    fn started(&self, _: &'static Rpc) {}
    fn span(&self, _: &'static Rpc, _: &HeaderMap) -> Span {
        Span::none()
    }
    fn ended(&self, _: &RpcEnd) {}
}

impl ConnectionObserver for Deaf {
    fn opened(&self) {}
    fn closed(&self) {}
    fn refused(&self, _: Refusal) {}
}

/// See the module.
#[derive(Clone)]
pub struct ObserveLayer {
    observer: Arc<dyn RpcObserver>,
}

impl ObserveLayer {
    /// Reports to this observer.
    pub fn new(observer: Arc<dyn RpcObserver>) -> Self {
        Self { observer }
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe {
            inner,
            observer: self.observer.clone(),
        }
    }
}

/// See the module.
#[derive(Clone)]
pub struct Observe<S> {
    inner: S,
    observer: Arc<dyn RpcObserver>,
}

impl<S> Service<Request<Body>> for Observe<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some(rpc) = row(&request) else {
            return Box::pin(self.inner.call(request));
        };
        self.observer.started(rpc);
        let span = self.observer.span(rpc, request.headers());
        let decision = Decision::default();
        request.extensions_mut().insert(decision.clone());
        let watch = Watch {
            rpc,
            connected: of_connection(request.extensions()),
            decision,
            start: Instant::now(),
            code: None,
            observer: self.observer.clone(),
            span: span.clone(),
        };
        let work = span.in_scope(|| self.inner.call(request));
        let answer = async move { Ok(watched(work.await?, watch)) };
        Box::pin(answer.instrument(span))
    }
}

/// Reports once, when dropped: that is the one thing that always happens.
struct Watch {
    rpc: &'static Rpc,
    /// Who calls if nothing is decided: the call was refused before, so this is all that is known.
    connected: Identity,
    decision: Decision,
    start: Instant,
    code: Option<Code>,
    observer: Arc<dyn RpcObserver>,
    span: Span,
}

impl Ending for Watch {
    fn code(&mut self, code: Code) {
        self.code = Some(code);
    }

    fn span(&self) -> Span {
        self.span.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let end = RpcEnd {
            rpc: self.rpc,
            code: self.code.unwrap_or(Code::Cancelled),
            elapsed: self.start.elapsed(),
            caller: self.decision.get().unwrap_or(&self.connected).clone(),
        };
        let _in = self.span.enter();
        self.span
            .record("rpc.response.status_code", code_name(end.code));
        self.span.record("trailplane.caller", &**end.caller.name());
        if is_ours(end.code) {
            self.span.record("otel.status_code", "ERROR");
        }
        tracing::info!(
            rpc = end.rpc.full_name(),
            code = ?end.code,
            elapsed_ms = u64::try_from(end.elapsed.as_millis()).unwrap_or(u64::MAX),
            caller = &**end.caller.name(),
            "rpc"
        );
        self.observer.ended(&end);
    }
}

/// Whether a code tells of a failure of the server, by OpenTelemetry's conventions for servers.
fn is_ours(code: Code) -> bool {
    match code {
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unauthenticated => false,
    }
}
