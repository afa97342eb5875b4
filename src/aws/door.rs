//! The one function through which every attempt leaves: token, one attempt, classification, report.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_types::SdkConfig;
use futures_util::future::BoxFuture;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tracing::{Instrument as _, debug, warn};

use crate::{
    budget::{BucketKey, Budgets, Grant, HeldPlace, Interrupted, Under},
    domain::{AccountId, Api, Effect, Partition, Region},
};

use super::{
    AwsError, FailureKind, Session,
    attribution::on_behalf,
    call::Call,
    classify::{History, Limits, NextStep, classify, next_step},
    clients::Clients,
    denials::Denials,
    error::{RawFailure, TookEffect},
    trace,
};

/// A session made within this time is the role as it is now.
const YOUNG: Duration = Duration::from_secs(300);

/// How the door behaves. Times are of one attempt.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The partition whose global endpoints are used.
    pub partition: Partition,
    /// A call that takes longer than this gives its place back and goes on among the stragglers, so that
    /// hung accounts and slow Regions cannot use up the places of the others.
    pub straggler_after: Duration,
    /// Stragglers at the same time. Beyond it a slow call keeps its place.
    pub max_stragglers: usize,
    /// How long one attempt may take (60 s: LookupEvents was seen to take 35 s in us-east-1).
    pub attempt_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How often a call is tried.
    pub limits: Limits,
}

/// How one attempt ended, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// AWS answered with what was asked for.
    Ok,
    /// It failed, in this way.
    Failed(FailureKind),
}

/// One attempt that has ended.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The operation.
    pub api: Api,
    /// The account that it is about: that of the credentials, but of AssumeRole the role's.
    pub account: AccountId,
    /// The Region of the endpoint.
    pub region: &'a Region,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it waited for its token.
    pub waited: Duration,
    /// How long it took on the wire.
    pub took: Duration,
}

/// Is told of every attempt. Must not block.
pub trait AttemptObserver: Send + Sync {
    /// One attempt ended.
    fn attempt(&self, attempt: Attempt<'_>);
}

/// The door. Cloning shares it.
#[derive(Clone)]
pub struct Door {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    budgets: Budgets,
    clients: Clients,
    stragglers: Arc<Semaphore>,
    denials: Denials,
    observer: Arc<dyn AttemptObserver>,
    clock_skewed: AtomicBool,
}

impl Door {
    /// A door over this SDK configuration (see [`super::BaseConfig`]).
    pub fn new(
        sdk: &SdkConfig,
        settings: Settings,
        budgets: Budgets,
        observer: Arc<dyn AttemptObserver>,
    ) -> Self {
        let clients = Clients::new(sdk, settings.partition, settings.connect_timeout);
        Self {
            inner: Arc::new(Inner {
                clients,
                budgets,
                stragglers: Arc::new(Semaphore::new(settings.max_stragglers)),
                denials: Denials::default(),
                observer,
                clock_skewed: AtomicBool::new(false),
                settings,
            }),
        }
    }

    /// The budgets that its calls are made by.
    pub fn budgets(&self) -> &Budgets {
        &self.inner.budgets
    }

    /// Whether AWS last said that our clock is off. The whole process's problem, so it belongs in health.
    pub fn clock_skewed(&self) -> bool {
        self.inner.clock_skewed.load(Ordering::Relaxed)
    }

    /// The Region of the partition's global endpoints.
    pub fn global_region(&self) -> Region {
        self.inner.settings.partition.global_region()
    }

    /// Forgets what AWS has denied in this account, so that it is asked again.
    pub fn forget_denials(&self, account: AccountId) {
        self.inner.denials.forget(account);
    }

    pub(super) fn clients(&self) -> &Clients {
        &self.inner.clients
    }

