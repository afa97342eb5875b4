//! Who calls: the name that was verified when the connection was made; else the address that it comes from.

use std::net::IpAddr;

use http::Extensions;

use crate::{access::Identity, api::transport::Peer, budget::context::CallerId};

/// The client's address, where the transport has one.
pub fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Peer>().map(Peer::client)
}

/// The name that was verified.
pub fn verified(extensions: &Extensions) -> Option<&CallerId> {
    extensions.get::<Peer>().and_then(Peer::verified)
}

/// Who calls, as far as it was proved.
pub fn identity(extensions: &Extensions) -> Identity {
    match verified(extensions) {
        Some(name) => Identity::certified(name.as_str()),
        None => Identity::anonymous(client_address(extensions)),
    }
}

/// The caller's name in queues and logs.
pub fn caller(extensions: &Extensions) -> CallerId {
    if let Some(verified) = verified(extensions) {
        return verified.clone();
    }
    match client_address(extensions) {
        Some(address) => CallerId::new(&format!("anonymous@{address}")),
        None => CallerId::new("anonymous"),
    }
}
