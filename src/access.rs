//! Who calls: names that are read from what was verified. Knows no transport, no RPC and no AWS.

pub mod certificate;
mod identity;
pub mod token;

pub use identity::{Identity, Method};
