//! Arguments that every command for people takes.

#[cfg(feature = "sandbox")]
use std::path::{Path, PathBuf};

use clap::Args;

use super::{connection::Connection, output::Display};

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    #[command(flatten)]
    pub display: Display,
    #[command(flatten)]
    pub connection: Connection,
    #[cfg(feature = "sandbox")]
    #[command(flatten)]
    simulated: Simulated,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Instead of a service")]
struct Simulated {
    /// Ask a simulated organization, which begins and ends with this command.
    #[arg(long, conflicts_with_all = ["tls", "tls_ca", "tls_cert", "tls_server_name"])]
    sandbox: bool,
    /// What the simulated organization looks like (YAML).
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    scenario: Option<PathBuf>,
}

impl Common {
    /// The scenario of the simulated organization, if that is asked.
    #[cfg(feature = "sandbox")]
    pub fn sandbox(&self) -> Option<Option<&Path>> {
        let simulated = &self.simulated;
        simulated.sandbox.then_some(simulated.scenario.as_deref())
    }

    /// Whether another command can go on from a cursor of this one: not where the organization ends with it.
    pub fn goes_on(&self) -> bool {
        #[cfg(feature = "sandbox")]
        return !self.simulated.sandbox;
        #[cfg(not(feature = "sandbox"))]
        true
    }
}
