//! How fast one client may send requests: tower-governor, keyed by the client, answering as gRPC does.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use ::governor::{clock::QuantaInstant, middleware::NoOpMiddleware};
use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};
use tower_governor::{
    GovernorError, GovernorLayer,
    governor::{Governor, GovernorConfig, GovernorConfigBuilder},
    key_extractor::KeyExtractor,
};

use super::{
    Answer,
    caller::{client_address, identity},
    row,
};
use crate::{
    access::Method,
    api::status::{Failure, Reason, internal},
};

/// What one client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimit {
    /// Requests a second.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

impl ClientLimit {
    /// The time in which one request's worth of allowance comes back, which is also the longest that a refused
    /// client has to wait.
    fn period(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }
}

/// Tells clients apart by the name that was verified, wherever they come from; without one by their address. Where a
/// transport has none, all share one allowance.
#[derive(Debug, Clone, Copy)]
pub struct ClientKey;

/// See [`ClientKey`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    /// One who proved the name.
    Verified(Arc<str>),
    /// Whoever is at this address.
    At(Option<IpAddr>),
}

impl KeyExtractor for ClientKey {
    type Key = Client;

    fn extract<T>(&self, request: &Request<T>) -> Result<Client, GovernorError> {
        let extensions = request.extensions();
        let identity = identity(extensions);
        Ok(match identity.method() {
            Method::Anonymous => Client::At(client_address(extensions)),
            Method::Certificate | Method::Token => Client::Verified(identity.name().clone()),
        })
    }
}

type Config = GovernorConfig<ClientKey, NoOpMiddleware<QuantaInstant>>;

/// See the module.
#[derive(Clone)]
pub struct InboundLayer {
    config: Arc<Config>,
    limit: ClientLimit,
}

impl InboundLayer {
    /// With this limit for each client; numbers below 1 count as 1.
    pub fn new(limit: ClientLimit) -> Option<Self> {
        let config = GovernorConfigBuilder::default()
            .period(limit.period())
            .burst_size(limit.burst.max(1))
            .key_extractor(ClientKey)
            .finish()?;
        Some(Self {
            config: Arc::new(config),
            limit,
        })
    }

    /// Forgets clients that have their whole allowance again. To be called now and then, so that memory follows
    /// the clients there are and not those there have been.
    pub fn forget_idle(&self) {
        self.config.limiter().retain_recent();
        self.config.limiter().shrink_to_fit();
    }
}

impl<S: Clone> Layer<S> for InboundLayer {
    type Service = Inbound<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let limit = self.limit;
        let governor = GovernorLayer::new(self.config.clone())
            .error_handler(move |error| refusal(limit, error));
        Inbound {
            limited: governor.layer(inner.clone()),
            free: inner,
        }
    }
}

/// See the module.
#[derive(Clone)]
pub struct Inbound<S> {
    limited: Governor<ClientKey, NoOpMiddleware<QuantaInstant>, S, Body>,
    free: S,
}

impl<S> Service<Request<Body>> for Inbound<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both lead to the same routes, so both must be ready.
        match self.free.poll_ready(cx) {
            Poll::Ready(Ok(())) => self.limited.poll_ready(cx),
            other => other,
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if row(&request).is_some() {
            Box::pin(self.limited.call(request))
        } else {
            Box::pin(self.free.call(request))
        }
    }
}

fn refusal(limit: ClientLimit, error: GovernorError) -> Response<Body> {
    let status = match error {
        GovernorError::TooManyRequests { .. } => Failure::new(
            Reason::RateLimited,
            format!(
                "this client sends more than {} requests a second",
                limit.per_second
            ),
        )
        .quota("client", format!("{} requests a second", limit.per_second))
        .retry_after(limit.period())
        .into_status(),
        GovernorError::UnableToExtractKey | GovernorError::Other { .. } => {
            internal("a client could not be told apart from others")
        }
    };
    status.into_http()
}
