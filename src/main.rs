//! Runs [`trailplane::app::cli`]: arguments and environment in, exit code out.

use std::process::ExitCode;

/// Thousands of small parsed records come and go on many threads: mimalloc gives their memory back sooner
/// than the system's allocator, and takes less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // A variable that is not Unicode can't be one of ours: their names and values are.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    trailplane::app::cli::run(std::env::args_os(), environment)
}
