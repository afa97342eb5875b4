//! What log files hold, as callers ask for it.

use super::name::{Detail, Folder, LogFileName};

/// What a log file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Management and data events.
    Events,
    /// Insights.
    Insight,
    /// Network activity events.
    NetworkActivity,
    /// Events summed up over five minutes.
    Aggregated,
    /// Hashes of other files.
    Digest,
    /// The same, made later for files that were late.
    BackfillDigest,
}

impl Kind {
    /// Of the file with this name.
    pub fn of(name: &LogFileName) -> Self {
        match (name.folder, &name.detail) {
            (_, Detail::Digest { backfill: true, .. }) => Self::BackfillDigest,
            (Folder::Digest, _) => Self::Digest,
            (Folder::Events, _) => Self::Events,
            (Folder::Insight, _) => Self::Insight,
            (Folder::NetworkActivity, _) => Self::NetworkActivity,
            (Folder::Aggregated, _) => Self::Aggregated,
        }
    }

    /// Where such files are.
    pub fn folder(self) -> Folder {
        match self {
            Self::Events => Folder::Events,
            Self::Insight => Folder::Insight,
            Self::NetworkActivity => Folder::NetworkActivity,
            Self::Aggregated => Folder::Aggregated,
            Self::Digest | Self::BackfillDigest => Folder::Digest,
        }
    }
}
