//! How many requests are open at a time, over all connections. An open stream counts until its body ends, which
//! tower's own concurrency limit does not do.

use std::{
    convert::Infallible,
    future::ready,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Answer, row};
use crate::api::status::{Failure, Reason};

/// When to come back: most requests take less than a second.
const COME_BACK: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Clone)]
pub struct InflightLayer {
    slots: Arc<Semaphore>,
    limit: usize,
}

impl InflightLayer {
    /// At most this many at a time.
    pub fn new(limit: usize) -> Self {
        let limit = limit.min(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(limit)),
            limit,
        }
    }
}

impl<S> Layer<S> for InflightLayer {
    type Service = Inflight<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Inflight {
            inner,
            slots: self.slots.clone(),
            limit: self.limit,
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Inflight<S> {
    inner: S,
    slots: Arc<Semaphore>,
    limit: usize,
}

impl<S> Service<Request<Body>> for Inflight<S>
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

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if row(&request).is_none() {
            return Box::pin(self.inner.call(request));
        }
        let Ok(permit) = self.slots.clone().try_acquire_owned() else {
            return Box::pin(ready(Ok(full(self.limit).into_http())));
        };
        let work = self.inner.call(request);
        Box::pin(async move {
            let response = work.await?;
            Ok(response.map(|inner| {
                Body::new(Held {
                    inner,
                    _permit: permit,
                })
            }))
        })
    }
}

fn full(limit: usize) -> Status {
    Failure::new(
        Reason::TooManyInFlight,
        format!("{limit} requests are open, which is the limit of this server"),
    )
    .quota("server", format!("{limit} open requests"))
    .retry_after(COME_BACK)
    .into_status()
}

/// A body that holds a place until it is dropped.
struct Held {
    inner: Body,
    _permit: OwnedSemaphorePermit,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
