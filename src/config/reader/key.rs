//! A key with one value: what it may be, and what it is when it is not set.

use std::{fmt::Write as _, ops::RangeInclusive};

use crate::config::{environment::variable, error::Source, shape::Shape, tree::Node};

use super::{Declared, DeclaredValue, Reader};

/// A key with one value, to be completed by what it is when it is not set.
pub(in crate::config) struct Key<'s, T> {
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
    pub(in crate::config) fn within(mut self, range: RangeInclusive<T>) -> Self {
        self.range = Some(Range {
            shown: format!("{} to {}", range.start().show(), range.end().show()),
            allows: Box::new(move |value| range.contains(value)),
        });
        self
    }
}

impl<'s, T: Shape> Key<'s, T> {
    pub(super) fn new(
        reader: &'s mut Reader,
        path: String,
        node: Option<Node>,
        parent: Source,
        doc: &'static str,
    ) -> Self {
        Self {
            reader,
            path,
            node,
            doc,
            parent,
            range: None,
            because: "",
        }
    }

    /// Why the range is what it is, as a clause.
    pub(in crate::config) fn because(mut self, reason: &'static str) -> Self {
        self.because = reason;
        self
    }

    /// The value, or this default.
    pub(in crate::config) fn or(self, default: T) -> T {
        let shown = format!("`{}`", default.show());
        self.finish(&shown).unwrap_or(default)
    }

    /// The value if it is set; `default` says in the documentation what happens otherwise.
    pub(in crate::config) fn optional(self, default: &str) -> Option<T> {
        self.finish(default)
    }

    /// The value; a fault if it is not set.
    pub(in crate::config) fn required(self) -> Option<T> {
        self.required_unless(false, "(required)")
    }

    /// The value; a fault if it is not set, unless another key is that does as well. `default` says so in the
    /// documentation.
    pub(in crate::config) fn required_unless(self, other: bool, default: &str) -> Option<T> {
        if self.node.is_none() && !other && !self.reader.declaring {
            let (expected, source) = (self.expected(), self.parent.clone());
            self.reader
                .fault_at(&self.path, expected, "nothing", source);
        }
        self.finish(default)
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
