//! How it stands with the keys of an issuer, for operators.

use crate::domain::Timestamp;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysStatus {
    /// The issuer's short name.
    pub issuer: String,
    /// How many keys there are; none before the first were read.
    pub keys: usize,
    /// When they were read.
    pub read_at: Option<Timestamp>,
    /// Why they could not be read the last time, if so.
    pub error: Option<String>,
}
