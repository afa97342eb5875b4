//! Pages of the documentation whose commands are run as they stand.

use std::{path::Path, process::Command, time::Duration};

use super::{
    tools::{run_within, tool},
    trailplane::Trailplane,
};

/// Shell blocks that are to be run: those below the mark.
pub fn blocks(text: &str) -> Vec<&str> {
    fenced(text, "<!-- run -->\n```sh\n")
}

/// What stands between each of these openings and the end of its block.
pub fn fenced<'a>(text: &'a str, opening: &str) -> Vec<&'a str> {
    text.split(opening)
        .skip(1)
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect()
}

/// Title and text of each section of the third level.
pub fn sections(text: &str) -> Vec<(&str, &str)> {
    text.split("\n### ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap())
        .collect()
}

/// Runs one block as pasted into bash, but for the port, which is the test's own. It must end well.
pub async fn paste(block: &str, server: &Trailplane) -> String {
    assert!(
        block.contains("127.0.0.1:50051") || block.starts_with("trailplane "),
        "{block}"
    );
    let program = Path::new(env!("CARGO_BIN_EXE_trailplane"))
        .parent()
        .unwrap()
        .display();
    let path = std::env::var("PATH").unwrap();
    let tools = tool("bin/grpcurl").parent().unwrap().display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("bash");
    command
        .args(["-eu", "-o", "pipefail", "-c"])
        .arg(block.replace("127.0.0.1:50051", &server.grpc))
        .env("PATH", format!("{program}:{tools}:{path}"))
        .env("TRAILPLANE_ADDRESS", &server.grpc)
        .current_dir(folder.path());
    run_within(command, Duration::from_secs(90))
        .await
        .expect_ok()
}
