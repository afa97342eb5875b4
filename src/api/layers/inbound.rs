//! How fast one client may send requests, of each kind: tower-governor, keyed by the client, answering as gRPC does.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use ::governor::{clock::QuantaInstant, middleware::NoOpMiddleware};
use http::{Extensions, Request, Response};
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
    api::{
        rpcs::Load,
        status::{Failure, Reason, internal},
    },
};

/// What one client may send of one kind.
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

/// What one client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    /// Requests with one answer.
    pub pages: ClientLimit,
    /// Streams that are opened.
    pub streams: ClientLimit,
    /// Changes.
    pub changes: ClientLimit,
}

impl ClientLimits {
    fn of(&self, load: Load) -> ClientLimit {
        match load {
            Load::Page => self.pages,
            Load::Stream => self.streams,
            Load::Change => self.changes,
        }
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

impl Client {
    /// Whose request this is.
    pub fn of(extensions: &Extensions) -> Self {
        let identity = identity(extensions);
        match identity.method() {
            Method::Anonymous => Self::At(client_address(extensions)),
            Method::Certificate | Method::Token => Self::Verified(identity.name().clone()),
        }
    }
}

impl KeyExtractor for ClientKey {
    type Key = Client;

    fn extract<T>(&self, request: &Request<T>) -> Result<Client, GovernorError> {
        Ok(Client::of(request.extensions()))
    }
}

type Config = GovernorConfig<ClientKey, NoOpMiddleware<QuantaInstant>>;

/// One kind of load, and who has had how much of it.
#[derive(Clone)]
struct Limiter {
    load: Load,
    limit: ClientLimit,
    config: Arc<Config>,
}

impl Limiter {
    /// Numbers below 1 count as 1.
    fn new(load: Load, limit: ClientLimit) -> Option<Self> {
        let config = GovernorConfigBuilder::default()
            .period(limit.period())
            .burst_size(limit.burst.max(1))
            .key_extractor(ClientKey)
            .finish()?;
        Some(Self {
            load,
            limit,
            config: Arc::new(config),
        })
    }

    fn around<S>(&self, inner: S) -> Limited<S> {
        let (load, limit) = (self.load, self.limit);
        GovernorLayer::new(Arc::clone(&self.config))
            .error_handler(move |error| refusal(load, limit, error))
            .layer(inner)
    }
}

/// See the module.
#[derive(Clone)]
pub struct InboundLayer {
    limiters: [Limiter; Load::ALL.len()],
}

impl InboundLayer {
    /// With these limits for each client.
    pub fn new(limits: ClientLimits) -> Option<Self> {
        let of = |load| Limiter::new(load, limits.of(load));
        Some(Self {
            limiters: [of(Load::Page)?, of(Load::Stream)?, of(Load::Change)?],
        })
    }

    /// Forgets clients that have their whole allowance again. To be called now and then, so that memory follows
    /// the clients there are and not those there have been.
    pub fn forget_idle(&self) {
        for limiter in &self.limiters {
            limiter.config.limiter().retain_recent();
            limiter.config.limiter().shrink_to_fit();
        }
    }
}

impl<S: Clone> Layer<S> for InboundLayer {
    type Service = Inbound<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let [pages, streams, changes] = &self.limiters;
        Inbound {
            pages: pages.around(inner.clone()),
            streams: streams.around(inner.clone()),
            changes: changes.around(inner.clone()),
            free: inner,
        }
    }
}

type Limited<S> = Governor<ClientKey, NoOpMiddleware<QuantaInstant>, S, Body>;

/// See the module.
#[derive(Clone)]
pub struct Inbound<S> {
    pages: Limited<S>,
    streams: Limited<S>,
    changes: Limited<S>,
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
        // All lead to the same routes, so all must be ready.
        for limited in [&mut self.pages, &mut self.streams, &mut self.changes] {
            if limited.poll_ready(cx).is_pending() {
                return Poll::Pending;
            }
        }
        self.free.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match row(&request).map(|rpc| rpc.class.load()) {
            Some(Load::Page) => Box::pin(self.pages.call(request)),
            Some(Load::Stream) => Box::pin(self.streams.call(request)),
            Some(Load::Change) => Box::pin(self.changes.call(request)),
            None => Box::pin(self.free.call(request)),
        }
    }
}

fn refusal(load: Load, limit: ClientLimit, error: GovernorError) -> Response<Body> {
    let status = match error {
        GovernorError::TooManyRequests { .. } => {
            let rate = format!("{} {} a second", limit.per_second, load.as_str());
            Failure::new(
                Reason::RateLimited,
                format!("this client sends more than {rate}"),
            )
            .quota("client", rate)
            .retry_after(limit.period())
            .into_status()
        }
        GovernorError::UnableToExtractKey | GovernorError::Other { .. } => {
            internal("a client could not be told apart from others")
        }
    };
    status.into_http()
}
