//! One target of a change, from reading it to its result.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    audit::Open,
    aws::{AwsError, FailureKind, SourceIdentity, TookEffect},
    budget::{RequestContext, Tally},
    domain::{AccountId, Cell, CellReason, TrailArn, trail::Presence},
    fleet::sessions::{Writer, Writing},
    trails::Trails,
};

use super::{
    act::{Acting, Done, Stopped},
    log,
    perform::At,
    permissions::permissions,
    plan::{self, Step},
    prepare::Way,
    request::{ChangeFailure, ChangeRequest, Outcome, PlannedAction, TargetResult},
    room::NoRoom,
    words::{failure, reduced},
};

/// One target of a change.
#[derive(Debug, Clone)]
pub struct Target {
    /// The account whose target it is.
    pub account: AccountId,
    /// Its name, for people.
    pub account_name: Arc<str>,
    /// The account by whose credentials the trail is read and changed: its owner, or for the organization's trail an
    /// administrator that the owner delegated to.
    pub actor: AccountId,
    /// The trail, or why it is not known.
    pub trail: Result<TrailArn, NoTrail>,
}

/// Why a target's trail is not known.
#[derive(Debug, Clone)]
pub enum NoTrail {
    /// The account's trails could not be read.
    Unreadable(AwsError),
    /// The account has none of this name.
    NoSuchTrail,
    /// The account shows one of this name, but it is the organization's, and belongs to this account.
    Organizations(TrailArn),
    /// The account is not active.
    NotActive,
    /// The caller may not do it there.
    NotAuthorized,
    /// A defect of ours.
    Defect,
}

/// One target under way.
pub struct Work {
    pub trails: Trails,
    pub request: Arc<ChangeRequest>,
    pub target: Target,
    pub canary: bool,
}

/// What a target came to, before it is a result.
struct End {
    outcome: Outcome,
    failure: Option<ChangeFailure>,
    actions: Vec<PlannedAction>,
    aws_request_ids: Vec<String>,
    /// What was recorded before anything was done.
    intent: Option<Open>,
    source_identity: Option<SourceIdentity>,
}

impl End {
    fn quiet(outcome: Outcome) -> Self {
        Self {
            outcome,
            failure: None,
            actions: Vec::new(),
            aws_request_ids: Vec::new(),
            intent: None,
            source_identity: None,
        }
    }

    fn not_started(failure: ChangeFailure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::quiet(Outcome::NotStarted)
        }
    }

    fn failed(failure: ChangeFailure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::quiet(Outcome::NotApplied)
        }
    }

    /// Reading failed, or the first call did: nothing changed. One that was only stopped was not started.
    fn by(error: &AwsError) -> Self {
        let outcome = match error.kind {
            FailureKind::Cancelled | FailureKind::DeadlineExceeded => Outcome::NotStarted,
            _ => Outcome::NotApplied,
        };
        Self {
            failure: Some(error.into()),
            ..Self::quiet(outcome)
        }
    }
}

impl End {
    /// A call of which it was not known whether it took effect, until the trail was read: it did not.
    fn read_back(mut self, error: &AwsError) -> Self {
        if let (TookEffect::Unknown, Some(failure)) = (error.effect(), &mut self.failure) {
            let words = "; read back, the trail shows that it did not happen";
            failure.error.message.push_str(words);
        }
        self
    }
}

impl Work {
    /// Does it.
    pub async fn run(self, ctx: RequestContext) -> TargetResult {
        let (started, tally) = (Instant::now(), Tally::default());
        let end = match &self.target.trail {
            Ok(arn) => self.on(&ctx, arn, &tally).await,
            Err(NoTrail::NoSuchTrail) if self.request.presence == Presence::Absent => {
                End::quiet(Outcome::Unchanged)
            }
            Err(none) => End::failed(none.failure(self.target.account)),
        };
        let mut result = self.target.result(end.outcome, end.failure, self.canary);
        result.actions = end.actions;
        result.aws_request_ids = end.aws_request_ids;
        result.source_identity = end.source_identity;
        result.calls = tally.calls();
        result.elapsed = started.elapsed();
        if !self.request.validate_only {
            log::ended(&ctx, &self.request, &result);
            let (trails, request) = (&self.trails, &self.request);
            trails.record(&ctx, request, &self.target, &result, end.intent);
        }
        result
    }

    async fn on(&self, ctx: &RequestContext, arn: &TrailArn, tally: &Tally) -> End {
        let (trails, request) = (&self.trails, &self.request);
        let ctx = &ctx.in_cell(&Cell {
            account: self.target.account,
            region: arn.home_region().clone(),
        });
        let way = trails.way(ctx, &self.target).await;
        let who = trails.reader(way);
        let at = At {
            arn,
            who: &*who,
            tally,
        };
        let desired = match trails.resolved(ctx, at, &request.desired).await {
            Ok(desired) => desired,
            Err(failure) => return End::failed(failure),
        };
        let settling = RequestContext {
            deadline: Instant::now().max(ctx.deadline) + trails.changing.pace.finish_within,
            cancel: CancellationToken::new(),
            ..ctx.clone()
        };
        let acting = Acting {
            trails,
            at,
            desired: &desired,
            presence: request.presence,
            may_reduce: request.allow_reduced_logging,
            asked: ctx,
            settling: &settling,
            pace: trails.changing.pace,
        };
        match self.steps(&acting).await {
            Ok(steps) => self.decide(&acting, way, steps).await,
            Err(end) => end,
        }
    }

