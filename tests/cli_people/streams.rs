//! `lookup --all`: all of it, in little memory, and readers that leave.

use std::{
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use trailplane::domain::Timestamp;

use super::{ask, asking, id, lines};
use crate::support::{
    tools::{run, run_within},
    trailplane::{Start, Trailplane},
};

#[tokio::test]
async fn a_stream_brings_what_the_pages_bring() {
    let server = Trailplane::sandbox().await;
    // The same for both, however long lies between them.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let hours_ago = |hours: i64| Timestamp::from_seconds(now - hours * 3_600).to_string();
    let (start, end) = (hours_ago(4), hours_ago(1));
    let window = [
        "--start",
        &start,
        "--end",
        &end,
        "--account",
        "100000000012",
        "-o",
        "ndjson",
    ];
    let pages = ask(
        &server,
        &[&["lookup", "--limit", "100000"], &window[..]].concat(),
    )
    .await;
    let settled = ask(&server, &[&["lookup", "--all"], &window[..]].concat()).await;
    let ids = |text: &str| {
        lines(text)
            .iter()
            .map(id)
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (pages, stream) = (ids(&pages.stdout), ids(&settled.stdout));
    assert!(pages.len() > 20, "{}", pages.len());
    assert_eq!(pages, stream);
    assert!(
        settled
            .stderr
            .contains(&format!("; {} events, ", stream.len())),
        "{}",
        settled.stderr
    );
    assert_eq!(settled.code, Some(0));
}

#[tokio::test]
async fn a_reader_that_leaves_ends_it_quietly() {
    let server = Trailplane::sandbox().await;
    let mut shell = Command::new("bash");
    shell.args([
        "-o",
        "pipefail",
        "-c",
        "\"$0\" lookup --all -o ndjson --region us-east-1 | head -n 1",
    ]);
    shell
        .arg(env!("CARGO_BIN_EXE_trailplane"))
        .env("TRAILPLANE_ADDRESS", &server.grpc);
    let output = run(shell).await;
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), ""),
        "{output:?}"
    );
    assert_eq!(lines(&output.stdout).len(), 1);
}

/// The most memory that a command had, in MiB, and how many MiB it printed.
async fn memory(server: &Trailplane, arguments: &[&str]) -> (u64, u64) {
    let script = "import resource, subprocess, sys\n\
                  child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n\
                  total = 0\n\
                  while part := child.stdout.read(1 << 16): total += len(part)\n\
                  child.wait()\n\
                  print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, total >> 20)";
    let asked = asking(server, arguments);
    let mut command = Command::new("python3");
    command
        .args(["-c", script])
        .arg(asked.get_program())
        .args(asked.get_args());
    command.env("TRAILPLANE_ADDRESS", &server.grpc);
    let said = run_within(command, Duration::from_secs(120))
        .await
        .expect_ok();
    let (memory, printed) = said.trim().split_once(' ').unwrap();
    (memory.parse().unwrap(), printed.parse().unwrap())
}

#[tokio::test]
async fn a_long_answer_takes_no_more_memory_than_a_short_one() {
    let busy = "seed: 7\nregions: [us-east-1, eu-west-1]\ngenerate_accounts: 20\nevents: {per_hour: 400}\n";
    let server = Start::with_scenario(busy).ready().await;
    let (short, _) = memory(
        &server,
        &["lookup", "--limit", "50", "--raw", "-o", "ndjson"],
    )
    .await;
    let long = [
        "lookup",
        "--all",
        "--unordered",
        "--since",
        "1h",
        "--raw",
        "-o",
        "ndjson",
    ];
    let (long, printed) = memory(&server, &long).await;
    assert!(printed >= 24, "{printed} MiB are too few to tell");
    assert!(
        long < short + 16,
        "{short} MiB for a page, {long} MiB for {printed} MiB"
    );
}
