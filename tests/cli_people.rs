//! The commands for people, through the real program over sockets: what they print where, and how they end.

mod forms;
mod lists;
mod pages;
mod refusals;
mod streams;
mod tail;
mod terminal;

use std::process::Command;

use serde_json::Value;

use crate::support::{
    tools::{Output, run},
    trailplane::{Trailplane, program},
};

/// The account whose role cannot be assumed makes every broad answer a partial one.
const PARTIAL: Option<i32> = Some(4);

/// The command, asking this server.
fn asking(server: &Trailplane, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .env("TRAILPLANE_ADDRESS", &server.grpc)
        .args(arguments);
    command
}

async fn ask(server: &Trailplane, arguments: &[&str]) -> Output {
    run(asking(server, arguments)).await
}

/// Each line of it as JSON.
fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What goes on after `more: the same with`, as arguments.
fn continued(stderr: &str) -> Vec<String> {
    let (_, rest) = stderr
        .split_once("more: the same with ")
        .unwrap_or_else(|| panic!("{stderr}"));
    let rest = rest.lines().next().unwrap();
    let rest = rest.split(" (").next().unwrap();
    rest.split(' ').map(str::to_owned).collect()
}

/// What tells an event from all others.
fn id(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap().to_owned();
    format!(
        "{} {} {}",
        text("accountId"),
        text("region"),
        text("eventId")
    )
}
