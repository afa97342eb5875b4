//! The configuration: read, overridden by the environment, checked whole, before any socket opens.
//! One struct a concern. Knows nothing of who uses it.
//!
//! Each key is declared once, with its shape, default and meaning; the declaration reads it, finds unknown
//! keys and writes `docs/configuration.md`.

mod audit;
mod aws;
mod budget;
mod check;
mod docs;
mod duration;
mod environment;
mod error;
mod fleet;
mod logs;
mod lookup;
mod origin;
mod policy;
mod reader;
mod secret;
mod serving;
mod shape;
mod telemetry;
mod tls;
mod tokens;
mod tree;
mod values;
mod warm_up;

use std::{path::Path, time::Duration};

pub use audit::Audit;
pub use aws::{Aws, Management};
pub use budget::{Budget, Redis};
pub use docs::reference;
pub use error::{ConfigError, ConfigErrors, Source};
pub use fleet::{Fleet, StaticAccount};
pub use logs::Logs;
pub use lookup::{Cache, Cursor, Events, QuotaOverride, Quotas};
pub use origin::Origin;
pub use policy::Policy;
pub use secret::Secret;
pub use serving::{Admin, Deadlines, Drain, Grpc, Limits, Log, Rate};
pub use telemetry::Telemetry;
pub use tls::Tls;
pub use tokens::{IssuerName, IssuerUrl, KeysUrl, TokenIssuer, Tokens};
pub use values::{
    BudgetStore, ByteCount, CacheKind, ClientAuth, CollectorUrl, CursorKey, KeyPrefix, LogFilter,
    LogFormat, RedisMode, RedisUrl, Reflection, RoleName, SessionName, TokenAlgorithm, UnitPath,
};
pub use warm_up::WarmUp;

use reader::{Reader, Section};
use tree::{Node, SourceOf};

/// What the configuration is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A real organization.
    Service,
    /// The sandbox: nothing is required, because the sandbox brings its own accounts, Regions and roles.
    Sandbox,
}

/// What the command line changes after the file and the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// `--insecure`: plaintext listeners are allowed beyond loopback.
    pub insecure: bool,
}

/// The whole configuration. Every value is in its range, and none contradicts another.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The gRPC listener.
    pub grpc: Grpc,
    /// What callers may do.
    pub policy: Policy,
    /// What is recorded of requests and changes.
    pub audit: Audit,
    /// The HTTP listener for operators.
    pub admin: Admin,
    /// How long requests may take.
    pub deadlines: Deadlines,
    /// How many requests one client may make.
    pub limits: Limits,
    /// How AWS is reached.
    pub aws: Aws,
    /// Which accounts there are.
    pub fleet: Fleet,
    /// What of AWS's quotas may be spent.
    pub quotas: Quotas,
    /// Where the slots of budgets come from.
    pub budget: Budget,
    /// How events are looked up.
    pub events: Events,
    /// Where log files are, and when.
    pub logs: Logs,
    /// How page tokens are signed.
    pub cursor: Cursor,
    /// How the process ends.
    pub drain: Drain,
    /// What is logged.
    pub log: Log,
    /// What a collector is told.
    pub telemetry: Telemetry,
}

impl Config {
    /// Reads `file`, lays `environment` over it, and checks the whole. Touches nothing but that file.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(
        purpose: Purpose,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Self, ConfigErrors> {
        let text = match file {
            None => None,
            Some(path) => Some((path, read_file(path)?)),
        };
        let file = text.as_ref().map(|(path, text)| (*path, text.as_str()));
        Self::parse(purpose, file, environment, flags)
    }

    /// The same of a file that has been read: its text, and the path that complaints name.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse(
        purpose: Purpose,
        file: Option<(&Path, &str)>,
        environment: impl Iterator<Item = (String, String)>,
        flags: Flags,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let mut root = match file {
            Some((path, text)) => tree::parse_yaml(text, &SourceOf::File(path.into()), &mut errors)
                .map_err(ConfigErrors::one)?,
            None => Node::empty_map(),
        };
        environment::overlay(&mut root, environment, &mut errors);
        let (mut config, mut reader) = Reader::read(root, errors, |s| Self::read(s, purpose));
        config.grpc.insecure |= flags.insecure;
        config.admin.insecure |= flags.insecure;
        check::contradictions(&config, purpose, &mut reader);
        ConfigErrors::check(reader.into_errors())?;
        Ok(config)
    }

    fn read(s: &mut Section<'_>, purpose: Purpose) -> Self {
        let (format, delay) = match purpose {
            Purpose::Service => (LogFormat::Json, Duration::from_secs(3)),
            Purpose::Sandbox => (LogFormat::Text, Duration::ZERO),
        };
        Self {
            grpc: s.section("grpc", "The gRPC listener.", Grpc::read),
            policy: s.section("policy", "What callers may do: `docs/access.md`.", Policy::read),
            admin: s.section("admin", "The HTTP listener for operators: health, readiness, status, metrics.", Admin::read),
            audit: s.section("audit", "What is recorded of requests and changes: `docs/audit.md`. On if there is a file, or `stdout` is true.", Audit::read),
            deadlines: s.section("deadlines", "How long a request may take. The caller's own deadline counts, up to the maximum.", Deadlines::read),
            limits: s.section("limits", "How many requests one client may make.", Limits::read),
            aws: s.section("aws", "How AWS is reached. Credentials and endpoints come from the standard AWS environment variables and profile files, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` included.", Aws::read),
            fleet: s.section("fleet", "Which accounts there are.", Fleet::read),
            quotas: s.section("quotas", "What of AWS's request quotas may be spent.", Quotas::read),
            budget: s.section("budget", "Where the slots of budgets come from. A slot is the moment at which one AWS call may leave.", Budget::read),
            events: s.section("events", "How events are looked up.", Events::read),
            logs: s.section("logs", "Where log files are, and when.", Logs::read),
            cursor: s.section("cursor", "How page tokens are signed.", Cursor::read),
            drain: s.section("drain", "How the process ends. All times count from the signal; a second signal ends it at once.", |s| Drain::read(s, delay)),
            log: s.section("log", "What is logged. Log lines go to standard error.", |s| Log::read(s, format)),
            telemetry: s.section("telemetry", "What an OpenTelemetry collector is told: docs/telemetry.md.", Telemetry::read),
        }
    }
}

fn read_file(path: &Path) -> Result<String, ConfigErrors> {
    let fault = |error: std::io::Error| ConfigError {
        key: String::new(),
        expected: "a file that can be read".to_owned(),
        found: error.to_string(),
        source: Source::File {
            path: path.into(),
            line: 0,
        },
    };
    std::fs::read_to_string(path).map_err(|error| ConfigErrors::one(fault(error)))
}

#[cfg(test)]
mod tests;
