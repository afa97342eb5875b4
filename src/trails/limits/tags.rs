//! Tags.

use super::{Found, shown};
use crate::domain::trail::{DesiredTags, TagRemoval};

/// The most tags of a trail.
pub(super) const TAGS: usize = 50;
/// The longest key.
const KEY: usize = 128;
/// The longest value.
const VALUE: usize = 256;

pub(super) fn check(found: &mut Found, tags: &DesiredTags) {
    found.check(
        tags.set.len() <= TAGS,
        "tags",
        format_args!("has {} tags; at most {TAGS} are allowed", tags.set.len()),
    );
    for (name, value) in &tags.set {
        let path = format!("tags[{}]", shown(name));
        key(found, &path, name);
        found.length(&path, value, 0..=VALUE);
        characters(found, &path, "its value", value);
    }
    if let TagRemoval::Keys(keys) = &tags.remove {
        for name in keys {
            key(found, &format!("tag_keys[{}]", shown(name)), name);
        }
    }
}

fn key(found: &mut Found, path: &str, name: &str) {
    let length = name.chars().count();
    found.check(
        (1..=KEY).contains(&length),
        path,
        format_args!("its key has {length} characters; 1 to {KEY} are allowed"),
    );
    characters(found, path, "its key", name);
    let begins = |c: &str| {
        name.get(..c.len())
            .is_some_and(|b| b.eq_ignore_ascii_case(c))
    };
    found.check(
        !begins("aws:"),
        path,
        "its key begins with aws:, which AWS keeps for itself",
    );
}

/// Letters, digits and spaces of any language, and `_.:/=+-@`.
fn characters(found: &mut Found, path: &str, what: &str, text: &str) {
    let legal = |c: char| {
        c.is_alphabetic()
            || c.is_numeric()
            || c.is_whitespace() && !c.is_control()
            || "_.:/=+-@".contains(c)
    };
    if let Some(wrong) = text.chars().find(|c| !legal(*c)) {
        found.add(
            path,
            format_args!("{what} has {wrong:?}; letters, digits, spaces and _.:/=+-@ are allowed"),
        );
    }
}
