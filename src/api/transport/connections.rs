//! Takes connections in, and ends each in its time. A connection comes in by speaking HTTP/2 in good time; it is
//! asked to go at its age (GOAWAY: no new requests, those that run go on), and cut when its grace is over.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use futures_util::future;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::TcpStream,
    pin,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{rustls, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken};
use tonic::{Status, body::Body};
use tower::{Service, ServiceExt, util::Oneshot};

use super::{
    ConnectionObserver, Listener, Peer, Refusal,
    entering::{Entering, Place},
    preface::Prefaced,
    tls::{self, Tls},
};
use crate::{
    access::{Identity, certificate::Holder},
    api::status::{Failure, Reason},
    domain::WallClock,
};

/// What is wrong if a connection cannot be accepted is, mostly, that the process is out of files: trying again at once
/// would spin.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Requests that were under way when a connection was asked to go are taken for so long; what comes later is from a client
/// that does not heed it.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// How many connections there may be, and how long.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Bounds {
    /// Connections that are coming in, at a time.
    pub(in crate::api) coming_in: usize,
    /// How long that may take one.
    pub(in crate::api) come_in_within: Duration,
    /// Connections that have come in, at a time.
    pub(in crate::api) connections: usize,
    /// When a connection is asked to go, give or take a tenth.
    pub(in crate::api) age: Duration,
    /// After that, when it is cut.
    pub(in crate::api) age_grace: Duration,
}

/// See the module.
pub(in crate::api) struct Connections {
    shared: Arc<Shared>,
    entering: Arc<Entering>,
    places: Arc<Semaphore>,
}

/// What every connection needs.
struct Shared {
    clock: WallClock,
    http2: http2::Builder<TokioExecutor>,
    bounds: Bounds,
    observer: Arc<dyn ConnectionObserver>,
    shutdown: CancellationToken,
}

impl Connections {
    /// Until `shutdown` fires, which asks every connection to go.
    pub(in crate::api) fn new(
        http2: http2::Builder<TokioExecutor>,
        bounds: Bounds,
        observer: Arc<dyn ConnectionObserver>,
        clock: WallClock,
        shutdown: CancellationToken,
    ) -> Self {
        let places = bounds.connections.min(Semaphore::MAX_PERMITS);
        Self {
            shared: Arc::new(Shared {
                http2,
                bounds,
                observer,
                clock,
                shutdown,
            }),
            entering: Entering::new(bounds.coming_in),
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Serves every connection with a clone of `service`. Ends when the last connection has, after the shutdown;
    /// dropping it cuts them all.
    pub(in crate::api) async fn serve<S>(self, mut listener: Listener, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let mut connections = JoinSet::new();
        let tls = listener.tls().cloned();
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.shared.shutdown.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, address)) => {
                    let place = self.entering.enter();
                    let (shared, places) = (Arc::clone(&self.shared), Arc::clone(&self.places));
                    let (service, tls) = (service.clone(), tls.clone());
                    connections.spawn(async move {
                        match shared.come_in(socket, address, tls, place, places).await {
                            Ok(guest) => shared.serve(guest, service).await,
                            Err(why) => {
                                tracing::debug!(%address, why = why.as_str(), "a connection was refused");
                                shared.observer.refused(why);
                            }
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "gRPC: a connection could not be accepted");
                    sleep(AFTER_FAILURE).await;
                }
            }
        }
        // Closed at once: who comes now finds another replica instead of waiting here.
        drop(listener);
        while connections.join_next().await.is_some() {}
    }
}

/// Plaintext or TLS, past the first words of HTTP/2.
type Io = Prefaced<Either<TcpStream, Box<TlsStream<TcpStream>>>>;

/// A connection that has come in.
struct Guest {
    io: Io,
    peer: Peer,
    /// When it is asked to go.
    age: Duration,
    /// What is left of the certificate that let it in.
    left: Option<Duration>,
    _place: OwnedSemaphorePermit,
}

