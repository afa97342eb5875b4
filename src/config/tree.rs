//! The configuration as it was written: a tree of texts, each of which knows its line. What the texts mean is
//! not known here: `012345678901` stays what it is, and never becomes a number.

use std::{path::Path, sync::Arc};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::error::{ConfigError, Source};

/// A value and where it was written. Has no `Debug`, because it may hold secrets.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) source: Source,
}

/// A value as it was written.
#[derive(Clone)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) source: Source,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn empty_map() -> Self {
        Self {
            value: Value::Map(Vec::new()),
            source: Source::Unset,
        }
    }

    /// The kind of value, never its content: it may be a secret in the wrong place.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Reads one YAML document. An empty one is an empty mapping. Faults of the tree itself (a key twice, an
/// alias) go to `errors` and the rest is still read.
///
/// # Errors
/// The text is not YAML: there is nothing else to be said of it.
pub(super) fn parse_yaml(
    text: &str,
    source: &SourceOf,
    errors: &mut Vec<ConfigError>,
) -> Result<Node, ConfigError> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        source,
        errors,
    };
    builder.document().map_err(|scan| ConfigError {
        key: String::new(),
        expected: "YAML".to_owned(),
        found: format!("something else: {}", scan.info()),
        source: source.at(scan.marker().line()),
    })
}

/// Where the text that is being read comes from.
pub(super) enum SourceOf {
    File(Arc<Path>),
    Environment(Source),
}

impl SourceOf {
    fn at(&self, line: usize) -> Source {
        match self {
            Self::File(path) => Source::File {
                path: Arc::clone(path),
                line,
            },
            Self::Environment(source) => source.clone(),
        }
    }
}

/// Deeper than any key of ours: bounds the recursion.
const MAX_DEPTH: usize = 16;

struct Builder<'t, 'e> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    source: &'e SourceOf,
    errors: &'e mut Vec<ConfigError>,
}

impl<'t> Builder<'t, '_> {
    fn document(&mut self) -> Result<Node, ScanError> {
        let mut root = None;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                other => {
                    let node = self.node(other, span, 0)?;
                    if root.is_some() {
                        self.fault(span, "one document", "a second one");
                    } else {
                        root = Some(node);
                    }
                }
            }
        }
        Ok(match root {
            None => Node::empty_map(),
            Some(Node {
                value: Value::Null, ..
            }) => Node::empty_map(),
            Some(node) => node,
        })
    }

    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, ScanError> {
        self.events.next_event().transpose()
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, ScanError> {
        if depth > MAX_DEPTH {
            let message = format!("values nested deeper than {MAX_DEPTH} levels");
            return Err(ScanError::new(span.start, message));
        }
        let value = match event {
            Event::Scalar(text, style, _, _) => {
                let plain = matches!(style, ScalarStyle::Plain);
                if plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL") {
                    Value::Null
                } else {
                    Value::Text(text.into_owned())
                }
            }
            Event::SequenceStart(..) => Value::List(self.list(depth)?),
            Event::MappingStart(..) => Value::Map(self.map(depth)?),
            _ => {
                self.fault(span, "a value written out", "an alias (`*name`)");
                Value::Null
            }
        };
        Ok(Node {
            value,
            source: self.source.at(span.start.line()),
        })
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, ScanError> {
        let mut items = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                break;
            }
            items.push(self.node(event, span, depth + 1)?);
        }
        Ok(items)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, ScanError> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                break;
            }
            let source = self.source.at(span.start.line());
            let key = self.node(event, span, depth + 1)?;
            let Some((event, value_span)) = self.next()? else {
                break;
            };
            let node = self.node(event, value_span, depth + 1)?;
            match key.value {
                Value::Text(key) => {
                    if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                        let found = format!("`{key}` again (first: {})", first.source);
                        self.fault(span, "each key once", &found);
                    } else {
                        entries.push(Entry { key, source, node });
                    }
                }
                _ => self.fault(span, "a key that is a text", key.kind()),
            }
        }
        Ok(entries)
    }

    fn fault(&mut self, span: Span, expected: &str, found: &str) {
        self.errors.push(ConfigError {
            key: String::new(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            source: self.source.at(span.start.line()),
        });
    }
}
