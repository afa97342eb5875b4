//! Who calls: the identity that `authenticate` decided on and put into the request; before it has, what the connection
//! proves by itself.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use http::Extensions;

use crate::{
    access::{Identity, Method},
    api::transport::Peer,
    budget::context::CallerId,
};

/// The client's address, where the transport has one.
pub fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<Peer>().map(Peer::client)
}

/// Who calls.
pub fn identity(extensions: &Extensions) -> Identity {
    let decided = extensions.get::<Identity>();
    decided
        .cloned()
        .unwrap_or_else(|| of_connection(extensions))
}

/// The caller's name in queues.
pub fn caller(extensions: &Extensions) -> CallerId {
    let identity = identity(extensions);
    match identity.method() {
        Method::Anonymous => CallerId::new(identity.name()),
        Method::Certificate | Method::Token => CallerId::proved(identity.name()),
    }
}

/// Who is at the other end of the connection: the holder of its certificate, else nobody in particular.
pub fn of_connection(extensions: &Extensions) -> Identity {
    let certified = extensions.get::<Peer>().and_then(Peer::certified);
    let anonymous = || Identity::anonymous(client_address(extensions));
    certified.cloned().unwrap_or_else(anonymous)
}

/// Where `authenticate` tells its decision to who is outside of it: `observe`, which has to report calls that were
/// refused, and those whose caller left.
#[derive(Debug, Clone, Default)]
pub struct Decision(Arc<OnceLock<Identity>>);

impl Decision {
    /// What was decided, once it was.
    pub fn get(&self) -> Option<&Identity> {
        self.0.get()
    }
}

/// Makes this identity the request's.
pub fn decide(extensions: &mut Extensions, identity: Identity) {
    if let Some(decision) = extensions.get::<Decision>() {
        // It is decided on once.
        let _ = decision.0.set(identity.clone());
    }
    extensions.insert(identity);
}
