//! What the audit is told of each target: what is about to be done, once the plan is made and before its first call
//! leaves; and what became of it, also where there was nothing to do.

use crate::{
    audit::{Asked, Deed, Effect, Ended, Open, Place},
    budget::{Interrupted, RequestContext},
    domain::{Account, CellReason, TrailArn, authority::Origin},
    trails::Trails,
};

use super::{
    act::Acting,
    plan::Step,
    request::{ChangeFailure, ChangeRequest, Outcome, TargetResult},
    target::Target,
    words::failure,
};

impl Outcome {
    /// A short name, for records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Applied => "applied",
            Self::Unchanged => "unchanged",
            Self::NotApplied => "not_applied",
            Self::PartlyApplied => "partly_applied",
            Self::Unknown => "unknown",
            Self::NotStarted => "not_started",
        }
    }

    /// Whether something was changed.
    fn effect(self) -> Effect {
        match self {
            Self::Applied | Self::PartlyApplied => Effect::Yes,
            Self::Unknown => Effect::Unknown,
            Self::Planned | Self::Unchanged | Self::NotApplied | Self::NotStarted => Effect::No,
        }
    }
}

impl Trails {
    /// Records what is about to be done. Waits for the disk, and no longer than for the caller.
    pub(super) async fn intend(
        &self,
        acting: &Acting<'_>,
        request: &ChangeRequest,
        target: &Target,
        steps: &[Step],
    ) -> Result<Open, ChangeFailure> {
        let ctx = acting.asked;
        let mut deed = self.deed(ctx, request, target, Some(acting.at.arn));
        deed.place.session = acting.at.who.session_name();
        let actions: Vec<String> = steps
            .iter()
            .map(|step| step.call.action().to_owned())
            .collect();
        let written = ctx.race(self.changing.audit.intent(deed, &actions)).await;
        match written {
            Ok(Ok(open)) => Ok(open),
            Ok(Err(_)) => Err(failure(
                CellReason::AuditUnavailable,
                "what was about to be done could not be recorded, so that nothing was".to_owned(),
            )),
            Err(Interrupted::DeadlineExceeded) => Err(failure(
                CellReason::DeadlineExceeded,
                "the deadline came first".to_owned(),
            )),
            Err(Interrupted::Cancelled) => Err(failure(
                CellReason::NotAttempted,
                "the caller left".to_owned(),
            )),
        }
    }

    /// Records what became of a target.
    pub(super) fn record(
        &self,
        ctx: &RequestContext,
        request: &ChangeRequest,
        target: &Target,
        result: &TargetResult,
        intent: Option<Open>,
    ) {
        let reason = result.failure.as_ref().map(|failure| failure.reason);
        let ended = Ended {
            result: result.outcome.as_str(),
            effect: result.outcome.effect(),
            reason: reason.map(|reason| reason.as_str().to_owned()),
            actions: result
                .actions
                .iter()
                .map(|action| action.action.to_owned())
                .collect(),
            aws_request_ids: result.aws_request_ids.clone(),
            elapsed: result.elapsed,
        };
        match intent {
            Some(intent) => intent.ended(&ended),
            None if self.changing.audit.is_on() => {
                let deed = self.deed(ctx, request, target, result.arn.as_ref());
                self.changing.audit.untouched(&deed, &ended);
            }
            None => {}
        }
    }

    fn deed(
        &self,
        ctx: &RequestContext,
        request: &ChangeRequest,
        target: &Target,
        arn: Option<&TrailArn>,
    ) -> Deed {
        let region = arn.map(TrailArn::home_region);
        let directory = self.fleet.directory();
        let account = directory.account(target.account);
        let grounds = |account: &Account| ctx.authority.grounds(request.deeds(), account, region);
        let origin = ctx.authority.origin();
        Deed {
            asked: Asked {
                rpc: origin
                    .map(|origin| origin.rpc().to_owned())
                    .unwrap_or_default(),
                request_id: request.request_id.to_string(),
                caller: ctx.caller.as_str().to_owned(),
                policies: account.map(|account| grounds(account)).unwrap_or_default(),
                digest: origin.and_then(Origin::digest),
            },
            place: Place {
                account: target.account,
                region: region.cloned(),
                target: arn.map(TrailArn::as_str).unwrap_or_default().to_owned(),
                session: None,
            },
        }
    }
}
