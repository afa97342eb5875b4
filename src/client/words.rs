//! Names of the protocol as people read them.

use tonic::Code;

use crate::api::proto::CellReason;

/// A canonical code as the documentation of gRPC writes it.
pub fn code(code: Code) -> String {
    let mut text = String::new();
    for c in format!("{code:?}").chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

/// Why a cell is not complete. A number that this version does not know stays a number.
pub fn reason(number: i32) -> String {
    let known = CellReason::try_from(number).ok();
    short(
        known.map(|reason| reason.as_str_name()),
        "CELL_REASON_",
        number,
    )
}

/// The name of an enum's value without what all of its values begin with.
pub fn short(name: Option<&str>, prefix: &str, number: i32) -> String {
    match name {
        Some(name) => name.strip_prefix(prefix).unwrap_or(name).to_owned(),
        None => number.to_string(),
    }
}

/// An account with its name, if it has one.
pub fn account(id: &str, name: &str) -> String {
    match name.is_empty() {
        true => id.to_owned(),
        false => format!("{id} {name}"),
    }
}

/// `1 event`, `2 events`.
pub fn count(number: impl Into<u64>, one: &str) -> String {
    let number = number.into();
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {one}{plural}")
}
