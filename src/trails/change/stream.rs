//! A change under way: starts targets as its rollout allows, and hands out their results.
//!
//! It works only while it is read, so that a reader who stops reading, or leaves, starts nothing new. What was started
//! is a task of its own, which runs to its end whoever listens, and which the process waits for.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

use crate::{
    budget::RequestContext,
    domain::{AccountId, CellReason, Coverage},
    fanout::rollout::{Schedule, StopReason},
    policies::RequiredPolicies,
    trails::{TrailError, Trails},
};

use super::{
    request::{ChangeItem, ChangeRequest, Outcome, Summary, TargetResult},
    target::{Target, Work},
    targets::Located,
    words::failure,
};

/// A change under way. Dropping it starts nothing new.
pub struct Changes {
    trails: Trails,
    ctx: RequestContext,
    request: Arc<ChangeRequest>,
    targets: Vec<Target>,
    schedule: Schedule,
    running: FuturesUnordered<BoxFuture<'static, (usize, Option<TargetResult>)>>,
    /// The end of each account's latest target: the next waits for it, since what one does (a trail more, one that shows
    /// in fewer Regions) decides what another may.
    latest: HashMap<AccountId, oneshot::Receiver<()>>,
    /// The targets that are under way.
    under_way: BTreeMap<usize, Target>,
    /// Whether something was heard that stops the start of targets.
    interrupted: bool,
    /// Targets that were not started because that could not be recorded. Told at the end: had nothing else been done, the
    /// request as a whole is refused.
    unrecorded: Vec<TargetResult>,
    refused: bool,
    /// Results of targets of which nothing more will be heard.
    left: std::vec::IntoIter<TargetResult>,
    counts: BTreeMap<Outcome, u32>,
    calls: u64,
    coverage: Option<(Coverage, bool)>,
    policies: Option<RequiredPolicies>,
    phase: Phase,
}

enum Phase {
    /// Targets are started, and end.
    Working,
    /// The rest is told.
    Telling,
    /// The summary is out.
    Ended,
}

impl Changes {
    pub(super) fn new(
        trails: Trails,
        ctx: RequestContext,
        request: ChangeRequest,
        located: Located,
        policies: Option<RequiredPolicies>,
    ) -> Self {
        Self {
            schedule: Schedule::new(located.targets.len(), request.rollout),
            trails,
            ctx,
            request: Arc::new(request),
            targets: located.targets,
            running: FuturesUnordered::new(),
            latest: HashMap::new(),
            under_way: BTreeMap::new(),
            interrupted: false,
            unrecorded: Vec::new(),
            refused: false,
            left: Vec::new().into_iter(),
            counts: BTreeMap::new(),
            calls: located.calls,
            coverage: Some((located.coverage, located.stale)),
            policies,
            phase: Phase::Working,
        }
    }

    /// What the bucket, key, topic and role that the trails are to use must allow; `None` if the request names none, and
    /// when it was taken.
    pub fn take_policies(&mut self) -> Option<RequiredPolicies> {
        self.policies.take()
    }

    /// Why there was no summary, if that was known before anything was done. Told once.
    pub fn refused(&mut self) -> Option<TrailError> {
        std::mem::take(&mut self.refused).then_some(TrailError::AuditUnavailable)
    }

    /// The next message; the last is the summary, unless the change was refused.
    pub async fn next(&mut self) -> Option<ChangeItem> {
        loop {
            match self.phase {
                Phase::Working => {
                    if let Some(result) = self.work().await {
                        return Some(self.count(result));
                    }
                    if self.nothing_was_recorded() {
                        self.refused = true;
                        self.phase = Phase::Ended;
                        return None;
                    }
                    self.phase = Phase::Telling;
                    self.left = self.leave().into_iter();
                }
                Phase::Telling => {
                    if let Some(result) = self.left.next() {
                        return Some(self.count(result));
                    }
                    self.phase = Phase::Ended;
                    return self.summary();
                }
                Phase::Ended => return None,
            }
        }
    }

    /// The next target to end; `None` if nothing more will, or time is up.
    async fn work(&mut self) -> Option<TargetResult> {
        loop {
            self.heed();
            while let Some(target) = self.schedule.start() {
                self.start(target);
            }
            let (cancel, leaving) = (&self.ctx.cancel, &self.trails.changing.leaving);
            tokio::select! {
                biased;
                ended = self.running.next() => {
                    let (target, result) = ended?;
                    let result = self.ended(target, result)?;
                    if !is_unrecorded(&result) {
                        return Some(result);
                    }
                    self.unrecorded.push(result);
                }
                () = leaving.cancelled(), if !self.interrupted => {}
                () = cancel.cancelled(), if !self.interrupted => {}
                () = sleep_until(self.ctx.deadline) => {
                    self.schedule.stop(StopReason::DeadlineExceeded);
                    return None;
                }
            }
        }
    }

