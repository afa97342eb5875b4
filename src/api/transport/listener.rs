//! The open socket.

use std::{io, net::SocketAddr};

use futures_util::StreamExt;
use tokio::net::TcpStream;
use tonic::transport::server::TcpIncoming;

use crate::{
    api::{ServerError, Settings, server::Exposed},
    domain::WallClock,
};

use super::{Tls, TlsSettings};

/// An open socket.
#[derive(Debug)]
pub struct Listener {
    incoming: TcpIncoming,
    address: SocketAddr,
    tls: Option<Tls>,
}

impl Listener {
    /// Reads the certificates, then opens the socket that the settings ask for. Refuses plaintext and callers without
    /// a proof of who they are beyond loopback, unless told.
    ///
    /// # Errors
    /// It is refused, the certificates cannot be used, or the address cannot be listened on.
    pub fn bind(settings: &Settings, clock: &WallClock) -> Result<Self, ServerError> {
        let asked = settings.listen;
        if !settings.insecure {
            match settings.exposed() {
                Some(Exposed::Plaintext) => {
                    return Err(ServerError::PlaintextBeyondLoopback(asked));
                }
                Some(Exposed::Unauthenticated) => {
                    return Err(ServerError::UnauthenticatedBeyondLoopback(asked));
                }
                Some(Exposed::Unrestricted) => {
                    return Err(ServerError::UnrestrictedBeyondLoopback(asked));
                }
                None => {}
            }
        }
        let load = |tls: &_| Tls::load(TlsSettings::clone(tls), clock.clone());
        let tls = settings.tls.as_ref().map(load).transpose()?;
        let failed = |source| ServerError::Listen {
            address: asked,
            source,
        };
        let incoming = TcpIncoming::bind(asked)
            .map_err(failed)?
            .with_nodelay(Some(true))
            .with_keepalive(Some(settings.keepalive_interval));
        let address = incoming.local_addr().map_err(failed)?;
        Ok(Self {
            incoming,
            address,
            tls,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificates, if it speaks TLS.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The next connection that is still there: one that was reset while it waited is nobody's failure.
    pub(super) async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let closed = || io::Error::from(io::ErrorKind::NotConnected);
        loop {
            match self.incoming.next().await.ok_or_else(closed)? {
                Ok(socket) => {
                    if let Ok(address) = socket.peer_addr() {
                        return Ok((socket, address));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
