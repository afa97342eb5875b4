//! Cross-cutting work, one tower layer a file. From the outside in: `observe`, `authenticate`, `inbound`,
//! `inflight`, `audit`, `unbuilt`, `authorize`, `deadline`, `panic`. Each looks the RPC's row up and leaves what has none (health, reflection) alone.

pub mod audit;
pub mod authenticate;
pub mod authorize;
pub mod caller;
pub mod deadline;
mod ending;
pub mod inbound;
pub mod inflight;
pub mod observe;
pub mod panic;
pub mod unbuilt;

use std::{future::Future, pin::Pin};

use http::{Request, Response};
use tonic::body::Body;

use super::rpcs::Rpc;

/// What every layer's `call` returns.
type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

/// The row of the RPC that is called, if it is one of ours.
fn row<B>(request: &Request<B>) -> Option<&'static Rpc> {
    Rpc::find(request.uri().path())
}

#[cfg(test)]
mod tests;
