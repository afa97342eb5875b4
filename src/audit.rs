//! The audit: an intent before anything is changed, an outcome for each target after it, one record for each request.
//!
//! Owns the records' format, the chain that makes any change of them seen, the task that writes them, and their
//! verification. What cannot be recorded must not be done: who changes something asks for an [`Open`] intent first. Knows
//! only `domain`: who calls, by which RPC and what came of it, it is told.

mod chain;
mod clip;
mod file;
mod handle;
mod line;
mod outputs;
mod queue;
mod record;
mod seal;
mod status;
pub mod verify;
mod writer;

use std::{path::PathBuf, sync::Arc, time::Duration};

pub use self::{
    file::OpenError,
    handle::{Audit, Open, Unavailable},
    record::{Asked, Deed, Effect, Ended, Place, Request},
    seal::{Key, KeyError, Seal, hex},
    status::Status,
    writer::Writer,
};

use crate::domain::WallClock;

/// Takes copies of lines. Must not block.
#[derive(Clone)]
pub struct Copied(pub Arc<dyn Fn(&str) + Send + Sync>);

impl std::fmt::Debug for Copied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Copied")
    }
}

/// Where records go.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file.
    pub file: Option<PathBuf>,
    /// A new file is begun when this one is as large.
    pub rotate_at: u64,
    /// Whether they go to standard output as well.
    pub stdout: bool,
    /// Who is given a copy of each line once it is written. Nothing depends on it.
    pub copy: Option<Copied>,
    /// Without it anybody who can write the file can make a chain of their own.
    pub key: Option<Key>,
}

/// How long a record may take to be written before whoever waits is refused: a disk that takes longer is not well, and
/// callers have deadlines.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is tried again when records cannot be written; also when refused callers are told to come back.
const RETRY: Duration = Duration::from_secs(1);

/// Opens the outputs. The writer is to be run by a task of the process. Without any output nothing is recorded.
///
/// # Errors
///
/// If the file cannot be used: the service should not start.
pub async fn open(
    settings: Settings,
    clock: WallClock,
) -> Result<Option<(Audit, Writer)>, OpenError> {
    if settings.file.is_none() && !settings.stdout {
        return Ok(None);
    }
    let seal = seal::Seal::new(settings.key.as_ref());
    let outputs = outputs::Outputs::new(&settings, seal.clone());
    Writer::open(outputs, seal, clock).await.map(Some)
}

#[cfg(test)]
mod tests;
