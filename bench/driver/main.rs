//! Measures the figures that `bench/README.md` lists: starts `trailplane sandbox` and `trailplane serve` as processes
//! of their own, asks as a client would, and prints. Writes nothing but its output.
#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a program for people: it prints figures"
)]

mod budget;
#[path = "../../tests/support/cable.rs"]
#[expect(
    clippy::expect_used,
    reason = "without a port there is nothing to measure"
)]
mod cable;
mod collector;
mod compare;
mod faulty;
mod fleet;
mod hostile;
mod idle;
mod long;
mod newest_page;
mod parts;
mod redis;
mod rollout;
mod start;
mod store;
mod stream;

use std::process::ExitCode;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Measured = Result<(), Failure>;

#[tokio::main]
async fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let measured = match name.as_str() {
        "long-lookup" => long::measure().await,
        "newest-page" => newest_page::measure().await,
        "stream-1m" => stream::measure().await,
        "budget" => budget::measure().await,
        "collector" => collector::measure().await,
        "compare-read" => compare::read().await,
        "compare-sdk" => compare::sdk().await,
        "ten-million" => faulty::measure().await,
        "fleet" => fleet::measure().await,
        "fleet-faults" => fleet::faults().await,
        "hostile" => hostile::measure().await,
        "idle-rss" => idle::measure().await,
        "rollout" => rollout::measure().await,
        "start" => start::measure().await,
        "store" => store::measure().await,
        other => Err(format!("no figure is called {other:?}").into()),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}
