//! Environment variables over the file: `TRAILPLANE_AWS__STS_REGION` is `aws.sts_region`.

use super::{
    error::{ConfigError, Source},
    tree::{Entry, Node, Value},
};

/// What every variable of ours starts with.
pub(super) const PREFIX: &str = "TRAILPLANE_";

/// Those that the commands for people read. They are not the service's, and may well be set where it runs.
const OF_CLIENTS: [&str; 3] = [
    "TRAILPLANE_ADDRESS",
    "TRAILPLANE_TOKEN",
    "TRAILPLANE_TOKEN_FILE",
];

/// The variable of a dotted key.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

/// Lays the variables over `root`. Those that are ours by their prefix and can't be a key are faults, except
/// the ones that Kubernetes sets by itself for a Service whose name starts with `trailplane`.
pub(super) fn overlay(
    root: &mut Node,
    environment: impl Iterator<Item = (String, String)>,
    errors: &mut Vec<ConfigError>,
) {
    let mut ours: Vec<(String, String)> = environment
        .filter(|(name, value)| name.starts_with(PREFIX) && !is_service_link(name, value))
        .filter(|(name, _)| !OF_CLIENTS.contains(&name.as_str()))
        .collect();
    ours.sort();
    for (name, value) in ours {
        let source = Source::Environment {
            variable: name.as_str().into(),
        };
        let path: Vec<String> = name
            .trim_start_matches(PREFIX)
            .split("__")
            .map(str::to_ascii_lowercase)
            .collect();
        if path.len() < 2 || !insert(root, &path, &source, value) {
            errors.push(ConfigError {
                key: String::new(),
                expected: format!("{PREFIX}<SECTION>__<KEY>, see docs/configuration.md"),
                found: "a variable that is no key".to_owned(),
                source,
            });
        }
    }
}

/// Puts a text at `path`, over whatever is there. False if a part of the way is not a mapping.
fn insert(node: &mut Node, path: &[String], source: &Source, text: String) -> bool {
    let Value::Map(entries) = &mut node.value else {
        return false;
    };
    let Some((key, rest)) = path.split_first() else {
        return false;
    };
    let new = Node {
        value: if rest.is_empty() {
            Value::Text(text.clone())
        } else {
            Value::Map(Vec::new())
        },
        source: source.clone(),
    };
    let Some(entry) = entries.iter_mut().find(|entry| &entry.key == key) else {
        let mut node = new;
        let done = rest.is_empty() || insert(&mut node, rest, source, text);
        entries.push(Entry {
            key: key.clone(),
            source: source.clone(),
            node,
        });
        return done;
    };
    // An empty section (`aws:` and nothing below it) is a section.
    if rest.is_empty() || matches!(entry.node.value, Value::Null) {
        entry.node = new;
        entry.source = source.clone();
    }
    rest.is_empty() || insert(&mut entry.node, rest, source, text)
}

/// True for the variables of Kubernetes' service links (`enableServiceLinks`): a Service named `trailplane`
/// makes TRAILPLANE_SERVICE_HOST, TRAILPLANE_SERVICE_PORT_GRPC, TRAILPLANE_PORT_50051_TCP_ADDR and others in
/// every pod of its namespace. Keys of ours have `__` in them, these have not.
fn is_service_link(name: &str, value: &str) -> bool {
    if name.contains("__") {
        return false;
    }
    let port_of_protocol = || {
        name.split_once("_PORT_").is_some_and(|(_, tail)| {
            let mut words = tail.split('_');
            words.next().is_some_and(|n| n.parse::<u16>().is_ok())
                && matches!(words.next(), Some("TCP" | "UDP" | "SCTP"))
        })
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && value.contains("://"))
        || port_of_protocol()
}
