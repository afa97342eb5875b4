//! The gRPC edge: parse, call a use case, convert. One file a service; cross-cutting work is one layer a file.
//! The only room that sees generated proto types.

pub mod convert;
pub mod health;
pub mod layers;
pub mod proto;
pub mod rpcs;
pub mod server;
pub mod services;
pub mod status;
#[cfg(test)]
mod testing;
pub mod transport;
pub mod violations;

pub use health::Health;
pub use server::{Server, ServerError, Settings};
pub use transport::Listener;
