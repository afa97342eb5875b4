//! Drives a warm-up: makes the targets out, starts pieces, takes what comes of them, logs when history is begun and done.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    domain::{Cell, Timestamp},
    events::{
        Events, WORTH_OF_A_STREAM,
        cache::{Kept, Strand},
        request::earliest_now,
        span::Span,
    },
    fanout::{Ended, FanOut},
    fleet::TargetCell,
};

use super::{
    Progress, Settings,
    agenda::{Agenda, Change, Now},
    piece::{self, Counts, Means, Read},
    targets,
};

/// The task that keeps chosen history in the cache. It must be run, by [`WarmUp::run`].
pub struct WarmUp {
    shared: Arc<Shared>,
    stop: CancellationToken,
}

/// Tells how far a warm-up is. Cloning shares it.
#[derive(Clone)]
pub struct View {
    shared: Arc<Shared>,
}

struct Shared {
    events: Events,
    settings: Settings,
    counts: Counts,
    state: Mutex<State>,
}

struct State {
    agenda: Agenda,
    /// Why the targets cannot be made out (anew).
    trouble: Option<String>,
}

/// A piece under way.
type Pieces = FanOut<(Cell, Span), Read>;

impl Events {
    /// A warm-up of this cache until `stop` fires, and a view of how far it is.
    pub fn warm_up(&self, settings: Settings, stop: CancellationToken) -> (WarmUp, View) {
        let state = State {
            agenda: Agenda::new(settings.clone(), self.cache.capacity()),
            trouble: None,
        };
        let shared = Arc::new(Shared {
            events: self.clone(),
            settings,
            counts: Counts::default(),
            state: Mutex::new(state),
        });
        let view = View {
            shared: Arc::clone(&shared),
        };
        (WarmUp { shared, stop }, view)
    }
}

impl View {
    /// How far it is. Does not wait.
    pub fn progress(&self) -> Progress {
        self.shared.progress()
    }
}

impl WarmUp {
    /// Runs until it is told to stop, and then drops what is under way: what was read of it is in the cache.
    pub async fn run(self) {
        let mut pieces = Pieces::none();
        let targets = |wait| {
            let (shared, stop) = (Arc::clone(&self.shared), self.stop.clone());
            async move { targets::after(wait, &shared.events, &shared.settings, &stop).await }
        };
        let mut resolving = Box::pin(targets(Duration::ZERO));
        loop {
            let due = self.start(&mut pieces);
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                Some(((cell, span), ended)) = pieces.next() => self.ended(&cell, span, ended),
                cells = &mut resolving => {
                    self.retarget(cells);
                    resolving.set(targets(self.shared.settings.resolve));
                }
                () = sleep_until(due) => {}
            }
        }
    }

    /// Starts what can be, and says when to look again.
    fn start(&self, pieces: &mut Pieces) -> Instant {
        let now = self.shared.now();
        let mut state = self.shared.state();
        while let Some(piece) = state.agenda.step(now) {
            let (shared, stop) = (Arc::clone(&self.shared), self.stop.clone());
            let at = (piece.cell.clone(), piece.span);
            let work = async move {
                let means = Means {
                    events: &shared.events,
                    settings: &shared.settings,
                    counts: &shared.counts,
                    cancel: &stop,
                };
                piece::read(&means, &piece.cell, piece.span, piece.manners).await
            };
            pieces.add(at, work);
        }
        let far = now.instant + self.shared.settings.interval;
        state.agenda.next_due().map_or(far, |due| due.min(far))
    }

    fn ended(&self, cell: &Cell, span: Span, ended: Ended<Read>) {
        let now = self.shared.now();
        let read = match ended {
            Ended::Done(read) => Some(read),
            Ended::Panicked => None,
        };
        let kept = self.shared.kept(cell, now.wanted);
        let mut state = self.shared.state();
        let change = state
            .agenda
            .read(cell, span, read, kept, now, rand::random());
        drop(state);
        self.tell(change);
    }

    /// Takes the targets as they are now. Where they cannot be made out, those there are stay.
    fn retarget(&self, cells: Result<Vec<TargetCell>, String>) {
        let now = self.shared.now();
        let mut state = self.shared.state();
        let change = match cells {
            Ok(cells) => {
                state.trouble = None;
                let kept = |cell: &Cell| self.shared.kept(cell, now.wanted);
                state.agenda.retarget(&cells, now, kept)
            }
            Err(trouble) => {
                if state.trouble.as_ref() != Some(&trouble) {
                    warn!(
                        error = trouble,
                        "the accounts and Regions to be kept in the cache cannot be made out"
                    );
                    state.trouble = Some(trouble);
                }
                None
            }
        };
        drop(state);
        self.tell(change);
    }

    fn tell(&self, change: Option<Change>) {
        let Some(change) = change else { return };
        let told = self.shared.progress();
        let days = self.shared.settings.days;
        match change {
            Change::Begun => {
                info!(
                    cells = told.cells,
                    days,
                    known_percent = told.known_percent(),
                    "the cache is being warmed up"
                );
                let share = told.room_bytes / told.cells.max(1) as u64;
                if share < WORTH_OF_A_STREAM {
                    warn!(
                        cells = told.cells,
                        bytes_a_cell = share,
                        "events.cache.max_bytes is small for what events.warm_up names: only the newest will have room"
                    );
                }
            }
            Change::Ended { took } => info!(
                cells = told.cells,
                done = told.done,
                days,
                known_percent = told.known_percent(),
                without_room = told.full,
                failing = told.failures(),
                calls = told.calls,
                events = told.events,
                took_seconds = took.as_secs(),
                "the cache is warmed up as far as it can be"
            ),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> Progress {
        let now = self.now();
        let state = self.state();
        Progress {
            trouble: state.trouble.clone(),
            calls: self.counts.calls.load(Relaxed),
            throttles: self.counts.throttles.load(Relaxed),
            events: self.counts.events.load(Relaxed),
            ..state.agenda.progress(now)
        }
    }

    fn now(&self) -> Now {
        let time = (self.events.clock)();
        Now {
            instant: Instant::now(),
            wanted: wanted(
                self.events.remembered_through(time),
                earliest_now(time),
                self.settings.days,
            ),
        }
    }

    /// What the cache has of what is wanted of a cell. It counts as used.
    fn kept(&self, cell: &Cell, wanted: Span) -> Kept {
        let strand = Strand {
            cell: cell.clone(),
            attribute: None,
        };
        self.events.cache.keep(&strand, wanted)
    }
}

/// So many days up to the last settled second, as far as CloudTrail still has them.
fn wanted(settled: Timestamp, earliest: Timestamp, days: u32) -> Span {
    let to = settled.seconds();
    let from = to.saturating_sub(i64::from(days) * 86_400 - 1);
    let span = Span::new(from.max(earliest.seconds_up()), to);
    // A settle lag is shorter than the history.
    span.unwrap_or(Span::of(crate::domain::TimeWindow::at(settled)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_days_are_wanted_as_far_as_there_is_history() {
        let (settled, earliest) = (
            Timestamp::from_seconds(800_000),
            Timestamp::from_seconds(100_000),
        );
        assert_eq!(wanted(settled, earliest, 1).seconds(), 86_400);
        assert_eq!(wanted(settled, earliest, 7).seconds(), 604_800);
        assert_eq!(
            wanted(settled, earliest, 90),
            Span::new(100_000, 800_000).unwrap()
        );
    }
}
