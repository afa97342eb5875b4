//! Nobody's request goes further who has to prove a name and has not: refused before anything is spent. Health and
//! reflection are open to whoever may connect.

use std::{
    convert::Infallible,
    future::ready,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Answer, caller::verified, row};
use crate::api::status::{Failure, Reason};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct AuthenticateLayer {
    required: bool,
}

impl AuthenticateLayer {
    /// Whether callers must have a name that was verified.
    pub fn new(required: bool) -> Self {
        Self { required }
    }
}

impl<S> Layer<S> for AuthenticateLayer {
    type Service = Authenticate<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate {
            inner,
            required: self.required,
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Authenticate<S> {
    inner: S,
    required: bool,
}

impl<S> Service<Request<Body>> for Authenticate<S>
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
        let open = !self.required || row(&request).is_none();
        if open || verified(request.extensions()).is_some() {
            Box::pin(self.inner.call(request))
        } else {
            Box::pin(ready(Ok(nameless().into_http())))
        }
    }
}

fn nameless() -> Status {
    Failure::new(
        Reason::CredentialsMissing,
        "this server must know who calls: connect with a client certificate",
    )
    .into_status()
}
