//! What a person sees: the same commands on a pseudo terminal, made by Python's `pty`.

use std::{process::Command, time::Duration};

use crate::support::{
    tools::run_within,
    trailplane::{Start, Trailplane, program},
};

const WIDTH: usize = 100;

/// Runs the program (its path and arguments) with a terminal of this width as all of its outputs, and prints what the
/// terminal got.
const PTY: &str = "\
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 40, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[2], sys.argv[2:])
out = b''
while True:
    try:
        part = os.read(terminal, 1 << 16)
    except OSError:
        break
    if not part:
        break
    out += part
_, status = os.waitpid(child, 0)
sys.stdout.buffer.write(out)
sys.exit(os.waitstatus_to_exitcode(status))
";

struct Seen {
    text: String,
    code: Option<i32>,
}

async fn on_a_terminal(
    server: &Trailplane,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Seen {
    let mut command = Command::new("python3");
    command
        .args(["-c", PTY, &WIDTH.to_string()])
        .arg(program().get_program())
        .args(arguments);
    command
        .env("TRAILPLANE_ADDRESS", &server.grpc)
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    command.envs(environment.iter().copied());
    let output = run_within(command, Duration::from_secs(90)).await;
    Seen {
        text: output.stdout,
        code: output.code,
    }
}

/// Without what moves the cursor or colours.
fn shown(text: &str) -> Vec<String> {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.split(['\n', '\r']).map(str::to_owned).collect()
}

/// Enough that the bar is drawn while it runs.
async fn busy() -> Trailplane {
    let scenario = "seed: 7\nregions: [us-east-1, eu-west-1]\ngenerate_accounts: 6\nevents: {per_hour: 120}\n\
                    faults:\n  - {effect: {latency: {constant: {ms: 300}}}, scope: {apis: [LookupEvents]}}\n";
    Start::with_scenario(scenario).ready().await
}

#[tokio::test]
async fn a_terminal_has_colours_a_bar_and_lines_that_fit() {
    let server = busy().await;
    let arguments = ["lookup", "--all", "--since", "6h", "--read-only=false"];
    let seen = on_a_terminal(&server, &arguments, &[]).await;
    assert_eq!(seen.code, Some(0), "{}", seen.text);
    assert!(
        seen.text.contains("\u{1b}[1mTIME"),
        "bold titles: {}",
        seen.text
    );
    assert!(
        seen.text.contains("\u{1b}[31m"),
        "a call that failed is red: {}",
        seen.text
    );
    let lines = shown(&seen.text);
    assert!(
        lines
            .iter()
            .any(|line| line.contains(" cells  ") && line.contains(" call")),
        "a bar: {lines:?}"
    );
    for line in &lines {
        assert!(line.chars().count() <= WIDTH, "{line}");
    }
    assert!(
        lines.iter().any(|line| line.contains('…')),
        "cut where it is too long"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("coverage: complete")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn colours_are_left_out_where_nobody_wants_them() {
    let server = busy().await;
    let arguments = ["lookup", "--limit", "50", "--since", "6h"];
    let colour = |text: &str| text.contains("\u{1b}[1m") || text.contains("\u{1b}[31m");
    let none = on_a_terminal(&server, &arguments, &[("NO_COLOR", "1")]).await;
    assert!(
        none.text.contains("TIME") && !colour(&none.text),
        "{}",
        none.text
    );
    let never = [&arguments[..], &["--color", "never"]].concat();
    assert!(!colour(&on_a_terminal(&server, &never, &[]).await.text));
    let always = [&arguments[..], &["--color", "always"]].concat();
    assert!(colour(&super::ask(&server, &always).await.stdout));
    assert!(!colour(&super::ask(&server, &arguments).await.stdout));
}

#[tokio::test]
async fn a_tail_shows_that_it_is_alive_on_a_terminal_only() {
    let server = busy().await;
    let seen = on_a_terminal(&server, &["tail", "--timeout", "7s"], &[]).await;
    assert!(seen.text.contains("following "), "{}", seen.text);
    assert_eq!(seen.code, Some(0), "{}", seen.text);
}

/// Times are in the zone of TZ, with their distance from UTC; in JSON they are UTC all the same.
#[tokio::test]
async fn times_are_local_unless_said_otherwise() {
    let server = busy().await;
    let mut local = super::asking(&server, &["lookup", "--limit", "1"]);
    local.env("TZ", "XYZ-05:45");
    let local = crate::support::tools::run(local).await.stdout;
    assert!(local.contains("+05:45"), "{local}");
    let mut json = super::asking(&server, &["lookup", "--limit", "1", "-o", "ndjson"]);
    json.env("TZ", "XYZ-05:45");
    let json = crate::support::tools::run(json).await.stdout;
    let event: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(
        event["eventTime"].as_str().unwrap().ends_with('Z'),
        "{event}"
    );
}
