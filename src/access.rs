//! Who calls, and what they may do: names that are read from what was verified, and the policies that speak of them.
//! Knows no transport, no RPC and no AWS.

pub mod certificate;
mod identity;
pub mod policy;
pub mod token;

pub use identity::{Identity, Method};
