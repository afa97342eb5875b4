//! Budgets being watched: the whole picture first, then what changes. Of each budget that was sent it keeps a number,
//! not the message; it works only while it is read.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use tokio::{
    task::yield_now,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tonic::Status;

use crate::{
    api::{
        convert::budgets::{Moment, Wanted},
        proto::{Budget, WatchBudgetsResponse},
        status::{self, Failure},
    },
    budget::{
        BucketKey, BucketStats, Budgets, Interrupted, PARTS, RequestContext, store::StoreStatus,
        table::Terms,
    },
    domain::{WallClock, quota::QuotaSource},
};

/// Budgets in one message: about 100 KB.
const CHUNK: usize = 500;

/// One who watches.
pub(super) struct Watch {
    budgets: Budgets,
    clock: WallClock,
    wanted: Wanted,
    ctx: RequestContext,
    ticks: Interval,
    /// Which look at all buckets this is: the first is the whole picture.
    look: u64,
    /// The part that is looked at next; [`PARTS`] at the end of a look, and beyond when that is told.
    part: usize,
    /// What was sent of each budget, and in which look it was last there.
    sent: HashMap<BucketKey, (u64, u64)>,
    store: Option<StoreStatus>,
    /// Found, and not sent yet.
    open: Vec<Budget>,
    ended: bool,
}

type Message = Result<WatchBudgetsResponse, Status>;

impl Watch {
    pub(super) fn new(
        budgets: Budgets,
        clock: WallClock,
        wanted: Wanted,
        interval: Duration,
        ctx: RequestContext,
    ) -> Self {
        let mut ticks = interval_at(Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            budgets,
            clock,
            wanted,
            ctx,
            ticks,
            look: 0,
            part: 0,
            sent: HashMap::new(),
            store: None,
            open: Vec::new(),
            ended: false,
        }
    }

    /// The next message; after an error, nothing.
    pub(super) async fn next(mut self) -> Option<(Message, Self)> {
        if self.ended {
            return None;
        }
        let message = self.message().await;
        self.ended = message.is_err();
        Some((message.map_err(ended), self))
    }

    async fn message(&mut self) -> Result<WatchBudgetsResponse, Interrupted> {
        loop {
            if self.open.len() >= CHUNK {
                let first: Vec<Budget> = self.open.drain(..CHUNK).collect();
                return Ok(self.tell(first, self.look == 0));
            }
            if self.part < PARTS {
                self.look_at(self.part);
                self.part += 1;
                // Others may have their turn: a part can hold thousands.
                yield_now().await;
                continue;
            }
            if self.part == PARTS {
                self.part += 1;
                if let Some(rest) = self.close() {
                    return Ok(rest);
                }
            }
            self.ctx.race(self.ticks.tick()).await?;
            self.part = 0;
        }
    }

    /// Ends a look: forgets what is not there any more, and tells the rest.
    fn close(&mut self) -> Option<WatchBudgetsResponse> {
        let (first, look) = (self.look == 0, self.look);
        self.look += 1;
        self.sent.retain(|_, (_, seen)| *seen == look);
        let rest = std::mem::take(&mut self.open);
        let news = !rest.is_empty() || self.store != Some(self.budgets.store());
        (first || news).then(|| self.tell(rest, false))
    }

    /// Finds what is new or changed in one part.
    fn look_at(&mut self, part: usize) {
        let moment = Moment {
            budgets: &self.budgets,
            now: (self.clock)(),
        };
        for (key, stats) in self.budgets.part(part, |key| self.wanted.has(key)) {
            let print = fingerprint(&stats, self.budgets.quotas().quota(&key));
            let message = || moment.budget(&key, &stats);
            match self.sent.get_mut(&key) {
                Some(known) => {
                    if known.0 != print {
                        self.open.push(message());
                    }
                    *known = (print, self.look);
                }
                None => {
                    self.open.push(message());
                    self.sent.insert(key, (print, self.look));
                }
            }
        }
    }

    fn tell(&mut self, budgets: Vec<Budget>, snapshot_continues: bool) -> WatchBudgetsResponse {
        let store = self.budgets.store();
        let changed = self.store.replace(store) != Some(store);
        let moment = Moment {
            budgets: &self.budgets,
            now: (self.clock)(),
        };
        WatchBudgetsResponse {
            budgets,
            store: changed.then(|| moment.store(&store)),
            snapshot_continues,
        }
    }
}

/// Whoever is still there when the request is cancelled learns that the process drains.
fn ended(why: Interrupted) -> Status {
    match why {
        Interrupted::Cancelled => status::draining(),
        Interrupted::DeadlineExceeded => Failure::from(why).into_status(),
    }
}

/// A number that changes when a budget does. What moves by itself counts only in steps, and the wait only while
/// somebody waits.
fn fingerprint(stats: &BucketStats, terms: Terms) -> u64 {
    let mut hash = DefaultHasher::new();
    let source: QuotaSource = terms.quota.source;
    source.as_str().hash(&mut hash);
    for number in [terms.quota.per_second, terms.share] {
        number.to_bits().hash(&mut hash);
    }
    for number in [stats.factor, stats.ceiling, stats.foreign] {
        hundredths(number).hash(&mut hash);
    }
    (stats.spent, stats.throttles, stats.last_throttle).hash(&mut hash);
    for lane in stats.lanes.iter().filter(|lane| lane.waiting > 0) {
        (lane.lane, lane.waiting, lane.callers, stats.wait).hash(&mut hash);
    }
    hash.finish()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "factors, and calls a second: far below 2^53"
)]
fn hundredths(number: f64) -> i64 {
    (number * 100.0).round() as i64
}

#[cfg(test)]
mod tests;
