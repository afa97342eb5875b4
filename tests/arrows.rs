//! The rooms and the only arrows between them: reads every `crate::…` path under `src/` and fails on an
//! arrow that the drawing in `src/lib.rs` does not have.

use std::{collections::BTreeSet, fs, path::Path};

use syn::visit::Visit;

/// Which rooms a room may name. `app`, `lib.rs` and `main.rs` may name all of them, and are not listed.
const ARROWS: &[(&str, &[&str])] = &[
    ("api", &["budget", "domain", "events", "fleet"]),
    ("aws", &["budget", "domain"]),
    ("budget", &["domain"]),
    ("config", &["domain"]),
    ("domain", &[]),
    ("events", &["aws", "budget", "domain", "fanout", "fleet"]),
    ("fanout", &["aws", "budget", "domain"]),
    ("fleet", &["aws", "budget", "domain", "fanout"]),
    ("sandbox", &["domain"]),
    ("telemetry", &["domain"]),
];

/// Outside crates that only one room may name, with the room.
const PRIVATE_CRATES: &[(&str, &str)] = &[
    ("aws_config", "aws"),
    ("aws_credential_types", "aws"),
    ("aws_runtime", "aws"),
    ("aws_sdk_", "aws"),
    ("aws_smithy_", "aws"),
    ("aws_types", "aws"),
    ("opentelemetry", "telemetry"),
    ("saphyr_parser", "config"),
    ("tonic_prost", "api"),
];

/// Outside crates that `domain` must not know: no IO, no wire, no clock.
const NOT_IN_DOMAIN: &[&str] = &[
    "tokio",
    "tokio_util",
    "tonic",
    "prost",
    "hyper",
    "tracing",
    "aws_config",
];

/// Every path in one file, as its segments, with `use` groups spread out and macro bodies included.
#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl Paths {
    fn spread(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |name: String| [prefix, &[name]].concat();
        match tree {
            syn::UseTree::Path(path) => self.spread(&with(path.ident.to_string()), &path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.spread(prefix, t)),
            syn::UseTree::Name(name) => drop(self.0.insert(with(name.ident.to_string()))),
            syn::UseTree::Rename(name) => drop(self.0.insert(with(name.ident.to_string()))),
            syn::UseTree::Glob(_) => drop(self.0.insert(with("*".to_owned()))),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.spread(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.0.insert(segments);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let words: Vec<String> = mac
            .tokens
            .to_string()
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        for pair in words.windows(2).filter(|pair| pair[0] == "crate") {
            self.0.insert(pair.to_vec());
        }
        syn::visit::visit_macro(self, mac);
    }

    /// Tests may use what they need.
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = |a: &syn::Attribute| {
            a.path().is_ident("cfg")
                && a.parse_args::<syn::Ident>()
                    .is_ok_and(|word| word == "test")
        };
        if !module.attrs.iter().any(test) {
            syn::visit::visit_item_mod(self, module);
        }
    }
}

/// What one file of `room` does that the drawing forbids.
fn wrong_arrows(room: &str, depth: usize, source: &str) -> Vec<String> {
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(source).unwrap());
    let allowed = ARROWS.iter().find(|(name, _)| *name == room);
    let mut wrong = Vec::new();
    for path in &paths.0 {
        let shown = path.join("::");
        if let Some(target) = room_named(path, depth)
            && target != room
            && !allowed.is_none_or(|(_, targets)| targets.contains(&target))
            && is_room(target)
        {
            wrong.push(format!("{room} -> {target} (`{shown}`)"));
        }
        for (krate, owner) in PRIVATE_CRATES {
            if path[0].starts_with(krate) && room != *owner {
                wrong.push(format!("`{shown}` outside {owner}"));
            }
        }
        if room != "api"
            && path
                .windows(2)
                .any(|pair| pair[0] == "api" && pair[1] == "proto")
        {
            wrong.push(format!("`{shown}`: generated types outside api"));
        }
        if room == "domain" && NOT_IN_DOMAIN.contains(&path[0].as_str()) {
            wrong.push(format!("domain names {shown}"));
        }
    }
    wrong
}

/// The room that a path names: after `crate`, or after enough `super`s to reach the crate's root.
fn room_named(path: &[String], depth: usize) -> Option<&str> {
    let up = path.iter().take_while(|word| *word == "super").count();
    match path.first().map(String::as_str) {
        Some("crate") => path.get(1),
        Some("super") if up == depth => path.get(up),
        _ => None,
    }
    .map(String::as_str)
}

fn is_room(name: &str) -> bool {
    name == "app" || ARROWS.iter().any(|(room, _)| *room == name)
}

/// Every Rust file under `folder` that is not of a module `tests`, with its module depth below the crate's root.
fn sources(folder: &Path, depth: usize, found: &mut Vec<(std::path::PathBuf, usize)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().unwrap() == "tests" {
            continue;
        }
        if path.is_dir() {
            sources(&path, depth + 1, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((path, depth));
        }
    }
}

#[test]
fn every_arrow_is_in_the_drawing() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, 1, &mut files);
    let mut wrong = Vec::new();
    for (file, depth) in files {
        let below = file.strip_prefix(&src).unwrap();
        let room = below.with_extension("");
        let room = room.iter().next().unwrap().to_str().unwrap();
        assert!(
            is_room(room) || ["lib", "main"].contains(&room),
            "src/{} is in no room of the drawing",
            below.display()
        );
        let source = fs::read_to_string(&file).unwrap();
        let arrows = wrong_arrows(room, depth, &source);
        wrong.extend(
            arrows
                .into_iter()
                .map(|w| format!("src/{}: {w}", below.display())),
        );
    }
    assert!(wrong.is_empty(), "wrong arrows:\n{}", wrong.join("\n"));
}

#[test]
fn a_wrong_arrow_is_seen_in_every_form() {
    for source in [
        "use crate::api::Server;",
        "use crate::{domain::Region, api};",
        "fn f() { crate::api::serve() }",
        "fn f() { println!(\"{}\", crate::api::NAME) }",
        "use super::api::Server;",
        "use aws_sdk_sts::Client;",
        "fn f(_: &aws_types::SdkConfig) {}",
        "use opentelemetry::KeyValue;",
    ] {
        assert_eq!(wrong_arrows("budget", 1, source).len(), 1, "{source}");
    }
    for source in [
        "use crate::domain::Region;",
        "use super::context::Lane;",
        "#[cfg(test)] mod tests { use crate::api::Server; }",
    ] {
        assert!(wrong_arrows("budget", 1, source).is_empty(), "{source}");
    }
    let generated = "use crate::api::proto::Event;";
    assert_eq!(wrong_arrows("app", 1, generated).len(), 1);
    assert!(wrong_arrows("app", 1, "use crate::api::Server;").is_empty());
    assert_eq!(
        wrong_arrows("domain", 2, "use tokio::time::Instant;").len(),
        1
    );
}
