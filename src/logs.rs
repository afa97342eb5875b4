//! The log files that trails deliver to S3: how they are named, where they are, and which there are.
//!
//! Owns the layout of buckets. Which trails there are is the trails' business, and how bytes come from S3 the door's.
//! Knows nothing of gRPC.

mod best;
mod cells;
mod deliveries;
mod kind;
pub mod list;
pub mod name;
mod place;
pub mod read;
pub mod records;
mod scan;
mod shelves;

use std::{collections::BTreeMap, num::NonZero, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use crate::{
    aws::Door,
    budget::Interrupted,
    domain::{AccountId, Timestamp, TrailArn, WallClock},
    events::{CursorError, CursorKeys},
    fleet::{Fleet, SelectError},
    trails::{TrailError, Trails},
};

pub use kind::Kind;
pub use list::{FilesAnswer, FilesRequest};
pub use place::Place;
pub use read::gunzip::Bounds;

/// The use cases of `LogFileService`. Cloning shares everything.
#[derive(Clone)]
pub struct Logs {
    door: Door,
    fleet: Fleet,
    trails: Trails,
    keys: CursorKeys,
    settings: Settings,
    clock: WallClock,
    /// Who may unpack now, over all requests: as many as there are CPUs.
    unpacking: Arc<Semaphore>,
}

/// Where log files are, when, and what reading them may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long after an event its file may come.
    pub delivery_lag: Duration,
    /// The accounts whose roles read these buckets. Others are read by the role of the account that owns the trail.
    pub buckets: BTreeMap<String, AccountId>,
    /// How much text one file may have.
    pub bounds: Bounds,
    /// How much may wait for its turn in an answer in order of time, in bytes.
    pub order_memory: usize,
}

impl Logs {
    /// The use cases over this door, this fleet and its trails; `keys` sign page tokens.
    pub fn new(
        door: Door,
        fleet: Fleet,
        trails: Trails,
        keys: CursorKeys,
        settings: Settings,
        clock: WallClock,
    ) -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            door,
            fleet,
            trails,
            keys,
            settings,
            clock,
            unpacking: Arc::new(Semaphore::new(cpus)),
        }
    }
}

/// A log file, as a bucket lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Where it stands in the order: its time, account, Region, key and bucket.
    pub place: Place,
    /// What its key says.
    pub name: name::LogFileKey,
    /// How large it is, in bytes, compressed.
    pub size: u64,
    /// When it was written.
    pub modified: Option<Timestamp>,
    /// The trail that delivered it; `None` where several trails deliver to one folder, and names do not tell whose they
    /// are.
    pub trail: Option<TrailArn>,
    /// The account whose role reads its bucket.
    pub reader: AccountId,
}

/// Why a request about log files has no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The targets cannot be made out.
    #[error(transparent)]
    Targets(#[from] SelectError),
    /// The trails cannot be found.
    #[error(transparent)]
    Trails(#[from] TrailError),
    /// The start is after the end.
    #[error("start_time {start} is after end_time {end}")]
    Backwards {
        /// The start.
        start: Timestamp,
        /// The end.
        end: Timestamp,
    },
    /// The page token is no good.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The deadline or the cancellation came before there was an answer.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}
