//! Why the program ended, for people and for its exit code.

use std::{fmt::Write as _, io, net::SocketAddr, path::PathBuf};

use super::cli;

/// Why the program ended.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(crate::config::ConfigErrors),
    /// The runtime could not start.
    #[error("the runtime could not start")]
    Runtime(#[source] io::Error),
    /// A listener could not be opened.
    #[error("{name}: cannot listen on {address}")]
    Listen {
        /// Whose listener, and by which key its address is set.
        name: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Telemetry could not start.
    #[error("telemetry could not start")]
    Telemetry(#[from] crate::telemetry::TelemetryError),
    /// A file that the command line names is wrong.
    #[error("{}: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A step of the start failed.
    #[error("{step}: {message}")]
    Start {
        /// The step.
        step: &'static str,
        /// What went wrong.
        message: String,
    },
    /// A part that must not end while the program runs has ended.
    #[error("{task} ended early: {outcome}")]
    EndedEarly {
        /// Its name.
        task: &'static str,
        /// How it ended.
        outcome: String,
    },
    /// Requests still ran at `drain.hard_stop`, or a second signal came.
    #[error("the drain was cut short: {0}")]
    DrainCut(&'static str),
}

impl AppError {
    /// The exit code that says it to a supervisor.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::File { .. } => cli::WRONG,
            Self::Runtime(_)
            | Self::Listen { .. }
            | Self::Telemetry(_)
            | Self::Start { .. }
            | Self::EndedEarly { .. }
            | Self::DrainCut(_) => cli::FAILED,
        }
    }
}

/// The error and its sources, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        // Writing to a String does not fail.
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}
