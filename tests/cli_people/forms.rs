//! Lookups in each form, complete and partial, and what stands on which output.

use std::process::Command;

use serde_json::Value;

use super::{PARTIAL, ask, lines};
use crate::support::{
    tools::{run, tool},
    trailplane::{Trailplane, program},
};

const WHOLE: &[&str] = &[
    "lookup",
    "--account",
    "100000000012",
    "--limit",
    "5",
    "--end",
    "1h",
];

#[tokio::test]
async fn in_a_pipe_a_table_is_plain_text_and_the_rest_is_on_standard_error() {
    let server = Trailplane::sandbox().await;
    let output = ask(&server, &["lookup", "--limit", "10", "--utc"]).await;
    assert_eq!(output.code, PARTIAL, "{output:?}");
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines.len(), 11, "{output:?}");
    assert!(lines[0].starts_with("TIME "), "{lines:?}");
    assert!(
        lines[1..].iter().all(|line| line.as_bytes()[19] == b'Z'),
        "{lines:?}"
    );
    assert!(!output.stdout.contains('\u{1b}') && !output.stderr.contains('\u{1b}'));
    for part in [
        "coverage: partial; ",
        " ROLE_NOT_ASSUMABLE (",
        "more: the same with --cursor ",
    ] {
        assert!(output.stderr.contains(part), "{part}: {}", output.stderr);
    }
    assert_eq!(output.stderr.lines().count(), 2, "{}", output.stderr);
}

#[tokio::test]
async fn an_answer_without_gaps_ends_with_0() {
    let server = Trailplane::sandbox().await;
    let output = ask(&server, WHOLE).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stderr.contains("coverage: complete; "), "{output:?}");
}

/// The message is the one that grpcurl prints, field by field.
#[tokio::test]
async fn json_is_what_grpcurl_prints() {
    let server = Trailplane::sandbox().await;
    let window = ["--start", "2d", "--end", "2h", "--account", "100000000012"];
    let json = [
        &[
            "lookup",
            "-o",
            "json",
            "--limit",
            "7",
            "--event-name",
            "GetObject",
            "--event-name",
            "ConsoleLogin",
        ][..],
        &window,
    ]
    .concat();
    let output = ask(&server, &json).await;
    let ours: Value = serde_json::from_str(&output.expect_ok()).unwrap();
    let request = serde_json::json!({
        "targets": {"account_ids": ["100000000012"]},
        "start_time": ours["window"]["startTime"],
        "end_time": ours["window"]["endTime"],
        "filters": [{"attribute": "EVENT_ATTRIBUTE_EVENT_NAME", "values": ["GetObject", "ConsoleLogin"]}],
        "page_size": 7,
    });
    let mut command = Command::new(tool("bin/grpcurl"));
    command.args(["-plaintext", "-d", &request.to_string(), &server.grpc]);
    command.arg("trailplane.v1.EventService/LookupEvents");
    let theirs: Value = serde_json::from_str(&run(command).await.expect_ok()).unwrap();
    assert!(
        ours["events"]
            .as_array()
            .is_some_and(|events| !events.is_empty()),
        "{ours}"
    );
    for field in ["events", "window", "pushedDown", "matched"] {
        assert_eq!(ours[field], theirs[field], "{field}");
    }
    assert_eq!(ours["coverage"]["counts"], theirs["coverage"]["counts"]);
}

#[tokio::test]
async fn ndjson_is_an_event_a_line() {
    let server = Trailplane::sandbox().await;
    let arguments = ["-o", "ndjson", "--raw", "--read-only=false"];
    let output = ask(&server, &[WHOLE, &arguments].concat()).await;
    let events = lines(&output.expect_ok());
    assert_eq!(events.len(), 5);
    for event in &events {
        assert_eq!(event["readOnly"], false, "{event}");
        let record: Value = serde_json::from_str(event["rawRecord"].as_str().unwrap()).unwrap();
        assert_eq!(record["eventID"], event["eventId"]);
    }
    let table = ask(&server, &[WHOLE, &["--raw"]].concat())
        .await
        .expect_ok();
    assert_eq!(
        table.lines().filter(|line| line.starts_with("  {")).count(),
        5,
        "{table}"
    );
}

#[tokio::test]
async fn a_plan_tells_what_a_lookup_would_cost() {
    let server = Trailplane::sandbox().await;
    let arguments = ["lookup", "--plan", "--all", "--ou", "/Prod"];
    let output = ask(&server, &arguments).await;
    assert!(
        output.stdout.contains(" cells would be read, by "),
        "{output:?}"
    );
    assert!(output.stdout.contains("SLOWEST"), "{output:?}");
    let output = ask(&server, &[&arguments[..], &["-o", "json"]].concat()).await;
    let plan: Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(
        plan["callsMin"].as_str().unwrap().parse::<u64>().unwrap() > 10,
        "{plan}"
    );
}

/// No server runs: the service is in the process that asks.
#[tokio::test]
async fn the_simulated_organization_is_asked_without_a_server() {
    let mut command = program();
    command.args(["lookup", "--sandbox", "--limit", "3", "-o", "ndjson"]);
    let output = run(command).await;
    assert_eq!(output.code, PARTIAL, "{output:?}");
    assert_eq!(lines(&output.stdout).len(), 3);
    // Neither greetings nor log lines, nor a cursor that nobody could go on from.
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(output.stderr.starts_with("coverage: "), "{}", output.stderr);
}

#[tokio::test]
async fn completions_are_a_script_and_each_command_has_a_page() {
    let mut command = program();
    command.args(["completions", "bash"]);
    let script = run(command).await.expect_ok();
    assert!(script.contains("--event-name") && script.contains("budgets"));
    let mut check = Command::new("bash");
    check.args(["-n", "-c", &script]);
    run(check).await.expect_ok();

    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("man").arg(folder.path());
    run(command).await.expect_ok();
    for page in [
        "trailplane.1",
        "trailplane-lookup.1",
        "trailplane-trails-list.1",
    ] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    let mut command = program();
    command.arg("man").arg(folder.path().join("nowhere"));
    assert_eq!(run(command).await.code, Some(2));
}
