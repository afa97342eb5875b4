//! A tail under way: each of its items as messages, until it ends.

use tonic::Status;

use super::name;
use crate::{
    api::{
        convert::{lookup::Shape, tail},
        proto::TailEventsResponse,
        status::{self, Failure},
    },
    budget::Interrupted,
    domain::WallClock,
    events::tail::Tail,
    fleet::Fleet,
};

/// What reads a tail. It reads on only when its messages are taken.
pub(super) struct Relay {
    tail: Tail,
    fleet: Fleet,
    clock: WallClock,
    shape: Shape,
    ended: bool,
}

type Messages = Vec<Result<TailEventsResponse, Status>>;

impl Relay {
    pub(super) fn new(tail: Tail, fleet: Fleet, clock: WallClock, shape: Shape) -> Self {
        Self {
            tail,
            fleet,
            clock,
            shape,
            ended: false,
        }
    }

    /// The messages of the next item; after the tail's end, its status and then nothing.
    pub(super) async fn next(mut self) -> Option<(Messages, Self)> {
        if self.ended {
            return None;
        }
        let messages = match self.tail.next().await {
            Ok(item) => {
                // Accounts turn up while they are followed: names are those of now.
                let directory = self.fleet.directory();
                let name = |account| name(&directory, account);
                let messages = tail::item(item, name, &self.shape, (self.clock)());
                messages.into_iter().map(Ok).collect()
            }
            Err(why) => {
                self.ended = true;
                vec![Err(ended(why))]
            }
        };
        Some((messages, self))
    }
}

/// Whoever is still there when the request is cancelled learns that the process drains.
fn ended(why: Interrupted) -> Status {
    match why {
        Interrupted::Cancelled => status::draining(),
        Interrupted::DeadlineExceeded => Failure::from(why).into_status(),
    }
}