impl Shared {
    async fn come_in(
        &self,
        socket: TcpStream,
        address: SocketAddr,
        tls: Option<Tls>,
        place: Place,
        places: Arc<Semaphore>,
    ) -> Result<Guest, Refusal> {
        let greeting = timeout(self.bounds.come_in_within, greet(socket, address, tls));
        let (io, holder) = tokio::select! {
            biased;
            () = place.pushed_out() => return Err(Refusal::PushedOut),
            () = self.shutdown.cancelled() => return Err(Refusal::Gone),
            greeted = greeting => greeted.map_err(|_| Refusal::TooSlow)??,
        };
        // No longer than the certificate that let it in.
        let left = holder
            .as_ref()
            .map(|holder| holder.validity.not_after.since((self.clock)()));
        let age = jittered(self.bounds.age);
        let age = left.map_or(age, |left| age.min(left));
        Ok(Guest {
            io,
            peer: Peer::new(
                address.ip(),
                holder.map(|holder| Identity::certified(&holder.name)),
            ),
            age,
            left,
            // Only now, so that who never comes in takes no place of those who do.
            _place: places.try_acquire_owned().map_err(|_| Refusal::TooMany)?,
        })
    }

    async fn serve<S>(&self, guest: Guest, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let _open = Open::new(&self.observer);
        let Guest {
            io,
            peer,
            age,
            left,
            _place,
        } = guest;
        let open = age + UNDER_WAY;
        let of_peer = OfPeer {
            service,
            peer,
            until: Instant::now() + left.map_or(open, |left| open.min(left)),
        };
        let connection = self.http2.serve_connection(TokioIo::new(io), of_peer);
        pin!(connection);
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                // Whoever asked for the shutdown knows how long it may take.
                let _ = connection.await;
                return;
            }
            () = sleep(age) => connection.as_mut().graceful_shutdown(),
        }
        let grace = self.bounds.age_grace;
        let grace = left.map_or(grace, |left| grace.min(left.saturating_sub(age)));
        if timeout(grace, connection).await.is_err() {
            tracing::info!(
                "a connection was cut: requests still ran when grpc.max_connection_age_grace, or its certificate, was over"
            );
        }
    }
}

/// The TLS handshake, if there is one, and the first words of HTTP/2.
async fn greet(
    socket: TcpStream,
    address: SocketAddr,
    tls: Option<Tls>,
) -> Result<(Io, Option<Holder>), Refusal> {
    let (io, holder) = match tls {
        None => (Either::Left(socket), None),
        Some(tls) => {
            let accepted = tls.accept(socket).await;
            let stream = accepted.map_err(|error| failed_handshake(address, &error))?;
            let holder = tls::holder(&stream).map_err(|error| {
                tracing::warn!(%address, %error, "a client's certificate was verified, and does not tell whose it is");
                Refusal::Certificate
            })?;
            (Either::Right(Box::new(stream)), holder)
        }
    };
    match Prefaced::read(io).await {
        Ok(Some(io)) => Ok((io, holder)),
        Ok(None) => Err(Refusal::NotHttp2),
        Err(_) => Err(Refusal::Gone),
    }
}

/// Load balancers that look whether the port is open leave at once: only what TLS finds fault with is worth a line.
fn failed_handshake(address: SocketAddr, error: &io::Error) -> Refusal {
    let inner = error.get_ref();
    let Some(fault) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return Refusal::Gone;
    };
    tracing::info!(%address, error = %fault, "a TLS handshake failed");
    match fault {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Refusal::Certificate
        }
        _ => Refusal::Tls,
    }
}

/// The age, give or take a tenth, so that connections made together do not go together.
pub(super) fn jittered(age: Duration) -> Duration {
    age.mul_f64(rand::random_range(0.9..1.1))
}

/// Tells of a connection's end whichever way it comes.
struct Open<'a>(&'a Arc<dyn ConnectionObserver>);

impl<'a> Open<'a> {
    fn new(observer: &'a Arc<dyn ConnectionObserver>) -> Self {
        observer.opened();
        Self(observer)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// The service as one connection has it: each request says whose it is.
struct OfPeer<S> {
    service: S,
    peer: Peer,
    /// Until when it takes requests. GOAWAY alone is a request to the client, which it may not heed.
    until: Instant,
}

impl<S> hyper::service::Service<Request<Incoming>> for OfPeer<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        future::Either<Oneshot<S, Request<Body>>, Ready<Result<Response<Body>, Infallible>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        if Instant::now() >= self.until {
            return future::Either::Right(ready(Ok(too_old().into_http())));
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer.clone());
        future::Either::Left(self.service.clone().oneshot(request))
    }
}

fn too_old() -> Status {
    Failure::new(
        Reason::Draining,
        "this connection has been asked to go: connect again",
    )
    .into_status()
}
