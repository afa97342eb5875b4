//! What is made of the command line itself: completions for shells, and manual pages.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use super::{AppError, cli};

/// For which shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// A directory, which must be there; a page a command is written into it.
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
}

/// Prints the completions.
pub(super) fn completions(asked: &Completions, mut command: Command) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut command, "trailplane", &mut script);
    // A closed pipe is not worth an error.
    let _ = std::io::stdout().write_all(&script);
    cli::OK
}

/// Writes the manual pages.
pub(super) fn man(asked: &Man, command: Command) -> Result<(), AppError> {
    clap_mangen::generate_to(command, &asked.directory).map_err(|error| AppError::File {
        path: asked.directory.clone(),
        message: error.to_string(),
    })
}
