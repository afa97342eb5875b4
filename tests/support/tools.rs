//! Where the outside parts are, and running those that end by themselves.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program that `scripts/setup` installed, below `.tools/`.
pub fn tool(path: &str) -> PathBuf {
    let found = project().join(".tools").join(path);
    assert!(
        found.exists(),
        "{} is missing: run scripts/test first",
        found.display()
    );
    found
}

/// The environment's Python with the gRPC packages.
pub fn python() -> PathBuf {
    tool("client/bin/python")
}

/// What a child process said.
#[derive(Debug)]
pub struct Output {
    pub ok: bool,
    /// Its exit code, if no signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// Its standard output, if it ended well.
    pub fn expect_ok(self) -> String {
        assert!(self.ok, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self.stdout
    }

    /// Both of its outputs, if it ended badly.
    pub fn expect_failure(self) -> String {
        assert!(!self.ok, "it ended well, and said: {}", self.stdout);
        self.stdout + &self.stderr
    }
}

/// Runs a command to its end, one minute at most.
pub async fn run(command: Command) -> Output {
    run_within(command, Duration::from_secs(60)).await
}

/// Runs a command to its end, or kills it at `limit` and fails.
pub async fn run_within(command: Command, limit: Duration) -> Output {
    let shown = format!("{command:?}");
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).stdin(Stdio::null());
    let ended = tokio::time::timeout(limit, command.output()).await;
    let output = ended
        .unwrap_or_else(|_| panic!("not done within {limit:?}: {shown}"))
        .unwrap_or_else(|error| panic!("{error}: {shown}"));
    Output {
        ok: output.status.success(),
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
