//! The composition root: names the concrete parts, starts them, drains them.
//!
//! The only room that knows all the others. Decides nothing about AWS, events or accounts itself.

mod admin;
pub mod cli;
mod core_dumps;
mod error;
mod lifecycle;
mod open_files;
mod pages;
mod people;
mod policy;
mod readiness;
mod reload;
#[cfg(feature = "sandbox")]
mod sandbox;
mod serve;
mod supervisor;
mod verify;
mod wiring;

use std::net::SocketAddr;

use tokio::{net::TcpListener, runtime};

pub use error::AppError;

/// Runs the program's one runtime. When `work` ends the process ends, with whatever blocking work is left.
fn block_on<T>(work: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

async fn listen(name: &'static str, address: SocketAddr) -> Result<TcpListener, AppError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| AppError::Listen {
            name,
            address,
            source,
        })
}
