//! The command line: what can be asked of the program, and how it answers with its exit code.

use std::{
    ffi::OsString,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::{
    access::policy::SCHEMA,
    client::Ask,
    config::{Config, Flags, Origin, Purpose},
};

#[cfg(feature = "sandbox")]
use super::wiring;
use super::{
    AppError, block_on,
    error::chain,
    pages::{self, Completions, Man},
    people,
    policy::PolicyCommand,
    serve, verify,
};

/// Ended well.
pub const OK: u8 = 0;
/// Failed while running: a port in use, a part that ended early, a drain that had to be cut.
pub const FAILED: u8 = 1;
/// The command line, the configuration or the request is wrong.
pub const WRONG: u8 = 2;

const EXIT_CODES: &str = "\
Exit codes:
  0  ended well; of a question: the answer is whole
  1  failed while running
  2  the command line, the configuration or the request is wrong
  3  denied: by `policy check`, or by the service that was asked
  4  there is an answer, with gaps: standard error says which accounts and Regions are missing, and why
  5  the service cannot be reached or cannot answer now; to try again may help";

/// Runs AWS CloudTrail for a whole organization, as one gRPC service.
#[derive(Debug, Parser)]
#[command(name = "trailplane", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Ask(Ask),
    /// Serve gRPC.
    Serve(Serve),
    /// Run the simulated AWS alone, to test other clients against.
    #[cfg(feature = "sandbox")]
    Sandbox(Sandbox),
    /// Tell what is wrong with a configuration, without starting anything.
    CheckConfig(CheckConfig),
    /// Ask policies, without starting anything.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look at the audit.
    #[command(subcommand)]
    Audit(verify::AuditCommand),
    /// Print what a shell needs to complete these commands.
    Completions(Completions),
    /// Write the manual pages of all commands.
    Man(Man),
}

#[derive(Debug, Args)]
struct Serve {
    /// The configuration file (YAML). Not required with --sandbox.
    #[arg(long, value_name = "FILE")]
    #[cfg_attr(feature = "sandbox", arg(required_unless_present = "sandbox"))]
    #[cfg_attr(not(feature = "sandbox"), arg(required = true))]
    config: Option<PathBuf>,
    /// Allow plaintext listeners on addresses that are not loopback.
    #[arg(long)]
    insecure: bool,
    /// Serve a simulated organization; no AWS account is needed.
    #[cfg(feature = "sandbox")]
    #[arg(long)]
    sandbox: bool,
    /// What the simulated organization looks like (YAML).
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "FILE", requires = "sandbox")]
    scenario: Option<PathBuf>,
}

#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
struct Sandbox {
    /// Where to listen. Only loopback, unless --insecure.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566")]
    listen: std::net::SocketAddr,
    /// What the simulated organization looks like (YAML).
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Allow an address that is not loopback.
    #[arg(long)]
    insecure: bool,
}

#[derive(Debug, Args)]
struct CheckConfig {
    /// The configuration file (YAML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// As for `serve`.
    #[arg(long)]
    insecure: bool,
}

/// Runs the program with these arguments (the program's name first) and this environment.
pub fn run(
    arguments: impl Iterator<Item = OsString>,
    environment: impl Iterator<Item = (String, String)>,
) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is not worth another error.
            let _ = error.print();
            return if error.use_stderr() { WRONG } else { OK }.into();
        }
    };
    match cli.command {
        Command::Ask(asked) => people::run(asked),
        Command::Serve(serve) => run_serve(serve, environment),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(sandbox) => run_sandbox(&sandbox),
        Command::CheckConfig(check) => run_check(&check, environment),
        Command::Policy(command) => run_policy(&command),
        Command::Audit(command) => verify::run(command),
        Command::Completions(asked) => pages::completions(&asked, Cli::command()),
        Command::Man(asked) => ended(pages::man(&asked, Cli::command())),
    }
    .into()
}

fn run_serve(serve: Serve, environment: impl Iterator<Item = (String, String)>) -> u8 {
    #[cfg(feature = "sandbox")]
    if serve.sandbox {
        return ended(serve_sandbox(&serve, environment));
    }
    let origin = Origin {
        purpose: Purpose::Service,
        file: serve.config.clone(),
        environment: environment.collect(),
        flags: Flags {
            insecure: serve.insecure,
        },
    };
    let config = origin.load().map_err(AppError::Config);
    ended(config.and_then(|config| block_on(serve::organization(config, origin))))
}

#[cfg(feature = "sandbox")]
fn serve_sandbox(
    serve: &Serve,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<(), AppError> {
    let config = load(
        Purpose::Sandbox,
        serve.config.as_deref(),
        environment,
        serve.insecure,
    )?;
    let scenario = wiring::sandbox::scenario(serve.scenario.as_deref())?;
    block_on(serve::sandbox(config, scenario))
}

#[cfg(feature = "sandbox")]
fn run_sandbox(sandbox: &Sandbox) -> u8 {
    if !sandbox.listen.ip().is_loopback() && !sandbox.insecure {
        say(&format!(
            "--listen: expected a loopback address, or --insecure: anyone who can reach it may use it; found {}",
            sandbox.listen
        ));
        return WRONG;
    }
    let scenario = wiring::sandbox::scenario(sandbox.scenario.as_deref());
    ended(scenario.and_then(|scenario| block_on(super::sandbox::run(sandbox.listen, scenario))))
}

fn run_check(check: &CheckConfig, environment: impl Iterator<Item = (String, String)>) -> u8 {
    let file = Some(check.config.as_path());
    let config = load(Purpose::Service, file, environment, check.insecure);
    ended(config.map(|_| {
        let _ = writeln!(std::io::stdout(), "{}: ok", check.config.display());
    }))
}

fn run_policy(command: &PolicyCommand) -> u8 {
    match command {
        PolicyCommand::Schema => {
            let _ = std::io::stdout().write_all(SCHEMA.as_bytes());
            OK
        }
        PolicyCommand::Check(check) => match check.run(&mut std::io::stdout()) {
            Ok(code) => code,
            Err(error) => {
                say(&format!("trailplane: {}", chain(&error)));
                WRONG
            }
        },
    }
}

fn load(
    purpose: Purpose,
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    insecure: bool,
) -> Result<Config, AppError> {
    let config = Config::load(purpose, file, environment, Flags { insecure });
    config.map_err(AppError::Config)
}

pub(super) fn ended(result: Result<(), AppError>) -> u8 {
    match result {
        Ok(()) => OK,
        Err(error) => {
            say(&format!("trailplane: {}", chain(&error)));
            error.exit_code()
        }
    }
}

/// To standard error. If that is closed there is nobody to tell.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod reference;
