//! Files, good and bad.

use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;

use super::*;

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
    }
}

fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    write(directory.path(), files);
    directory
}

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let directory = directory(files);
    match Rules::load(directory.path()) {
        Err(LoadError::Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_file_and_line() {
    let found = faults(&[
        (
            "a.cedar",
            "permit(principal, action, resource);\n\npermit(principal, what, resource);",
        ),
        (
            "b.cedar",
            r#"permit(principal, action == Action::"LookEvents", resource);"#,
        ),
        (
            "c.cedar",
            "permit(principal, action, resource is Account) when { resource.owner == \"x\" };",
        ),
        (
            "d.cedar",
            "permit(principal == ?principal, action, resource);",
        ),
        ("groups.json", r#"{"a:b": []}"#),
    ]);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(found[0].starts_with("a.cedar:3: "), "{found:#?}");
    assert!(
        found[1].starts_with("b.cedar: ") && found[1].contains("LookEvents"),
        "{found:#?}"
    );
    assert!(
        found[2].starts_with("c.cedar: ") && found[2].contains("owner"),
        "{found:#?}"
    );
    assert!(
        found[3].starts_with("d.cedar: ") && found[3].contains("templates"),
        "{found:#?}"
    );
    assert!(
        found[4].starts_with("groups.json: ") && found[4].contains("colon"),
        "{found:#?}"
    );
}

#[test]
fn names_are_told_apart() {
    let twice = r#"@id("x") permit(principal, action, resource); @id("x") forbid(principal, action, resource);"#;
    let found = faults(&[("a.cedar", twice)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("a.cedar#x"), "{found:?}");
    // In two files they are two.
    let one = r#"@id("x") permit(principal, action, resource);"#;
    let both = directory(&[("a.cedar", one), ("b.cedar", one)]);
    assert_eq!(Rules::load(both.path()).unwrap().len(), 2);
}

#[test]
fn a_directory_without_policies_is_an_error_and_other_files_are_left_alone() {
    let none = directory(&[("README.md", "hello"), ("groups.json", "{}")]);
    assert!(matches!(Rules::load(none.path()), Err(LoadError::None(_))));
    let one = directory(&[
        ("a.cedar", "permit(principal, action, resource);"),
        (".hidden.cedar", "nonsense"),
        ("a.cedar.bak", "nonsense"),
    ]);
    assert_eq!(Rules::load(one.path()).unwrap().len(), 1);
    let away = Rules::load(&one.path().join("nowhere"));
    assert!(matches!(away, Err(LoadError::Read { .. })));
}

#[test]
fn more_than_anybody_would_write_is_not_read() {
    let long = format!("// {}\n", "x".repeat(5 << 20));
    let large = directory(&[("a.cedar", &long)]);
    assert!(matches!(
        Rules::load(large.path()),
        Err(LoadError::TooMuch(_))
    ));
}

fn policy(directory: &TempDir) -> Policy {
    Policy::load(PolicySettings {
        directory: directory.path().to_owned(),
        reload_interval: Duration::from_millis(100),
    })
    .unwrap()
}

#[test]
fn changed_files_are_taken_and_bad_ones_refused_until_they_are_mended() {
    let all = "permit(principal, action, resource);";
    let files = directory(&[("a.cedar", all)]);
    let policy = policy(&files);
    let ann = Identity::certified("ann");
    let may = || policy.decide(&ann, "GetOrganization").allowed;
    assert!(may());
    policy.look();
    assert_eq!(policy.status().reloads, 0, "nothing has changed");

    write(files.path(), &[("a.cedar", "permit(principal,")]);
    policy.look();
    let refused = policy.status().refused.unwrap();
    assert!(refused.contains("a.cedar:1: "), "{refused}");
    assert!(may(), "the old ones stay in use");

    write(files.path(), &[("a.cedar", all)]);
    policy.look();
    assert_eq!(policy.status().refused, None);

    write(
        files.path(),
        &[("b.cedar", "forbid(principal, action, resource);")],
    );
    policy.look();
    assert_eq!((policy.status().reloads, policy.status().policies), (1, 2));
    assert!(!may());

    // Nobody is let in because the files are gone.
    fs::remove_file(files.path().join("a.cedar")).unwrap();
    fs::remove_file(files.path().join("b.cedar")).unwrap();
    policy.look();
    assert!(policy.status().refused.is_some());
    assert!(!may());
}
