//! Log lines, to standard error: standard output is for what a person pastes.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry,
    filter::{FilterExt as _, LevelFilter, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    reload,
};

use super::{TelemetryError, Traces};

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

/// Changes what is logged while the process runs. Cloning shares it.
#[derive(Clone)]
pub struct LogControl {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl LogControl {
    /// Only lines of this filter from now on.
    ///
    /// # Errors
    /// The filter cannot be read.
    pub fn filter(&self, filter: &str) -> Result<(), TelemetryError> {
        // Refused only when the subscriber has gone, which lives as long as the process.
        let _ = self.filter.reload(read(filter)?);
        Ok(())
    }
}

fn read(filter: &str) -> Result<EnvFilter, TelemetryError> {
    EnvFilter::builder()
        .parse(format!("{QUIET},{filter}"))
        .map_err(|source| TelemetryError::Filter {
            filter: filter.to_owned(),
            source,
        })
}

/// Installs the process-wide subscriber, which makes traces too if there is a collector. A line that is written within a
/// request that is traced has the trace's id in `span.trace_id`.
///
/// # Errors
/// The filter can't be read, or there is a subscriber already.
pub fn install(
    format: LogFormat,
    filter: &str,
    traces: Option<&Traces>,
) -> Result<LogControl, TelemetryError> {
    let (filter, handle) = reload::Layer::new(read(filter)?);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
    };
    let no_bodies = filter_fn(|line| !holds_a_body(line)).with_max_level_hint(LevelFilter::TRACE);
    let subscriber = Registry::default()
        .with(lines.with_filter(filter.and(no_bodies)))
        .with(traces.map(Traces::layer));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Installed)?;
    Ok(LogControl { filter: handle })
}

/// Where the AWS SDK writes whole requests and answers, at the level of traces. It leaves out what AWS's model calls
/// sensitive, but event records are plain text to it, and they hold the session tokens that others were given.
const BODIES: &str = "aws_smithy_runtime::client::orchestrator";

fn holds_a_body(line: &Metadata<'_>) -> bool {
    *line.level() == Level::TRACE && line.target().starts_with(BODIES)
}