    /// Starts nothing more once the process is about to end, the caller has left, or time is up: a canary that ended
    /// for that reason has shown nothing.
    fn heed(&mut self) {
        let late = Instant::now() >= self.ctx.deadline;
        let why = match (&self.trails.changing.leaving, &self.ctx.cancel) {
            (leaving, _) if leaving.is_cancelled() => StopReason::Draining,
            (_, cancel) if cancel.is_cancelled() => StopReason::Cancelled,
            _ if late => return self.schedule.stop(StopReason::DeadlineExceeded),
            _ => return,
        };
        self.interrupted = true;
        self.schedule.stop(why);
    }

    fn start(&mut self, target: usize) {
        let Some(meant) = self.targets.get(target) else {
            return;
        };
        let work = Work {
            trails: self.trails.clone(),
            request: Arc::clone(&self.request),
            target: meant.clone(),
            canary: self.schedule.is_canary(target),
        };
        let (ended, this_one) = oneshot::channel::<()>();
        let before = self.latest.insert(meant.account, this_one);
        let ctx = self.ctx.clone();
        let task = self.trails.changing.tasks.spawn(async move {
            if let Some(before) = before {
                // It is told by being dropped, however the one before ended.
                let _gone = before.await;
            }
            let result = work.run(ctx).await;
            drop(ended);
            result
        });
        self.under_way.insert(target, meant.clone());
        self.running
            .push(Box::pin(async move { (target, task.await.ok()) }));
    }

    fn ended(&mut self, target: usize, result: Option<TargetResult>) -> Option<TargetResult> {
        let meant = self.under_way.remove(&target)?;
        // What panicked may have done something before.
        let result = result.unwrap_or_else(|| {
            let words =
                "changing the trail failed in Trailplane itself; the server's log has the details";
            let why = failure(CellReason::Internal, words.to_owned());
            meant.result(Outcome::Unknown, Some(why), self.schedule.is_canary(target))
        });
        if is_unrecorded(&result) {
            self.schedule.stop(StopReason::AuditUnavailable);
        }
        self.schedule.end(target, result.outcome.failed());
        Some(result)
    }

    /// Whether the audit could not be written, and neither was anything done nor found before that was known.
    fn nothing_was_recorded(&self) -> bool {
        !self.unrecorded.is_empty() && self.counts.is_empty() && self.under_way.is_empty()
    }

    /// What is said of the targets that have not ended, each once: those under way go on by themselves.
    fn leave(&mut self) -> Vec<TargetResult> {
        let under_way = std::mem::take(&mut self.under_way);
        let words = "the deadline came while the change was under way; it runs to its end, which the server's log will have";
        let unknown = under_way.into_iter().map(|(number, target)| {
            let why = failure(CellReason::DeadlineExceeded, words.to_owned());
            let canary = self.schedule.is_canary(number);
            target.result(Outcome::Unknown, Some(why), canary)
        });
        let mut left: Vec<TargetResult> = unknown.collect();
        left.append(&mut self.unrecorded);
        let why = || failure(CellReason::NotAttempted, self.why_not_started().to_owned());
        left.extend(self.schedule.not_started().filter_map(|number| {
            let canary = self.schedule.is_canary(number);
            let target = self.targets.get(number)?;
            Some(target.result(Outcome::NotStarted, Some(why()), canary))
        }));
        left
    }

    fn why_not_started(&self) -> &'static str {
        match self.schedule.stopped() {
            Some(StopReason::CanaryFailed) => "a canary failed",
            Some(StopReason::TooManyFailures) => "too many other targets failed",
            Some(StopReason::DeadlineExceeded) => "the deadline came first",
            Some(StopReason::Cancelled) => "the caller left",
            Some(StopReason::Draining) => "the server is shutting down",
            Some(StopReason::AuditUnavailable) => "the audit cannot be written",
            None => "the change ended early",
        }
    }

    fn count(&mut self, result: TargetResult) -> ChangeItem {
        *self.counts.entry(result.outcome).or_default() += 1;
        self.calls += u64::from(result.calls);
        ChangeItem::Result(Box::new(result))
    }

    fn summary(&mut self) -> Option<ChangeItem> {
        let (coverage, stale) = self.coverage.take()?;
        Some(ChangeItem::Summary(Box::new(Summary {
            request_id: Arc::clone(&self.request.request_id),
            counts: std::mem::take(&mut self.counts).into_iter().collect(),
            stopped: self.schedule.stopped(),
            coverage,
            stale,
            calls: self.calls,
        })))
    }
}

fn is_unrecorded(result: &TargetResult) -> bool {
    let reason = result.failure.as_ref().map(|failure| failure.reason);
    reason == Some(CellReason::AuditUnavailable)
}
