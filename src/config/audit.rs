//! What is recorded of requests and changes.

use std::path::PathBuf;

use super::{reader::Section, values::ByteCount};

/// Where records go.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// The file.
    pub file: Option<PathBuf>,
    /// Whether they go to standard output.
    pub stdout: bool,
    /// Whether a collector gets copies.
    pub otlp: bool,
    /// The key that seals them.
    pub key_file: Option<PathBuf>,
    /// A new file is begun when this one is as large.
    pub max_file_bytes: ByteCount,
}

impl Audit {
    pub(super) fn read(s: &mut Section<'_>) -> Self {
        let file = s
            .key::<String>("file", "The file that records are added to, made with mode 0600 if it is not there. Keep it on a volume that outlives the process, one file for each replica. A record of a change is safe on the disk before its first AWS call leaves; if it cannot be, changes are refused and reads go on. It may be renamed at any time: a new one is begun.")
            .optional("(none)")
            .map(PathBuf::from);
        let stdout = s
            .key("stdout", "Whether records go to standard output: beside the file as a copy, or alone. Alone nobody knows whether they were kept, and a restart begins a new chain.")
            .or(false);
        let otlp = s
            .key("otlp", "Whether the collector of `telemetry.otlp_endpoint` gets a copy of each record once it is written, as an OpenTelemetry log record. Some may be lost; the file or standard output has them all.")
            .or(false);
        let key_file = s
            .key::<String>("key_file", "A file with a secret of 32 to 4096 bytes. With it records are sealed by HMAC-SHA-256, so that who can write the file and does not have the key cannot make a chain that verifies. Without it they are chained by SHA-256.")
            .optional("(none)")
            .map(PathBuf::from);
        let max_file_bytes = s
            .key("max_file_bytes", "When the file is as large it is renamed to its name, a dot and the number of its last record, and a new one is begun. Trailplane never deletes one.")
            .within(ByteCount(65_536)..=ByteCount::mebi(1 << 20))
            .or(ByteCount::mebi(256));
        Self {
            file,
            stdout,
            otlp,
            key_file,
            max_file_bytes,
        }
    }
}
