//! How many requests are open at a time: over all connections, of one client, and streams among them. What has no room is
//! refused at once, before a queue can grow. An open stream counts until its body ends, which tower's own concurrency limit
//! does not do.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::ready,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use super::{Answer, inbound::Client, row};
use crate::api::{
    rpcs::Load,
    status::{Failure, Reason},
};

/// When to come back: most requests take less than a second.
const COME_BACK: Duration = Duration::from_secs(1);

/// How much may be open at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenLimits {
    /// Over all.
    pub all: usize,
    /// Of one client.
    pub client: usize,
}

impl OpenLimits {
    /// Streams stay open for long: a quarter of the places is for those who want one answer, or a change.
    fn streams(self) -> usize {
        self.all - self.all / 4
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct InflightLayer {
    open: Arc<Open>,
}

#[derive(Debug)]
struct Open {
    limits: OpenLimits,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    streams: usize,
    /// Only clients that have something open.
    clients: HashMap<Client, usize>,
}

/// What there is no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Full {
    Server(usize),
    Streams(usize),
    Client(usize),
}

impl Open {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, client: Client, load: Load) -> Result<Place, Full> {
        let limits = self.limits;
        let mut counts = self.counts();
        if counts.all >= limits.all {
            return Err(Full::Server(limits.all));
        }
        if load == Load::Stream && counts.streams >= limits.streams() {
            return Err(Full::Streams(limits.streams()));
        }
        let own = counts.clients.entry(client.clone()).or_default();
        if *own >= limits.client {
            return Err(Full::Client(limits.client));
        }
        *own += 1;
        counts.all += 1;
        counts.streams += usize::from(load == Load::Stream);
        Ok(Place {
            open: Arc::clone(self),
            client,
            load,
        })
    }

    fn leave(&self, client: &Client, load: Load) {
        let mut counts = self.counts();
        counts.all = counts.all.saturating_sub(1);
        if load == Load::Stream {
            counts.streams = counts.streams.saturating_sub(1);
        }
        if let Some(own) = counts.clients.get_mut(client) {
            *own -= 1;
            if *own == 0 {
                counts.clients.remove(client);
            }
        }
    }
}

/// A place among the open requests, until it is dropped.
#[derive(Debug)]
struct Place {
    open: Arc<Open>,
    client: Client,
    load: Load,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.leave(&self.client, self.load);
    }
}

impl InflightLayer {
    /// At most so much at a time; numbers below 1 count as 1.
    pub fn new(limits: OpenLimits) -> Self {
        let limits = OpenLimits {
            all: limits.all.max(1),
            client: limits.client.max(1),
        };
        Self {
            open: Arc::new(Open {
                limits,
                counts: Mutex::default(),
            }),
        }
    }
}

impl<S> Layer<S> for InflightLayer {
    type Service = Inflight<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Inflight {
            inner,
            open: Arc::clone(&self.open),
        }
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Inflight<S> {
    inner: S,
    open: Arc<Open>,
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
        let Some(rpc) = row(&request) else {
            return Box::pin(self.inner.call(request));
        };
        let client = Client::of(request.extensions());
        let place = match self.open.enter(client, rpc.class.load()) {
            Ok(place) => place,
            Err(full) => return Box::pin(ready(Ok(refused(full).into_http()))),
        };
        let work = self.inner.call(request);
        Box::pin(async move {
            let response = work.await?;
            Ok(response.map(|inner| {
                Body::new(Held {
                    inner,
                    _place: place,
                })
            }))
        })
    }
}

fn refused(full: Full) -> Status {
    let (subject, what) = match full {
        Full::Server(limit) => ("server", format!("{limit} open requests in this server")),
        Full::Streams(limit) => ("server", format!("{limit} open streams in this server")),
        Full::Client(limit) => ("client", format!("{limit} open requests of one client")),
    };
    Failure::new(
        Reason::TooManyInFlight,
        format!("there are {what}, which is the limit"),
    )
    .quota(subject, what)
    .retry_after(COME_BACK)
    .into_status()
}

/// A body that holds a place until it is dropped.
struct Held {
    inner: Body,
    _place: Place,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> Client {
        Client::Verified(name.into())
    }

    #[test]
    fn a_place_is_given_back_and_nothing_is_kept_of_who_has_left() {
        let layer = InflightLayer::new(OpenLimits { all: 3, client: 2 });
        let open = &layer.open;
        let enter = |name| open.enter(client(name), Load::Page);
        let first = enter("ann").unwrap();
        let second = enter("ann").unwrap();
        assert_eq!(enter("ann").unwrap_err(), Full::Client(2));
        let other = enter("bob").unwrap();
        assert_eq!(enter("cid").unwrap_err(), Full::Server(3));
        drop(first);
        drop(enter("ann").unwrap());
        drop((second, other));
        let counts = open.counts();
        assert_eq!((counts.all, counts.clients.len()), (0, 0));
    }

    #[test]
    fn streams_leave_room_for_others() {
        let layer = InflightLayer::new(OpenLimits { all: 4, client: 9 });
        let open = &layer.open;
        let enter = |load| open.enter(client("ann"), load);
        let streams: Vec<Place> = (0..3).map(|_| enter(Load::Stream).unwrap()).collect();
        assert_eq!(enter(Load::Stream).unwrap_err(), Full::Streams(3));
        assert!(enter(Load::Page).is_ok() && enter(Load::Change).is_ok());
        drop(streams);
        assert!(enter(Load::Stream).is_ok());
        assert_eq!(open.counts().streams, 0);
    }
}
