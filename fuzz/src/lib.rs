//! What is fuzzed, one module for each kind of bytes that strangers bring. `run` takes any bytes, and panics if what it
//! calls does, or breaks a rule that its module states.

pub mod audit;
pub mod certificates;
pub mod config;
pub mod cursors;
pub mod log_files;
pub mod names;
pub mod records;
pub mod requests;
pub mod tokens;
