//! Carrying out the steps of one target, so that each has an end that can be told: it took effect, it did not, or
//! nobody can say.
//!
//! A call of which no answer came, or whose answer was a failure of AWS's, may have taken effect: the trail is read
//! before anything is repeated. What AWS needs time for (another change in flight, a policy or a role that was just
//! written) is tried again after seconds.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    aws::{AwsError, FailureKind, TookEffect},
    budget::RequestContext,
    domain::trail::{Desired, Presence},
    trails::Trails,
};

use super::{
    Pace,
    perform::At,
    plan::{self, Found, Needed, Step, StepCall},
};

/// So often a step is repeated after a failure that may have been a success.
const UNCLEAR: u32 = 3;
/// So often a step is repeated while AWS is not ready for it; the pauses double.
const PATIENT: u32 = 4;

/// What is being done, and the two times that bound it.
pub struct Acting<'a> {
    pub trails: &'a Trails,
    pub at: At<'a>,
    pub desired: &'a Desired,
    pub presence: Presence,
    /// Whether less may be recorded afterwards.
    pub may_reduce: bool,
    /// Until something has left: ends with the caller.
    pub asked: &'a RequestContext,
    /// After something has left: goes on without the caller, to a bound of its own.
    pub settling: &'a RequestContext,
    pub pace: Pace,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Done {
    /// The steps that took effect.
    pub steps: Vec<Step>,
    /// AWS's ids of the calls that changed something, or may have.
    pub request_ids: Vec<String>,
    /// How it ended before its end, if it did.
    pub stopped: Option<Stopped>,
}

/// How a step that is as wanted came to be so.
enum StepEnd {
    /// By this step.
    Done,
    /// Not by us: it was there before, although reading did not show it.
    WasThere,
}

/// Why not all steps were carried out.
#[derive(Debug)]
pub enum Stopped {
    /// This step did not take effect.
    Failed(AwsError),
    /// Nobody knows whether this step took effect.
    Unclear(AwsError),
    /// AWS accepted every step, and what is read does not show it.
    NotSeen,
    /// Somebody else changed the trail since the plan was made, and going on would now record less.
    Reduces,
}

