//! Reads a tree by declaring what should be in it. Each declaration names a key, its shape, its default and
//! its meaning once: reading, finding unknown keys and the documentation all come from it.
//!
//! A fault never stops the reading: it is noted, and the default stands in, so that all faults are found.

mod key;
mod section;

use std::collections::HashMap;

use super::{
    error::{ConfigError, Source},
    shape::Shape,
    tree::{Node, SourceOf, Value, parse_yaml},
};

pub(super) use section::Section;

/// One declared key or section, for the documentation.
pub(super) struct Declared {
    pub(super) key: String,
    /// `None` for a section, which has no value of its own.
    pub(super) value: Option<DeclaredValue>,
    pub(super) doc: &'static str,
}

pub(super) struct DeclaredValue {
    /// `None` for keys inside list items: the list as a whole has a variable.
    pub(super) variable: Option<String>,
    pub(super) shape: String,
    pub(super) default: String,
}

/// What one reading has gathered.
pub(super) struct Reader {
    errors: Vec<ConfigError>,
    declared: Vec<Declared>,
    /// Where each key that is set was written.
    sources: HashMap<String, Source>,
    /// True when nothing is read, and each kind of list item is declared once.
    declaring: bool,
}

impl Reader {
    /// Reads `root`, whose own faults are in `errors`.
    pub(super) fn read<T>(
        root: Node,
        errors: Vec<ConfigError>,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> (T, Self) {
        let mut reader = Self {
            errors,
            declared: Vec::new(),
            sources: HashMap::new(),
            declaring: false,
        };
        let value = reader.section(String::new(), Some(root), read);
        (value, reader)
    }

    /// Lists every key, in the order of their declaration.
    pub(super) fn declarations<T>(read: impl FnOnce(&mut Section<'_>) -> T) -> Vec<Declared> {
        let mut reader = Self {
            errors: Vec::new(),
            declared: Vec::new(),
            sources: HashMap::new(),
            declaring: true,
        };
        reader.section(String::new(), None, read);
        reader.declared
    }

    /// Notes a contradiction at `key`, whose source is looked up. A key that is wrong by itself is not told
    /// to be contradictory as well: its default stood in.
    pub(super) fn fault(
        &mut self,
        key: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        let below = |error: &ConfigError| {
            let rest = error.key.strip_prefix(key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if self.errors.iter().any(below) {
            return;
        }
        let source = self.sources.get(key).cloned().unwrap_or(Source::Unset);
        self.fault_at(key, expected, found, source);
    }

    /// All faults so far.
    pub(super) fn into_errors(self) -> Vec<ConfigError> {
        self.errors
    }

    fn fault_at(
        &mut self,
        key: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
        source: Source,
    ) {
        self.errors.push(ConfigError {
            key: key.to_owned(),
            expected: expected.into(),
            found: found.into(),
            source,
        });
    }

    fn section<T>(
        &mut self,
        path: String,
        node: Option<Node>,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let mut entries = Vec::new();
        let mut source = Source::Unset;
        if let Some(node) = node {
            let node = self.structured(node);
            source = node.source.clone();
            match node.value {
                Value::Map(found) => entries = found,
                Value::Null => {}
                _ => self.fault_at(&path, "a mapping", node.kind(), node.source),
            }
        }
        Section::read(self, path, source, entries, read)
    }

    /// A text from the environment where a list or a mapping is wanted is YAML.
    fn structured(&mut self, node: Node) -> Node {
        match (&node.value, &node.source) {
            (Value::Text(text), source @ Source::Environment { .. }) => {
                let origin = SourceOf::Environment(source.clone());
                parse_yaml(text, &origin, &mut self.errors).unwrap_or_else(|error| {
                    self.errors.push(error);
                    Node::empty_map()
                })
            }
            _ => node,
        }
    }

    fn scalar<T: Shape>(&mut self, path: &str, node: &Node, expected: &str) -> Option<T> {
        let found = match &node.value {
            Value::Text(text) => match T::read(text) {
                Some(value) => return Some(value),
                None if T::SECRET => "a secret that is not shown here".to_owned(),
                None => format!("{:?}", text.chars().take(80).collect::<String>()),
            },
            _ => node.kind().to_owned(),
        };
        self.fault_at(path, expected, found, node.source.clone());
        None
    }
}
