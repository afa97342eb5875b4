//! What the cache answers, and why there may be none.

use std::{path::PathBuf, sync::Arc};

use crate::{domain::Event, events::span::Span};

/// What is known at the end of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newest {
    /// Its newest part.
    Known(Block),
    /// Nothing is known of this newest part.
    Gap(Span),
}

impl Newest {
    /// The newest part that this is about.
    pub fn span(&self) -> Span {
        match self {
            Self::Known(block) => block.span,
            Self::Gap(span) => *span,
        }
    }
}

/// All events of some seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The seconds.
    pub span: Span,
    /// The events, in the order of [`EventKey`](crate::domain::EventKey): newest first.
    pub events: Vec<Arc<Event>>,
}

/// How much of a span is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its seconds that are known.
    pub seconds: u64,
    /// What the blocks with them take, compressed, with their overhead.
    pub bytes: u64,
}

/// What there is, and what has happened since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// What all blocks take, compressed, with their overhead.
    pub bytes: u64,
    /// How many blocks.
    pub blocks: usize,
    /// Events in all blocks.
    pub events: u64,
    /// Questions that were answered with a block.
    pub hits: u64,
    /// Questions that were answered with a gap.
    pub misses: u64,
    /// Blocks that had to go for others.
    pub evicted: u64,
    /// What was put and not kept, because too much was waiting.
    pub dropped: u64,
    /// Whether it stopped working: it is empty until the next start.
    pub failed: bool,
}

/// Why there is no cache in this directory.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It can't be used.
    #[error("cached events cannot be kept in {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process uses it.
    #[error("{} is used by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
}
