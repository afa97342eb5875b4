//! `trailplane audit verify`: whether an audit is as it was written.

use std::{io::Write as _, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::audit::verify::{Question, Report, verify};

use super::{AppError, cli, error::chain, wiring};

/// What can be done with an audit.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Tell whether records were changed, removed, moved or added, and which changes have no outcome.
    ///
    /// Exit codes: 0 as it was written; 1 not so; 2 a file cannot be read, or the command line is wrong.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The files, the oldest first.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The key that seals the records (audit.key_file).
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// A hash that was seen before (in /statusz, or by an earlier verification): a record must have it.
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// The process has ended in order: the last record must say so.
    #[arg(long)]
    ended: bool,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Does it; answers with the exit code.
pub(super) fn run(command: AuditCommand) -> u8 {
    let AuditCommand::Verify(asked) = command;
    match report(&asked) {
        Ok(report) => {
            show(&report, asked.output);
            match report.is_good() {
                true => cli::OK,
                false => cli::FAILED,
            }
        }
        Err(words) => {
            let _ = writeln!(std::io::stderr(), "trailplane: {words}");
            cli::WRONG
        }
    }
}

fn report(asked: &Verify) -> Result<Report, String> {
    let key = asked
        .key_file
        .as_deref()
        .map(wiring::audit::key)
        .transpose();
    let question = Question {
        files: asked.files.clone(),
        key: key.map_err(|error: AppError| chain(&error))?,
        head: asked.head.clone(),
        ended: asked.ended,
    };
    verify(&question).map_err(|error| chain(&error))
}

/// A closed pipe is not worth an error.
fn show(report: &Report, output: Output) {
    let mut out = std::io::stdout().lock();
    let _ = match output {
        Output::Text => write!(out, "{report}"),
        Output::Json => {
            let mut told = serde_json::json!(report);
            if let Some(told) = told.as_object_mut() {
                told.insert("good".to_owned(), report.is_good().into());
            }
            writeln!(out, "{told:#}")
        }
    };
}
