//! What is wrong with a configuration: every fault at once, each with its key and where it was written.

use std::{fmt, path::Path, sync::Arc};

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A line of the configuration file.
    File {
        /// The file, as it was named on the command line.
        path: Arc<Path>,
        /// The line, counted from 1; 0 for the file as a whole.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        variable: Arc<str>,
    },
    /// Nowhere: the fault is that it is missing, or the value is the default.
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// One fault. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, dotted: `aws.regions[1]`. Empty for the file as a whole.
    pub key: String,
    /// What would have been right, as a phrase.
    pub expected: String,
    /// What was found instead, as a phrase.
    pub found: String,
    /// Where.
    pub source: Source,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            expected,
            found,
            source,
        } = self;
        if !key.is_empty() {
            write!(f, "{key}: ")?;
        }
        write!(f, "expected {expected}; found {found} ({source})")
    }
}

/// All that is wrong, in the order in which it is written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// `Err` if there is any fault.
    pub(super) fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Self(errors))
        }
    }

    /// One fault that makes looking for others pointless.
    pub(super) fn one(error: ConfigError) -> Self {
        Self(vec![error])
    }

    /// The faults; at least one.
    pub fn faults(&self) -> &[ConfigError] {
        &self.0
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => writeln!(f, "the configuration has 1 error:")?,
            n => writeln!(f, "the configuration has {n} errors:")?,
        }
        for (i, fault) in self.0.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}  {fault}")?;
        }
        Ok(())
    }
}
