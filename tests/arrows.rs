//! The rooms and the only arrows between them: reads every `crate::…` path under `src/` and fails on an
//! arrow that the drawing in `src/lib.rs` does not have.

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use syn::visit::Visit;

/// Which rooms a room may name. `app`, `lib.rs` and `main.rs` may name all of them, and are not listed.
const ARROWS: &[(&str, &[&str])] = &[
    ("access", &["domain"]),
    (
        "api",
        &[
            "access",
            "audit",
            "budget",
            "domain",
            "events",
            "fleet",
            "issuers",
            "logs",
            "organization",
            "policies",
            "trails",
        ],
    ),
    ("audit", &["domain"]),
    ("aws", &["budget", "domain"]),
    ("budget", &["domain"]),
    ("client", &["api"]),
    ("config", &["domain"]),
    ("console", &["domain"]),
    ("domain", &[]),
    ("events", &["aws", "budget", "domain", "fanout", "fleet"]),
    ("fanout", &["aws", "budget", "domain"]),
    ("fleet", &["aws", "budget", "domain", "fanout"]),
    ("issuers", &["access", "domain"]),
    (
        "logs",
        &[
            "aws", "budget", "domain", "events", "fanout", "fleet", "trails",
        ],
    ),
    (
        "organization",
        &["audit", "aws", "budget", "domain", "fleet", "policies"],
    ),
    ("policies", &["domain"]),
    ("sandbox", &["domain"]),
    ("telemetry", &["domain"]),
    (
        "trails",
        &[
            "audit",
            "aws",
            "budget",
            "domain",
            "fanout",
            "fleet",
            "organization",
            "policies",
        ],
    ),
];

/// Outside crates (by the beginning of their names) that only these rooms may name.
const PRIVATE_CRATES: &[(&str, &[&str])] = &[
    ("aws_", &["aws"]),
    ("flate2", &["logs"]),
    ("jsonwebtoken", &["access"]),
    ("memchr", &["logs"]),
    ("anstream", &["client"]),
    ("anstyle", &["client"]),
    ("indicatif", &["client"]),
    ("jiff", &["client"]),
    ("opentelemetry", &["telemetry"]),
    ("tracing_opentelemetry", &["telemetry"]),
    ("prometheus", &["telemetry"]),
    ("prost_reflect", &["client"]),
    ("prost_types", &["api", "client"]),
    ("redb", &["events"]),
    ("redis", &["budget"]),
    ("saphyr_parser", &["config"]),
    ("rustls_native_certs", &["issuers"]),
    ("tokio_rustls", &["api", "issuers"]),
    ("tonic", &["api", "app", "client"]),
    ("tower", &["api"]),
    ("unicode_width", &["client"]),
    ("x509_parser", &["access"]),
    ("zstd", &["events"]),
];

/// The only dependencies that `domain` may name.
const IN_DOMAIN: &[&str] = &["thiserror", "time"];

/// What `domain` must not use of the standard library: IO, threads, clocks.
const NOT_IN_DOMAIN: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Every path in one file, as its segments, with `use` groups spread out and macro bodies included. One that
/// climbs to the crate's root by `super` begins with `crate`.
struct Paths {
    found: BTreeSet<Vec<String>>,
    /// How many modules are open, the file's own included.
    depth: usize,
}

impl Paths {
    fn insert(&mut self, path: Vec<String>) {
        let up = path.iter().take_while(|word| *word == "super").count();
        if up > 0 && up == self.depth {
            let rest = path.into_iter().skip(up);
            self.found
                .insert(std::iter::once("crate".to_owned()).chain(rest).collect());
        } else {
            self.found.insert(path);
        }
    }

