//! Ids as text in JSON: the domain knows no format.

use std::fmt::Display;

use serde::Serializer;

pub(super) fn one<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

pub(super) fn each<T: Display, S: Serializer>(
    values: impl AsRef<[T]>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(values.as_ref().iter().map(ToString::to_string))
}
