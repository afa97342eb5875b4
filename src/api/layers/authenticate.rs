//! Decides who calls, once, by what was proved: a token of an issuer that is known, else the connection's certificate.
//! Nobody's request goes further who has to prove a name and has not: refused before anything is spent.
//!
//! Health is open to whoever may connect, and reflection if that is configured.

mod decide;
mod refused;

use std::{
    convert::Infallible,
    future::ready,
    task::{Context, Poll},
};

use http::{Extensions, Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service, ServiceExt};

use super::{Answer, caller, row};
use crate::{access::Method, issuers::Issuers};

use decide::{Shown, shown};

/// The services of reflection, of whatever version.
const REFLECTION: &str = "/grpc.reflection.";

/// Whom reflection answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reflection {
    /// Whoever may connect.
    Public,
    /// Who proves a name, where callers must.
    Authenticated,
    /// Nobody.
    Off,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct AuthenticateLayer {
    required: bool,
    reflection: Reflection,
    issuers: Issuers,
}

impl AuthenticateLayer {
    /// Whether callers must have a name that was verified, whom reflection answers, and whose tokens are believed.
    pub fn new(required: bool, reflection: Reflection, issuers: Issuers) -> Self {
        Self {
            required,
            reflection,
            issuers,
        }
    }

    /// Whether a name must have been verified for a request to go on.
    fn guards<B>(&self, request: &Request<B>) -> bool {
        let reflected = request.uri().path().starts_with(REFLECTION);
        row(request).is_some() || (reflected && self.reflection != Reflection::Public)
    }
}

impl<S> Layer<S> for AuthenticateLayer {
    type Service = Authenticate<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate {
            inner,
            layer: self.clone(),
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Authenticate<S> {
    inner: S,
    layer: AuthenticateLayer,
}

impl<S> Service<Request<Body>> for Authenticate<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if !self.layer.guards(&request) {
            return Box::pin(self.inner.call(request));
        }
        match shown(request.headers(), !self.layer.issuers.is_empty()) {
            Shown::Nothing => match self.layer.by_connection(request.extensions_mut()) {
                Ok(()) => Box::pin(self.inner.call(request)),
                Err(refused) => Box::pin(ready(Ok(refused.into_http()))),
            },
            Shown::Unclear(why) => Box::pin(ready(Ok(refused::unclear(why).into_http()))),
            Shown::Token(token) => {
                let (issuers, inner) = (self.layer.issuers.clone(), self.inner.clone());
                Box::pin(async move {
                    match issuers.verify(&token).await {
                        Ok(bearer) => caller::decide(request.extensions_mut(), bearer),
                        Err(why) => return Ok(refused::unverified(why).into_http()),
                    }
                    inner.oneshot(request).await
                })
            }
        }
    }
}

impl AuthenticateLayer {
    /// Without a token the caller is who the connection says, if that suffices.
    fn by_connection(&self, extensions: &mut Extensions) -> Result<(), Status> {
        let identity = caller::of_connection(extensions);
        if self.required && identity.method() == Method::Anonymous {
            return Err(refused::nameless(!self.issuers.is_empty()));
        }
        caller::decide(extensions, identity);
        Ok(())
    }
}
