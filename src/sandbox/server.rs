//! The socket: connections, and the way of one request through identity, quota, faults and operation.

mod call;

use std::{io, sync::Arc, time::Duration};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::world::World;

/// Open connections at most. A client of thousands of cells opens hundreds.
const MAX_CONNECTIONS: usize = 8_192;
/// How long after an accept that failed (no file handle left) the next is tried.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until it is told to stop; then every connection is closed at once, as a power cut would.
pub async fn serve(world: Arc<World>, listener: TcpListener, stop: CancellationToken) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let world = Arc::clone(&world);
                connections.spawn(async move {
                    connection(world, stream).await;
                    drop(permit);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    connections.shutdown().await;
}

/// The next connection, when there is room for it.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

async fn connection(world: Arc<World>, stream: TcpStream) {
    // Small answers must not wait for each other.
    let _unsupported = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let world = Arc::clone(&world);
        async move { call::answer(&world, request).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(true)
        // A connection that idles must not be closed just as its client uses it again: a test would see an error
        // that no scenario asked for. How many there can be is bounded above.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away, or a simulated reset: nothing is left to do.
    let _ended: Result<(), hyper::Error> = served.await;
}
