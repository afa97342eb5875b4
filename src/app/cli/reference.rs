//! The arguments of the commands for people, as `docs/cli.md` has them.

use std::{collections::BTreeSet, fmt::Write as _};

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;

/// The commands of the page.
const COMMANDS: [&str; 5] = ["lookup", "tail", "trails", "accounts", "budgets"];

/// Every command that can be run, by its whole name.
fn leaves(command: &Command, name: &str, found: &mut Vec<(String, Command)>) {
    match command.has_subcommands() {
        true => command.get_subcommands().for_each(|below| {
            leaves(below, &format!("{name} {}", below.get_name()), found);
        }),
        false => found.push((name.to_owned(), command.clone())),
    }
}

/// Under which heading an argument stands, if it is one that several commands take.
fn heading(argument: &Arg) -> &str {
    argument.get_help_heading().unwrap_or_default()
}

fn shown(argument: &Arg) -> Option<String> {
    if ["help", "version"].contains(&argument.get_id().as_str()) {
        return None;
    }
    let values = argument.get_value_names().unwrap_or_default();
    let value: Vec<String> = values.iter().map(|value| format!("<{value}>")).collect();
    let takes = argument.get_action().takes_values();
    let value = if takes {
        value.join(" ")
    } else {
        String::new()
    };
    let name = match argument.get_long() {
        Some(long) => format!("--{long} {value}"),
        None => value,
    };
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| format!("`{}`", value.display()))
        .collect();
    let default = match takes && !defaults.is_empty() && !argument.is_hide_default_value_set() {
        true => format!(" Unless said otherwise {}.", defaults.join(" ")),
        false => String::new(),
    };
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    Some(format!("| `{}` | {help}.{default} |\n", name.trim()))
}

fn table<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let rows: String = arguments.filter_map(shown).collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("\n| argument | meaning |\n|---|---|\n{rows}"),
    }
}

fn markdown() -> String {
    let cli = Cli::command();
    let mut commands = Vec::new();
    for name in COMMANDS {
        let command = cli.find_subcommand(name).unwrap();
        leaves(command, &format!("trailplane {name}"), &mut commands);
    }
    let mut text = String::new();
    for (name, command) in &commands {
        let about = command.get_about().unwrap();
        let own = table(
            command
                .get_arguments()
                .filter(|argument| heading(argument).is_empty()),
        );
        write!(text, "\n**`{name}`**: {about}.\n{own}").unwrap();
    }
    // They are the same in all commands that take them, so that those of `lookup`, which takes all, are told.
    let (_, lookup) = commands.first().unwrap();
    let mut told = BTreeSet::new();
    for argument in lookup.get_arguments() {
        let heading = heading(argument);
        if !heading.is_empty() && told.insert(heading) {
            let same = lookup
                .get_arguments()
                .filter(|other| self::heading(other) == heading);
            write!(text, "\n**{heading}**\n{}", table(same)).unwrap();
        }
    }
    text
}

/// With `UPDATE_CLI=1` in the environment it writes them instead.
#[test]
fn the_page_has_every_argument() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- arguments:begin -->\n").unwrap();
    let (found, after) = rest.split_once("<!-- arguments:end -->").unwrap();
    let expected = markdown();
    if std::env::var_os("UPDATE_CLI").is_some() {
        let text =
            format!("{before}<!-- arguments:begin -->\n{expected}\n<!-- arguments:end -->{after}");
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(
        found.trim(),
        expected.trim(),
        "docs/cli.md is out of date: UPDATE_CLI=1 cargo test --lib the_page_has_every_argument"
    );
}

/// An argument of a heading means the same in every command.
#[test]
fn arguments_of_a_heading_are_the_same_everywhere() {
    let cli = Cli::command();
    let mut commands = Vec::new();
    leaves(&cli, "trailplane", &mut commands);
    let asks = |name: &str| {
        COMMANDS
            .iter()
            .any(|command| name.split(' ').nth(1) == Some(command))
    };
    let (_, lookup) = commands
        .iter()
        .find(|(name, _)| name.ends_with(" lookup"))
        .unwrap();
    for (name, command) in commands.iter().filter(|(name, _)| asks(name)) {
        for argument in command
            .get_arguments()
            .filter(|argument| !heading(argument).is_empty())
        {
            let same = lookup
                .get_arguments()
                .find(|other| other.get_id() == argument.get_id());
            assert_eq!(
                same.map(shown),
                Some(shown(argument)),
                "{name} {}",
                argument.get_id()
            );
        }
    }
    cli.debug_assert();
}
