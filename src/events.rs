//! Looking events up: plan, read cells, merge, resume.
//!
//! Owns what a lookup means: its window, its order, its filters, what a page holds and what its coverage says.
//! Knows nothing of gRPC, and of AWS only what the door offers.

pub mod best;
pub mod cache;
mod cell;
pub mod cursor;
pub mod estimate;
pub mod exhausted;
pub mod filter;
pub mod global;
mod hunger;
pub mod lookup;
mod merge;
pub mod observer;
mod pages;
mod plan;
mod planner;
mod reader;
pub mod record;
pub mod redact;
pub mod request;
pub mod span;
pub mod stream;
pub mod tail;
#[cfg(test)]
pub(crate) mod testing;
pub mod warm_up;

use std::{sync::Arc, time::Duration};

use crate::{
    aws::Door,
    budget::Interrupted,
    domain::{Timestamp, WallClock},
    fleet::{Fleet, SelectError},
};

use cache::EventCache;
pub use cursor::{CursorError, CursorKeys};
use estimate::densities::Densities;
pub use estimate::{Estimate, PlannedCell};
pub use exhausted::{Exhausted, RefusedCall};
pub use filter::{Attribute, Filters, RecordField};
use hunger::{Hunger, Hungry};
pub use lookup::LookupAnswer;
use observer::Nobody;
pub use observer::{AnswerKind, Answered, LookupObserver, Reached, Underway};
use pages::{Keeping, Pages};
use reader::{Ahead, Appetite};
pub use record::Record;
pub use request::{LookupRequest, WindowError};
pub use stream::{Order, StreamItem};
pub use tail::TailItem;

/// How lookups behave.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What happened this long ago is taken as final: CloudTrail delivers typically within 15 minutes.
    pub settle_lag: Duration,
    /// What one ordered stream may buffer, about, in bytes.
    pub stream_memory_bytes: usize,
    /// How long one cell may hold an ordered stream up before it is reported and left behind.
    pub patience: Duration,
    /// How tails behave.
    pub tail: tail::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settle_lag: Duration::from_secs(15 * 60),
            stream_memory_bytes: 64 << 20,
            patience: Duration::from_secs(60),
            tail: tail::Settings::default(),
        }
    }
}

/// The use cases of `EventService`. Cloning shares everything.
#[derive(Clone)]
pub struct Events {
    door: Door,
    pages: Pages,
    fleet: Fleet,
    keys: CursorKeys,
    settings: Settings,
    clock: WallClock,
    observer: Arc<dyn LookupObserver>,
    densities: Arc<Densities>,
    cache: EventCache,
}

/// What one cell may have read ahead, in bytes: 64 windows of a dozen pages, packed.
const MOST_AHEAD: usize = 16 << 20;

/// So many cells have few pages to be merged, beside what they may read ahead.
const FEW_CELLS: usize = 64;

/// What there must be room for in the cache, in each cell of a stream: some 400 events.
const WORTH_OF_A_STREAM: u64 = 64 << 10;

/// The same for a page, of which most cells show 50 events at most.
const WORTH_OF_A_PAGE: u64 = 8 << 10;

/// What is remembered unless the configuration says otherwise.
const CACHE_BYTES: u64 = 16 << 20;

impl Events {
    /// The use cases over this door and this fleet.
    pub fn new(
        door: Door,
        fleet: Fleet,
        keys: CursorKeys,
        settings: Settings,
        clock: WallClock,
    ) -> Self {
        Self {
            door,
            pages: Pages::new(Keeping::default()),
            fleet,
            keys,
            settings,
            clock,
            observer: Arc::new(Nobody),
            densities: Arc::default(),
            cache: EventCache::in_memory(CACHE_BYTES),
        }
    }

    /// The same, remembering what is settled there.
    #[must_use]
    pub fn with_cache(self, cache: EventCache) -> Self {
        Self { cache, ..self }
    }

    /// What the cache stands at, and how many bytes it may hold.
    pub fn cache_stats(&self) -> (cache::CacheStats, u64) {
        (self.cache.stats(), self.cache.capacity())
    }

    /// The same, and `observer` is told of every answer.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn LookupObserver>) -> Self {
        Self { observer, ..self }
    }

    /// How far ahead one of so many cells may be read: in half as much memory as what is merged has; where cells are few,
    /// in all of it, since little of theirs waits to be merged, and each that has to wait for memory leaves its quota idle.
    fn ahead(&self, plan: &plan::Plan, appetite: Appetite) -> Ahead {
        let cells = plan.cells.len().max(1);
        let all = self.settings.stream_memory_bytes;
        let share = if cells <= FEW_CELLS { all } else { all / 2 } / cells;
        Ahead {
            densities: Arc::clone(&self.densities),
            bytes: share.min(MOST_AHEAD),
            strands: 1,
            appetite,
            scan_limit: plan.scan_limit,
            spill: 0,
            hungry: Hungry::never(),
        }
    }

    /// The same for a stream, whose reader's `hunger` this is: a quarter of a cache on disk may hold what
    /// waits for other cells.
    fn ahead_of_stream(&self, plan: &plan::Plan, hunger: &Hunger) -> Ahead {
        let share = self.cache.capacity() / 4 / plan.cells.len().max(1) as u64;
        let remembers = self.remembered(plan, Appetite::Whole).is_some();
        let spill = match self.cache.is_on_disk() && remembers {
            true => share,
            false => 0,
        };
        Ahead {
            spill: usize::try_from(spill).unwrap_or(usize::MAX),
            hungry: hunger.learner(),
            ..self.ahead(plan, Appetite::Whole)
        }
    }

    /// Up to when what one of so many cells shows is remembered. A lookup whose cells would push each other out again, and
    /// everybody else's, leaves nothing there.
    fn remembered(&self, plan: &plan::Plan, appetite: Appetite) -> Option<Timestamp> {
        let share = self.cache.capacity() / plan.cells.len().max(1) as u64;
        let worth = match appetite {
            Appetite::Whole | Appetite::OneByOne => WORTH_OF_A_STREAM,
            Appetite::Growing => WORTH_OF_A_PAGE,
        };
        (share >= worth).then_some(plan.remembered_through)
    }

    /// What is remembered, for this plan: nothing where secrets are wanted, since what is remembered has none.
    fn cache_for(&self, plan: &plan::Plan) -> EventCache {
        match plan.with_secrets {
            true => EventCache::off(),
            false => self.cache.clone(),
        }
    }

    /// Whether a page token was signed with a key in use, whatever request it belongs to.
    pub fn has_signed(&self, page_token: &str) -> bool {
        self.keys.has_signed(page_token)
    }
}

/// Why a lookup has no answer at all. A failing cell is no such reason; it is in the coverage.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The targets cannot be made out.
    #[error(transparent)]
    Targets(#[from] SelectError),
    /// The window is none that can be looked up.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The page token or cursor is not accepted.
    #[error("page_token {0}")]
    Cursor(#[from] CursorError),
    /// No cell's budget can serve it in time.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The deadline or the cancellation came before there was an answer.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}