    /// Makes the call: a session, then attempts, each with a token of its own, until one succeeds or
    /// trying again is pointless. `send` makes one attempt with the session given.
    ///
    /// A write that failed so that it may have taken effect is not tried again here: whoever asked for it must look
    /// first. And nobody may drop the future of a write: that abandons it on its way.
    pub(super) async fn call<T, F>(&self, call: Call<'_>, send: F) -> Result<T, AwsError>
    where
        F: Fn(&Session) -> BoxFuture<'static, Result<T, RawFailure>>,
    {
        let mut history = History::default();
        loop {
            let session = call.who.session(call.ctx).await?;
            if !call.who.permits(call.ctx, call.region) {
                return Err(call.error(&session, FailureKind::NotAuthorized, None));
            }
            if call.api.effect() == Effect::Write && session.is_shared() {
                return Err(call.error(
                    &session,
                    FailureKind::InvalidRequest,
                    Some(unattributed()),
                ));
            }
            let failed = match self.attempt(call, &session, &send).await {
                Ok(out) => return Ok(out),
                Err(failed) => failed,
            };
            history.old_session = session.age() > YOUNG;
            match failed.kind {
                FailureKind::Throttled => history.throttles += 1,
                FailureKind::Transient | FailureKind::Timeout => history.failures += 1,
                _ => {}
            }
            if failed.effect() == TookEffect::Unknown {
                return Err(failed);
            }
            match next_step(failed.kind, history, self.inner.settings.limits) {
                NextStep::RetryWithin(longest) => {
                    // Full jitter, so that cells that failed together do not come back together.
                    let pause = sleep(longest.mul_f64(rand::random::<f64>()));
                    if let Err(interrupted) = call.ctx.race(pause).await {
                        // The state is the interruption's; what AWS said last stays, since it tells more.
                        let kind = interrupted.into();
                        return Err(AwsError { kind, ..failed });
                    }
                }
                NextStep::RefreshCredentials => {
                    history.refreshed = true;
                    call.who.reject(&session);
                }
                NextStep::GiveUp => return Err(failed),
            }
        }
    }

    /// One token, one attempt.
    async fn attempt<T, F>(
        &self,
        call: Call<'_>,
        session: &Session,
        send: &F,
    ) -> Result<T, AwsError>
    where
        F: Fn(&Session) -> BoxFuture<'static, Result<T, RawFailure>>,
    {
        let inner = &self.inner;
        let key = BucketKey {
            account: session.account(),
            region: call.region.clone(),
            api: call.api,
        };
        if let Some(denied) = inner.denials.recall(&key) {
            return Err(denied);
        }
        let grant = inner
            .budgets
            .acquire(call.ctx, &key)
            .instrument(trace::waiting(&call))
            .await
            .map_err(|refused| call.error(session, refused.into(), None))?;
        call.tally.count_call();
        let (waited, under, started) = (grant.waited, grant.under, Instant::now());
        let ended = |outcome, took| {
            inner.observer.attempt(Attempt {
                api: call.api,
                account: call.about(session),
                region: call.region,
                outcome,
                waited,
                took,
            });
        };
        let span = trace::attempt(&call, call.about(session));
        let answer = self.answer(call, grant, send(session));
        let answer = on_behalf(call.ctx.caller.as_str(), answer.instrument(span.clone())).await;
        let took = started.elapsed();
        let error = match answer {
            Ok(Ok(out)) => {
                inner.budgets.report_answer(&key, took);
                inner.clock_skewed.store(false, Ordering::Relaxed);
                inner.denials.heard(&key, None);
                ended(Outcome::Ok, took);
                return Ok(out);
            }
            Ok(Err(raw)) => call.error(session, classify(call.api, &raw), Some(raw)),
            Err(interrupted) => call.error(session, interrupted.into(), None),
        };
        trace::failed(&span, &error);
        ended(Outcome::Failed(error.kind), took);
        inner.denials.heard(&key, Some(&error));
        self.note(call, &key, under, &error);
        Err(error)
    }

    /// Waits for the answer: of a read no longer than the request, of a write to its end, since it may have taken effect.
    async fn answer<T>(
        &self,
        call: Call<'_>,
        grant: Grant,
        answer: BoxFuture<'static, Result<T, RawFailure>>,
    ) -> Result<Result<T, RawFailure>, Interrupted> {
        let in_flight = self.in_flight(grant, answer);
        match call.api.effect() {
            Effect::Read => call.ctx.race(in_flight).await,
            Effect::Write => Ok(in_flight.await),
        }
    }

    /// Waits for the answer, for the time of one attempt. A straggler goes on without its place.
    async fn in_flight<T>(
        &self,
        grant: Grant,
        mut answer: BoxFuture<'static, Result<T, RawFailure>>,
    ) -> Result<T, RawFailure> {
        let settings = &self.inner.settings;
        let whole = async {
            let place = grant.leave();
            if let Ok(answer) = timeout(settings.straggler_after, &mut answer).await {
                return answer;
            }
            let _held = match Arc::clone(&self.inner.stragglers).try_acquire_owned() {
                Ok(slow) => {
                    drop(place);
                    HeldPlace::from(slow)
                }
                Err(_) => place,
            };
            answer.await
        };
        let answered = timeout(settings.attempt_timeout, whole).await;
        answered.unwrap_or_else(|_| Err(RawFailure::timed_out()))
    }

    /// Tells the budget of a throttle, health of a skewed clock, and the log of everything.
    fn note(&self, call: Call<'_>, key: &BucketKey, under: Under, error: &AwsError) {
        match error.kind {
            FailureKind::Throttled => {
                call.tally.count_throttle();
                self.inner.budgets.report_throttle(key, under);
            }
            FailureKind::ClockSkew if !self.inner.clock_skewed.swap(true, Ordering::Relaxed) => {
                warn!(
                    message = error.message,
                    "AWS refuses our signatures: this machine's clock is off"
                );
            }
            _ => {}
        }
        debug!(
            api = %error.api, account = %error.account, region = %error.region, kind = ?error.kind,
            code = error.code, request_id = error.request_id, aws_message = error.message,
            "an AWS call attempt failed"
        );
    }
}

/// A write that would be nobody's in AWS's records. Whoever wants to write asks the fleet for a session to write with: a
/// defect of ours.
fn unattributed() -> RawFailure {
    RawFailure::unbuilt(&"a write with a session that callers share")
}