    fn spread(&mut self, prefix: &[String], tree: &syn::UseTree) {
        let with = |name: String| [prefix, &[name]].concat();
        match tree {
            syn::UseTree::Path(path) => self.spread(&with(path.ident.to_string()), &path.tree),
            syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.spread(prefix, t)),
            syn::UseTree::Name(name) => self.insert(with(name.ident.to_string())),
            syn::UseTree::Rename(name) => self.insert(with(name.ident.to_string())),
            syn::UseTree::Glob(_) => self.insert(with("*".to_owned())),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.spread(&[], &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.insert(vec!["extern crate".to_owned(), item.ident.to_string()]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.insert(path.segments.iter().map(|s| s.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    /// A visibility is no use.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let tokens = without_texts(&mac.tokens.to_string()).replace(" :: ", "::");
        let of_a_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for path in tokens.split(|c| !of_a_path(c)) {
            let words = path.split("::").map(str::to_owned).collect::<Vec<_>>();
            if words.len() > 1 {
                self.insert(words);
            }
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
            self.depth += 1;
            syn::visit::visit_item_mod(self, module);
            self.depth -= 1;
        }
    }
}

/// Tokens without what stands between quotation marks.
fn without_texts(tokens: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let outside = tokens.chars().filter(|c| {
        let quote = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        inside ^= quote;
        !inside && !quote
    });
    outside.collect()
}

/// What one file of `room` does that the drawing forbids.
fn wrong_arrows(room: &str, depth: usize, source: &str) -> Vec<String> {
    let found = BTreeSet::new();
    let mut paths = Paths { found, depth };
    paths.visit_file(&syn::parse_file(source).unwrap());
    let mut wrong = Vec::new();
    for path in &paths.found {
        let shown = path.join("::");
        wrong.extend(wrong_room(room, path).map(|why| format!("`{shown}`: {why}")));
        wrong.extend(wrong_crate(room, path).map(|why| format!("`{shown}`: {why}")));
    }
    wrong
}

fn wrong_room(room: &str, path: &[String]) -> Option<String> {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let allowed = ARROWS.iter().find(|(name, _)| *name == room);
    let allowed = allowed.map(|(_, targets)| *targets);
    match words.as_slice() {
        ["extern crate", ..] => Some("a crate by another way than its name".to_owned()),
        // A client of the protocol has the generated messages, and nothing else of the edge.
        ["crate", "api", part, ..] if room == "client" && *part != "proto" => {
            Some("more of the edge than its messages".to_owned())
        }
        _ if !["api", "client"].contains(&room) && words.contains(&"proto") => {
            Some("generated types".to_owned())
        }
        // `use crate as root` and `use crate::*` hide which rooms are meant.
        ["crate"] | ["crate", "*" | "self"] if allowed.is_some() => Some("every room".to_owned()),
        ["crate", target, ..] if *target != room && is_room(target) => allowed
            .is_some_and(|targets| !targets.contains(target))
            .then(|| format!("{room} -> {target}")),
        _ => None,
    }
}

fn wrong_crate(room: &str, path: &[String]) -> Option<String> {
    let first = path.first()?.as_str();
    let private = |(name, rooms): &&(&str, &[&str])| {
        first.starts_with(name) && dependencies().contains(first) && !rooms.contains(&room)
    };
    if let Some((_, rooms)) = PRIVATE_CRATES.iter().find(private) {
        return Some(format!("only in {}", rooms.join(" and ")));
    }
    let std = |name: &&&str| path.join("::").starts_with(**name);
    let in_domain = dependencies().contains(first) && !IN_DOMAIN.contains(&first)
        || NOT_IN_DOMAIN.iter().any(|name| std(&name));
    (room == "domain" && in_domain).then(|| "not in domain".to_owned())
}

/// The names of this package's dependencies, as paths have them.
fn dependencies() -> &'static BTreeSet<String> {
    static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let manifest = include_str!("../Cargo.toml");
        let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
        let (section, _) = rest.split_once("\n[").unwrap();
        let names = section.lines().filter_map(|line| line.split_once(" = "));
        names.map(|(name, _)| name.replace('-', "_")).collect()
    });
    &NAMES
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
        "pub use crate::api::Server as S;",
        "use crate::{domain::Region, api};",
        "use crate::*;",
        "use crate as root;",
        "use crate::{self as root};",
        "fn f() { crate::api::serve() }",
        "fn f(_: Vec<crate::api::Server>) {}",
        "fn f() { println!(\"{}\", crate::api::NAME) }",
        "fn f() { println!(\"\\\"{}\", aws_types::NAME) }",
        "use super::api::Server;",
        "mod inner { use super::super::api::Server; }",
        "extern crate self as root;",
        "use aws_sdk_sts::Client;",
        "fn f(_: &aws_types::SdkConfig) {}",
        "use tonic::Status;",
        "use opentelemetry::KeyValue;",
    ] {
        assert_eq!(wrong_arrows("budget", 1, source).len(), 1, "{source}");
    }
    for source in [
        "use crate::domain::Region;",
        "use super::context::Lane;",
        "pub(crate) fn f() {}",
        "fn f() { println!(\"crate::api and aws_types::SdkConfig\") }",
        "mod inner { use super::api; }",
        "#[cfg(test)] mod tests { use crate::api::Server; }",
    ] {
        let wrong = wrong_arrows("budget", 1, source);
        assert!(wrong.is_empty(), "{source}: {wrong:?}");
    }
}

#[test]
fn generated_types_stay_in_the_edge() {
    for source in [
        "use crate::api::proto::Event;",
        "use crate::api::*; fn f(_: proto::Event) {}",
    ] {
        assert_eq!(wrong_arrows("app", 1, source).len(), 1, "{source}");
    }
    assert!(wrong_arrows("app", 1, "use crate::api::Server;").is_empty());
    assert!(wrong_arrows("api", 1, "use crate::api::proto::Event;").is_empty());
}

#[test]
fn a_client_knows_the_messages_and_nothing_else() {
    for source in [
        "use crate::api::Server;",
        "use crate::api::{proto::Event, status::Reason};",
        "use crate::domain::Region;",
        "use crate::app::cli;",
        "use jsonwebtoken::Algorithm;",
    ] {
        assert_eq!(wrong_arrows("client", 1, source).len(), 1, "{source}");
    }
    let messages = "use crate::{api::proto::{self, Event}, client::when}; fn f(_: proto::Trail) {}";
    assert!(wrong_arrows("client", 1, messages).is_empty());
    assert_eq!(
        wrong_arrows("events", 1, "use indicatif::ProgressBar;").len(),
        1
    );
}

#[test]
fn the_domain_is_pure() {
    for source in [
        "use tokio::time::Instant;",
        "use serde::Serialize;",
        "fn f() -> u8 { rand::random() }",
        "use std::{fmt, time::SystemTime};",
        "fn f() { std::fs::read(\"x\") }",
        "use crate::budget::Lane;",
    ] {
        assert_eq!(wrong_arrows("domain", 2, source).len(), 1, "{source}");
    }
    let pure = "use std::{fmt, time::Duration}; use time::OffsetDateTime; use super::Region;";
    assert!(wrong_arrows("domain", 2, pure).is_empty());
}

#[test]
fn the_sandbox_knows_no_room_but_the_domain() {
    for room in ARROWS.iter().map(|(room, _)| *room) {
        let expected = usize::from(!["domain", "sandbox"].contains(&room));
        let source = format!("use crate::{room}::Thing;");
        assert_eq!(
            wrong_arrows("sandbox", 1, &source).len(),
            expected,
            "{room}"
        );
        let source = "use crate::sandbox::Sandbox;";
        let allowed = room == "sandbox";
        assert_eq!(wrong_arrows(room, 1, source).is_empty(), allowed, "{room}");
    }
}
