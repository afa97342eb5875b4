//! The command line: what can be asked of the program, and how it answers with its exit code.

use std::{ffi::OsString, io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigErrors, Flags, Purpose};

use super::serve;

/// Ended well.
pub const OK: u8 = 0;
/// Failed while running: a port in use, a part that ended early, a drain that had to be cut.
pub const FAILED: u8 = 1;
/// Never started: the command line or the configuration is wrong.
pub const WRONG: u8 = 2;

const EXIT_CODES: &str = "\
Exit codes:
  0  ended well
  1  failed while running
  2  the command line or the configuration is wrong; nothing was started";

/// Runs AWS CloudTrail for a whole organization, as one gRPC service.
#[derive(Debug, Parser)]
#[command(name = "trailplane", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve gRPC.
    Serve(Serve),
    /// Run the simulated AWS alone, to test other clients against.
    #[cfg(feature = "sandbox")]
    Sandbox(Sandbox),
    /// Tell what is wrong with a configuration, without starting anything.
    CheckConfig(CheckConfig),
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
        Command::Serve(serve) => run_serve(serve, environment),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(sandbox) => run_sandbox(&sandbox),
        Command::CheckConfig(check) => run_check(&check, environment),
    }
    .into()
}

#[cfg(feature = "sandbox")]
fn run_serve(serve: Serve, environment: impl Iterator<Item = (String, String)>) -> u8 {
    let purpose = match serve.sandbox {
        true => Purpose::Sandbox,
        false => Purpose::Service,
    };
    let flags = Flags {
        insecure: serve.insecure,
    };
    match Config::load(purpose, serve.config.as_deref(), environment, flags) {
        Err(errors) => refuse(&errors),
        Ok(config) => {
            let scenario = serve.sandbox.then_some(serve.scenario);
            ended(serve::run(config, scenario))
        }
    }
}

#[cfg(not(feature = "sandbox"))]
fn run_serve(serve: Serve, environment: impl Iterator<Item = (String, String)>) -> u8 {
    let flags = Flags {
        insecure: serve.insecure,
    };
    match Config::load(
        Purpose::Service,
        serve.config.as_deref(),
        environment,
        flags,
    ) {
        Err(errors) => refuse(&errors),
        Ok(config) => ended(serve::run(config)),
    }
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
    ended(super::sandbox::run(
        sandbox.listen,
        sandbox.scenario.as_deref(),
    ))
}

fn run_check(check: &CheckConfig, environment: impl Iterator<Item = (String, String)>) -> u8 {
    let flags = Flags {
        insecure: check.insecure,
    };
    match Config::load(Purpose::Service, Some(&check.config), environment, flags) {
        Err(errors) => refuse(&errors),
        Ok(_) => {
            let _ = writeln!(std::io::stdout(), "{}: ok", check.config.display());
            OK
        }
    }
}

fn refuse(errors: &ConfigErrors) -> u8 {
    say(&errors.to_string());
    WRONG
}

fn ended(result: Result<(), super::AppError>) -> u8 {
    match result {
        Ok(()) => OK,
        Err(error) => {
            say(&format!("trailplane: {}", super::error::chain(&error)));
            error.exit_code()
        }
    }
}

/// To standard error. If that is closed there is nobody to tell.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
