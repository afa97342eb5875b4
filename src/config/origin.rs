//! Where a configuration comes from, so that it can be read again; and what differs when it was.

use std::path::PathBuf;

use super::{Config, ConfigErrors, Flags, Purpose};

/// Where a configuration comes from. The environment is that of the start: a process has no other. It cannot be printed: an
/// environment holds secrets, AWS's own among them.
#[derive(Clone)]
pub struct Origin {
    /// What it is for.
    pub purpose: Purpose,
    /// The file, if there is one.
    pub file: Option<PathBuf>,
    /// The variables laid over it.
    pub environment: Vec<(String, String)>,
    /// What the command line changes.
    pub flags: Flags,
}

impl Origin {
    /// Reads it. Blocks while it does.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(&self) -> Result<Config, ConfigErrors> {
        let environment = self.environment.iter().cloned();
        Config::load(self.purpose, self.file.as_deref(), environment, self.flags)
    }
}

/// Sections of two configurations that are not the same, by name.
macro_rules! differing {
    ($one:expr, $other:expr, $($section:ident),+) => {{
        let Config { $($section),+ } = $one;
        [$((stringify!($section), *$section != $other.$section)),+]
    }};
}

impl Config {
    /// The sections in which the other one differs, by name. Values are not told: some are secret.
    pub fn sections_unlike(&self, other: &Self) -> Vec<&'static str> {
        let sections = differing!(
            self, other, grpc, policy, audit, admin, deadlines, limits, aws, fleet, quotas, budget,
            events, logs, cursor, drain, log, telemetry
        );
        let differ = sections.into_iter().filter(|(_, differs)| *differs);
        differ.map(|(section, _)| section).collect()
    }
}
