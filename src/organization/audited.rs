//! What the audit is told of a change: what is about to be done, before it leaves, and what became of it.

use std::time::Duration;

use super::{
    Organization,
    act::Act,
    carry::Ended,
    change::{Asked, Outcome},
    error::OrganizationError,
    seat::Seat,
};
use crate::{
    audit::{self, Deed, Effect, Open, Place},
    aws::CredentialSource,
    budget::RequestContext,
    domain::{AccountId, authority::Origin},
};

impl Organization {
    /// Before anything is read: no call is spent on a change that could not be recorded.
    pub(super) fn must_be_recorded(&self, asked: &Asked) -> Result<(), OrganizationError> {
        match asked.validate_only {
            true => Ok(()),
            false => self
                .audit
                .ready()
                .map_err(|_| OrganizationError::AuditUnavailable),
        }
    }

    /// Records what is about to be done. Waits for the disk, and no longer than for the caller.
    pub(super) async fn intend(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        seat: &Seat,
        act: &Act,
        who: &dyn CredentialSource,
    ) -> Result<Open, OrganizationError> {
        let target = act.about(seat.arn());
        let mut deed = self.deed(ctx, asked, seat.account, target);
        deed.place.session = who.session_name();
        let actions = [act.action().to_owned()];
        let written = ctx.race(self.audit.intent(deed, &actions)).await?;
        written.map_err(|_| OrganizationError::AuditUnavailable)
    }

    /// Records a change for which there was nothing to do.
    pub(super) fn untouched(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        account: AccountId,
        resource: &str,
    ) {
        if !self.audit.is_on() {
            return;
        }
        let deed = self.deed(ctx, asked, account, resource.to_owned());
        let nothing = audit::Ended {
            reason: None,
            ..as_recorded(
                &Ok(Ended::of(Outcome::Unchanged, None, None)),
                "",
                Duration::ZERO,
            )
        };
        self.audit.untouched(&deed, &nothing);
    }

    fn deed(
        &self,
        ctx: &RequestContext,
        asked: &Asked,
        account: AccountId,
        target: String,
    ) -> Deed {
        let origin = ctx.authority.origin();
        Deed {
            asked: audit::Asked {
                rpc: origin
                    .map(|origin| origin.rpc().to_owned())
                    .unwrap_or_default(),
                request_id: asked.request_id.to_string(),
                caller: ctx.caller.as_str().to_owned(),
                policies: ctx.authority.whole_grounds(),
                digest: origin.and_then(Origin::digest),
            },
            place: Place {
                account,
                region: Some(self.door.global_region()),
                target,
                session: None,
            },
        }
    }
}

/// What became of a change, as it is recorded.
pub(super) fn as_recorded(
    ended: &Result<Ended, OrganizationError>,
    action: &str,
    elapsed: Duration,
) -> audit::Ended {
    let (outcome, failure, aws_request_ids) = match ended {
        Ok(ended) => {
            let failure = ended.failure.as_ref();
            let reason = failure.map(|error| error.reason().as_str().to_owned());
            (ended.outcome, reason, ended.request_ids.clone())
        }
        Err(OrganizationError::Aws(error)) => {
            let reason = error.reason().as_str().to_owned();
            (Outcome::NotApplied, Some(reason), Vec::new())
        }
        Err(error) => (Outcome::NotApplied, Some(error.to_string()), Vec::new()),
    };
    let effect = match outcome {
        Outcome::Applied => Effect::Yes,
        Outcome::Unknown => Effect::Unknown,
        Outcome::Planned | Outcome::Unchanged | Outcome::NotApplied => Effect::No,
    };
    let done = effect == Effect::Yes;
    audit::Ended {
        result: outcome.as_str(),
        effect,
        reason: failure,
        actions: done.then(|| action.to_owned()).into_iter().collect(),
        aws_request_ids,
        elapsed,
    }
}
