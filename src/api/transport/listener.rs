//! The open socket.

use std::{io, net::SocketAddr};

use futures_util::StreamExt;
use tokio::net::TcpStream;
use tonic::transport::server::TcpIncoming;

use crate::api::{ServerError, Settings};

/// An open socket.
#[derive(Debug)]
pub struct Listener {
    incoming: TcpIncoming,
    address: SocketAddr,
}

impl Listener {
    /// Opens the socket that the settings ask for. Refuses plaintext beyond loopback unless told.
    ///
    /// # Errors
    /// It is refused, or the address cannot be listened on.
    pub fn bind(settings: &Settings) -> Result<Self, ServerError> {
        let asked = settings.listen;
        if !asked.ip().is_loopback() && !settings.insecure {
            return Err(ServerError::PlaintextBeyondLoopback(asked));
        }
        let failed = |source| ServerError::Listen {
            address: asked,
            source,
        };
        let incoming = TcpIncoming::bind(asked)
            .map_err(failed)?
            .with_nodelay(Some(true))
            .with_keepalive(Some(settings.keepalive_interval));
        let address = incoming.local_addr().map_err(failed)?;
        Ok(Self { incoming, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection.
    pub(super) async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let closed = || io::Error::from(io::ErrorKind::NotConnected);
        let socket = self.incoming.next().await.ok_or_else(closed)??;
        let address = socket.peer_addr()?;
        Ok((socket, address))
    }
}
