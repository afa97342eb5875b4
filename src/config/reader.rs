//! Reads a tree by declaring what should be in it. Each declaration names a key, its shape, its default and
//! its meaning once: reading, finding unknown keys and the documentation all come from it.
//!
//! A fault never stops the reading: it is noted, and the default stands in, so that all faults are found.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    ops::RangeInclusive,
};

use super::{
    environment::variable,
    error::{ConfigError, Source},
    shape::Shape,
    tree::{Entry, Node, SourceOf, Value, parse_yaml},
};

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
        let mut section = Section {
            reader: self,
            path,
            source,
            entries,
            names: Vec::new(),
        };
        let value = read(&mut section);
        section.refuse_the_rest();
        value
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

/// A mapping that is being read.
pub(super) struct Section<'r> {
    reader: &'r mut Reader,
    path: String,
    source: Source,
    /// What has not been asked for yet.
    entries: Vec<Entry>,
    names: Vec<&'static str>,
}

impl Section<'_> {
    /// Declares a key with one value.
    pub(super) fn key<'s, T: Shape>(
        &'s mut self,
        name: &'static str,
        doc: &'static str,
    ) -> Key<'s, T>
    where
        Self: 's,
    {
        let node = self
            .take(name)
            .filter(|node| !matches!(node.value, Value::Null));
        Key {
            path: self.path_of(name),
            parent: self.source.clone(),
            reader: self.reader,
            node,
            doc,
            range: None,
            because: "",
        }
    }

    /// Declares a list of values. From the environment: separated by commas, or YAML.
    pub(super) fn list<T: Shape>(&mut self, name: &'static str, doc: &'static str) -> Vec<T> {
        let path = self.path_of(name);
        let node = self.take(name);
        self.declare(&path, format!("list, each {}", T::SHAPE), "(empty)", doc);
        let Some(node) = node else { return Vec::new() };
        let node = match (&node.value, &node.source) {
            (Value::Text(text), Source::Environment { .. })
                if !text.trim_start().starts_with(['[', '-']) =>
            {
                separated_by_commas(text, &node.source)
            }
            _ => self.reader.structured(node),
        };
        match node.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .filter_map(|(i, item)| self.reader.scalar(&format!("{path}[{i}]"), item, T::SHAPE))
                .collect(),
            Value::Null => Vec::new(),
            Value::Map(ref entries) if entries.is_empty() => Vec::new(),
            _ => {
                self.reader.fault_at(
                    &path,
                    format!("a list, each {}", T::SHAPE),
                    node.kind(),
                    node.source,
                );
                Vec::new()
            }
        }
    }

    /// Declares a mapping from text to text.
    pub(super) fn map(
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
    pub(super) fn section<T>(
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
    pub(super) fn items<T>(
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
        let Some(node) = node else { return Vec::new() };
        let node = self.reader.structured(node);
        match node.value {
            Value::List(items) => items
                .into_iter()
                .enumerate()
                .filter_map(|(i, item)| {
                    self.reader
                        .section(format!("{path}[{i}]"), Some(item), &read)
                })
                .collect(),
            Value::Null => Vec::new(),
            Value::Map(ref entries) if entries.is_empty() => Vec::new(),
            _ => {
                self.reader
                    .fault_at(&path, "a list of mappings", node.kind(), node.source);
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

/// A key with one value, to be completed by what it is when it is not set.
pub(super) struct Key<'s, T> {
    reader: &'s mut Reader,
    path: String,
    node: Option<Node>,
    doc: &'static str,
    /// The source of the mapping that the key is missing from.
    parent: Source,
    range: Option<Range<T>>,
    because: &'static str,
}

/// The values that a key may have, and how to say so.
struct Range<T> {
    shown: String,
    allows: Box<dyn Fn(&T) -> bool>,
}

impl<T: Shape + PartialOrd + 'static> Key<'_, T> {
    /// Only values from the first to the last.
    pub(super) fn within(mut self, range: RangeInclusive<T>) -> Self {
        self.range = Some(Range {
            shown: format!("{} to {}", range.start().show(), range.end().show()),
            allows: Box::new(move |value| range.contains(value)),
        });
        self
    }
}

impl<T: Shape> Key<'_, T> {
    /// Why the range is what it is, as a clause.
    pub(super) fn because(mut self, reason: &'static str) -> Self {
        self.because = reason;
        self
    }

    /// The value, or this default.
    pub(super) fn or(self, default: T) -> T {
        let shown = format!("`{}`", default.show());
        self.finish(&shown).unwrap_or(default)
    }

    /// The value if it is set; `default` says in the documentation what happens otherwise.
    pub(super) fn optional(self, default: &str) -> Option<T> {
        self.finish(default)
    }

    /// The value; a fault if it is not set.
    pub(super) fn required(self) -> Option<T> {
        if self.node.is_none() && !self.reader.declaring {
            let (expected, source) = (self.expected(), self.parent.clone());
            self.reader
                .fault_at(&self.path, expected, "nothing", source);
        }
        self.finish("(required)")
    }

    fn expected(&self) -> String {
        let mut expected = T::SHAPE.to_owned();
        if let Some(range) = &self.range {
            // Writing to a String does not fail.
            let _ = write!(expected, ", {}", range.shown);
        }
        if !self.because.is_empty() {
            let _ = write!(expected, " ({})", self.because);
        }
        expected
    }

    fn finish(self, default: &str) -> Option<T> {
        let expected = self.expected();
        let Self {
            reader,
            path,
            node,
            doc,
            range,
            ..
        } = self;
        reader.declared.push(Declared {
            value: Some(DeclaredValue {
                variable: (!path.contains('[')).then(|| variable(&path)),
                shape: expected.clone(),
                default: default.to_owned(),
            }),
            key: path.clone(),
            doc,
        });
        let node = node?;
        let value: T = reader.scalar(&path, &node, &expected)?;
        if range.is_none_or(|range| (range.allows)(&value)) {
            return Some(value);
        }
        reader.fault_at(&path, expected, value.show(), node.source);
        None
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
