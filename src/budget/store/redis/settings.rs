//! What the shared store is told about where it is.

use std::{fmt, time::Duration};

/// A password. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Hides it.
    pub fn new(password: String) -> Self {
        Self(password)
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Who we say we are. Both empty: nobody in particular.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The ACL user; none is the default user.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Password>,
}

/// How the servers are arranged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server, or one address that always leads to the primary.
    Single,
    /// The URLs are those of Sentinels.
    Sentinel {
        /// The name under which they watch the primary.
        service: String,
        /// Who we are to the Sentinels.
        login: Login,
    },
    /// The URLs are those of some nodes of a cluster.
    Cluster,
}

/// Where the shared store is and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// How the servers are arranged.
    pub topology: Topology,
    /// `redis://host:port` or, with TLS, `rediss://host:port`.
    pub urls: Vec<String>,
    /// Who we are.
    pub login: Login,
    /// Certificates to trust instead of the system's, in PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// One call takes no longer than this.
    pub timeout: Duration,
    /// All keys begin with it: installations with one prefix share their budgets.
    pub key_prefix: String,
    /// How many replicas there should be, 1 to [`MOST_TURNS`](super::super::super::slots::MOST_TURNS).
    pub replicas: u32,
}
