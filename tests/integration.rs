//! The one integration binary: the real program, real clients and the simulated AWS, over sockets.
//! `scripts/test` installs the outside parts that these tests drive.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "tests may fail loudly, and are read where they stand"
)]

mod arrows;
mod attribution;
mod audit;
mod budget_store;
mod budgets;
mod cli;
mod cli_people;
mod cli_to_rpc;
mod clients;
mod console;
mod contract;
mod documents;
mod door;
mod edge;
mod fleet;
mod fuzzed;
mod log_events;
mod log_files;
mod lookup;
mod operations;
mod organization_service;
mod organizations;
mod outside;
mod policy;
mod reload;
mod restart;
mod rolling;
mod security;
mod support;
mod telemetry;
mod tokens;
mod trails;
mod transport;