impl Acting<'_> {
    /// Carries the steps out in order, and reads back what came of them.
    pub async fn carry_out(&self, steps: Vec<Step>) -> Done {
        let mut done = Done::default();
        for step in steps {
            let first = done.steps.is_empty();
            match self.step(&step.call, first, &mut done.request_ids).await {
                Ok(StepEnd::Done) => done.steps.push(step),
                Ok(StepEnd::WasThere) => {}
                Err(stopped) => {
                    done.stopped = Some(stopped);
                    return done;
                }
            }
        }
        if !self
            .seen(|rest| rest.is_some_and(<[Step]>::is_empty))
            .await
            .unwrap_or(false)
        {
            done.stopped = Some(Stopped::NotSeen);
        }
        done
    }

    /// One step, to an end that can be told.
    async fn step(
        &self,
        call: &StepCall,
        first: bool,
        request_ids: &mut Vec<String>,
    ) -> Result<StepEnd, Stopped> {
        let (mut unclear, mut patient) = (0, 0);
        loop {
            let ctx = if first && unclear == 0 {
                self.asked
            } else {
                self.settling
            };
            let error = match self.trails.perform(ctx, self.at, call).await {
                Ok(id) => {
                    request_ids.extend(id);
                    return Ok(StepEnd::Done);
                }
                Err(error) => error,
            };
            if error.effect() == TookEffect::Unknown {
                request_ids.extend(error.request_id.clone().map(String::from));
                unclear += 1;
                match self.happened(call, error, unclear == UNCLEAR).await? {
                    true => return Ok(StepEnd::Done),
                    false => continue,
                }
            }
            if there_already(call, error.kind) && self.took_effect(call, true).await == Ok(true) {
                if unclear > 0 {
                    return Ok(StepEnd::Done);
                }
                self.still_harmless(error).await?;
                return Ok(StepEnd::WasThere);
            }
            if !not_ready(call, error.kind) || patient == PATIENT {
                return self.refused(call, error, unclear > 0).await;
            }
            patient += 1;
            let pause = sleep(self.pace.pause * 2u32.pow(patient - 1));
            if ctx.race(pause).await.is_err() {
                return self.refused(call, error, unclear > 0).await;
            }
            self.still_harmless(error).await?;
        }
    }

    /// After an attempt without a clear answer: whether it took effect. `last`: if not, the step has failed.
    async fn happened(
        &self,
        call: &StepCall,
        error: AwsError,
        last: bool,
    ) -> Result<bool, Stopped> {
        match self.took_effect(call, last).await {
            Ok(true) => Ok(true),
            Ok(false) if last => Err(Stopped::Failed(error)),
            Ok(false) => self.still_harmless(error).await.map(|()| false),
            Err(_) => Err(Stopped::Unclear(error)),
        }
    }

    /// After a refusal. An attempt before it that had no clear answer may show only now.
    async fn refused(
        &self,
        call: &StepCall,
        error: AwsError,
        blind: bool,
    ) -> Result<StepEnd, Stopped> {
        if !blind {
            return Err(Stopped::Failed(error));
        }
        match self.took_effect(call, true).await {
            Ok(true) => Ok(StepEnd::Done),
            Ok(false) => Err(Stopped::Failed(error)),
            Err(_) => Err(Stopped::Unclear(error)),
        }
    }

    /// Whether going on takes nothing from the trail that the plan did not: while AWS was not ready, or our answer was
    /// lost, somebody else may have made it record more.
    async fn still_harmless(&self, error: AwsError) -> Result<(), Stopped> {
        if self.may_reduce {
            return Ok(());
        }
        match (self.rest().await, error.effect()) {
            (Ok(Some(rest)), _) if rest.iter().any(|step| step.reduces_logging) => {
                Err(Stopped::Reduces)
            }
            (Ok(_), _) => Ok(()),
            (Err(_), TookEffect::No) => Err(Stopped::Failed(error)),
            (Err(_), TookEffect::Unknown) => Err(Stopped::Unclear(error)),
        }
    }

    /// Whether the step shows in what is read now. `last`: nothing will be tried again, so that looking takes its time.
    async fn took_effect(&self, call: &StepCall, last: bool) -> Result<bool, AwsError> {
        let shows = |rest: Option<&[Step]>| rest.is_some_and(|rest| !has(rest, call));
        if last {
            return self.seen(shows).await;
        }
        sleep(self.pace.pause).await;
        Ok(shows(self.rest().await?.as_deref()))
    }

    /// Reads until it shows, or for as long as AWS may take to show what was written.
    async fn seen(&self, shows: impl Fn(Option<&[Step]>) -> bool) -> Result<bool, AwsError> {
        let end = Instant::now() + self.pace.visible_within;
        let mut pause = self.pace.pause / 8;
        loop {
            let rest = self.rest().await;
            if let Ok(rest) = &rest
                && shows(rest.as_deref())
            {
                return Ok(true);
            }
            if Instant::now() + pause >= end {
                return rest.map(|_| false);
            }
            let waited = self.settling.race(sleep(pause)).await;
            if waited.is_err() {
                return rest.map(|_| false);
            }
            pause = (pause * 2).min(self.pace.pause.max(Duration::from_millis(1)));
        }
    }

    /// What would still be to do; `None` if the trail cannot be brought there any more (it is gone, or another one).
    async fn rest(&self) -> Result<Option<Vec<Step>>, AwsError> {
        let found = self.read(self.settling).await?;
        let steps = plan::plan(self.at.arn, found.as_ref(), self.desired, self.presence);
        Ok(steps.ok())
    }

    /// The trail as it is now, as far as the wish touches it.
    pub async fn read(&self, ctx: &RequestContext) -> Result<Option<Found>, AwsError> {
        let needed: Needed = plan::needed(self.desired, self.presence);
        self.trails.found(ctx, self.at, needed).await
    }
}

fn has(steps: &[Step], call: &StepCall) -> bool {
    steps.iter().any(|step| step.call.action() == call.action())
}

/// An answer that says that what the call was to bring about is so: by an earlier attempt, or by someone else.
fn there_already(call: &StepCall, kind: FailureKind) -> bool {
    match call {
        StepCall::Create(..) => kind == FailureKind::AlreadyExists,
        StepCall::Delete => kind == FailureKind::NotFound,
        _ => false,
    }
}

/// Whether the same call may do in some seconds: another change is in flight, a policy or role was just written, or a
/// trail was just made and is not known everywhere yet.
fn not_ready(call: &StepCall, kind: FailureKind) -> bool {
    match kind {
        FailureKind::Conflict | FailureKind::Unready => true,
        FailureKind::NotFound => !matches!(call, StepCall::Create(..) | StepCall::Delete),
        _ => false,
    }
}
