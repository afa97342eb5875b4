//! The command line for people: asks a Trailplane service over gRPC, and shows what it answers.
//!
//! Owns the arguments, the connection, and how an answer looks on a terminal and in a pipe. Of the rest of this program it
//! knows the generated messages of the protocol and nothing else, so that whatever it can do, grpcurl can do too. From
//! arguments to a request and from an answer to rows everything is pure; what waits is in `service` and in the file of
//! each command.

mod accounts;
mod budgets;
mod common;
mod connection;
mod coverage;
mod error;
mod escape;
mod filters;
mod json;
mod lookup;
mod once;
mod output;
mod progress;
mod service;
mod table;
mod tail;
mod targets;
mod trails;
mod when;
mod words;

use std::net::SocketAddr;
#[cfg(feature = "sandbox")]
use std::path::Path;

use clap::Subcommand;

use self::{common::Common, error::ClientError, output::Output};

/// The largest page that the service gives.
const LARGEST_PAGE: u16 = 1_000;

/// What the exit code of a command for people says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    /// The answer is whole.
    Complete = 0,
    /// It failed, and the same would fail again.
    Failed = 1,
    /// What was asked is wrong.
    Wrong = 2,
    /// The caller may not, or did not prove who it is.
    Denied = 3,
    /// There is an answer, with gaps.
    Partial = 4,
    /// The service cannot be reached, or cannot answer now.
    Unavailable = 5,
}

impl Ending {
    /// The exit code.
    pub fn code(self) -> u8 {
        self as u8
    }

    fn of(complete: bool) -> Self {
        match complete {
            true => Self::Complete,
            false => Self::Partial,
        }
    }
}

/// What a person can ask.
#[derive(Debug, Subcommand)]
pub enum Ask {
    /// Look events up in every account and Region, the newest first.
    Lookup(Box<lookup::Lookup>),
    /// Follow new events as they become visible, each once, until Ctrl-C.
    Tail(Box<tail::Tail>),
    /// Show trails.
    #[command(subcommand)]
    Trails(trails::Trails),
    /// Show accounts, and whether they can be reached.
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// Show what is left of AWS's quotas, and who waits for them.
    #[command(subcommand)]
    Budgets(budgets::Budgets),
}

impl Ask {
    /// The scenario of the simulated organization, if that is asked instead of a service.
    #[cfg(feature = "sandbox")]
    pub fn sandbox(&self) -> Option<Option<&Path>> {
        self.common().sandbox()
    }

    fn common(&self) -> &Common {
        match self {
            Self::Lookup(asked) => &asked.common,
            Self::Tail(asked) => &asked.common,
            Self::Trails(asked) => asked.common(),
            Self::Accounts(asked) => asked.common(),
            Self::Budgets(asked) => asked.common(),
        }
    }
}

/// Asks, and shows the answer: the service in this process if there is one, otherwise the one that the arguments name.
/// What went wrong has been told when this ends.
pub async fn run(asked: Ask, in_process: Option<SocketAddr>) -> Ending {
    let mut output = Output::of(&asked.common().display);
    let ended = ask(&asked, in_process, &mut output).await;
    output.clear();
    match ended {
        Ok(ending) => ending,
        Err(error) if error.reader_left() => Ending::Complete,
        Err(error) => {
            output.note(&error.told());
            error.ending()
        }
    }
}

async fn ask(
    asked: &Ask,
    in_process: Option<SocketAddr>,
    output: &mut Output,
) -> Result<Ending, ClientError> {
    let at = asked.common().connection.at(in_process)?;
    match asked {
        Ask::Lookup(asked) => lookup::run(asked, &at, output).await,
        Ask::Tail(asked) => tail::run(asked, &at, output).await,
        Ask::Trails(asked) => trails::run(asked, &at, output).await,
        Ask::Accounts(asked) => accounts::run(asked, &at, output).await,
        Ask::Budgets(asked) => budgets::run(asked, &at, output).await,
    }
}
