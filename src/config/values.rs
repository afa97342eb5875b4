//! The values that only a configuration has. Each is right once it exists.

use super::{secret::Secret, shape::Shape as _};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteCount(pub usize);

impl ByteCount {
    /// The units, the smallest first.
    pub(super) const UNITS: [(&'static str, usize); 4] = [
        ("", 1),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];

    /// `n` mebibytes.
    pub(super) const fn mebi(n: usize) -> Self {
        Self(n << 20)
    }
}

/// The (path and) name of a role, the same in every account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(pub(super) String);

/// The name of a session, as CloudTrail shows it in the member account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName(pub(super) String);

/// A key that signs page tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorKey(pub(super) Secret<Vec<u8>>);

/// A path of organizational unit names from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPath(pub(super) Vec<String>);

/// Where the slots of budgets come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetStore {
    /// This process.
    Embedded,
    /// Redis or Valkey.
    Redis,
    /// Each replica has an equal part.
    Static,
}

/// How the servers of a shared store are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisMode {
    /// One server.
    Single,
    /// Sentinels know which one.
    Sentinel,
    /// A cluster.
    Cluster,
}

/// Where a server is, without a user or a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisUrl(pub(super) String);

/// Where an OpenTelemetry collector is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorUrl(pub(super) String);

impl CollectorUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What all keys in a shared store begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(pub(super) String);

/// Where what is known of the accounts' histories is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKind {
    /// Nowhere.
    Off,
    /// In this process.
    Memory,
    /// In a file.
    Disk,
}

/// Whether clients show certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// They are not asked.
    Off,
    /// They are asked, and may connect without.
    Optional,
    /// They must.
    Required,
}

/// Whom reflection answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reflection {
    /// Whoever may connect.
    Public,
    /// Who proves a name.
    Authenticated,
    /// Nobody.
    Off,
}

/// How a token may be signed. Only ways with a public key: what verifies by a shared secret could sign as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "RFC 7518 and RFC 8037 say what each is")]
pub enum TokenAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Which log lines are written: a level, or levels by module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(pub(super) String);

impl RoleName {
    /// The role with this name, if it can be one.
    pub fn new(name: &str) -> Option<Self> {
        Self::read(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SessionName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CursorKey {
    /// The bytes; at least 32.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl UnitPath {
    /// The names, from the root down; empty for the root itself.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl LogFilter {
    /// The directives.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RedisUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is reached by TLS.
    pub fn is_tls(&self) -> bool {
        self.0.starts_with("rediss://")
    }
}

impl KeyPrefix {
    /// The prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
