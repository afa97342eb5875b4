//! Certificates of callers. The chain has been verified when they are read, but who signs for others may be careless.
//!
//! A name that is made of one is a SPIFFE ID or a subject, and can be told apart.

use trailplane::access::certificate;

/// See the module.
pub fn run(data: &[u8]) {
    let _ = certificate::validity(data);
    let Ok(holder) = certificate::holder(data) else {
        return;
    };
    assert!(!holder.name.is_empty());
    assert!(
        !holder.name.chars().any(char::is_control),
        "{:?}",
        holder.name
    );
    let spiffe = holder.name.starts_with("spiffe://");
    assert!(spiffe || holder.name.contains('='), "{:?}", holder.name);
}
