//! How long a request may take: the caller's own deadline up to the RPC's cap. Binds streams to their end, where
//! tonic's timeout binds only the response head, and answers DEADLINE_EXCEEDED, where tonic's answers CANCELLED.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Answer, caller::caller, row};
use crate::{
    api::{
        rpcs::Allowances,
        status::{Failure, draining},
    },
    budget::context::{CallerId, Interrupted, Lane, RequestContext},
    domain::Authority,
};

/// What the layer knows of a call; in the request's extensions for the services.
#[derive(Debug, Clone)]
pub struct Call {
    caller: CallerId,
    deadline: Instant,
    cancel: CancellationToken,
}

impl Call {
    /// The context that the use case carries to every wait.
    pub fn context(&self, lane: Lane, authority: Authority) -> RequestContext {
        RequestContext {
            caller: self.caller.clone(),
            lane,
            deadline: self.deadline,
            cancel: self.cancel.clone(),
            authority,
            span: tracing::Span::current(),
        }
    }
}

/// When a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    /// Waits end here.
    work: Instant,
    /// The answer is cut here.
    cut: Instant,
}

impl Ends {
    /// The caller's own timer ends its wait at `grpc-timeout`, whatever is under way: ours is earlier by up to 10 ms. The
    /// work ends a little before that, so that its own error still gets through.
    fn of(start: Instant, granted: Duration) -> Self {
        let cut = granted - (granted / 20).min(Duration::from_millis(10));
        let work = cut - (cut / 20).min(Duration::from_millis(50));
        Self {
            work: start + work,
            cut: start + cut,
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct DeadlineLayer {
    allowances: Allowances,
    drain: CancellationToken,
}

impl DeadlineLayer {
    /// With these allowances; `drain` ends every call with UNAVAILABLE when it fires.
    pub fn new(allowances: Allowances, drain: CancellationToken) -> Self {
        Self { allowances, drain }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline {
            inner,
            layer: self.clone(),
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Deadline<S> {
    inner: S,
    layer: DeadlineLayer,
}

impl<S> Service<Request<Body>> for Deadline<S>
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
        let allowance = rpc.allowance(&self.layer.allowances);
        let ends = Ends::of(Instant::now(), allowance.grant(asked(request.headers())));
        let cancel = self.layer.drain.child_token();
        let guard = cancel.clone().drop_guard();
        let call = Call {
            caller: caller(request.extensions()),
            deadline: ends.work,
            cancel,
        };
        request.extensions_mut().insert(call);
        let work = self.inner.call(request);
        let drain = self.layer.drain.clone();
        Box::pin(async move {
            let response = tokio::select! {
                biased;
                // A read that ends now may have been ended by the drain, and look whole: it is asked for again elsewhere.
                // What a write has done is told.
                () = drain.cancelled(), if rpc.class.only_reads() => return Ok(draining().into_http()),
                response = work => response?,
                () = drain.cancelled() => return Ok(draining().into_http()),
                () = sleep_until(ends.cut) => return Ok(late().into_http()),
            };
            Ok(response.map(|inner| {
                Body::new(Bound {
                    inner,
                    cut: Box::pin(sleep_until(ends.cut)),
                    drain: Box::pin(drain.cancelled_owned()),
                    ended: false,
                    _guard: guard,
                })
            }))
        })
    }
}

fn late() -> Status {
    Failure::from(Interrupted::DeadlineExceeded).into_status()
}

/// The caller's `grpc-timeout`: up to eight digits and a unit. One that cannot be read counts as none, as it does
/// in every gRPC library; the cap still holds.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// A body that ends by its deadline. Dropping it, which is what happens when the caller leaves, cancels the work.
struct Bound {
    inner: Body,
    cut: Pin<Box<Sleep>>,
    drain: Pin<Box<WaitForCancellationFutureOwned>>,
    ended: bool,
    _guard: DropGuard,
}

impl Bound {
    /// Ends the stream with this status, and lets go of what produced it.
    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.ended = true;
        self.inner = Body::empty();
        let mut trailers = HeaderMap::new();
        if let Err(unwritable) = status.add_header(&mut trailers) {
            tracing::error!(code = ?unwritable.code(), "a status could not be written as trailers");
        }
        Frame::trailers(trailers)
    }
}

impl HttpBody for Bound {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        // First, so that a stream which always has something ready ends too.
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Ok(self.end(&late()))));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) {
            self.ended = frame.is_none();
            return Poll::Ready(frame);
        }
        if self.drain.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Ok(self.end(&draining()))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            asked(&headers)
        };
        assert_eq!(read("100m"), Some(Duration::from_millis(100)));
        assert_eq!(read("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(read("99999999S"), Some(Duration::from_secs(99_999_999)));
        for wrong in ["", "m", "-1S", "1", "1x", "999999999S", "1.5S", "S1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn work_ends_before_the_answer_is_cut() {
        let start = Instant::now();
        for millis in [1, 10, 1000, 60_000] {
            let granted = Duration::from_millis(millis);
            let ends = Ends::of(start, granted);
            assert!(start < ends.work && ends.work < ends.cut && ends.cut < start + granted);
        }
        let ends = Ends::of(start, Duration::from_secs(60));
        assert_eq!(ends.cut - start, Duration::from_millis(59_990));
        assert_eq!(ends.work - start, Duration::from_millis(59_940));
    }
}
