//! Who calls. Until callers authenticate, a client is the address that it connects from.

use std::net::{IpAddr, Ipv6Addr};

use http::Extensions;
use tonic::transport::server::TcpConnectInfo;

use crate::budget::context::CallerId;

/// The client's address, where the transport has one. An IPv6 client owns a whole /64, so it is told apart
/// by that and not by the address, of which it has more than any table could hold.
pub fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    let address = extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip();
    Some(match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    })
}

/// The caller's name in queues and logs.
pub fn caller(extensions: &Extensions) -> CallerId {
    match client_address(extensions) {
        Some(address) => CallerId::new(&format!("anonymous@{address}")),
        None => CallerId::new("anonymous"),
    }
}
