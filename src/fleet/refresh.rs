//! Keeps the snapshot fresh: lists the accounts by and by, then reads units, tags and Regions behind it.
//!
//! Owns what has been learned, and is the only one to change it: one task, no locks. The first listing makes
//! the fleet ready; what comes after it comes progressively. While Organizations is away the last snapshot
//! stays, marked as stale.

mod complaint;
mod details;
mod round;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use self::round::Round;
use super::{
    directory::{Changes, Directory},
    discovery::Reader,
    sessions::Sessions,
    settings::{OrganizationSettings, Settings},
};
use crate::{aws::AwsError, domain::WallClock};

/// What came of a refresh that was asked for.
pub type Reply = oneshot::Sender<Result<Changes, AwsError>>;

/// Where the fleet's snapshot is kept, and who must hear of a new one.
pub struct Shared {
    /// What the fleet is told.
    pub settings: Settings,
    /// The snapshot.
    pub directory: watch::Sender<Arc<Directory>>,
    /// True once the accounts are known.
    pub ready: watch::Sender<bool>,
    /// The sessions, which forget accounts that are gone.
    pub sessions: Sessions,
    /// The time of day.
    pub clock: WallClock,
}

/// The task that keeps the snapshot fresh. It must be run, by [`Refresher::run`].
pub struct Refresher {
    shared: Arc<Shared>,
    requests: mpsc::Receiver<Reply>,
    stop: CancellationToken,
    organization: Option<(OrganizationSettings, Reader)>,
}

impl Refresher {
    /// A refresher that answers `requests` until `stop` fires.
    pub fn new(
        shared: Arc<Shared>,
        requests: mpsc::Receiver<Reply>,
        reader: Reader,
        stop: CancellationToken,
    ) -> Self {
        let organization = shared.settings.organization.clone();
        Self {
            organization: organization.map(|settings| (settings, reader)),
            shared,
            requests,
            stop,
        }
    }

    /// Runs until `stop` fires; then waits for the session calls under way.
    pub async fn run(mut self) {
        if let Some((settings, reader)) = self.organization.take() {
            Round::new(&self.shared, settings, reader)
                .run(&mut self.requests, &self.stop)
                .await;
        } else {
            self.answer_static().await;
        }
        self.shared.sessions.drained().await;
    }

    /// A static list does not change: every refresh succeeds and changes nothing.
    async fn answer_static(&mut self) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                asked = self.requests.recv() => match asked {
                    Some(reply) => drop(reply.send(Ok(Changes::default()))),
                    None => return self.stop.cancelled().await,
                },
            }
        }
    }
}
