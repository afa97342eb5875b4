//! One page, many callers: whoever asks for the same page of the same cell at the same time, or a moment later, gets
//! it by one call.
//!
//! Owns who shares a call, how long it lives and what of its outcome goes for whom. Knows neither the door nor what a
//! lookup is: the call is an argument, so that all of it is tested on paused time.
//!
//! A call flies in a task of its own, and lives as long as somebody waits for it. It has caller, urgency and deadline of
//! the one who started it, and if it ends by these, the others start another: nobody inherits anybody's fate. What a
//! caller may see is decided before (which cells) and after (which events, with which secrets); pages are what the
//! account's role sees, which is the same for all.

mod flight;
mod shelf;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    aws::{AwsError, FailureKind, LookupPage, LookupQuery},
    budget::{Interrupted, RequestContext, Tally},
    domain::{Api, Cell},
};

pub(super) use flight::{Departure, NotBefore};
pub(super) use shelf::Keeping;

use flight::{Flight, Landing};
use shelf::{Found, Shelf};

/// Which page: all that decides what AWS answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PageKey {
    pub(super) cell: Cell,
    /// The window in whole seconds.
    pub(super) query: LookupQuery,
}

/// What a call needs to fly.
pub(super) struct Ticket {
    /// The starter's context, but with a cancellation that fires when nobody waits any more.
    pub(super) ctx: RequestContext,
    /// Where to count what is spent.
    pub(super) tally: Arc<Tally>,
    /// From where to ask.
    pub(super) departure: Arc<Departure>,
}

/// All pages that are being asked for, or were a moment ago. Cloning shares them.
#[derive(Clone)]
pub(super) struct Pages {
    inner: Arc<Inner>,
}

struct Inner {
    shelf: Mutex<Shelf>,
    tasks: TaskTracker,
}

impl Pages {
    /// No pages yet; what lands is kept like this.
    pub(super) fn new(keeping: Keeping) -> Self {
        Self {
            inner: Arc::new(Inner {
                shelf: Mutex::new(Shelf::new(keeping)),
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// The page: one that lies here, or that of a call under way, or that of `load`, started now. What is older than
    /// `not_before` says is not wanted: the page's window may begin there.
    ///
    /// # Errors
    ///
    /// What AWS says goes for everybody who waited; what befell only the starter (its deadline, its budget) for it.
    pub(super) async fn get<F, Fut>(
        &self,
        ctx: &RequestContext,
        tally: &Tally,
        key: PageKey,
        not_before: Option<&NotBefore>,
        load: F,
    ) -> Result<Arc<LookupPage>, AwsError>
    where
        F: Fn(Ticket) -> Fut,
        Fut: Future<Output = Result<LookupPage, AwsError>> + Send + 'static,
    {
        let key = Arc::new(key);
        loop {
            let departure = Departure::new(key.query.window, not_before.cloned());
            let need = departure.need();
            let launch = |id| self.inner.launch(&key, ctx, departure, id, &load);
            let found = self.inner.lock().find(&key, ctx.lane, need, launch);
            let (flight, own) = match found {
                Found::Landed(page) => return Ok(page),
                Found::Joined(flight) => (flight, None),
                Found::Started(flight, task) => (flight, Some(task)),
            };
            let landing = wait(ctx, &flight, own.is_some()).await;
            tally.absorb(&flight.air.tally);
            match landing {
                Err(interrupted) => return Err(error(&key, interrupted)),
                Ok(Landing::Page(page)) => return Ok(Arc::clone(page)),
                Ok(Landing::Failed(e)) if own.is_some() || !is_the_starters(e.kind) => {
                    return Err(e.clone());
                }
                Ok(Landing::Failed(_)) => {}
                Ok(Landing::Lost) => fall_with(own).await,
            }
        }
    }

    /// Waits until no call is under way and no page lies here.
    #[cfg(test)]
    async fn empty(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        assert!(self.inner.lock().is_empty());
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // Nothing under this lock can panic half-way through a change.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a call in a task of its own, which ends with its outcome, and at once when nobody waits any more.
    fn launch<F, Fut>(
        self: &Arc<Self>,
        key: &Arc<PageKey>,
        ctx: &RequestContext,
        departure: Departure,
        id: u64,
        load: &F,
    ) -> (Arc<Flight>, JoinHandle<()>)
    where
        F: Fn(Ticket) -> Fut,
        Fut: Future<Output = Result<LookupPage, AwsError>> + Send + 'static,
    {
        let cancel = CancellationToken::new();
        let flight = Arc::new(Flight::new(id, ctx.lane, departure, cancel.clone()));
        let work = load(Ticket {
            ctx: RequestContext {
                cancel,
                ..ctx.clone()
            },
            tally: Arc::clone(&flight.air.tally),
            departure: Arc::clone(&flight.air.departure),
        });
        let arrival = Arrival {
            inner: Arc::clone(self),
            key: Arc::clone(key),
            flight: Some((id, Arc::clone(&flight.air))),
        };
        let task = self.tasks.spawn(async move {
            let outcome = work.await;
            arrival.land(outcome);
        });
        (flight, task)
    }

    /// Takes what has lain long enough away, as long as anything lies here.
    async fn sweep(self: Arc<Self>, mut next: Instant) {
        loop {
            sleep_until(next).await;
            match self.lock().sweep(Instant::now()) {
                Some(at) => next = at,
                None => return,
            }
        }
    }
}

/// The end of one call. However its task ends, the shelf knows and those who wait are told.
struct Arrival {
    inner: Arc<Inner>,
    key: Arc<PageKey>,
    flight: Option<(u64, Arc<flight::Air>)>,
}

impl Arrival {
    fn land(mut self, outcome: Result<LookupPage, AwsError>) {
        self.finish(match outcome {
            Ok(page) => Landing::Page(Arc::new(page)),
            Err(error) => Landing::Failed(error),
        });
    }

    fn finish(&mut self, landing: Landing) {
        let Some((id, air)) = self.flight.take() else {
            return;
        };
        let sweep = self.inner.lock().land(&self.key, id, &landing);
        if let Some(at) = sweep {
            let inner = Arc::clone(&self.inner);
            self.inner.tasks.spawn(inner.sweep(at));
        }
        air.land(landing);
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.finish(Landing::Lost);
    }
}

/// Waits for the outcome. The starter's own deadline is the call's as well, which then tells more of why.
async fn wait<'a>(
    ctx: &RequestContext,
    flight: &'a Flight,
    own: bool,
) -> Result<&'a Landing, Interrupted> {
    if !own {
        return ctx.race(flight.air.landing()).await;
    }
    tokio::select! {
        biased;
        () = ctx.cancel.cancelled() => Err(Interrupted::Cancelled),
        landing = flight.air.landing() => Ok(landing),
    }
}

/// A panic is a defect of the cell that started the call, and falls on no other.
async fn fall_with(own: Option<JoinHandle<()>>) {
    if let Some(task) = own
        && let Err(failed) = task.await
        && let Ok(panic) = failed.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

/// Whether this befell the one who started the call, and says nothing to the others.
fn is_the_starters(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::DeadlineExceeded
            | FailureKind::Cancelled
            | FailureKind::BudgetExhausted { .. }
    )
}

fn error(key: &PageKey, interrupted: Interrupted) -> AwsError {
    AwsError {
        api: Api::LookupEvents,
        account: key.cell.account,
        region: key.cell.region.clone(),
        kind: interrupted.into(),
        code: None,
        message: String::new(),
        request_id: None,
        remembered_for: None,
    }
}

#[cfg(test)]
mod tests;
