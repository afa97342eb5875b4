//! The names of callers who come with tokens: `issuer:subject`, with the issuer's short name from the configuration.
//!
//! No such name is one of a certificate: a subject's (`CN=reader`) has a `=` before any colon, a SPIFFE ID begins with
//! `spiffe:`, which no issuer may be called. Nor is it one of who proves nothing (`anonymous@` and an address), nor another
//! issuer's: the first colon ends the issuer.

use std::fmt;

/// In bytes, as OIDC bounds `sub`.
const LONGEST_SUBJECT: usize = 255;

/// In bytes.
const LONGEST_NAME: usize = 32;

/// Names that callers have who come otherwise.
const TAKEN: [&str; 2] = ["spiffe", "anonymous"];

/// A short name for an issuer: lower-case letters, digits and `-`, a letter first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssuerName(String);

impl IssuerName {
    /// The issuer with this short name, if it can be one.
    pub fn new(name: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let right = (1..=LONGEST_NAME).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(legal)
            && !TAKEN.contains(&name);
        right.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A subject or group of this issuer, if it is one that logs and policies can hold: ASCII that can be seen, without
    /// spaces.
    pub(super) fn of_subject(&self, subject: &str) -> Option<String> {
        let right = (1..=LONGEST_SUBJECT).contains(&subject.len())
            && subject.bytes().all(|b| b.is_ascii_graphic());
        right.then(|| format!("{self}:{subject}"))
    }
}

impl fmt::Display for IssuerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
