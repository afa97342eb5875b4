//! One log line and one report for every RPC, however it ends: answered, streamed to its end, or dropped by a
//! caller who left. What is made of the reports is up to whoever listens.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tonic::{Code, Status, body::Body};
use tower::{Layer, Service};

use super::{
    Answer,
    caller::{Decision, of_connection},
    row,
};
use crate::{
    access::Identity,
    api::{
        rpcs::Rpc,
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
    /// It ended. Called exactly once for each `started`.
    fn ended(&self, end: &RpcEnd);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deaf;

impl RpcObserver for Deaf {
    fn started(&self, _: &'static Rpc) {}
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
        let decision = Decision::default();
        request.extensions_mut().insert(decision.clone());
        let mut watch = Watch {
            rpc,
            connected: of_connection(request.extensions()),
            decision,
            start: Instant::now(),
            code: None,
            observer: self.observer.clone(),
        };
        let work = self.inner.call(request);
        Box::pin(async move {
            let response = work.await?;
            // An error without a body has its status among the headers.
            watch.see(response.headers());
            Ok(response.map(|inner| Body::new(Watched { inner, watch })))
        })
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
}

impl Watch {
    fn see(&mut self, headers: &HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.code = Some(status.code());
        }
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

struct Watched {
    inner: Body,
    watch: Watch,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.watch.see(trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => self.watch.code = Some(status.code()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
