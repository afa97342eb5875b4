//! Connections: the socket, TLS, who may come in, how long a connection lives, and its end. What runs on a connection is
//! the caller's: this knows no RPC.
//!
//! tonic has a transport of its own, and is not asked for it: it gives all connections one age and no grace after
//! GOAWAY, does not count them, and reads the certificates of its listener once (docs/adr/0018).

mod connections;
mod entering;
mod listener;
mod observer;
mod peer;
mod preface;
mod tls;

pub(in crate::api) use connections::{Bounds, Connections};
pub use listener::Listener;
pub use observer::{ConnectionObserver, Refusal};
pub use peer::Peer;
pub use tls::{ClientCertificates, Tls, TlsError, TlsSettings, TlsStatus};

#[cfg(test)]
mod tests;
