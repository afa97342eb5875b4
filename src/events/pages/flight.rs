//! One call under way: who may share it, and from where it asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::SetOnce;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    aws::{AwsError, LookupPage},
    budget::{Lane, Tally},
    domain::{TimeWindow, Timestamp},
};

/// Tells what has turned out to be too old to be wanted.
pub(in crate::events) type NotBefore = Arc<dyn Fn() -> Option<Timestamp> + Send + Sync>;

/// How a call ended.
#[derive(Debug)]
pub(super) enum Landing {
    /// With its page.
    Page(Arc<LookupPage>),
    /// Without one.
    Failed(AwsError),
    /// By a defect: its task panicked.
    Lost,
}

/// A call as those who wait for it hold it. When the last of them lets go, the call is cancelled.
pub(super) struct Flight {
    /// Which one, of all there ever were.
    pub(super) id: u64,
    /// How urgent it is.
    pub(super) lane: Lane,
    /// What it shares with its task.
    pub(super) air: Arc<Air>,
    _ends: DropGuard,
}

/// What the task of a call and those who wait for it share.
pub(super) struct Air {
    landing: SetOnce<Landing>,
    /// What it spends, until somebody counts it.
    pub(super) tally: Arc<Tally>,
    /// From where it asks.
    pub(super) departure: Arc<Departure>,
}

impl Flight {
    /// A call that `cancel` ends.
    pub(super) fn new(
        id: u64,
        lane: Lane,
        departure: Departure,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            id,
            lane,
            air: Arc::new(Air {
                landing: SetOnce::new(),
                tally: Arc::default(),
                departure: Arc::new(departure),
            }),
            _ends: cancel.drop_guard(),
        }
    }
}

impl Air {
    /// How it ended, once it has. Its task lands it, however that ends.
    pub(super) async fn landing(&self) -> &Landing {
        self.landing.wait().await
    }

    /// Tells those who wait.
    pub(super) fn land(&self, landing: Landing) {
        // There is one task to a call, and it lands once.
        let _ = self.landing.set(landing);
    }
}

/// From where a call asks. One that has nobody else to serve leaves out what its starter does not want any more; one
/// that has asks for all, and whoever comes after it has left must be content with what it asked for.
pub(in crate::events) struct Departure {
    window: TimeWindow,
    not_before: Option<NotBefore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shared: bool,
    left: Option<Timestamp>,
}

impl Departure {
    /// A call for this window, whose starter wants nothing before that.
    pub(super) fn new(window: TimeWindow, not_before: Option<NotBefore>) -> Self {
        Self {
            window,
            not_before,
            state: Mutex::default(),
        }
    }

    /// From where on its starter wants everything, now.
    pub(super) fn need(&self) -> Timestamp {
        let (start, end) = (self.window.start(), self.window.end());
        let not_before = self.not_before.as_ref().and_then(|ask| ask());
        not_before.map_or(start, |at| at.floor_second().max(start).min(end))
    }

    /// The window to ask for; to be called when an attempt leaves.
    pub(in crate::events) fn leave(&self) -> TimeWindow {
        let lone = self.need();
        let mut state = self.lock();
        let start = match (state.shared, state.left) {
            (false, _) => lone,
            (true, Some(left)) => left,
            (true, None) => self.window.start(),
        };
        state.left = Some(start);
        TimeWindow::new(start, self.window.end()).unwrap_or(self.window)
    }

    /// Takes one more on who wants everything from `need` on, if that is served.
    pub(super) fn admits(&self, need: Timestamp) -> bool {
        let mut state = self.lock();
        let served = state.left.is_none_or(|left| left <= need);
        state.shared |= served;
        served
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