    /// Does what is planned, shows it, or refuses it.
    async fn decide(&self, acting: &Acting<'_>, way: Way, steps: Vec<Step>) -> End {
        let (arn, request) = (acting.at.arn, &self.request);
        if steps.is_empty() {
            return End::quiet(Outcome::Unchanged);
        }
        let shown = steps.iter().map(|step| step.shown(arn)).collect();
        if request.validate_only {
            return End {
                actions: shown,
                ..End::quiet(Outcome::Planned)
            };
        }
        if !request.allow_reduced_logging && steps.iter().any(|step| step.reduces_logging) {
            return End {
                actions: shown,
                ..End::failed(reduced())
            };
        }
        let writer = self.writer(acting, way, &steps);
        let at = At {
            who: &*writer.who,
            ..acting.at
        };
        let acting = Acting { at, ..*acting };
        let intent = self.trails.intend(&acting, request, &self.target, &steps);
        let intent = match intent.await {
            Ok(intent) => intent,
            Err(failure) => return End::not_started(failure),
        };
        let source_identity = writer.source_identity;
        log::begins(acting.asked, request, arn, &steps, source_identity.as_ref());
        let done = acting.carry_out(steps).await;
        End {
            intent: Some(intent),
            source_identity,
            ..told(arn, done)
        }
    }

    /// Who makes these steps, in AWS's eyes: the caller, for this request.
    fn writer(&self, acting: &Acting<'_>, way: Way, steps: &[Step]) -> Writer {
        let (trails, arn) = (acting.trails, acting.at.arn);
        let needed = plan::needed(acting.desired, acting.presence);
        let organization = trails.may_be_of_organization(&self.target, arn);
        let writing = Writing {
            caller: acting.asked.caller.clone(),
            request_id: Arc::clone(&self.request.request_id),
            permissions: permissions(steps, needed, organization),
        };
        trails.writer(way, &writing)
    }

    /// What is there, and the steps from there; or the end, if there are none.
    async fn steps(&self, acting: &Acting<'_>) -> Result<Vec<Step>, End> {
        let arn = acting.at.arn;
        let found = acting.read(acting.asked).await.map_err(|e| End::by(&e))?;
        let steps = plan::plan(arn, found.as_ref(), acting.desired, acting.presence)
            .map_err(|impossible| End::failed(impossible.failure(arn)))?;
        let actor = self.target.actor;
        let room = self.trails.room_for(acting, actor, found.as_ref(), &steps);
        match room.await {
            Ok(()) => {}
            Err(NoRoom::Unreadable(error)) => return Err(End::by(&error)),
            Err(no_room) => return Err(End::failed(no_room.failure())),
        }
        let ready = self
            .trails
            .organization_ready(acting.asked, &self.target, arn, &steps);
        ready.await.map_err(End::failed)?;
        Ok(steps)
    }
}

impl Target {
    /// A result with nothing done.
    pub fn result(
        &self,
        outcome: Outcome,
        failure: Option<ChangeFailure>,
        canary: bool,
    ) -> TargetResult {
        let arn = match &self.trail {
            Ok(arn) | Err(NoTrail::Organizations(arn)) => Some(arn.clone()),
            Err(_) => None,
        };
        TargetResult {
            account: self.account,
            account_name: Arc::clone(&self.account_name),
            region: arn.as_ref().map(|arn| arn.home_region().clone()),
            arn,
            outcome,
            failure,
            actions: Vec::new(),
            calls: 0,
            aws_request_ids: Vec::new(),
            source_identity: None,
            elapsed: std::time::Duration::ZERO,
            canary,
        }
    }
}

/// What was done, told.
fn told(arn: &TrailArn, done: Done) -> End {
    let actions: Vec<PlannedAction> = done.steps.iter().map(|step| step.shown(arn)).collect();
    let nothing_yet = actions.is_empty();
    let end = match done.stopped {
        // Somebody else did all of it meanwhile.
        None if nothing_yet => End::quiet(Outcome::Unchanged),
        None => End::quiet(Outcome::Applied),
        Some(Stopped::Reduces) => End {
            outcome: match nothing_yet {
                true => Outcome::NotApplied,
                false => Outcome::PartlyApplied,
            },
            ..End::failed(reduced())
        },
        Some(Stopped::Failed(error)) if nothing_yet => End::by(&error).read_back(&error),
        Some(Stopped::Failed(error)) => End {
            outcome: Outcome::PartlyApplied,
            ..End::failed((&error).into()).read_back(&error)
        },
        Some(Stopped::Unclear(error)) => End {
            outcome: Outcome::Unknown,
            ..End::failed((&error).into())
        },
        Some(Stopped::NotSeen) => End {
            outcome: Outcome::Unknown,
            ..End::failed(failure(
                CellReason::UpstreamError,
                "AWS accepted every step, but reading the trail does not show it yet".to_owned(),
            ))
        },
    };
    End {
        actions,
        aws_request_ids: done.request_ids,
        ..end
    }
}
