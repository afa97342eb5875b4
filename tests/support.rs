//! Starts the real program and the real outside parts, and ends them. No test logic.

#![allow(dead_code, reason = "the harness is ahead of the tests that use it")]

pub mod browser;
pub mod cable;
pub mod certificates;
pub mod emulator;
pub mod ledger;
pub mod page;
pub mod process;
pub mod proxy;
pub mod redis;
pub mod rig;
pub mod tokens;
pub mod tools;
pub mod trailplane;
