//! What the edge is told, and whom it is open to by that.

use std::{net::SocketAddr, time::Duration};

use crate::api::{
    layers::{
        authenticate::Reflection,
        inbound::{ClientLimit, ClientLimits},
        inflight::OpenLimits,
    },
    rpcs::Allowances,
    transport::{ClientCertificates, TlsSettings},
};

/// What the edge needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where to listen; port 0 for any.
    pub listen: SocketAddr,
    /// Whether plaintext may be spoken beyond loopback, and callers need not prove who they are.
    pub insecure: bool,
    /// Whether policies say what callers may do; else they may do everything.
    pub policed: bool,
    /// TLS, if it is spoken.
    pub tls: Option<TlsSettings>,
    /// Whether tokens are believed.
    pub tokens: bool,
    /// Whom reflection answers.
    pub reflection: Reflection,
    /// The largest request message, in bytes.
    pub max_request_bytes: usize,
    /// The largest response message, in bytes.
    pub max_response_bytes: usize,
    /// The largest header list of a request, in bytes.
    pub max_header_bytes: u32,
    /// Requests at a time on one connection.
    pub max_concurrent_streams: u32,
    /// Requests at a time over all connections, and of one client; open streams included.
    pub open: OpenLimits,
    /// Connections at a time.
    pub max_connections: usize,
    /// After about this long, plus or minus a tenth, a connection is asked to reconnect.
    pub max_connection_age: Duration,
    /// After that, how long its requests may go on before it is cut.
    pub max_connection_age_grace: Duration,
    /// How often an idle connection is pinged.
    pub keepalive_interval: Duration,
    /// How long a ping may stay unanswered.
    pub keepalive_timeout: Duration,
    /// What one client may send.
    pub client_limits: ClientLimits,
    /// How long requests may take.
    pub allowances: Allowances,
    /// After the shutdown began, when what still runs is ended.
    pub drain_grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 50_051)),
            insecure: false,
            policed: false,
            tls: None,
            tokens: false,
            reflection: Reflection::Public,
            max_request_bytes: 4 << 20,
            max_response_bytes: 16 << 20,
            max_header_bytes: 16 << 10,
            max_concurrent_streams: 1024,
            open: OpenLimits {
                all: 4096,
                client: 1024,
            },
            max_connections: 2048,
            max_connection_age: Duration::from_secs(1800),
            max_connection_age_grace: Duration::from_secs(86_400),
            keepalive_interval: Duration::from_secs(60),
            keepalive_timeout: Duration::from_secs(20),
            client_limits: ClientLimits {
                pages: ClientLimit {
                    per_second: 50,
                    burst: 100,
                },
                streams: ClientLimit {
                    per_second: 10,
                    burst: 100,
                },
                changes: ClientLimit {
                    per_second: 5,
                    burst: 50,
                },
            },
            allowances: Allowances::default(),
            drain_grace: Duration::from_secs(15),
        }
    }
}

/// What anybody on the network could abuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposed {
    /// What is said can be read and changed on its way.
    Plaintext,
    /// Nobody needs to prove who they are.
    Unauthenticated,
    /// Everybody who is known may do everything.
    Unrestricted,
}

impl Settings {
    /// What is open to others than this machine, if anything is.
    pub fn exposed(&self) -> Option<Exposed> {
        match &self.tls {
            _ if self.listen.ip().is_loopback() => None,
            None => Some(Exposed::Plaintext),
            Some(_) if !self.authenticates() => Some(Exposed::Unauthenticated),
            Some(_) if !self.policed => Some(Exposed::Unrestricted),
            Some(_) => None,
        }
    }

    /// Whether callers must prove who they are. They must as soon as there is a way to: by a certificate, by a token, or by
    /// either.
    pub fn authenticates(&self) -> bool {
        let clients = self.tls.as_ref().map(|tls| &tls.clients);
        let certificates = match clients {
            None | Some(ClientCertificates::Off) => false,
            Some(ClientCertificates::Optional(_) | ClientCertificates::Required(_)) => true,
        };
        certificates || self.tokens
    }
}
