//! Who calls. Until callers authenticate, a client is the address that it connects from.

use std::net::IpAddr;

use http::Extensions;

use crate::{api::transport::Peer, budget::context::CallerId};

/// The client's address, where the transport has one.
pub fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Peer>().map(Peer::client)
}

/// The caller's name in queues and logs.
pub fn caller(extensions: &Extensions) -> CallerId {
    match client_address(extensions) {
        Some(address) => CallerId::new(&format!("anonymous@{address}")),
        None => CallerId::new("anonymous"),
    }
}
