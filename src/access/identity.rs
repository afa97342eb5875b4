//! Who calls, as far as it was proved: one name, by which method, and the groups that the proof itself names. Nothing
//! here comes from a header that anybody could have written.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

/// By what a caller proved its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// By nothing: whoever may connect.
    Anonymous,
    /// By a client certificate (mutual TLS).
    Certificate,
    /// By a token that an issuer signed (OIDC, a Kubernetes ServiceAccount).
    Token,
}

impl Method {
    /// A short name, for logs and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Certificate => "certificate",
            Self::Token => "token",
        }
    }
}

/// A caller. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    name: Arc<str>,
    method: Method,
    groups: Arc<BTreeSet<Arc<str>>>,
}

impl Identity {
    /// Whoever comes from this address and proves nothing.
    pub fn anonymous(address: Option<IpAddr>) -> Self {
        let name = match address {
            Some(address) => format!("anonymous@{address}"),
            None => "anonymous".to_owned(),
        };
        Self::new(&name, Method::Anonymous, BTreeSet::new())
    }

    /// The holder of a verified certificate.
    pub fn certified(name: &str) -> Self {
        Self::new(name, Method::Certificate, BTreeSet::new())
    }

    /// The bearer of a verified token, which puts it into these groups.
    pub fn bearer(name: &str, groups: BTreeSet<Arc<str>>) -> Self {
        Self::new(name, Method::Token, groups)
    }

    /// Somebody who says to be called so, and proves nothing: only to ask what policies would say.
    pub fn unproved(name: &str) -> Self {
        Self::new(name, Method::Anonymous, BTreeSet::new())
    }

    fn new(name: &str, method: Method, groups: BTreeSet<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            method,
            groups: Arc::new(groups),
        }
    }

    /// The name: what queues, logs, policies and AWS know the caller by.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// By what it was proved.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The groups that the proof names.
    pub fn groups(&self) -> &BTreeSet<Arc<str>> {
        &self.groups
    }
}
