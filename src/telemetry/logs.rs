//! Log lines, to standard error: standard output is for what a person pastes.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt, layer::SubscriberExt as _};

use super::TelemetryError;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people; coloured on a terminal.
    Text,
}

/// The AWS library reports each look at the credentials by itself, answers of metadata endpoints included. What
/// matters of it is in our own lines.
const QUIET: &str = "aws_config=error,aws_credential_types=error";

/// Installs the process-wide subscriber.
///
/// # Errors
/// The filter can't be read, or there is a subscriber already.
pub fn install_logs(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder()
        .parse(format!("{QUIET},{filter}"))
        .map_err(|source| TelemetryError::Filter {
            filter: filter.to_owned(),
            source,
        })?;
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
    };
    let subscriber = Registry::default().with(filter).with(lines);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Installed)
}
