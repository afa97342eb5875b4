//! Answers the RPCs of the contract that are not built yet, so that no service needs code for them.

use std::{
    convert::Infallible,
    future::ready,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};

use super::{Answer, row};
use crate::api::{rpcs::Built, status::not_implemented_yet};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct UnbuiltLayer;

impl<S> Layer<S> for UnbuiltLayer {
    type Service = Unbuilt<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Unbuilt { inner }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Unbuilt<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Unbuilt<S>
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
        match row(&request) {
            Some(rpc) if rpc.built == Built::NotYet => {
                Box::pin(ready(Ok(not_implemented_yet(rpc.full_name()).into_http())))
            }
            _ => Box::pin(self.inner.call(request)),
        }
    }
}
