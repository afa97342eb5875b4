//! A panic in a handler is that request's INTERNAL, not a connection's end.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    task::{Context, Poll},
};

use futures_util::FutureExt;
use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use super::Answer;
use crate::api::status::internal;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct PanicLayer;

impl<S> Layer<S> for PanicLayer {
    type Service = Caught<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Caught { inner }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Caught<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Caught<S>
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
        let path = request.uri().path().to_owned();
        // What the handler shares with others is behind locks that do not poison, or is rebuilt.
        let work = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            work.await.unwrap_or_else(|panic| {
                let what = format!("{path} panicked: {}", words(&*panic));
                Ok(internal(&what).into_http())
            })
        })
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}
