//! The other end of a connection, as far as the connection proves it.

use std::net::{IpAddr, Ipv6Addr};

use crate::access::Identity;

/// Who is at the other end; in the extensions of every request of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    address: IpAddr,
    certified: Option<Identity>,
}

impl Peer {
    /// Connected from this address; `certified` is the holder of the certificate that was verified, if there was one.
    pub fn new(address: IpAddr, certified: Option<Identity>) -> Self {
        Self { address, certified }
    }

    /// The holder of the certificate that was verified.
    pub fn certified(&self) -> Option<&Identity> {
        self.certified.as_ref()
    }

    /// The address by which a client is told apart from others. An IPv6 client owns a whole /64, so it is known by
    /// that and not by the address, of which it has more than any table could hold.
    pub fn client(&self) -> IpAddr {
        match self.address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}
