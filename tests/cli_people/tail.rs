//! `tail`: through a restart of the service without a doubled or lost event, and how it ends.

use std::{
    collections::BTreeSet,
    fs::File,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use trailplane::sandbox::{HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY};

use super::{ask, continued, id, lines};
use crate::support::{
    cable::Cable,
    process::Process,
    trailplane::{Sandbox, Start, Trailplane, program},
};

/// Two Regions of three accounts, dense enough that a restart falls between events.
const SCENARIO: &str =
    "seed: 7\nregions: [us-east-1, eu-west-1]\ngenerate_accounts: 3\nevents: {per_hour: 600}\n";

async fn serve(sandbox: &Sandbox) -> Trailplane {
    Start::with_config(
        "aws:\n  regions: [us-east-1, eu-west-1]\n  role_name: TrailplaneReader\n  external_id: trailplane-sandbox\n\
         cursor: {keys: [MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=]}\n",
    )
    .aws(&sandbox.endpoint(), HUB_ACCESS_KEY_ID, HUB_SECRET_ACCESS_KEY)
    .ready()
    .await
}

fn port(server: &Trailplane) -> u16 {
    server.grpc.rsplit(':').next().unwrap().parse().unwrap()
}

/// A tail whose events go to a file, and whose words to the process's output.
struct Follower {
    process: Process,
    events: tempfile::NamedTempFile,
}

impl Follower {
    fn start(port: u16, arguments: &[&str]) -> Self {
        let events = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\" > \"$EVENTS\""]);
        command
            .arg(program().get_program())
            .args(["tail", "-o", "ndjson"])
            .args(arguments);
        command.args(["--address", &format!("127.0.0.1:{port}")]);
        command.env("EVENTS", events.path()).stdin(Stdio::null());
        Self {
            process: Process::start(command),
            events,
        }
    }

    /// All lines that are whole.
    fn events(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.events.path()).unwrap();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        lines(whole)
    }

    async fn until(&mut self, what: &str, enough: impl Fn(&[Value]) -> bool) {
        let path = self.events.path().to_owned();
        let there = |_: &str| {
            let text = std::fs::read_to_string(&path).unwrap();
            let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
            enough(&lines(whole)).then_some(())
        };
        self.process.wait_for(what, there).await;
    }
}

#[tokio::test]
async fn a_tail_goes_on_through_a_restart_with_each_event_once() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let first = serve(&sandbox).await;
    let cable = Cable::to(port(&first)).await;
    let mut tail = Follower::start(cable.port, &["--start", "40m"]);
    tail.until("the first events", |events| events.len() >= 150)
        .await;
    first.process.kill().await;
    tail.process
        .wait_for("the break", |said| {
            said.contains("trying again in ").then_some(())
        })
        .await;
    let second = serve(&sandbox).await;
    cable.lead(port(&second));

    // What is settled can be told by a lookup.
    let window = ["--start", "39m", "--end", "16m", "--all", "-o", "ndjson"];
    let whole = ask(&second, &[&["lookup"], &window[..]].concat()).await;
    let whole: BTreeSet<String> = lines(&whole.stdout).iter().map(id).collect();
    assert!(whole.len() > 500, "{}", whole.len());
    let wanted = whole.clone();
    tail.until("all that is settled", move |events| {
        let seen: BTreeSet<String> = events.iter().map(id).collect();
        wanted.is_subset(&seen)
    })
    .await;
    tail.process.signal("INT");
    let ended = tail.process.wait(Duration::from_secs(10)).await;
    assert_eq!(ended.code(), Some(0), "{}", tail.process.output());

    let events = tail.events();
    let seen: BTreeSet<String> = events.iter().map(id).collect();
    assert_eq!(seen.len(), events.len(), "an event came twice");
    assert!(continued(&tail.process.output()).contains(&"--cursor".to_owned()));
}

#[tokio::test]
async fn a_tail_ends_at_its_timeout_and_another_goes_on() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let server = serve(&sandbox).await;
    let first = ask(
        &server,
        &["tail", "--start", "30m", "--timeout", "4s", "-o", "ndjson"],
    )
    .await;
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(!first.stdout.is_empty());
    let again = continued(&first.stderr);
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let second = ask(
        &server,
        &[&["tail", "--timeout", "4s", "-o", "json"], &again[..]].concat(),
    )
    .await;
    assert_eq!(second.code, Some(0), "{second:?}");
    for message in serde_json::Deserializer::from_str(&second.stdout).into_iter::<Value>() {
        let message = message.unwrap();
        assert!(message.get("batch").is_some(), "{message}");
    }
}

/// The service goes and does not come back: it is tried again, not in haste, and no longer than the timeout.
#[tokio::test]
async fn a_service_that_stays_away_is_waited_for_until_the_timeout() {
    let sandbox = Sandbox::start(Some(SCENARIO)).await;
    let server = serve(&sandbox).await;
    let mut tail = Follower::start(port(&server), &["--start", "10m", "--timeout", "8s"]);
    tail.until("the first events", |events| !events.is_empty())
        .await;
    server.process.kill().await;
    let ended = tail.process.wait(Duration::from_secs(30)).await;
    let said = tail.process.output();
    assert_eq!(ended.code(), Some(5), "{said}");
    let tries = said.matches("trying again in ").count();
    assert!((1..=20).contains(&tries), "{tries}: {said}");
    assert!(said.contains("more: the same with --start "), "{said}");
}

/// The account that lacks the role cannot be followed: that is told once, and in the exit code.
#[tokio::test]
async fn what_cannot_be_followed_is_told() {
    let server = Trailplane::sandbox().await;
    let output = ask(
        &server,
        &["tail", "--timeout", "8s", "--region", "us-east-1", "--utc"],
    )
    .await;
    assert_eq!(output.code, Some(4), "{output:?}");
    assert!(output.stderr.contains("not followed: "), "{output:?}");
    assert!(output.stderr.contains("ROLE_NOT_ASSUMABLE"), "{output:?}");
    assert!(
        !output.stderr.contains("following "),
        "heartbeats are for terminals: {output:?}"
    );
}

/// A pipe whose other end is closed: no event can be shown, and that is no failure.
#[tokio::test]
async fn a_reader_that_leaves_ends_a_tail() {
    let server = Trailplane::sandbox().await;
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let said = tempfile::NamedTempFile::new().unwrap();
    let mut command = program();
    command.args(["tail", "--start", "1h", "--address", &server.grpc]);
    command
        .stdout(writer)
        .stderr(File::create(said.path()).unwrap())
        .stdin(Stdio::null());
    let mut child = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), child.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
    assert!(
        !std::fs::read_to_string(said.path())
            .unwrap()
            .contains("standard output")
    );
}
