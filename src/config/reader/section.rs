//! A mapping that is being read, and the kinds of things that can be declared in it.

use std::collections::BTreeMap;

use crate::config::{
    environment::variable,
    error::Source,
    shape::Shape,
    tree::{Entry, Node, Value},
};

use super::{Declared, DeclaredValue, Reader, key::Key};

/// A mapping that is being read.
pub(in crate::config) struct Section<'r> {
    reader: &'r mut Reader,
    path: String,
    source: Source,
    /// What has not been asked for yet.
    entries: Vec<Entry>,
    names: Vec<&'static str>,
}

impl<'r> Section<'r> {
    /// Reads `entries` by `read`, and refuses what it did not ask for.
    pub(super) fn read<T>(
        reader: &'r mut Reader,
        path: String,
        source: Source,
        entries: Vec<Entry>,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let mut section = Section {
            reader,
            path,
            source,
            entries,
            names: Vec::new(),
        };
        let value = read(&mut section);
        section.refuse_the_rest();
        value
    }

    /// Whether this key is set, for the others that depend on it. It must be declared as well.
    pub(in crate::config) fn has(&self, name: &str) -> bool {
        let mut set = self.entries.iter().filter(|entry| entry.key == name);
        set.any(|entry| !matches!(entry.node.value, Value::Null))
    }

    /// Refuses what was read under this key, which is legal by itself and not in all it says.
    pub(in crate::config) fn fault(&mut self, name: &str, expected: &str, found: String) {
        let path = self.path_of(name);
        self.reader.fault(&path, expected, found);
    }

    /// Declares a key with one value.
    pub(in crate::config) fn key<T: Shape>(
        &mut self,
        name: &'static str,
        doc: &'static str,
    ) -> Key<'_, T> {
        let node = self
            .take(name)
            .filter(|node| !matches!(node.value, Value::Null));
        let (path, parent) = (self.path_of(name), self.source.clone());
        Key::new(self.reader, path, node, parent, doc)
    }

    /// Declares a list of values. From the environment: separated by commas, or YAML.
    pub(in crate::config) fn list<T: Shape>(
        &mut self,
        name: &'static str,
        doc: &'static str,
    ) -> Vec<T> {
        let path = self.path_of(name);
        let node = self.take(name);
        self.declare(&path, format!("list, each {}", T::SHAPE), "(empty)", doc);
        let node = node.map(|node| match (&node.value, &node.source) {
            (Value::Text(text), Source::Environment { .. })
                if !text.trim_start().starts_with(['[', '-']) =>
            {
                separated_by_commas(text, &node.source)
            }
            _ => node,
        });
        let what = format!("a list, each {}", T::SHAPE);
        self.elements(&path, node, &what)
            .iter()
            .filter_map(|(path, item)| self.reader.scalar(path, item, T::SHAPE))
            .collect()
    }

    /// Declares a mapping from text to text.
    pub(in crate::config) fn map(
        &mut self,
        name: &'static str,
        doc: &'static str,
    ) -> BTreeMap<String, String> {
        let path = self.path_of(name);
        let node = self.take(name);
        self.declare(
            &path,
            "mapping from text to text".to_owned(),
            "(empty)",
            doc,
        );
        let Some(node) = node else {
            return BTreeMap::new();
        };
        let node = self.reader.structured(node);
        match node.value {
            Value::Map(entries) => entries
                .into_iter()
                .filter_map(|entry| {
                    if let Value::Text(text) = entry.node.value {
                        return Some((entry.key, text));
                    }
                    let path = format!("{path}.{}", entry.key);
                    let found = entry.node.kind();
                    self.reader.fault_at(&path, "a text", found, entry.source);
                    None
                })
                .collect(),
            Value::Null => BTreeMap::new(),
            _ => {
                self.reader.fault_at(
                    &path,
                    "a mapping from text to text",
                    node.kind(),
                    node.source,
                );
                BTreeMap::new()
            }
        }
    }

    /// Declares a section below this one.
    pub(in crate::config) fn section<T>(
        &mut self,
        name: &'static str,
        doc: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let path = self.path_of(name);
        let node = self.take(name);
        self.reader.declared.push(Declared {
            key: path.clone(),
            value: None,
            doc,
        });
        self.reader.section(path, node, read)
    }

    /// Declares a list of mappings. `read` answers `None` for an item that lacks what it must have.
    pub(in crate::config) fn items<T>(
        &mut self,
        name: &'static str,
        doc: &'static str,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let path = self.path_of(name);
        let node = self.take(name);
        self.declare(
            &path,
            "list of mappings, see below".to_owned(),
            "(empty)",
            doc,
        );
        if self.reader.declaring {
            self.reader.section(format!("{path}[]"), None, &read);
        }
        self.elements(&path, node, "a list of mappings")
            .into_iter()
            .filter_map(|(path, item)| self.reader.section(path, Some(item), &read))
            .collect()
    }

    /// The elements of a list, each with its path. Nothing, and an empty text, are an empty list.
    fn elements(&mut self, path: &str, node: Option<Node>, what: &str) -> Vec<(String, Node)> {
        let Some(node) = node else { return Vec::new() };
        let node = self.reader.structured(node);
        match node.value {
            Value::List(items) => (0..)
                .zip(items)
                .map(|(i, item): (usize, _)| (format!("{path}[{i}]"), item))
                .collect(),
            Value::Null => Vec::new(),
            Value::Map(ref entries) if entries.is_empty() => Vec::new(),
            _ => {
                self.reader.fault_at(path, what, node.kind(), node.source);
                Vec::new()
            }
        }
    }

    fn path_of(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    fn declare(&mut self, path: &str, shape: String, default: &str, doc: &'static str) {
        let variable = (!path.contains('[')).then(|| variable(path));
        self.reader.declared.push(Declared {
            key: path.to_owned(),
            value: Some(DeclaredValue {
                variable,
                shape,
                default: default.to_owned(),
            }),
            doc,
        });
    }

    fn take(&mut self, name: &'static str) -> Option<Node> {
        self.names.push(name);
        let index = self.entries.iter().position(|entry| entry.key == name)?;
        let entry = self.entries.remove(index);
        self.reader
            .sources
            .insert(self.path_of(name), entry.node.source.clone());
        Some(entry.node)
    }

    /// What is left is unknown. Values are not shown: they may be secrets under a misspelt key.
    fn refuse_the_rest(self) {
        for entry in &self.entries {
            let path = self.path_of(&entry.key);
            let expected = format!("one of the keys {}", self.names.join(", "));
            self.reader
                .fault_at(&path, expected, "an unknown key", entry.source.clone());
        }
    }
}

fn separated_by_commas(text: &str, source: &Source) -> Node {
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| Node {
            value: Value::Text(item.to_owned()),
            source: source.clone(),
        });
    Node {
        value: Value::List(items.collect()),
        source: source.clone(),
    }
}
