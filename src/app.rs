//! The composition root: names the concrete parts, starts them, drains them.
//!
//! The only room that knows all the others. Decides nothing about AWS, events or accounts itself.

mod admin;
pub mod cli;
mod error;
mod lifecycle;
#[cfg(feature = "sandbox")]
mod sandbox;
mod serve;
mod supervisor;

pub use error::AppError;
